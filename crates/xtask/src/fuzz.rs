//! Fuzzing of the policy language. libFuzzer comes from its crate and is driven directly, with the flags that cargo-fuzz
//! would set: neither cargo-fuzz nor a nightly toolchain is needed.

use crate::place;
use crate::step::{Outcome, Step, begin};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGETS: [&str; 3] = ["parse", "import", "condition"];

/// Counts the edges that were taken, and tells libFuzzer what is compared with what.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing";

/// How long each target runs unless it is said, in seconds.
const SECONDS: u32 = 60;

/// `cargo xtask fuzz [--seconds N] [TARGET]`
pub(crate) fn run(rest: &[&str]) -> Outcome {
    let (seconds, rest) = match rest {
        ["--seconds", number, rest @ ..] => {
            (number.parse().map_err(|_| format!("--seconds wants a number, not {number}"))?, rest)
        }
        rest => (SECONDS, rest),
    };
    let targets = match rest {
        [] => TARGETS.to_vec(),
        [target] if TARGETS.contains(target) => vec![*target],
        _ => return Err(format!("fuzz knows the targets {}", TARGETS.join(", "))),
    };
    if cfg!(windows) {
        begin("fuzz targets: not on Windows, whose linker knows other section names");
        return Ok(());
    }
    let programs = build()?;
    begin(&format!("fuzz targets, {seconds} s each"));
    let at_once = std::thread::available_parallelism().map_or(1, usize::from).min(2);
    let mut failed = Vec::new();
    for batch in targets.chunks(at_once) {
        let outcomes: Vec<Outcome<String>> = std::thread::scope(|scope| {
            let runs: Vec<_> = batch.iter().map(|target| scope.spawn(|| one(&programs, target, seconds))).collect();
            let broken = |_| Err("a run broke off".to_owned());
            runs.into_iter().map(|run| run.join().unwrap_or_else(broken)).collect()
        });
        for (target, outcome) in batch.iter().zip(outcomes) {
            match outcome {
                Ok(told) => eprintln!("   {target}: {told}"),
                Err(why) => {
                    eprintln!("   {target}: {why}");
                    failed.push(*target);
                }
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("fuzzing found something: {}", failed.join(", "))) }
}

/// Where everything of fuzzing lies that is not checked in.
fn folder() -> PathBuf {
    place::target().join("fuzz")
}

fn package() -> PathBuf {
    place::root().join("crates/policy/fuzz")
}

/// Builds all targets; gives the folder that they lie in.
fn build() -> Outcome<PathBuf> {
    begin("fuzz targets");
    let version = Step::new("rustc", &["-vV"]).within(&package()).read()?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("rustc does not name its host")?;
    // With a target named, the flags are not those of build scripts.
    Step::cargo(&["build", "--quiet", "--release", "--target", host])
        .within(&package())
        .env("RUSTFLAGS", FLAGS)
        .env("CARGO_TARGET_DIR", folder())
        .run()?;
    Ok(folder().join(host).join("release"))
}

/// Runs one target from its seeds and from what earlier runs found; what makes it fail stays below the target folder.
fn one(programs: &Path, target: &str, seconds: u32) -> Outcome<String> {
    let (corpus, found) = (folder().join("corpus").join(target), folder().join("found"));
    for folder in [&corpus, &found] {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let log = folder().join(format!("{target}.log"));
    let say = |error: std::io::Error| format!("{}: {error}", log.display());
    let status = Command::new(programs.join(target))
        .args([format!("-max_total_time={seconds}"), format!("-artifact_prefix={}/{target}-", found.display())])
        .args(["-max_len=8192", "-timeout=20", "-rss_limit_mb=2048"])
        .args([corpus, package().join("seeds").join(target), place::root().join("crates/policy/src/presets")])
        .stderr(File::create(&log).map_err(say)?)
        .status()
        .map_err(|error| format!("{target} did not start: {error}"))?;
    // Its log holds bytes of what it tried.
    let told = String::from_utf8_lossy(&std::fs::read(&log).map_err(say)?).into_owned();
    if !status.success() {
        let why = told.lines().find(|line| line.contains("panicked at") || line.contains("ERROR: libFuzzer"));
        return Err(format!("{} ({})", why.unwrap_or("it failed"), log.display()));
    }
    let done = told.lines().rev().find(|line| line.starts_with("Done ")).unwrap_or("Done").to_owned();
    let covered = told.lines().rev().find_map(|line| line.split_once("cov: ")?.1.split_whitespace().next());
    Ok(format!("{done}, {} edges", covered.unwrap_or("no")))
}
