//! What it costs, side by side with the least that it could, and with peers.

use crate::programs::APP;
use crate::step::{Outcome, Step, begin};
use crate::{front_end, odoo, place, setup};
use std::path::{Path, PathBuf};

/// From PyPI, into an environment of their own.
const PEERS: &[&str] = &["mcp-server-odoo", "odoo-mcp", "odoo-safe-mcp"];

/// `cargo xtask bench [--sim] [--no-peers]`: against the real Odoo it writes `docs/benchmarks.md`. `bench policy`,
/// `bench odoo` and `bench asking` write their parts of it.
pub(crate) fn run(rest: &[&str]) -> Outcome {
    if let ["policy"] = rest {
        return policy();
    }
    if let ["odoo", rest @ ..] = rest {
        return tools(rest);
    }
    if let ["asking"] = rest {
        return asking();
    }
    if let Some(unknown) = rest.iter().find(|word| !["--sim", "--no-peers"].contains(word)) {
        return Err(format!("bench knows policy, odoo, asking, --sim and --no-peers, not {unknown}"));
    }
    let (sim, no_peers) = (rest.contains(&"--sim"), rest.contains(&"--no-peers"));
    setup::run()?;
    front_end::build()?;
    let programs = programs()?;
    let venv = if no_peers { None } else { peers() };
    let odoo = if sim { None } else { Some(odoo::up()?) };

    begin("measuring");
    let report = place::root().join("docs/benchmarks.md");
    let told = format!("cargo xtask bench {}", rest.join(" "));
    let (programs, venv, report) = (text(&programs), venv.as_deref().map(text), text(&report));
    let mut words = vec!["run", "--quiet", "--release", "-p", "gatehouse-tests", "--bin", "bench", "--", &programs];
    words.extend(["--told", told.trim_end()]);
    if let Some(venv) = &venv {
        words.extend(["--venv", venv]);
    }
    let Some(odoo) = odoo else {
        words.push("--sim");
        return Step::cargo(&words).run();
    };
    std::fs::create_dir_all(place::root().join("docs")).map_err(|error| format!("docs: {error}"))?;
    words.extend(["--report", &report]);
    let mut step = Step::cargo(&words);
    for (name, value) in odoo.variables() {
        step = step.env(name, value);
    }
    step.run()
}

/// The Odoo tools beside the peers': writes its part of `docs/benchmarks.md`, and `docs/agent-tasks.md`. `rest` goes to the
/// program that measures: `--part` (speed, trips, sizes, far, tasks, export), `--only TASK`, `--rounds N`; a part writes nothing.
fn tools(rest: &[&str]) -> Outcome {
    setup::run()?;
    front_end::build()?;
    let programs = programs()?;
    let venv = peers().ok_or("the Odoo tools are measured beside the peers, and those could not be installed")?;
    let odoo = odoo::up()?;
    begin("measuring");
    let report = place::root().join("docs/benchmarks.md");
    let (programs, venv, report) = (text(&programs), text(&venv), text(&report));
    let mut words = vec!["run", "--quiet", "--release", "-p", "gatehouse-tests", "--bin", "bench", "--", &programs];
    words.extend(["--odoo", "--told", "cargo xtask bench odoo", "--venv", &venv]);
    if !rest.iter().any(|word| ["--part", "--only"].contains(word)) {
        words.extend(["--report", &report]);
    }
    words.extend(rest);
    let mut step = Step::cargo(&words);
    for (name, value) in odoo.variables() {
        step = step.env(name, value);
    }
    step.run()
}

/// What asking a person costs: writes its part of `docs/benchmarks.md`.
fn asking() -> Outcome {
    setup::run()?;
    front_end::build()?;
    let folder = place::target().join("bench");
    begin("app and bridge for WebDriver");
    cargo_build(&[APP, &["--features", "gatehouse/e2e"]].concat())?;
    for name in ["gatehouse", "gatehouse-mcp"] {
        keep(&place::built("release", name), &folder.join("e2e"))?;
    }
    begin("the app without windows, and a journal alone");
    for (example, what) in [
        ("house", ["-p", "gatehouse-broker", "--features", "gatehouse-broker/failpoints"].as_slice()),
        ("figures", ["-p", "gatehouse-store"].as_slice()),
    ] {
        cargo_build(&[what, &["--example", example]].concat())?;
        keep(&place::built("release/examples", example), &folder)?;
    }
    let odoo = odoo::up()?;
    begin("measuring");
    let (programs, report) = (text(&folder), text(&place::root().join("docs/benchmarks.md")));
    let mut words = vec!["run", "--quiet", "--release", "-p", "gatehouse-tests", "--bin", "bench", "--", &programs];
    words.extend(["--asking", "--told", "cargo xtask bench asking", "--report", &report]);
    let mut step = Step::cargo(&words);
    for (name, value) in odoo.variables() {
        step = step.env(name, value);
    }
    step.run()
}

