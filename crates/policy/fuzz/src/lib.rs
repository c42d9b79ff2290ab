//! What the fuzz targets share: the tools that policies are checked against, and what every problem must keep to.

use gatehouse_core::ToolDefinition;
use gatehouse_policy::PolicyProblem;
use rustix::time::{ClockId, clock_gettime};
use std::sync::LazyLock;
use std::time::Duration;

static TOOLS: LazyLock<Vec<ToolDefinition>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../bridge/src/catalogue.json")).expect("the built-in catalogue")
});

/// The built-in catalogue.
pub fn tools() -> &'static [ToolDefinition] {
    &TOOLS
}

/// Every problem is said and lies inside the text, in the text's order.
pub fn check(problems: &[PolicyProblem], text: &str) {
    assert!(!problems.is_empty(), "a refusal without a reason");
    let lines: Vec<usize> = text.split('\n').map(|line| line.chars().count()).collect();
    for problem in problems {
        assert!(!problem.message.is_empty());
        assert!(problem.pointer.is_empty() || problem.pointer.starts_with('/'), "{problem}");
        let length = lines.get(problem.line.wrapping_sub(1)).unwrap_or_else(|| panic!("no such line: {problem}"));
        // A text may end too early: then the place is just behind its end.
        assert!((1..=length + 1).contains(&problem.column), "no such column: {problem}");
    }
    assert!(problems.is_sorted_by_key(|problem| (problem.line, problem.column)), "{problems:?}");
}

/// Time on the processor, so that a busy machine does not look like a slow program.
pub struct Stopwatch(Duration);

impl Stopwatch {
    /// Starts now.
    pub fn start() -> Self {
        Self(on_processor())
    }

    /// Fails when more was spent than `each_byte` for each byte of the text and half a second besides.
    pub fn check(&self, text: &str, each_byte: Duration) {
        let spent = on_processor().saturating_sub(self.0);
        let bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let allowed = Duration::from_millis(500) + each_byte * bytes;
        assert!(spent <= allowed, "{spent:?} for {bytes} bytes");
    }
}

fn on_processor() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
