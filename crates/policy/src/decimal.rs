use smallvec::SmallVec;
use std::cmp::Ordering;
use std::fmt::{self, Write as _};

/// A number, exactly: compared by value, whatever way it was written. `1`, `1.0` and `1e0` are one number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Decimal {
    negative: bool,
    /// Significant digits in ASCII, without zeros at either end; none for zero. Those of any `f64`, `i64` or `u64` lie in
    /// place.
    digits: SmallVec<[u8; 24]>,
    /// The value is 0.digits × 10^exponent; 0 for zero.
    exponent: i64,
}

impl Decimal {
    /// Reads a number in JSON's form: `-12.50e3`. An exponent of more than six digits is refused.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, power) = match rest.split_once(['e', 'E']) {
            Some((mantissa, power)) => (mantissa, exponent(power)?),
            None => (rest, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return None,
            None => (mantissa, ""),
        };
        let all_digits = !whole.is_empty() && whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit());
        if !all_digits || (whole.len() > 1 && whole.starts_with('0')) {
            return None;
        }
        let digits = || whole.bytes().chain(fraction.bytes());
        let leading = digits().take_while(|b| *b == b'0').count();
        let length = whole.len() + fraction.len();
        if leading == length {
            return Some(Self { negative: false, digits: SmallVec::new(), exponent: 0 });
        }
        let trailing = digits().rev().take_while(|b| *b == b'0').count();
        let digits = digits().skip(leading).take(length - leading - trailing).collect();
        let exponent = i64::try_from(whole.len()).ok()? - i64::try_from(leading).ok()? + power;
        Some(Self { negative, digits, exponent })
    }

    /// Of a number in a call's arguments: integers exactly, others from their shortest text that reads back the same.
    pub(crate) fn of(number: &serde_json::Number) -> Option<Self> {
        let mut text = Short::default();
        write!(text, "{number}").ok()?;
        Self::parse(text.as_str())
    }

    /// Of a whole number.
    pub(crate) fn from_whole(number: u64) -> Self {
        Self::of(&number.into()).unwrap_or(Self { negative: false, digits: SmallVec::new(), exponent: 0 })
    }

    pub(crate) fn is_negative(&self) -> bool {
        self.negative
    }

    /// The smallest whole number that is not less; none when it is negative or does not fit.
    pub(crate) fn ceiling(&self) -> Option<u64> {
        if self.negative {
            return None;
        }
        if self.digits.is_empty() {
            return Some(0);
        }
        if self.exponent <= 0 {
            return Some(1);
        }
        let places = usize::try_from(self.exponent).ok().filter(|places| *places <= 20)?;
        let digits = self.digits.iter().map(|digit| u64::from(digit - b'0')).chain(std::iter::repeat(0)).take(places);
        let whole = digits.into_iter().try_fold(0_u64, |whole, digit| whole.checked_mul(10)?.checked_add(digit))?;
        if self.digits.len() > places { whole.checked_add(1) } else { Some(whole) }
    }

    /// The same number as an integer that is not negative; none when it is not one.
    pub(crate) fn whole(&self) -> Option<u64> {
        let exact = usize::try_from(self.exponent).is_ok_and(|places| places >= self.digits.len());
        self.ceiling().filter(|_| exact)
    }
}

fn exponent(text: &str) -> Option<i64> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let plain = !digits.is_empty() && digits.len() <= 6 && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse::<i64>().ok().map(|value| sign * value))?
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_sign = |d: &Self| match (d.digits.is_empty(), d.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let size = |a: &Self, b: &Self| a.exponent.cmp(&b.exponent).then_with(|| a.digits.cmp(&b.digits));
        by_sign(self).cmp(&by_sign(other)).then_with(
            || {
                if self.negative { size(other, self) } else { size(self, other) }
            },
        )
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The text of a number of serde_json, which never needs more than this.
struct Short {
    bytes: [u8; 40],
    length: usize,
}

impl Default for Short {
    fn default() -> Self {
        Self { bytes: [0; 40], length: 0 }
    }
}

impl Short {
    fn as_str(&self) -> &str {
        self.bytes.get(..self.length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

impl fmt::Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

/// A text that reads back as the same number: plain where that is short, else with an exponent.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.digits.is_empty() {
            return f.write_str("0");
        }
        if self.negative {
            f.write_str("-")?;
        }
        let digits = std::str::from_utf8(&self.digits).map_err(|_| fmt::Error)?;
        let length = i64::try_from(self.digits.len()).unwrap_or(i64::MAX);
        match self.exponent {
            places if (length..=20).contains(&places) => {
                let zeros = usize::try_from(places - length).unwrap_or(0);
                write!(f, "{digits}{}", "0".repeat(zeros))
            }
            places if places > 0 && places < length => {
                let (whole, fraction) = digits.split_at(usize::try_from(places).unwrap_or(0));
                write!(f, "{whole}.{fraction}")
            }
            places if (-5..=0).contains(&places) => {
                let zeros = usize::try_from(-places).unwrap_or(0);
                write!(f, "0.{}{digits}", "0".repeat(zeros))
            }
            places => {
                let (first, rest) = digits.split_at(1);
                let point = if rest.is_empty() { "" } else { "." };
                write!(f, "{first}{point}{rest}e{}", places - 1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn d(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn numbers_compare_by_value_exactly() {
        let ascending = [
            "-1e3",
            "-999.5",
            "-10",
            "-9.99",
            "-0.1",
            "0",
            "1e-7",
            "0.1",
            "0.10000000000000001",
            "0.3",
            "1",
            "9",
            "10",
            "9007199254740992",
            "9007199254740993",
            "1e30",
        ];
        for pair in ascending.windows(2) {
            assert!(d(pair[0]) < d(pair[1]), "{pair:?}");
        }
        for (a, b) in [
            ("1", "1.0"),
            ("1", "1e0"),
            ("100", "1E2"),
            ("0.5", "5e-1"),
            ("-0", "0"),
            ("0.00", "0e5"),
            ("12.50", "12.5"),
        ] {
            assert_eq!(d(a), d(b));
        }
        assert_eq!(Decimal::of(&serde_json::Number::from_f64(0.1).unwrap()).unwrap(), d("0.1"));
        assert_eq!(Decimal::of(&serde_json::Number::from(u64::MAX)).unwrap(), d("18446744073709551615"));
        assert_eq!(Decimal::of(&serde_json::Number::from_f64(1e300).unwrap()).unwrap(), d("1e300"));
    }

    #[test]
    fn a_count_is_rounded_up_and_never_down() {
        for (text, count) in [
            ("0", 0),
            ("0.99", 1),
            ("1", 1),
            ("1.01", 2),
            ("1e-400", 1),
            ("120", 120),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(d(text).ceiling(), Some(count), "{text}");
        }
        for text in ["-1", "-0.5", "1e20", "18446744073709551616", "18446744073709551615.5"] {
            assert_eq!(d(text).ceiling(), None, "{text}");
        }
        assert_eq!(
            (d("3.0").whole(), d("3.5").whole(), d("1e2").whole(), d("0").whole()),
            (Some(3), None, Some(100), Some(0))
        );
    }

    proptest! {
        #[test]
        fn a_number_survives_its_text(n in any::<i64>(), scale in -30_i64..30) {
            let number = d(&format!("{n}e{scale}"));
            prop_assert_eq!(d(&number.to_string()), number);
        }

        #[test]
        fn integers_compare_as_integers(a in any::<i64>(), b in any::<i64>()) {
            prop_assert_eq!(d(&a.to_string()).cmp(&d(&b.to_string())), a.cmp(&b));
        }
    }
}
