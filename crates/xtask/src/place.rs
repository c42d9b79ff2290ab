//! Where things lie in this repository.

use std::path::{Path, PathBuf};

/// The repository. Cargo says where this package lies at run time too: a program from a shared or restored target directory
/// may have been built for another clone.
pub(crate) fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    here.ancestors().nth(2).map_or(here.clone(), Path::to_owned)
}

/// The front end.
pub(crate) fn ui() -> PathBuf {
    root().join("ui")
}

/// Where cargo builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// A program that cargo built: `debug`, `release`.
pub(crate) fn built(profile: &str, name: &str) -> PathBuf {
    target().join(profile).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// A copy of the programs as people get them.
pub(crate) fn plain() -> PathBuf {
    target().join("plain")
}

/// A copy of the programs made with the feature `e2e`, whose windows WebDriver may drive.
pub(crate) fn e2e() -> PathBuf {
    target().join("e2e")
}
