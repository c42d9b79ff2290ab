//! From a fresh clone to the open window.

use crate::programs::{self, Profile};
use crate::step::{Outcome, Step, begin};
use crate::{front_end, place, setup};

/// `cargo xtask run [arguments of the app]`
pub(crate) fn run(rest: &[&str]) -> Outcome {
    setup::run()?;
    front_end::build()?;
    programs::build(Profile::Debug, programs::APP)?;
    let app = place::plain().join(format!("gatehouse{}", std::env::consts::EXE_SUFFIX));
    if !has_display() {
        println!(
            "\nGatehouse is built: {}\nThere is no display here, so its window cannot be shown. In a desktop session run it again;\n\
             here, `cargo xtask demo` plays the story and leaves pictures.",
            app.display()
        );
        return Ok(());
    }
    begin("Gatehouse");
    println!("An MCP client starts {}", place::plain().join("gatehouse-mcp").display());
    Step::new(app, rest).run()
}

/// Whether a window can be shown.
pub(crate) fn has_display() -> bool {
    let named = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || named("DISPLAY") || named("WAYLAND_DISPLAY")
}
