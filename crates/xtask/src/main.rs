//! `cargo xtask …`: everything a developer runs. Leans on nothing but the standard library, so that it is there in seconds.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

mod bench;
mod bindings;
mod demo;
mod front_end;
mod fuzz;
mod odoo;
mod place;
mod programs;
mod run;
mod setup;
mod shots;
mod step;
mod test;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  run               sets up what is missing, builds, and starts Gatehouse
  demo              plays the story in the terminal: the real bridge, the real window, a small Odoo in one process
  test              everything that must hold: front end, lints, bindings, all tests, also against a real Odoo 19
  odoo up           a real Odoo 19 with demo data on loopback (Docker where it runs, else Debian's package)
  odoo key [LOGIN]  a fresh API key of its user admin or demo
  odoo reset        its database as it was when new
  odoo down         stops it
  bench [--sim]     measures; writes docs/benchmarks.md (--sim: against odoo-sim, writes nothing)
  bench policy      the policy engine beside Cedar; writes its part of docs/benchmarks.md
  bench odoo        the Odoo tools beside the peers'; writes its part, and docs/agent-tasks.md
                    (--part speed|trips|sizes|far|tasks|export, --only TASK: writes nothing)
  bench asking      what asking a person costs, and a long journal; writes its part of docs/benchmarks.md
  fuzz [TARGET]     feeds the policy language what nobody would write: parse, import, condition
                    (--seconds N before TARGET: how long each, else 60)
  bindings          writes what is generated: the TypeScript types of ui/src/lib/bindings, the bridge's built-in tools and
                    instructions, docs/policy.schema.json, docs/tools.md
  shots [--readme]  pictures of every page in shots/ (--readme: also docs/window.png)
  setup             installs what the others need, where it can

--profile DIR after `run` keeps every file of the app under DIR.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["run", rest @ ..] => run::run(rest),
        ["demo"] => demo::run(),
        ["test"] => test::run(),
        ["odoo", verb, rest @ ..] => odoo::run(verb, rest),
        ["bench", rest @ ..] => bench::run(rest),
        ["fuzz", rest @ ..] => fuzz::run(rest),
        ["bindings"] => bindings::write(),
        ["shots", rest @ ..] => shots::run(rest),
        ["setup"] => setup::run(),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprint!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}
