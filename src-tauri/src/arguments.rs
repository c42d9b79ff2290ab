//! What the command line asks for.

use std::ffi::OsString;
use std::path::PathBuf;

/// The command line of `gatehouse`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Arguments {
    /// Every file lies under this directory, made absolute.
    pub(crate) profile: Option<PathBuf>,
    /// No window until one is asked for.
    pub(crate) background: bool,
    /// The page to open at: `connections`, `approvals`, `agents`, `policy`, `activity` or `settings`.
    pub(crate) show: Option<String>,
}

/// The program has nothing to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotRun {
    /// It was asked to tell something.
    Told(String),
    /// The command line makes no sense, in a sentence.
    Wrong(String),
}

const PAGES: [&str; 6] = ["connections", "approvals", "agents", "policy", "activity", "settings"];

const HELP: &str = "\
Gatehouse lets AI agents work in Odoo, safely.

usage: gatehouse [--profile DIR] [--background] [--show PAGE]

  --profile DIR   keep every file under DIR
  --background    start without a window
  --show PAGE     open at connections, approvals, agents, policy, activity or settings
  --version       tell the version
";

impl Arguments {
    /// Reads the arguments after the program's name.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, NotRun> {
        let mut parsed = Self::default();
        let mut rest = arguments.into_iter();
        while let Some(argument) = rest.next() {
            match argument.to_str() {
                Some("--profile") => parsed.profile = Some(directory(rest.next())?),
                Some("--background") => parsed.background = true,
                Some("--show") => parsed.show = Some(page(rest.next())?),
                Some("--version") => return Err(NotRun::Told(format!("gatehouse {}\n", env!("CARGO_PKG_VERSION")))),
                Some("--help" | "-h") => return Err(NotRun::Told(HELP.to_owned())),
                _ => return Err(NotRun::Wrong(format!("unknown argument {}; see --help", argument.display()))),
            }
        }
        Ok(parsed)
    }
}

fn directory(value: Option<OsString>) -> Result<PathBuf, NotRun> {
    let value =
        value.filter(|text| !text.is_empty()).ok_or_else(|| NotRun::Wrong("--profile needs a directory".to_owned()))?;
    std::path::absolute(&value).map_err(|error| NotRun::Wrong(format!("--profile {}: {error}", value.display())))
}

fn page(value: Option<OsString>) -> Result<String, NotRun> {
    value
        .and_then(|text| text.into_string().ok())
        .filter(|text| PAGES.contains(&text.as_str()))
        .ok_or_else(|| NotRun::Wrong(format!("--show needs one of {}", PAGES.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Arguments, NotRun> {
        Arguments::parse(words.iter().map(OsString::from))
    }

    #[test]
    fn a_profile_is_made_absolute() {
        let parsed = parse(&["--profile", "here", "--background"]).unwrap();
        assert!(parsed.background);
        assert!(parsed.profile.unwrap().is_absolute());
    }

    #[test]
    fn what_it_does_not_know_is_refused_with_words() {
        assert!(matches!(parse(&["--approve", "all"]), Err(NotRun::Wrong(_))));
        assert!(matches!(parse(&["--show", "../secrets"]), Err(NotRun::Wrong(_))));
        assert!(matches!(parse(&["--profile"]), Err(NotRun::Wrong(_))));
    }
}
