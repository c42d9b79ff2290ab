use gatehouse_core::FieldPath;
use smallvec::SmallVec;

/// A pattern over `model.field`: `*` stands for any characters, dots included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glob(String);

impl Glob {
    /// Reads `hr.employee.pin`, `hr.*.ssn` or `*.barcode`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '.' | '*');
        if text.contains(['.', '*']) && text.chars().all(allowed) && text.len() <= 200 {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!("“{text}” is not a pattern for model.field: lower-case letters, digits, _, dots and *."))
        }
    }

    pub(crate) fn matches(&self, path: &FieldPath) -> bool {
        with_text(path, |text| is_match(self.0.as_bytes(), text.as_bytes()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Looks at `model.field` as one text, in place unless it is unusually long.
pub(crate) fn with_text<R>(path: &FieldPath, look: impl FnOnce(&str) -> R) -> R {
    let FieldPath { model, field } = path;
    let mut bytes: SmallVec<[u8; 128]> = SmallVec::with_capacity(model.len() + 1 + field.len());
    bytes.extend_from_slice(model.as_bytes());
    bytes.push(b'.');
    bytes.extend_from_slice(field.as_bytes());
    look(std::str::from_utf8(&bytes).unwrap_or_default())
}

/// Greedy with one way back to the latest star: linear in the product of the lengths at worst.
pub(crate) fn is_match(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            p += 1;
            t += 1;
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            p = at + 1;
            t = from + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, path, matches) in [
            ("hr.employee.pin", "hr.employee.pin", true),
            ("hr.employee.pin", "hr.employee.pins", false),
            ("hr.*", "hr.employee.pin", true),
            ("hr.*.ssn*", "hr.employee.ssnid", true),
            ("*.barcode", "hr.employee.barcode", true),
            ("*.barcode", "hr.employee.barcodes", false),
            ("*a*b*", "xaxxb.c", true),
            ("*a*b", "xaxbxb", true),
            ("*a*b", "xb.a", false),
            ("*", "x.y", true),
        ] {
            assert_eq!(is_match(pattern.as_bytes(), path.as_bytes()), matches, "{pattern} {path}");
        }
        for bad in ["", "name", "HR.x", "a b.c", "a.{b}"] {
            assert!(Glob::parse(bad).is_err(), "{bad:?}");
        }
    }
}
