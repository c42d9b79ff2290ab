//! `gatehouse`, the desktop app. Wiring only: what it does lives in `gatehouse-broker`, what it shows in `ui/`.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

mod app;
mod arguments;
mod commands;
mod demo;
mod desktop;
mod environment;
mod left_behind;
mod notify;
mod opener;
mod paths;
mod probes;
mod quit;
mod tray;
mod visitor;
mod windows;

use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Before any GUI code runs: toolkits read the environment once, at their first breath.
    if let Err(why) = environment::leave_only_what_is_safe() {
        return say(&why);
    }
    match arguments::Arguments::parse(std::env::args_os().skip(1)) {
        Ok(arguments) => app::run(&arguments),
        Err(arguments::NotRun::Told(text)) => {
            let written = std::io::stdout().write_all(text.as_bytes());
            if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(arguments::NotRun::Wrong(why)) => say(&why),
    }
}

/// Tells why the program ends at once. Whoever started it without a terminal finds the same words in the log.
fn say(why: &str) -> ExitCode {
    tracing::error!("{why}");
    // Nobody may be reading; then there is nobody to tell.
    drop(writeln!(std::io::stderr(), "gatehouse: {why}"));
    ExitCode::FAILURE
}
