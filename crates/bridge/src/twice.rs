//! Objects that name a member twice: JSON lets every reader choose which one counts, so none of them goes on.

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::collections::HashSet;
use std::fmt;

/// The first name that stands twice in one object of `json`, at any depth.
pub(crate) fn named_twice(json: &[u8]) -> Option<String> {
    let mut found = None;
    let mut reader = serde_json::Deserializer::from_slice(json);
    // It ends at the first one; what is no JSON was told before.
    drop(Each(&mut found).deserialize(&mut reader));
    found
}

struct Each<'a>(&'a mut Option<String>);

impl<'de> DeserializeSeed<'de> for Each<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Each<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Each(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut names: HashSet<String> = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if names.contains(&name) {
                *self.0 = Some(name);
                members.next_value::<IgnoredAny>()?;
                return Err(A::Error::custom("a name stands twice"));
            }
            names.insert(name);
            members.next_value_seed(Each(self.0))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_stands_twice_is_found_however_it_is_written_and_however_deep() {
        assert_eq!(named_twice(br#"{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}"#), None);
        assert_eq!(named_twice(br#"{"a":1,"b":2,"a":3}"#).as_deref(), Some("a"));
        assert_eq!(named_twice(br#"{"x":[{"y":{"ids":[1],"\u0069ds":[2]}}]}"#).as_deref(), Some("ids"));
        assert_eq!(named_twice(br#"[1.5,-1,null,true,"a",{"A":1,"a":1}]"#), None);
    }
}
