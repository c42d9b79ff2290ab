//! The programs: the app, the bridge beside it, and the small Odoo.

use crate::place;
use crate::step::{Outcome, Step, begin};
use std::path::Path;

/// How cargo builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Debug,
    Release,
}

impl Profile {
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "release",
        }
    }
}

/// App and bridge alone. (Cargo builds what they lean on in two ways: for these, and for the whole workspace.)
pub(crate) const APP: &[&str] = &["-p", "gatehouse-bridge", "-p", "gatehouse"];
/// Everything, as the tests need it.
pub(crate) const WORKSPACE: &[&str] = &["--workspace"];

/// Builds app and bridge as people get them, and puts them into a folder of their own.
pub(crate) fn build(profile: Profile, what: &[&str]) -> Outcome {
    begin("app and bridge");
    cargo_build(profile, what)?;
    put_both(profile, &place::plain())
}

/// The same with the feature `e2e`, into another folder: the two are never taken for each other.
pub(crate) fn build_e2e(profile: Profile, what: &[&str]) -> Outcome {
    begin("app and bridge for WebDriver");
    let mut words = what.to_vec();
    words.extend(["--features", "gatehouse/e2e"]);
    cargo_build(profile, &words)?;
    put_both(profile, &place::e2e())
}

/// Builds the app without windows that tests hold and kill at any point of a call, beside the others. The feature that makes
/// such points is in no other build.
pub(crate) fn build_house() -> Outcome {
    begin("app without windows, for the crash matrix");
    let words = ["-p", "gatehouse-broker", "--example", "house", "--features", "gatehouse-broker/failpoints"];
    cargo_build(Profile::Debug, &words)?;
    put(&place::built("debug/examples", "house"), &place::e2e())
}

fn put_both(profile: Profile, folder: &Path) -> Outcome {
    for name in ["gatehouse", "gatehouse-mcp"] {
        put(&place::built(profile.folder(), name), folder)?;
    }
    Ok(())
}

fn cargo_build(profile: Profile, arguments: &[&str]) -> Outcome {
    let mut words = vec!["build"];
    if profile == Profile::Release {
        words.push("--release");
    }
    words.extend(arguments);
    Step::cargo(&words).run()
}

/// Copies under another name first: a program that runs cannot be written over.
fn put(program: &Path, folder: &Path) -> Outcome {
    let say = |error: std::io::Error| format!("{} → {}: {error}", program.display(), folder.display());
    let name = program.file_name().ok_or("a program without a name")?;
    std::fs::create_dir_all(folder).map_err(say)?;
    let new = folder.join(name).with_extension("new");
    std::fs::copy(program, &new).map_err(say)?;
    std::fs::rename(&new, folder.join(name)).map_err(say)
}
