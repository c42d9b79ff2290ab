//! Exact decimals, from the text of a number.

use std::cmp::Ordering;

/// ± 0.`digits` × 10^`point`. No zero stands at either end of `digits`; zero itself has none, and no sign.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) negative: bool,
    digits: String,
    point: i128,
}

impl Number {
    /// From a JSON literal: `-12.50e3`.
    pub(super) fn read(literal: &str) -> Self {
        let (negative, literal) = literal.strip_prefix('-').map_or((false, literal), |rest| (true, rest));
        let (mantissa, exponent) = literal.split_once(['e', 'E']).unwrap_or((literal, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_start_matches('0');
        let leading = i128::try_from(all.len() - digits.len()).unwrap();
        let point = i128::try_from(whole.len()).unwrap() + exponent.parse::<i128>().unwrap() - leading;
        match digits.trim_end_matches('0') {
            "" => Self { negative: false, digits: String::new(), point: 0 },
            digits => Self { negative, digits: digits.to_owned(), point },
        }
    }

    /// The smallest whole number that is not below it; none when it is negative or beyond `u64`.
    pub(super) fn rounded_up(&self) -> Option<u64> {
        if self.negative {
            return None;
        }
        if self.digits.is_empty() {
            return Some(0);
        }
        if self.point > 20 {
            return None;
        }
        let before_point = usize::try_from(self.point).unwrap_or(0);
        let mut whole: String = self.digits.chars().take(before_point).collect();
        while whole.len() < before_point {
            whole.push('0');
        }
        let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        if self.digits.len() > before_point { whole.checked_add(1) } else { Some(whole) }
    }

    fn magnitude(&self, other: &Self) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self.point.cmp(&other.point).then_with(|| self.digits.cmp(&other.digits)),
        }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.magnitude(other),
            (true, true) => other.magnitude(self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[test]
fn literals_are_exact() {
    let ascending = [
        "-1e400",
        "-18446744073709551616",
        "-18446744073709551615",
        "-1.5",
        "-1",
        "-0.1",
        "-1e-400",
        "0",
        "1e-400",
        "1e-399",
        "0.1",
        "0.1000000000000000055511151231257827",
        "0.3",
        "0.30000000000000004",
        "1",
        "9.99",
        "10",
        "10.01",
        "9007199254740992",
        "9007199254740993",
        "18446744073709551615",
        "18446744073709551616",
        "1e308",
        "1e400",
    ];
    for (at, literal) in ascending.iter().enumerate() {
        for (other_at, other) in ascending.iter().enumerate() {
            assert_eq!(Number::read(literal).cmp(&Number::read(other)), at.cmp(&other_at), "{literal} and {other}");
        }
    }
    for same in [["0", "-0.0e7"], ["100", "1E+2"], ["0.5", "50e-2"], ["120", "0.00120e5"]] {
        assert_eq!(Number::read(same[0]), Number::read(same[1]));
    }
    for (literal, whole) in [
        ("0", Some(0)),
        ("-0.0", Some(0)),
        ("1e-400", Some(1)),
        ("0.99", Some(1)),
        ("12", Some(12)),
        ("1.2e1", Some(12)),
        ("12.01", Some(13)),
        ("1e3", Some(1000)),
        ("18446744073709551615", Some(u64::MAX)),
        ("18446744073709551614.5", Some(u64::MAX)),
        ("18446744073709551615.5", None),
        ("18446744073709551616", None),
        ("1e400", None),
        ("-0.5", None),
    ] {
        assert_eq!(Number::read(literal).rounded_up(), whole, "{literal}");
    }
}
