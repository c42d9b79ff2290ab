//! The journal alone: what the store's own program measured.

use crate::samples::Samples;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// Times in milliseconds, sizes in bytes.
pub(super) struct Figures {
    /// Of the long journal.
    pub(super) entries: u64,
    /// Microseconds for one entry.
    pub(super) append: f64,
    /// The database.
    pub(super) file: f64,
    /// Events and payloads.
    pub(super) bytes: f64,
    pub(super) lists: Vec<List>,
    /// The bare hash, the chain's verification, and the whole one.
    pub(super) hash: Samples,
    pub(super) chain: Samples,
    pub(super) verify: Samples,
    /// Looking for what was left open.
    pub(super) start: f64,
}

/// A list of 51 rows: the newest, and from the middle.
pub(super) struct List {
    pub(super) name: String,
    /// The newest page's, of the short journal and of the long one.
    pub(super) rows: (u64, u64),
    pub(super) short: [Samples; 2],
    pub(super) long: [Samples; 2],
}

/// Runs the program on a disk that is emptied afterwards.
pub(super) fn figures(program: &Path, entries: u64) -> Figures {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(program).arg(folder.path()).arg(entries.to_string()).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).expect("figures");
    let number = |name: &str| told[name].as_f64().expect("a number");
    Figures {
        entries,
        append: number("append"),
        file: number("file"),
        bytes: number("bytes"),
        lists: told["lists"].as_array().expect("lists").iter().map(list).collect(),
        hash: samples(&told["hash"]),
        chain: samples(&told["chain"]),
        verify: samples(&told["verify"]),
        start: number("start") / 1000.0,
    }
}

fn list(told: &Value) -> List {
    let pair = |name: &str| [samples(&told[name][0]), samples(&told[name][1])];
    let rows = |place: usize| told["rows"][place].as_u64().expect("a count");
    List {
        name: told["name"].as_str().expect("a name").to_owned(),
        rows: (rows(0), rows(2)),
        short: pair("short"),
        long: pair("long"),
    }
}

/// Told in microseconds, kept in milliseconds.
fn samples(told: &Value) -> Samples {
    let mut samples = Samples::default();
    for value in told.as_array().expect("samples") {
        samples.push(value.as_f64().expect("a time") / 1000.0);
    }
    samples
}
