use gatehouse_core::AgentId;
use std::ffi::OsString;
use std::path::PathBuf;

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// The MCP server.
    Serve(Options),
    /// Says what is wrong.
    Doctor(Options),
    /// Internal: starts a program in a session of its own and ends.
    Detach { program: PathBuf, arguments: Vec<OsString> },
    /// `--help`, `--version`.
    Print(String),
}

/// How to serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    /// Every file of the app lies under it.
    pub(crate) profile: Option<PathBuf>,
    /// The name under which this bridge was registered.
    pub(crate) agent: AgentId,
    /// The connection that this bridge is pinned to.
    pub(crate) connection: Option<String>,
    /// Never start the app.
    pub(crate) no_launch: bool,
}

const HELP: &str = "\
gatehouse-mcp: the MCP server of Gatehouse. An MCP client starts it; the Gatehouse app answers.

Usage: gatehouse-mcp [OPTIONS]          serve MCP on stdin and stdout
       gatehouse-mcp doctor [OPTIONS]   say what is wrong, without starting anything

Options:
  --agent NAME        the name this client was registered under (default: unnamed)
  --connection NAME   always work on this connection
  --profile DIR       use the Gatehouse that keeps its files under DIR
  --no-launch         never start the app
  --help, --version

GATEHOUSE_LOG=info (or debug) writes more to stderr, never arguments or values.
";

/// Reads the command line, without the program's name.
pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let mut words = words.into_iter().peekable();
    if words.next_if(|word| word == "--detach").is_some() {
        let program = words.next().ok_or("--detach needs a program")?;
        return Ok(Command::Detach { program: program.into(), arguments: words.collect() });
    }
    let is_doctor = words.next_if(|word| word == "doctor").is_some();
    let mut options = Options { profile: None, agent: unnamed()?, connection: None, no_launch: false };
    while let Some(word) = words.next() {
        let (name, mut joined) = split(&word);
        let mut value = || joined.take().or_else(|| words.next()).ok_or_else(|| format!("{name} needs a value"));
        match name.as_str() {
            "--profile" => {
                let dir = PathBuf::from(value()?);
                if dir.as_os_str().is_empty() {
                    return Err("--profile needs a folder".into());
                }
                options.profile = Some(dir);
            }
            "--agent" => {
                options.agent = AgentId::parse(&text(&name, value()?)?).map_err(|e| format!("--agent: {e}"))?;
            }
            "--connection" => options.connection = Some(connection(text(&name, value()?)?)?),
            "--no-launch" => options.no_launch = true,
            "--help" | "-h" => return Ok(Command::Print(HELP.into())),
            "--version" | "-V" => {
                return Ok(Command::Print(format!("gatehouse-mcp {}\n", env!("CARGO_PKG_VERSION"))));
            }
            _ => return Err(format!("“{}” is not an option", shown(&name))),
        }
        if joined.is_some() {
            return Err(format!("{name} takes no value"));
        }
    }
    Ok(if is_doctor { Command::Doctor(options) } else { Command::Serve(options) })
}

fn unnamed() -> Result<AgentId, String> {
    AgentId::parse("unnamed").map_err(|error| error.to_string())
}

/// `--name=value` as name and value.
fn split(word: &OsString) -> (String, Option<OsString>) {
    match word.to_str().filter(|word| word.starts_with("--")).and_then(|word| word.split_once('=')) {
        Some((name, value)) => (name.to_owned(), Some(value.into())),
        None => (word.to_string_lossy().into_owned(), None),
    }
}

fn text(name: &str, value: OsString) -> Result<String, String> {
    value.into_string().map_err(|_| format!("{name}: not text"))
}

fn connection(name: String) -> Result<String, String> {
    if name.is_empty() || name.chars().count() > 80 || name.chars().any(char::is_control) {
        return Err("--connection: use 1 to 80 characters of text".into());
    }
    Ok(name)
}

fn shown(word: &str) -> String {
    word.chars().filter(|c| !c.is_control()).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn without_a_name_the_agent_is_unnamed() {
        let Ok(Command::Serve(options)) = parsed("") else { panic!() };
        assert_eq!((options.agent.as_str(), options.profile, options.no_launch), ("unnamed", None, false));
    }

    #[test]
    fn every_option_is_understood_in_both_spellings() {
        for line in [
            "doctor --profile /p --agent claude-code --connection acme --no-launch",
            "doctor --profile=/p --agent=claude-code --connection=acme --no-launch",
        ] {
            let Ok(Command::Doctor(options)) = parsed(line) else { panic!("{line}") };
            assert_eq!(options.profile, Some("/p".into()));
            assert_eq!(options.agent.as_str(), "claude-code");
            assert_eq!(options.connection.as_deref(), Some("acme"));
            assert!(options.no_launch);
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_and_named() {
        for (line, named) in [
            ("--agnet x", "--agnet"),
            ("serve", "serve"),
            ("--agent", "--agent"),
            ("--agent Claude", "Claude"),
            ("--agent ../x", "../x"),
            ("--no-launch=yes", "--no-launch"),
            ("--profile=", "--profile"),
            ("--connection=", "--connection"),
        ] {
            let error = parsed(line).unwrap_err();
            assert!(error.contains(named), "{line}: {error}");
        }
    }

    #[test]
    fn help_and_version_are_printed() {
        assert!(matches!(parsed("--help"), Ok(Command::Print(text)) if text.contains("--agent")));
        assert!(matches!(parsed("--version"), Ok(Command::Print(text)) if text.starts_with("gatehouse-mcp ")));
    }
}
