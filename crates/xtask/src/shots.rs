//! Pictures of every page and card: light and dark, large and small.

use crate::programs::{self, Profile};
use crate::step::{Outcome, Step, begin};
use crate::{front_end, place, setup};

/// `cargo xtask shots [--readme]`
pub(crate) fn run(rest: &[&str]) -> Outcome {
    let readme = match rest {
        [] => false,
        ["--readme"] => true,
        _ => return Err("shots knows --readme only".to_owned()),
    };
    setup::run()?;
    front_end::build()?;
    programs::build_e2e(Profile::Debug, programs::APP)?;
    begin("pictures");
    let folder = place::root().join("shots");
    let mut words = vec!["run", "--quiet", "-p", "gatehouse-tests", "--bin", "shots", "--"];
    let text = folder.display().to_string();
    words.push(&text);
    Step::cargo(&words).run()?;
    if readme {
        let docs = place::root().join("docs");
        std::fs::create_dir_all(&docs).map_err(|error| error.to_string())?;
        for (picture, name) in [
            ("1280x800-light-connections.png", "window.png"),
            ("card-light-write.png", "approval.png"),
            ("card-light-delete.png", "card-delete.png"),
            ("card-light-undo.png", "card-undo.png"),
        ] {
            let (from, to) = (folder.join(picture), docs.join(name));
            std::fs::copy(&from, &to).map_err(|error| format!("{} → {}: {error}", from.display(), to.display()))?;
        }
    }
    println!("pictures: {}", folder.display());
    Ok(())
}
