//! Reads what criterion measured and writes the policy's part of `docs/benchmarks.md`: `gatehouse-policy-bench CRITERION REPORT`.

use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const BEGIN: &str = "<!-- policy: written by `cargo xtask bench policy` -->";
const END: &str = "<!-- end of policy -->";

fn main() -> Result<(), String> {
    let words: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [criterion, report] = words.as_slice() else {
        return Err("usage: gatehouse-policy-bench CRITERION REPORT".to_owned());
    };
    let section = section(&Measured { folder: criterion })?;
    let old = std::fs::read_to_string(report).map_err(|error| format!("{}: {error}", report.display()))?;
    let before = old.split_once(BEGIN).map_or(old.as_str(), |(before, _)| before);
    let after = old.split_once(END).map_or("\n", |(_, after)| after);
    let new = format!("{}\n\n{BEGIN}\n{section}{END}{after}", before.trim_end());
    std::fs::write(report, new).map_err(|error| format!("{}: {error}", report.display()))
}

/// Criterion's folder of results.
struct Measured<'a> {
    folder: &'a Path,
}

/// Nanoseconds: the median and the bounds of its 95 % confidence interval.
struct Time {
    median: f64,
    low: f64,
    high: f64,
}

impl Measured<'_> {
    fn time(&self, name: &str) -> Result<Time, String> {
        let file = self.folder.join(name).join("new/estimates.json");
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let json: Value = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        let number =
            |pointer: &str| json.pointer(pointer).and_then(Value::as_f64).ok_or(format!("{name}: no {pointer}"));
        Ok(Time {
            median: number("/median/point_estimate")?,
            low: number("/median/confidence_interval/lower_bound")?,
            high: number("/median/confidence_interval/upper_bound")?,
        })
    }

    fn ratio(&self, above: &str, below: &str) -> Result<(f64, String), String> {
        let (above, below) = (self.time(above)?, self.time(below)?);
        Ok((above.median / below.median, format!("{above} ÷ {below}")))
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (unit, by) = match self.median {
            ns if ns < 1e3 => ("ns", 1.0),
            ns if ns < 1e6 => ("µs", 1e3),
            _ => ("ms", 1e6),
        };
        write!(f, "{:.2} ({:.2}–{:.2}) {unit}", self.median / by, self.low / by, self.high / by)
    }
}

fn section(measured: &Measured<'_>) -> Result<String, String> {
    let mut out = String::from(
        "## The policy\n\nMedians with their 95 % confidence intervals, by criterion, release build; Cedar is `cedar-policy` 4 with the same ten \
         rules translated by hand, its request made beforehand.\n\n| figure | goal | here | measured | met |\n| --- | --- | --- | --- | --- |\n",
    );
    let mut row = |what: &str, goal: f64, at_least: bool, (ratio, told): (f64, String)| {
        let (sign, met) = if at_least { ("≥", ratio >= goal) } else { ("≤", ratio <= goal) };
        let met = if met { "yes" } else { "no" };
        let _ = writeln!(out, "| {what} | {sign} {goal} | {ratio:.2} | {told} | {met} |");
    };
    row(
        "`cedar-policy` ÷ ours, ten rules, an allowed call",
        10.0,
        true,
        measured.ratio("ten_rules/cedar_allowed", "ten_rules/ours_allowed")?,
    );
    row(
        "the same, eleven calls that meet each rule in turn, answers in words",
        10.0,
        true,
        measured.ratio("ten_rules/cedar_mixed", "ten_rules/ours_mixed")?,
    );
    row(
        "1,000 tools of ten rules ÷ 10 tools, the same ten called",
        1.3,
        false,
        measured.ratio("tools/of_1000", "tools/of_10")?,
    );
    row(
        "judged, charged and the intent durable, 8 agents at once ÷ a bare insert of the same row",
        1.5,
        false,
        measured.ratio("journal/evaluate_reserve_intent", "journal/bare_insert")?,
    );
    row(
        "the same with the explanation computed and in the row, as the app writes it",
        1.5,
        false,
        measured.ratio("journal/with_explanation", "journal/bare_insert_with_explanation")?,
    );
    row(
        "parse and compile 1,000 tools ÷ `serde_json` reading the text to a `Value`",
        3.0,
        false,
        measured.ratio("parse/ours", "parse/serde_json_value")?,
    );
    row(
        "replay of 1,000 calls with their limits ÷ 1,000 evaluations",
        2.0,
        false,
        measured.ratio("replay/replay", "replay/evaluate")?,
    );
    let each = measured.time("tools/of_1000_each_once")?;
    let _ = write!(
        out,
        "\nAllocations while a call is allowed: 0 (`crates/policy/tests/allocations.rs`). Every one of the 1,000 tools called in turn, \
         which leaves the processor's caches: {:.0} ns a call. The sum of all charges in the journal equals what was taken, checked \
         in the run.\n",
        each.median / 1_000.0
    );
    Ok(out)
}
