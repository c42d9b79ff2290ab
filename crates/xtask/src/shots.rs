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
        let (from, to) = (folder.join("1280x800-light-activity.png"), place::root().join("docs/window.png"));
        std::fs::create_dir_all(place::root().join("docs")).map_err(|error| error.to_string())?;
        std::fs::copy(&from, &to).map_err(|error| format!("{} → {}: {error}", from.display(), to.display()))?;
    }
    println!("pictures: {}", folder.display());
    Ok(())
}
