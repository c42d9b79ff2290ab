//! What it costs, side by side with the least that it could, and with peers.

use crate::programs::{self, Profile};
use crate::step::{Outcome, Step, begin};
use crate::{front_end, odoo, place, setup};
use std::path::Path;

/// From PyPI, into an environment of their own.
const PEERS: &[&str] = &["mcp-server-odoo", "odoo-mcp", "odoo-safe-mcp"];

/// `cargo xtask bench [--sim]`
pub(crate) fn run(rest: &[&str]) -> Outcome {
    let sim = match rest {
        [] => false,
        ["--sim"] => true,
        _ => return Err("bench knows --sim only".to_owned()),
    };
    setup::run()?;
    front_end::build()?;
    programs::build_e2e(Profile::Release, programs::APP)?;
    programs::build(Profile::Release, programs::APP)?;
    begin("floors: an MCP server that does nothing, an app without a window");
    Step::cargo(&["build", "--release", "-p", "gatehouse-bridge", "--example", "do_nothing"]).run()?;
    let floor_app = floor_app()?;
    let venv = peers();

    let plain = text(&place::plain());
    let e2e = text(&place::e2e());
    let floor = text(&place::target().join("release/examples/do_nothing"));
    let report = if sim { "-".to_owned() } else { text(&place::root().join("docs/benchmarks.md")) };
    std::fs::create_dir_all(place::root().join("docs")).map_err(|error| error.to_string())?;
    let mut words = vec!["run", "--quiet", "--release", "-p", "gatehouse-tests", "--bin", "bench", "--"];
    words.extend([&plain, &e2e, &floor, &floor_app, &venv, &report].map(String::as_str));
    if sim {
        words.push("--sim");
        return Step::cargo(&words).run();
    }
    let odoo = odoo::up()?;
    let mut step = Step::cargo(&words);
    for (name, value) in odoo.variables() {
        step = step.env(name, value);
    }
    begin("measuring");
    step.run()
}

/// Built with the same versions as ours, which its own folder does not know.
fn floor_app() -> Outcome<String> {
    let folder = place::root().join("crates/xtask/floor-app");
    std::fs::copy(place::root().join("Cargo.lock"), folder.join("Cargo.lock")).map_err(|error| error.to_string())?;
    let target = place::target();
    Step::cargo(&["build", "--release"]).within(&folder).env("CARGO_TARGET_DIR", &target).run()?;
    Ok(text(&target.join("release/floor-app")))
}

/// The environment of the peers; `-` when they cannot be had.
fn peers() -> String {
    begin("peers from PyPI");
    let venv = place::target().join("bench-venv");
    let pip = text(&venv.join("bin/pip"));
    let mut install = vec!["install", "--quiet", "--disable-pip-version-check"];
    install.extend(PEERS);
    let made = Step::new("python3", &["-m", "venv", &text(&venv)]).run().and_then(|()| Step::new(pip, &install).run());
    match made {
        Ok(()) => text(&venv),
        Err(why) => {
            eprintln!("   measured without peers: {why}");
            "-".to_owned()
        }
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
