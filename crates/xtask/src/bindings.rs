//! What is generated from Rust and checked in: TypeScript types for the windows, the built-in catalogue for the bridge, the
//! JSON Schema of a policy for editors.

use crate::place;
use crate::step::{Outcome, Step, begin};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Writes them.
pub(crate) fn write() -> Outcome {
    begin("TypeScript types");
    let folder = checked_in();
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    generate(&folder, &catalogue(), &schema())
}

/// Compares what is checked in with what the Rust types say now.
pub(crate) fn check() -> Outcome {
    begin("TypeScript types: fresh?");
    let fresh = place::target().join("bindings");
    if fresh.exists() {
        std::fs::remove_dir_all(&fresh).map_err(|error| format!("{}: {error}", fresh.display()))?;
    }
    let (fresh_catalogue, fresh_schema) =
        (place::target().join("catalogue.json"), place::target().join("policy.schema.json"));
    generate(&fresh, &fresh_catalogue, &fresh_schema)?;
    let read = |path: &Path| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    for (fresh, then) in [(&fresh_catalogue, catalogue()), (&fresh_schema, schema())] {
        if read(fresh)? != read(&then)? {
            return Err(format!("{} is stale; run `cargo xtask bindings`", then.display()));
        }
    }
    let (now, then) = (contents(&fresh)?, contents(&checked_in())?);
    let stale: Vec<&str> =
        now.keys().chain(then.keys()).filter(|name| now.get(*name) != then.get(*name)).map(String::as_str).collect();
    if stale.is_empty() {
        Ok(())
    } else {
        Err(format!("ui/src/lib/bindings is stale ({}); run `cargo xtask bindings`", stale.join(", ")))
    }
}

fn checked_in() -> PathBuf {
    place::ui().join("src/lib/bindings")
}

fn catalogue() -> PathBuf {
    place::root().join("crates/bridge/src/catalogue.json")
}

fn schema() -> PathBuf {
    place::root().join("docs/policy.schema.json")
}

fn generate(folder: &Path, catalogue: &Path, schema: &Path) -> Outcome {
    let [folder, catalogue, schema] = [folder, catalogue, schema].map(|path| path.display().to_string());
    let lead = ["run", "--quiet", "-p", "gatehouse-broker", "--example", "bindings", "--"];
    Step::cargo(&[&lead[..], &[&folder, &catalogue, &schema]].concat()).run()
}

fn contents(folder: &Path) -> Outcome<BTreeMap<String, Vec<u8>>> {
    let say = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(say)? {
        let entry = entry.map_err(say)?;
        files.insert(entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).map_err(say)?);
    }
    Ok(files)
}
