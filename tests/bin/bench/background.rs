//! What the app holds in memory in the background, before any window was made.

use crate::memory::proportional;
use crate::samples::Samples;
use gatehouse_tests::Stage;
use gatehouse_tests::stage::Screen;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const ROUNDS: usize = 3;
/// An app that starts comes to rest within this.
const REST: Duration = Duration::from_secs(5);

/// Proportional memory, MB: all of it, and what is no file's.
#[derive(Default)]
pub(crate) struct Weight {
    pub(crate) all: Samples,
    pub(crate) own: Samples,
}

/// Ours and the floor's, in turn, each alone on the same desktop.
pub(crate) fn weigh(programs: &Path, floor: &Path) -> (Weight, Weight) {
    let stage = Stage::set_with(Screen::default(), programs);
    let (mut ours, mut floors) = (Weight::default(), Weight::default());
    // Whoever starts first on a new desktop fills the caches of fonts and drawing, and the app makes its keys.
    Weight::default().add(&mut stage.command(floor));
    for _ in 0..=ROUNDS {
        floors.add(&mut stage.command(floor));
        let mut app = stage.command(programs.join("gatehouse"));
        ours.add(app.arg("--background").arg("--profile").arg(stage.profile()));
    }
    (ours, floors)
}

impl Weight {
    fn add(&mut self, program: &mut Command) {
        let quiet = program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = quiet.spawn().expect("it starts");
        std::thread::sleep(REST);
        let (all, own) = proportional(child.id());
        assert!(all > 1.0, "it did not stay");
        self.all.push(all);
        self.own.push(own);
        if let Some(id) = rustix::process::Pid::from_raw(child.id().cast_signed()) {
            let _gone_already = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        }
        drop(child.wait());
    }
}
