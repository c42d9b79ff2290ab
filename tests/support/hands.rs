//! Mouse and keyboard at one window, as the X server hands them on: what WebDriver does inside of the page, this does from
//! outside.

use crate::stage::Stage;
use crate::webdriver::Trouble;
use crate::window::Windows;
use crate::{PATIENCE, eventually};
use serde_json::{Value, json};
use std::time::Instant;

/// The title of the approval window.
pub const APPROVAL_TITLE: &str = "^Gatehouse: approve or deny$";
/// The title of the main window.
pub const MAIN_TITLE: &str = "^Gatehouse$";

/// Hands at one window.
pub struct Hands<'a> {
    stage: &'a Stage,
    /// As `xdotool` names it.
    pub window: String,
}

impl<'a> Hands<'a> {
    /// At the window with this title, as soon as it is visible.
    pub async fn at(stage: &'a Stage, title: &str) -> Self {
        let window = eventually(title, || async {
            let found = stage.xdotool(&["search", "--onlyvisible", "--name", title]);
            found.lines().last().map(str::to_owned)
        })
        .await;
        Self { stage, window }
    }

    /// Several things in one go, so that nothing comes between them. `%w` stands for the window.
    pub fn go(&self, words: &str) -> String {
        let words: Vec<&str> = words.split(' ').map(|word| if word == "%w" { &self.window } else { word }).collect();
        self.stage.xdotool(&words)
    }

    /// Brings the window to the front, with the keyboard, and waits until it has it.
    pub fn raise(&self) {
        let until = Instant::now() + PATIENCE;
        while self.stage.xdotool(&["getactivewindow"]) != self.window {
            assert!(Instant::now() < until, "the window was not raised");
            self.go("windowactivate --sync %w");
        }
    }
}

/// A rectangle in the page, in CSS pixels, which are the screen's here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
}

impl Place {
    /// Its middle, as `xdotool` takes it.
    pub fn middle(&self) -> String {
        format!("{:.0} {:.0}", self.x + self.width / 2.0, self.y + self.height / 2.0)
    }
}

impl Windows<'_> {
    /// Where an element with this `data-testid` is, and that nothing lies over its middle.
    pub async fn place(&self, id: &str) -> Place {
        const LOOK: &str = "const at = document.querySelector(`[data-testid=\"${arguments[0]}\"]`); if (!at) return null; \
             const box = at.getBoundingClientRect(); const on = document.elementFromPoint(box.x + box.width / 2, \
             box.y + box.height / 2); return at.contains(on) ? [box.x, box.y, box.width, box.height] : null;";
        let driver = self.driver();
        eventually(&format!("{id} in sight"), || async {
            let told = driver.script(LOOK, json!([id])).await.ok()?;
            let number = |at: usize| told[at].as_f64();
            Some(Place { x: number(0)?, y: number(1)?, width: number(2)?, height: number(3)? })
        })
        .await
    }

    /// The page notes from now on what keys and clicks reach it.
    pub async fn note_input(&self) {
        const NOTE: &str = "window.noted = []; const on = (event) => event.target?.closest?.('button')?.dataset.testid ?? ''; \
             for (const kind of ['keydown', 'keyup', 'click']) addEventListener(kind, (event) => \
             window.noted.push([kind, event.key ?? '', on(event), event.repeat ?? false]), true);";
        self.driver().script(NOTE, json!([])).await.expect("the page listens");
    }

    /// How many of what was noted: the kind of event, the button it was on.
    pub async fn noted(&self, kind: &str, button: &str) -> usize {
        const COUNT: &str = "return (window.noted ?? []).filter(([kind, , on]) => \
             kind === arguments[0] && on === arguments[1]).length;";
        let told = self.driver().script(COUNT, json!([kind, button])).await.expect("the page tells");
        usize::try_from(told.as_u64().unwrap_or_default()).expect("not so many")
    }

    /// Waits until so many were noted.
    pub async fn until_noted(&self, kind: &str, button: &str, many: usize) {
        eventually(&format!("{many} × {kind} on {button}"), || async {
            (self.noted(kind, button).await >= many).then_some(())
        })
        .await;
    }

    /// The keyboard goes to this control.
    pub async fn focus(&self, id: &str) {
        let css = format!("[data-testid=\"{id}\"]");
        let script = "document.querySelector(arguments[0]).focus(); return document.activeElement.dataset.testid;";
        let told = self.driver().script(script, json!([css])).await.expect("the page obeys");
        assert_eq!(told, id, "the keyboard is elsewhere");
    }

    /// Calls a command as a script in the page would. What the app said instead of an answer is the error.
    pub async fn invoke(&self, command: &str, arguments: Value) -> Result<Value, String> {
        const INVOKE: &str = "const done = arguments[arguments.length - 1]; \
             window.__TAURI_INTERNALS__.invoke(arguments[0], arguments[1]).then((answer) => done([true, answer ?? null]), \
             (error) => done([false, typeof error === 'string' ? error : JSON.stringify(error)]));";
        let told = self.driver().script_async(INVOKE, json!([command, arguments])).await;
        match told {
            Ok(told) if told[0] == true => Ok(told[1].clone()),
            Ok(told) => Err(told[1].as_str().unwrap_or_default().to_owned()),
            Err(Trouble(why)) => Err(why),
        }
    }

    /// The tickets that wait for the person, oldest first, as the approval window is told.
    pub async fn waiting(&self) -> Vec<String> {
        let queue = self.queue().await;
        let tickets = queue["tickets"].as_array().expect("a list of tickets");
        tickets.iter().filter_map(|ticket| Some(ticket.as_str()?.to_owned())).collect()
    }

    /// What waits, and the oldest card of it, as the approval window is told.
    pub async fn queue(&self) -> Value {
        let oldest = json!({ "wanted": null, "place": 0 });
        self.invoke("queue", oldest).await.expect("the approval window asks for the queue")
    }

    /// Waits until so many cards wait.
    pub async fn until_waiting(&self, many: usize) -> Vec<String> {
        eventually(&format!("{many} cards"), || async {
            let waiting = self.waiting().await;
            (waiting.len() == many).then_some(waiting)
        })
        .await
    }

    /// The ticket of the card on the screen.
    pub async fn ticket(&self) -> String {
        let script = "return document.querySelector('[data-testid=card]')?.dataset.ticket ?? null;";
        let driver = self.driver();
        eventually("a card", || async { driver.script(script, json!([])).await.ok()?.as_str().map(str::to_owned) })
            .await
    }

    /// Waits until the card on the screen could be approved.
    pub async fn armed(&self) {
        self.find_css("[data-testid=verdicts][data-armed=true]").await;
    }
}