/// The policy engine beside Cedar and beside a bare insert: writes its part of `docs/benchmarks.md`.
fn policy() -> Outcome {
    let folder = place::root().join("crates/policy/bench");
    let target = place::target().join("policy-bench");
    begin("the policy engine (Cedar takes minutes to build)");
    let cargo = |words: &[&str]| Step::cargo(words).within(&folder).env("CARGO_TARGET_DIR", &target).run();
    cargo(&["test", "--release", "--quiet"])?;
    cargo(&["bench", "--bench", "judging", "--bench", "journal"])?;
    let (criterion, report) = (text(&target.join("criterion")), text(&place::root().join("docs/benchmarks.md")));
    cargo(&["run", "--release", "--quiet", "--", &criterion, &report])
}

/// Release builds in a folder of their own, so that neither the tests' programs nor these are taken for the others: `plain/`
/// and `e2e/` with app and bridge, and the two floors.
fn programs() -> Outcome<PathBuf> {
    let folder = place::target().join("bench");
    begin("app and bridge, as people get them");
    cargo_build(APP)?;
    for name in ["gatehouse", "gatehouse-mcp"] {
        keep(&place::built("release", name), &folder.join("plain"))?;
    }
    begin("app and bridge for WebDriver");
    cargo_build(&[APP, &["--features", "gatehouse/e2e"]].concat())?;
    for name in ["gatehouse", "gatehouse-mcp"] {
        keep(&place::built("release", name), &folder.join("e2e"))?;
    }
    begin("floors: an MCP server that does nothing, an app without a window");
    cargo_build(&["-p", "gatehouse-bridge", "--example", "do_nothing"])?;
    keep(&place::built("release/examples", "do_nothing"), &folder)?;
    floor_app()?;
    keep(&place::built("release", "floor-app"), &folder)?;
    // Not part of any measurement, but long: done before it begins.
    cargo_build(&["-p", "gatehouse-tests", "--bin", "bench"])?;
    Ok(folder)
}

/// Built with the same versions as ours, which its own folder does not know.
fn floor_app() -> Outcome {
    let folder = place::root().join("crates/xtask/floor-app");
    std::fs::copy(place::root().join("Cargo.lock"), folder.join("Cargo.lock"))
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    Step::cargo(&["build", "--release"]).within(&folder).env("CARGO_TARGET_DIR", place::target()).run()
}

fn cargo_build(what: &[&str]) -> Outcome {
    Step::cargo(&[&["build", "--release"], what].concat()).run()
}

/// Copies under another name first: a program that runs cannot be written over.
fn keep(program: &Path, folder: &Path) -> Outcome {
    let say = |error: std::io::Error| format!("{} → {}: {error}", program.display(), folder.display());
    let name = program.file_name().ok_or("a program without a name")?;
    std::fs::create_dir_all(folder).map_err(say)?;
    let new = folder.join(name).with_extension("new");
    std::fs::copy(program, &new).map_err(say)?;
    std::fs::rename(&new, folder.join(name)).map_err(say)
}

/// The environment of the peers; none when they cannot be had.
fn peers() -> Option<PathBuf> {
    begin("peers from PyPI");
    let venv = place::target().join("bench-venv");
    let pip = text(&venv.join("bin/pip"));
    let mut install = vec!["install", "--quiet", "--disable-pip-version-check"];
    install.extend(PEERS);
    let made = Step::new("python3", &["-m", "venv", &text(&venv)]).run().and_then(|()| Step::new(pip, &install).run());
    match made {
        Ok(()) => Some(venv),
        Err(why) => {
            eprintln!("   measured without peers: {why}");
            None
        }
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
