//! Several measurements of the same thing.

use std::fmt;
use std::time::Duration;

/// Measurements in one unit, in the order they were taken.
#[derive(Debug, Clone, Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// Takes a time, in milliseconds.
    pub(crate) fn push_time(&mut self, time: Duration) {
        self.push(time.as_secs_f64() * 1000.0);
    }

    /// Whether something else had the machine: a floor's median should lie near the least that it took.
    pub(crate) fn is_disturbed(&self) -> bool {
        self.median() > 1.5 * self.quantile(0.0)
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The middle one.
    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The value that this part of them stays under; NaN when there are none.
    pub(crate) fn quantile(&self, part: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().saturating_sub(1);
        let place = (part.clamp(0.0, 1.0) * last as f64).round() as usize;
        sorted.get(place).copied().unwrap_or(f64::NAN)
    }
}

/// The median, and in brackets the least and the most.
impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = if self.median() < 10.0 { 2 } else { 1 };
        let [middle, least, most] = [self.median(), self.quantile(0.0), self.quantile(1.0)];
        write!(f, "{middle:.digits$} ({least:.digits$}–{most:.digits$})")
    }
}
