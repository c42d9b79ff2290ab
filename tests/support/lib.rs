//! What the tests, the demo and the pictures stand on: a desktop of their own, a bridge as an MCP client starts it, the real
//! windows under WebDriver, and Odoo as itself.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a stage that does not stand must stop the play at once, with the place"
)]

pub mod bridge;
pub mod hands;
pub mod house;
pub mod journal;
pub mod liar;
pub mod line;
pub mod odoo;
pub mod office;
pub mod person;
pub mod stage;
pub mod stranger;
pub mod webdriver;
pub mod window;

pub use bridge::{Bridge, Called};
pub use hands::Hands;
pub use house::House;
pub use journal::Journal;
pub use odoo::Odoo;
pub use office::Office;
pub use stage::Stage;
pub use stranger::Stranger;
pub use window::Windows;

use std::path::PathBuf;
use std::time::Duration;

/// How long a person would wait before calling something broken.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The repository, as cargo says at run time: a shared target directory may hold what another clone built.
pub fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    here.parent().expect("tests/ lies in the repository").to_owned()
}

/// Where cargo builds.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// Asks again and again until `what` is there; panics with `words` when patience ends.
pub async fn eventually<T, F, Fut>(words: &str, mut what: F) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let until = tokio::time::Instant::now() + PATIENCE;
    loop {
        if let Some(found) = what().await {
            return found;
        }
        assert!(tokio::time::Instant::now() < until, "{words}: not within {} s", PATIENCE.as_secs());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
