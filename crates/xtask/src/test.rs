//! Everything that must hold, from nothing to a verdict.

use crate::programs::{self, Profile};
use crate::step::{Outcome, Step, begin};
use crate::{bindings, front_end, fuzz, odoo, setup};

/// Exists only where a real Odoo can be had, which is why it is not in the default features.
const REAL_ODOO: &str = "gatehouse-odoo/real-odoo,gatehouse-broker/real-odoo,gatehouse-tests/real-odoo";

/// `cargo xtask test`
pub(crate) fn run() -> Outcome {
    setup::run()?;
    front_end::test()?;
    begin("format and lints");
    Step::cargo(&["fmt", "--all", "--check"]).run()?;
    Step::cargo(&["fmt", "--manifest-path", "crates/policy/fuzz/Cargo.toml", "--check"]).run()?;
    Step::cargo(&["clippy", "--quiet", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"])
        .run()?;
    bindings::check()?;
    programs::build_house()?;
    programs::build_e2e(Profile::Debug, programs::WORKSPACE)?;
    programs::build(Profile::Debug, programs::WORKSPACE)?;
    fuzz::run(&[])?;
    let odoo = odoo::up()?;
    begin("all tests, also against the real Odoo");
    let mut step = tests();
    for (name, value) in odoo.variables() {
        step = step.env(name, value);
    }
    step.run()
}

/// nextest closes with a summary of its own; so does each binary under `cargo test`.
fn tests() -> Step {
    let (lead, tail): (&[&str], &[&str]) = if Step::cargo(&["nextest", "--version"]).works() {
        (&["nextest", "run"], &["--no-fail-fast"])
    } else {
        (&["test"], &["--no-fail-fast"])
    };
    let mut words = lead.to_vec();
    words.extend(["--workspace", "--features", REAL_ODOO]);
    words.extend(tail);
    Step::cargo(&words)
}
