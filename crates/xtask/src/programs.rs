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

/// Builds app and bridge, as people get them.
pub(crate) fn build(profile: Profile) -> Outcome {
    begin("app and bridge");
    cargo_build(profile, &["-p", "gatehouse-bridge", "-p", "gatehouse"])
}

/// Builds the app with the feature `e2e`, and puts it with a bridge into a folder of its own, so that the plain programs and
/// these are never taken for each other.
pub(crate) fn build_e2e(profile: Profile) -> Outcome {
    begin("app for WebDriver");
    cargo_build(profile, &["-p", "gatehouse-bridge", "-p", "gatehouse", "--features", "gatehouse/e2e"])?;
    for name in ["gatehouse", "gatehouse-mcp"] {
        put(&place::built(profile.folder(), name), &place::e2e())?;
    }
    Ok(())
}

/// Builds `odoo-sim`, the program.
pub(crate) fn build_sim(profile: Profile) -> Outcome {
    begin("odoo-sim");
    cargo_build(profile, &["-p", "gatehouse-odoo-sim"])
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
