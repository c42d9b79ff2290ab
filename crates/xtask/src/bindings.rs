//! What is generated from Rust and checked in: TypeScript types for the windows, the built-in catalogue and instructions for
//! the bridge, the JSON Schema of a policy for editors, and the documentation of the tools.

use crate::place;
use crate::step::{Outcome, Step, begin};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Writes them.
pub(crate) fn write() -> Outcome {
    begin("TypeScript types, and what else is generated");
    let folder = checked_in();
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    generate(&folder, &Files::checked_in())
}

/// Compares what is checked in with what the Rust types say now.
pub(crate) fn check() -> Outcome {
    begin("TypeScript types, and what else is generated: fresh?");
    let fresh = place::target().join("bindings");
    if fresh.exists() {
        std::fs::remove_dir_all(&fresh).map_err(|error| format!("{}: {error}", fresh.display()))?;
    }
    let (now, then) = (Files::fresh(), Files::checked_in());
    generate(&fresh, &now)?;
    let read = |path: &Path| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    for (now, then) in now.0.iter().zip(&then.0) {
        if read(now)? != read(then)? {
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

/// The catalogue, the instructions, the schema, and the documentation of the tools.
struct Files([PathBuf; 4]);

impl Files {
    fn checked_in() -> Self {
        let names = [
            "crates/bridge/src/catalogue.json",
            "crates/bridge/src/instructions.md",
            "docs/policy.schema.json",
            "docs/tools.md",
        ];
        Self(names.map(|name| place::root().join(name)))
    }

    fn fresh() -> Self {
        Self(
            ["catalogue.json", "instructions.md", "policy.schema.json", "tools.md"]
                .map(|name| place::target().join(name)),
        )
    }
}

fn generate(folder: &Path, files: &Files) -> Outcome {
    let folder = folder.display().to_string();
    let [catalogue, instructions, schema, tools] = files.0.each_ref().map(|path| path.display().to_string());
    let example = |name| ["run", "--quiet", "-p", "gatehouse-broker", "--example", name, "--"];
    Step::cargo(&[&example("bindings")[..], &[&folder, &catalogue, &instructions, &schema]].concat()).run()?;
    Step::cargo(&[&example("tool_docs")[..], &[&tools]].concat()).run()
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
