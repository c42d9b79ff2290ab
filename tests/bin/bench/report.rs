//! What was measured, as `docs/benchmarks.md`.

use std::fmt::Write as _;
use std::process::Command;

/// One figure with its goal.
pub(crate) struct Figure {
    name: String,
    goal: f64,
    value: f64,
    /// Ours and the floor's, where the value is their ratio.
    parts: Option<(f64, f64)>,
    unit: &'static str,
    pub(crate) note: String,
}

/// A peer, measured in the same run.
pub(crate) struct Peer {
    pub(crate) name: String,
    /// Spawn → `initialize`, ms.
    pub(crate) starts: f64,
    /// MB.
    pub(crate) resident: f64,
    /// p50, ms; none when its search failed.
    pub(crate) search: Option<f64>,
    /// The direct request's p50, ms.
    pub(crate) direct: f64,
    /// KB.
    pub(crate) tools: f64,
}

pub(crate) struct Report {
    pub(crate) figures: Vec<Figure>,
    pub(crate) peers: Vec<Peer>,
    /// Which Odoo.
    pub(crate) against: String,
}

impl Figure {
    pub(crate) fn ratio(name: &str, goal: f64, ours: f64, floor: f64, unit: &'static str) -> Self {
        Self { name: name.to_owned(), goal, value: ours / floor, parts: Some((ours, floor)), unit, note: String::new() }
    }

    pub(crate) fn plain(name: &str, goal: f64, value: f64, unit: &'static str) -> Self {
        Self { name: name.to_owned(), goal, value, parts: None, unit, note: String::new() }
    }

    fn row(&self) -> String {
        let (goal, value, measured) = match self.parts {
            Some((ours, floor)) => (
                format!("≤ {}", self.goal),
                format!("{:.2}", self.value),
                format!("{ours:.2} ÷ {floor:.2} {}", self.unit),
            ),
            None => (
                format!("≤ {} {}", self.goal, self.unit),
                format!("{:.1} {}", self.value, self.unit),
                self.note.clone(),
            ),
        };
        let met = if self.value <= self.goal { "yes" } else { "**no**" };
        format!("| {} | {goal} | {value} | {measured} | {met} |\n", self.name)
    }
}

impl Report {
    pub(crate) fn text(&self) -> String {
        let mut text = String::from(
            "# Benchmarks\n\nMeasured by `cargo xtask bench`: release builds, one run, side by side. Machines differ and are noisy; what counts \
             is the ratio to a floor measured in the same run.\n\n",
        );
        let _infallible = write!(text, "{}\nAgainst {}.\n\n", machine(), self.against);
        text.push_str("| figure | goal | here | measured | met |\n| --- | --- | --- | --- | --- |\n");
        for figure in &self.figures {
            text.push_str(&figure.row());
        }
        if !self.peers.is_empty() {
            text.push_str(
                "\nPeers from PyPI, in the same run and against the same Odoo:\n\n\
                 | peer | spawn → `initialize` | RSS | search p50 (÷ direct) | `tools/list` |\n| --- | --- | --- | --- | --- |\n",
            );
        }
        for peer in &self.peers {
            let search =
                peer.search.map_or("failed".to_owned(), |p50| format!("{p50:.1} ms ({:.2})", p50 / peer.direct));
            let _infallible = writeln!(
                text,
                "| {} | {:.0} ms | {:.0} MB | {search} | {:.0} KB |",
                peer.name, peer.starts, peer.resident, peer.tools
            );
        }
        text
    }
}

fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let processor = read("/proc/cpuinfo")
        .lines()
        .find_map(|line| Some(line.strip_prefix("model name")?.split(':').nth(1)?.trim().to_owned()))
        .unwrap_or_else(|| "an unknown processor".to_owned());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = crate::rpc::kilobytes("/proc/meminfo", "MemTotal:") / 1024 / 1024;
    let system = read("/etc/os-release")
        .lines()
        .find_map(|line| Some(line.strip_prefix("PRETTY_NAME=")?.trim_matches('"').to_owned()))
        .unwrap_or_default();
    let compiler = Command::new("rustc").arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    format!(
        "{processor}, {cores} cores, {memory} GB, {system}, {}, Gatehouse {}.",
        String::from_utf8_lossy(&compiler).trim(),
        env!("CARGO_PKG_VERSION")
    )
}
