use gatehouse_core::FieldPath;

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
        is_match(self.0.as_bytes(), path.to_string().as_bytes())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Greedy with one way back to the latest star: linear in the product of the lengths at worst.
fn is_match(pattern: &[u8], text: &[u8]) -> bool {
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
