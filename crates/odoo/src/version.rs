use serde_json::Value;
use std::cmp::Ordering;
use std::fmt;

/// The oldest version that Gatehouse speaks to.
pub(crate) const OLDEST: Version = Version { major: 14, minor: 0, saas: false };

/// A version of Odoo: `19.0`, or `saas~18.3` on Odoo Online. Compared by number only.
#[derive(Debug, Clone, Copy)]
pub struct Version {
    /// The yearly number.
    pub major: u16,
    /// 0 for a yearly release, 1 and up for those in between.
    pub minor: u16,
    /// It is one of Odoo Online's own.
    pub saas: bool,
}

impl Version {
    /// Reads `19.0`, `19.0+e`, `saas~18.3`, `saas-18.3`, `18.0-20260101`, `17`. Nothing else is a version.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (saas, number) = match text.strip_prefix("saas~").or_else(|| text.strip_prefix("saas-")) {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (major, rest) = leading_number(number).filter(|(major, _)| *major > 0)?;
        let minor = match rest.strip_prefix('.') {
            Some(rest) => leading_number(rest)?.0,
            None if rest.is_empty() || rest.starts_with(['+', '-']) => 0,
            None => return None,
        };
        Some(Self { major, minor, saas })
    }

    /// Reads Odoo's `version_info`: `[19, 0, 0, "final", 0, ""]` or `["saas~18", 3, 0, "final", 0, "e"]`.
    pub fn from_info(info: &Value) -> Option<Self> {
        let parts = info.as_array()?;
        let minor = parts.get(1).and_then(Value::as_u64).and_then(|minor| u16::try_from(minor).ok())?;
        match parts.first()? {
            Value::Number(major) => {
                let major = major.as_u64().and_then(|major| u16::try_from(major).ok()).filter(|major| *major > 0)?;
                Some(Self { major, minor, saas: false })
            }
            Value::String(major) => Some(Self { minor, ..Self::parse(major)? }),
            _ => None,
        }
    }
}

fn leading_number(text: &str) -> Option<(u16, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let saas = if self.saas { "saas~" } else { "" };
        write!(f, "{saas}{}.{}", self.major, self.minor)
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.major, self.minor).cmp(&(other.major, other.minor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parsed(text: &str) -> String {
        Version::parse(text).map_or_else(|| "none".to_owned(), |version| version.to_string())
    }

    #[test]
    fn every_way_in_which_odoo_writes_a_version_is_read() {
        assert_eq!(parsed("19.0"), "19.0");
        assert_eq!(parsed("19.0+e"), "19.0");
        assert_eq!(parsed("saas~18.3"), "saas~18.3");
        assert_eq!(parsed("saas-18.3+e"), "saas~18.3");
        assert_eq!(parsed("18.0-20260101"), "18.0");
        assert_eq!(parsed("20.0alpha1"), "20.0");
        assert_eq!(parsed("17"), "17.0");
        for nonsense in ["", "odoo", "v19", "19.x", "saas~", "99999999.0", "1e3", "0.0"] {
            assert_eq!(parsed(nonsense), "none", "{nonsense}");
        }
    }

    #[test]
    fn version_info_is_read_with_and_without_saas() {
        let info = Version::from_info(&json!([19, 0, 0, "final", 0, ""])).unwrap();
        assert_eq!(info.to_string(), "19.0");
        let info = Version::from_info(&json!(["saas~18", 3, 0, "final", 0, "e"])).unwrap();
        assert_eq!(info.to_string(), "saas~18.3");
        assert!(Version::from_info(&json!({"major": 19})).is_none());
        assert!(Version::from_info(&json!([0, 0, 0])).is_none());
    }

    #[test]
    fn versions_are_ordered_by_number_and_online_ones_lie_between_the_yearly_ones() {
        let order =
            ["14.0", "18.0", "saas~18.3", "19.0", "saas~19.1", "20.0"].map(|text| Version::parse(text).unwrap());
        assert!(order.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(order[0] >= OLDEST);
    }
}
