//! The front end: `ui/`.

use crate::place;
use crate::step::{Outcome, Step, begin};

/// Checks, tests and builds it.
pub(crate) fn test() -> Outcome {
    begin("front end: check, test, build");
    npm(&["run", "check"])?;
    npm(&["test"])?;
    npm(&["run", "build"])
}

/// Builds `ui/dist`, which the app embeds.
pub(crate) fn build() -> Outcome {
    begin("front end");
    npm(&["run", "--silent", "build"])
}

fn npm(arguments: &[&str]) -> Outcome {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    Step::new(npm, arguments).within(&place::ui()).run()
}
