//! The few verbs of WebDriver that the windows need, over `WebKitWebDriver`.

use crate::stage::{Stage, free_port};
use base64::Engine as _;
use serde_json::{Value, json};
use std::process::{Child, Stdio};
use std::time::Duration;

/// The name under which WebDriver hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A driver with one session.
pub struct WebDriver {
    http: reqwest::Client,
    session: String,
    process: Child,
}

/// An element of the page.
#[derive(Debug, Clone)]
pub struct Element(String);

/// What the driver said instead of an answer, as `error: message`.
#[derive(Debug, Clone)]
pub struct Trouble(pub String);

type Told<T = ()> = Result<T, Trouble>;

impl WebDriver {
    /// Attaches to the windows of an app that runs on the stage, whoever started it. It needs at least one window.
    pub async fn attach(stage: &Stage) -> Told<Self> {
        let port = free_port();
        let process = stage
            .command("/usr/bin/WebKitWebDriver")
            .arg(format!("--port={port}"))
            .arg(format!("--target={}", stage.inspector()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("webkit2gtk-driver is needed: cargo xtask setup");
        Self::open(process, port, json!({})).await
    }

    /// Lets the driver start `program` itself.
    pub async fn launch(stage: &Stage, program: &str, arguments: &[&str]) -> Told<Self> {
        let port = free_port();
        let process = stage
            .command("/usr/bin/WebKitWebDriver")
            .arg(format!("--port={port}"))
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("webkit2gtk-driver is needed: cargo xtask setup");
        let options = json!({ "webkitgtk:browserOptions": { "binary": program, "args": arguments } });
        Self::open(process, port, json!({ "alwaysMatch": options })).await
    }

    async fn open(process: Child, port: u16, capabilities: Value) -> Told<Self> {
        // What is asked of a window that closes at this moment is never answered.
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(6)).build().unwrap();
        let mut driver = Self { http, session: format!("http://127.0.0.1:{port}/session"), process };
        for _ in 0..200 {
            if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // A session that is given up half made takes the windows with it, so this one may take its time.
        let wanted = json!({ "capabilities": capabilities });
        let request = driver.http.post(&driver.session).timeout(Duration::from_mins(1)).json(&wanted);
        let answer = Self::answer(request).await?;
        let id = answer["sessionId"].as_str().ok_or_else(|| Trouble(format!("no session: {answer}")))?;
        driver.session = format!("{}/{id}", driver.session);
        Ok(driver)
    }

    /// The windows, by handle.
    pub async fn handles(&self) -> Told<Vec<String>> {
        let handles = self.get("/window/handles").await?;
        Ok(handles.as_array().into_iter().flatten().filter_map(|handle| Some(handle.as_str()?.to_owned())).collect())
    }

    /// Speaks to another window from now on.
    pub async fn switch(&self, handle: &str) -> Told {
        self.post("/window", &json!({ "handle": handle })).await.map(drop)
    }

    /// The address of the window spoken to.
    pub async fn url(&self) -> Told<String> {
        Ok(self.get("/url").await?.as_str().unwrap_or_default().to_owned())
    }

    /// The first element that a CSS selector finds.
    pub async fn find(&self, css: &str) -> Told<Element> {
        element(&self.post("/element", &json!({ "using": "css selector", "value": css })).await?)
    }

    /// All elements that a CSS selector finds.
    pub async fn find_all(&self, css: &str) -> Told<Vec<Element>> {
        let found = self.post("/elements", &json!({ "using": "css selector", "value": css })).await?;
        found.as_array().into_iter().flatten().map(element).collect()
    }

    /// A click with the mouse in the middle of the element.
    pub async fn click(&self, element: &Element) -> Told {
        self.post(&format!("/element/{}/click", element.0), &json!({})).await.map(drop)
    }

    /// A click as a hand gives it: the pointer comes to rest on the element, the button goes down, and up a moment later.
    pub async fn click_by_hand(&self, element: &Element) -> Told {
        let origin = json!({ ELEMENT: element.0 });
        let steps = json!([
            { "type": "pointerMove", "duration": 0, "origin": origin, "x": 0, "y": 0 },
            { "type": "pause", "duration": 300 },
            { "type": "pointerDown", "button": 0 },
            { "type": "pause", "duration": 80 },
            { "type": "pointerUp", "button": 0 },
        ]);
        let hand =
            json!({ "type": "pointer", "id": "hand", "parameters": { "pointerType": "mouse" }, "actions": steps });
        self.post("/actions", &json!({ "actions": [hand] })).await.map(drop)
    }

    /// Keys, after what is in the field.
    pub async fn type_into(&self, element: &Element, text: &str) -> Told {
        self.post(&format!("/element/{}/value", element.0), &json!({ "text": text })).await.map(drop)
    }

    /// Empties a field.
    pub async fn clear(&self, element: &Element) -> Told {
        self.post(&format!("/element/{}/clear", element.0), &json!({})).await.map(drop)
    }

    /// What a person reads there. (`/text` is empty where the text is cut by an ellipsis.)
    pub async fn text(&self, element: &Element) -> Told<String> {
        Ok(self.property(element, "innerText").await?.as_str().unwrap_or_default().to_owned())
    }

    /// Whether it can be used now.
    pub async fn is_enabled(&self, element: &Element) -> Told<bool> {
        Ok(self.get(&format!("/element/{}/enabled", element.0)).await?.as_bool().unwrap_or(false))
    }

    /// A property of the element, as JavaScript sees it.
    pub async fn property(&self, element: &Element, name: &str) -> Told<Value> {
        self.get(&format!("/element/{}/property/{name}", element.0)).await
    }

    /// Runs JavaScript in the page; for what only the page knows, never in place of a click.
    pub async fn script(&self, body: &str, arguments: Value) -> Told<Value> {
        self.post("/execute/sync", &json!({ "script": body, "args": arguments })).await
    }

    /// The same for a body that calls its last argument when it is done.
    pub async fn script_async(&self, body: &str, arguments: Value) -> Told<Value> {
        self.post("/execute/async", &json!({ "script": body, "args": arguments })).await
    }

    /// Moves and sizes the window, in pixels.
    pub async fn resize(&self, width: u32, height: u32) -> Told {
        self.post("/window/rect", &json!({ "x": 0, "y": 0, "width": width, "height": height })).await.map(drop)
    }

    /// A picture of the page, PNG.
    pub async fn picture(&self) -> Told<Vec<u8>> {
        let text = self.get("/screenshot").await?;
        base64::engine::general_purpose::STANDARD
            .decode(text.as_str().unwrap_or_default())
            .map_err(|error| Trouble(format!("the picture cannot be read: {error}")))
    }

    async fn get(&self, path: &str) -> Told<Value> {
        Self::answer(self.http.get(format!("{}{path}", self.session))).await
    }

    async fn post(&self, path: &str, body: &Value) -> Told<Value> {
        Self::answer(self.http.post(format!("{}{path}", self.session)).json(body)).await
    }

    async fn answer(request: reqwest::RequestBuilder) -> Told<Value> {
        let say = |error: reqwest::Error| Trouble(format!("the driver does not answer: {error}"));
        let mut body: Value = request.send().await.map_err(say)?.json().await.map_err(say)?;
        let value = body["value"].take();
        match value["error"].as_str() {
            Some(error) => Err(Trouble(format!("{error}: {}", value["message"].as_str().unwrap_or_default()))),
            None => Ok(value),
        }
    }
}

impl Drop for WebDriver {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn element(value: &Value) -> Told<Element> {
    value[ELEMENT].as_str().map(|id| Element(id.to_owned())).ok_or_else(|| Trouble(format!("not an element: {value}")))
}
