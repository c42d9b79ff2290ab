//! The story, played.

use crate::programs::{self, Profile};
use crate::run::has_display;
use crate::step::{Outcome, Step, begin};
use crate::{front_end, place, setup};

/// `cargo xtask demo`
pub(crate) fn run() -> Outcome {
    setup::run()?;
    front_end::build()?;
    let by_hand = has_display();
    if by_hand {
        programs::build(Profile::Debug, programs::APP)?;
    } else {
        programs::build_e2e(Profile::Debug, programs::APP)?;
    }
    begin("the story");
    let pictures = place::root().join("shots/demo");
    let folder = if by_hand { place::plain() } else { place::e2e() };
    let (folder, pictures) = (folder.display().to_string(), pictures.display().to_string());
    let who = if by_hand { "--person" } else { "--webdriver" };
    Step::cargo(&["run", "--quiet", "-p", "gatehouse-tests", "--bin", "demo", "--", who, &folder, &pictures]).run()
}
