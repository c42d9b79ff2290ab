//! The two windows as a person uses them: find by what is written on the inside (`data-testid`), click, type, read.

use crate::stage::Stage;
use crate::webdriver::{Element, Trouble, WebDriver};
use crate::{PATIENCE, eventually};
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// Which window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Connections, approvals, activity.
    Main,
    /// The cards.
    Approval,
}

/// The windows of the app on a stage. Attached to when the first of them is there, and again when all were closed.
pub struct Windows<'a> {
    stage: &'a Stage,
    driver: Option<WebDriver>,
}

impl<'a> Windows<'a> {
    /// None is looked at yet.
    pub fn new(stage: &'a Stage) -> Self {
        Self { stage, driver: None }
    }

    /// Turns to a window, as soon as it is there.
    pub async fn turn_to(&mut self, which: Which) {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.try_turn_to(which).await {
                Ok(true) => return,
                Ok(false) => {}
                // The session ends with the last window; the next window needs another.
                Err(_) => self.driver = None,
            }
            assert!(Instant::now() < until, "the window {which:?} did not come");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Whether a window is there at this moment.
    pub async fn is_there(&mut self, which: Which) -> bool {
        self.try_turn_to(which).await.unwrap_or(false)
    }

    /// Waits until a window is gone.
    pub async fn until_gone(&mut self, which: Which) {
        let until = Instant::now() + PATIENCE;
        while self.is_there(which).await {
            assert!(Instant::now() < until, "the window {which:?} stays");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn try_turn_to(&mut self, which: Which) -> Result<bool, Trouble> {
        if self.driver.is_none() {
            // Before the first window nobody listens there.
            if tokio::net::TcpStream::connect(self.stage.inspector()).await.is_err() {
                return Ok(false);
            }
            self.driver = Some(WebDriver::attach(self.stage).await?);
        }
        let driver = self.driver();
        for handle in driver.handles().await? {
            driver.switch(&handle).await?;
            let is_approval = driver.url().await?.contains("window=approval");
            if is_approval == (which == Which::Approval) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The driver, for what is not written here.
    pub fn driver(&self) -> &WebDriver {
        self.driver.as_ref().expect("turn to a window first")
    }

    /// The element with this `data-testid`, as soon as it is there.
    pub async fn find(&self, id: &str) -> Element {
        self.find_css(&by_id(id)).await
    }

    /// The element that a CSS selector finds, as soon as it is there.
    pub async fn find_css(&self, css: &str) -> Element {
        let driver = self.driver();
        eventually(css, || async { driver.find(css).await.ok() }).await
    }

    /// Whether an element with this `data-testid` is there at this moment.
    pub async fn has(&self, id: &str) -> bool {
        self.driver().find(&by_id(id)).await.is_ok()
    }

    /// Clicks it, as soon as it is there and can be used.
    pub async fn click(&self, id: &str) {
        self.click_css(&by_id(id)).await;
    }

    /// The same for a CSS selector.
    pub async fn click_css(&self, css: &str) {
        let driver = self.driver();
        eventually(&format!("a click on {css}"), || async {
            let element = driver.find(css).await.ok()?;
            if !driver.is_enabled(&element).await.ok()? {
                return None;
            }
            driver.click(&element).await.ok()
        })
        .await;
    }

    /// Types over what the field holds.
    pub async fn fill(&self, id: &str, text: &str) {
        let driver = self.driver();
        eventually(&format!("typing into {id}"), || async {
            let element = driver.find(&by_id(id)).await.ok()?;
            driver.clear(&element).await.ok()?;
            driver.type_into(&element, text).await.ok()
        })
        .await;
    }

    /// What a field holds.
    pub async fn value(&self, id: &str) -> String {
        let element = self.find(id).await;
        let value = self.driver().property(&element, "value").await.expect("a field has a value");
        value.as_str().unwrap_or_default().to_owned()
    }

    /// What a person reads there.
    pub async fn text(&self, id: &str) -> String {
        let driver = self.driver();
        eventually(&format!("the text of {id}"), || async {
            let element = driver.find(&by_id(id)).await.ok()?;
            driver.text(&element).await.ok()
        })
        .await
    }

    /// Waits until `words` can be read there.
    pub async fn wait_for_text(&self, id: &str, words: &str) {
        let driver = self.driver();
        let mut last = String::new();
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Ok(element) = driver.find(&by_id(id)).await
                && let Ok(text) = driver.text(&element).await
            {
                if text.contains(words) {
                    return;
                }
                last = text;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{id} does not say {words:?}, but {last:?}");
    }

    /// A picture of the page, PNG.
    pub async fn picture(&self, path: &Path) {
        let png = self.driver().picture().await.expect("a picture");
        std::fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a folder for pictures");
        std::fs::write(path, png).expect("a picture is written");
    }
}

fn by_id(id: &str) -> String {
    format!("[data-testid=\"{id}\"]")
}
