//! Running programs, with words about it.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a command came to; the error is a sentence.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// Says what begins now.
pub(crate) fn begin(what: &str) {
    eprintln!("\n── {what}");
}

/// A program with its arguments, to be run in the repository.
pub(crate) struct Step {
    command: Command,
    told: String,
}

impl Step {
    pub(crate) fn new(program: impl AsRef<OsStr>, arguments: &[&str]) -> Self {
        let program = program.as_ref();
        let mut command = Command::new(program);
        command.args(arguments).current_dir(crate::place::root());
        let told = format!("{} {}", Path::new(program).display(), arguments.join(" "));
        Self { command, told: told.trim_end().to_owned() }
    }

    pub(crate) fn cargo(arguments: &[&str]) -> Self {
        // The variables of this run of cargo would make the inner one rebuild what depends on them.
        let mut step = Self::new("cargo", arguments);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST") || text == "CARGO" {
                step.command.env_remove(&name);
            }
        }
        step
    }

    pub(crate) fn within(mut self, directory: &Path) -> Self {
        self.command.current_dir(directory);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it where everybody can see it.
    pub(crate) fn run(mut self) -> Outcome {
        eprintln!("   {}", self.told);
        let status = self.command.status().map_err(|error| format!("{} did not start: {error}", self.told))?;
        if status.success() { Ok(()) } else { Err(format!("{} failed ({status})", self.told)) }
    }

    /// Runs it and gives what it printed; what it complained about is seen.
    pub(crate) fn read(mut self) -> Outcome<String> {
        let output = self
            .command
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| format!("{} did not start: {error}", self.told))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(format!("{} failed ({})", self.told, output.status))
        }
    }

    /// Whether it runs and ends well; quiet.
    pub(crate) fn works(mut self) -> bool {
        self.command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}
