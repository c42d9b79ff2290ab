//! What the person in the story does, with mouse and keyboard.

use crate::odoo::Odoo;
use crate::window::{Which, Windows};
use crate::{PATIENCE, eventually};
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

/// A connection as the person types it.
#[derive(Debug, Clone)]
pub struct NewConnection<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where it leads, and as whom.
    pub odoo: &'a Odoo,
    /// `production`, `staging` or `development`.
    pub environment: &'a str,
}

impl Windows<'_> {
    /// Fills the form in, tests the connection, and saves it.
    pub async fn add_connection(&mut self, new: &NewConnection<'_>) {
        self.turn_to(Which::Main).await;
        self.click("nav-connections").await;
        self.click("add-connection").await;
        self.fill_in(new).await;
        self.click("test-connection").await;
        self.find_css("[data-testid=test-result][data-state=passed]").await;
        self.click("save-connection").await;
        self.find(&format!("connection-row-{}", new.name)).await;
    }

    /// Fills the open form in.
    pub async fn fill_in(&self, new: &NewConnection<'_>) {
        self.fill("field-url", &new.odoo.url).await;
        self.find("parsed-host").await;
        self.fill("field-database", &new.odoo.database).await;
        self.fill("field-login", &new.odoo.login).await;
        self.fill("field-secret", &new.odoo.key).await;
        self.fill("field-name", new.name).await;
        self.click(&format!("environment-{}", new.environment)).await;
    }

    /// Turns to the next card, once the approval window shows one whose sentence holds `words`.
    pub async fn turn_to_card(&mut self, words: &str) {
        self.turn_to(Which::Approval).await;
        let until = Instant::now() + PATIENCE;
        while !self.card_says(words).await {
            assert!(Instant::now() < until, "no card says {words:?}");
            // The window of the card before may have been closing, and this one be another.
            self.turn_to(Which::Approval).await;
            if self.has("next-card").await {
                // The button is off at the last card.
                let next = self.driver().find("[data-testid=next-card]").await;
                if let Ok(next) = next
                    && self.driver().click(&next).await.is_err()
                {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn card_says(&self, words: &str) -> bool {
        let Ok(sentence) = self.driver().find("[data-testid=card-sentence]").await else { return false };
        self.driver().text(&sentence).await.is_ok_and(|text| text.contains(words))
    }

    /// Admits the agent of the card for these connections.
    pub async fn admit(&mut self, agent: &str, connections: &[&str]) {
        self.turn_to_card(agent).await;
        for name in connections {
            let id = format!("admit-connection-{name}");
            let tick = self.find(&id).await;
            if self.driver().property(&tick, "checked").await.ok() != Some(json!(true)) {
                self.click(&id).await;
            }
        }
        self.press_when_armed("admit").await;
    }

    /// Approves the card whose sentence holds `words`.
    pub async fn approve(&mut self, words: &str) {
        self.turn_to_card(words).await;
        self.press_when_armed("approve").await;
    }

    /// Refuses the card whose sentence holds `words`, without a reason: an admission or a file of policies has none.
    pub async fn refuse(&mut self, words: &str) {
        self.turn_to_card(words).await;
        self.click_css("[data-testid=refuse], [data-testid=deny]").await;
        self.wait_for_end_of_card(words).await;
    }

    /// Denies the card whose sentence holds `words`, and says why.
    pub async fn deny(&mut self, words: &str, reason: &str) {
        self.turn_to_card(words).await;
        self.click("deny-reason").await;
        self.fill("deny-reason-text", reason).await;
        self.click("deny-reason-send").await;
        self.wait_for_end_of_card(words).await;
    }

    /// Reads to the end, waits until the button can be pressed, presses it, and waits until the card is gone.
    async fn press_when_armed(&mut self, button: &str) {
        let sentence = self.text("card-sentence").await;
        let until = Instant::now() + PATIENCE;
        loop {
            self.read_to_the_end().await;
            let armed = self.driver().find("[data-testid=verdicts][data-armed=true]").await;
            if armed.is_ok()
                && let Ok(element) = self.driver().find(&format!("[data-testid={button}]")).await
                && self.driver().click(&element).await.is_ok()
                && self.is_gone_soon(&sentence).await
            {
                return;
            }
            let blocker = match self.driver().find("[data-testid=blocker]").await {
                Ok(element) => self.driver().text(&element).await.unwrap_or_default(),
                Err(_) => String::new(),
            };
            assert!(Instant::now() < until, "{button} could not be pressed on {sentence:?}: {blocker}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Scrolls whatever can be scrolled to its end: what does not fit must be seen before it can be approved.
    pub async fn read_to_the_end(&self) {
        let scroll = "for (const box of document.querySelectorAll('*')) { \
                      if (box.scrollHeight > box.clientHeight + 1) box.scrollTop = box.scrollHeight; }";
        drop(self.driver().script(scroll, json!([])).await);
    }

    async fn is_gone_soon(&mut self, sentence: &str) -> bool {
        for _ in 0..30 {
            if !self.is_there(Which::Approval).await || !self.card_says(sentence).await {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }

    /// Waits until the window shows no card whose sentence holds `words`.
    pub async fn wait_for_end_of_card(&mut self, words: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.is_gone_soon(words).await {
            assert!(Instant::now() < until, "the card {words:?} stays");
        }
    }
}

/// Waits until Odoo itself says so.
pub async fn odoo_says(odoo: &Odoo, model: &str, id: i64, field: &str, value: &serde_json::Value) {
    eventually(&format!("{model}({id}).{field} = {value}"), || async {
        (odoo.field(model, id, field).await == *value).then_some(())
    })
    .await;
}
