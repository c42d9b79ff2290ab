//! A house to test in: broker, socket, demo Odoo, all in a folder of its own.

use gatehouse_broker::view::{
    Card, CardContent, ConnectionDraft, Navigation, OwnPolicy, PolicyEdit, PolicyLayer, PolicySaved, Topic, Verdict,
};
use gatehouse_broker::{Approver, Broker, Clock, DemoServer, Desktop, Options, Shown};
use gatehouse_core::{AgentId, Connection, EdgeError, Environment, TicketId, Timestamp};
use gatehouse_ipc::message::{Answer, CallAnswer, CallTool, ClientClaim, Hello, PROTOCOL, Request, Role};
use gatehouse_ipc::{Client, bind, serve, socket_path};
use gatehouse_odoo_sim::{Sim, SimOptions};
use serde_json::{Value, json};
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

pub(crate) struct House {
    pub(crate) broker: Broker,
    pub(crate) approver: Approver,
    pub(crate) sim: Sim,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) desktop: Arc<PaperDesktop>,
    folder: Cell<Option<TempDir>>,
    home: PathBuf,
    keys: Keys,
    shutdown: CancellationToken,
}

/// Where the keys are that seal.
#[derive(Debug, Clone, Copy)]
enum Keys {
    OfThisSession,
    InTheKeyring,
    /// Nowhere: the vault stays closed.
    Nowhere,
}

/// A clock that also moves when it is told to.
pub(crate) struct HandClock {
    start: Instant,
    ahead: AtomicI64,
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        let real = i64::try_from(self.start.elapsed().as_millis()).unwrap();
        Timestamp::from_millis(1_790_000_000_000 + real + self.ahead.load(Ordering::SeqCst))
    }
}

impl HandClock {
    pub(crate) fn forward(&self, by: Duration) {
        self.ahead.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

/// A desktop that writes down what it was asked to show.
#[derive(Default)]
pub(crate) struct PaperDesktop(Mutex<Vec<String>>);

impl PaperDesktop {
    pub(crate) fn shown(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Desktop for PaperDesktop {
    fn show_main(&self, to: Option<Navigation>) -> Shown {
        self.0.lock().unwrap().push(format!("main {}", to.map(|to| to.page).unwrap_or_default()));
        Shown::Focused
    }

    fn show_approval(&self, _: bool) {
        self.0.lock().unwrap().push("approval".into());
    }

    fn changed(&self, _: &[Topic]) {}

    fn notify(&self, title: &str, body: &str, _: &TicketId) {
        self.0.lock().unwrap().push(format!("notify {title}: {body}"));
    }
}

impl House {
    /// An app that runs with a session's vault and no connection.
    pub(crate) async fn open() -> Self {
        Self::open_with(SimOptions::default()).await
    }

    /// The same with the demo, whose every answer takes this long.
    pub(crate) async fn slow(latency: Duration) -> Self {
        let house = Self::open_with(SimOptions { latency, ..SimOptions::default() }).await;
        house.add_demo().await;
        house
    }

    /// The same with a vault that outlives the app. Only inside a session that has a keyring.
    pub(crate) async fn with_keyring() -> Self {
        Self::open_in(tempfile::tempdir().unwrap(), SimOptions::default(), 0, Keys::InTheKeyring).await
    }

    /// The same whose vault nobody opened.
    pub(crate) async fn locked() -> Self {
        Self::open_in(tempfile::tempdir().unwrap(), SimOptions::default(), 0, Keys::Nowhere).await
    }

    /// The same under an administrator's policy.
    pub(crate) async fn managed(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        put_managed(folder.path(), text);
        Self::open_in(folder, SimOptions::default(), 0, Keys::OfThisSession).await
    }

    async fn open_with(sim: SimOptions) -> Self {
        Self::open_in(tempfile::tempdir().unwrap(), sim, 0, Keys::OfThisSession).await
    }

    /// The app started again on the same files, by a clock that differs so many milliseconds from where it was.
    pub(crate) async fn again(self, clock: i64) -> Self {
        self.again_by(clock, |_| ()).await
    }

    /// The same after something was done while it did not run.
    pub(crate) async fn again_after(self, done: impl FnOnce(&Self)) -> Self {
        self.again_by(0, done).await
    }

    async fn again_by(self, clock: i64, done: impl FnOnce(&Self)) -> Self {
        let ahead = self.clock.now().as_millis() - 1_790_000_000_000 + clock;
        self.shutdown.cancel();
        self.broker.stop().await;
        done(&self);
        let (folder, keys) = (self.folder.take().unwrap(), self.keys);
        drop(self);
        Self::open_in(folder, SimOptions::default(), ahead, keys).await
    }

    async fn open_in(folder: TempDir, sim: SimOptions, ahead: i64, keys: Keys) -> Self {
        let clock = Arc::new(HandClock { start: Instant::now(), ahead: AtomicI64::new(ahead) });
        let desktop = Arc::new(PaperDesktop::default());
        let (broker, approver) = Broker::start(options(folder.path()), desktop.clone(), clock.clone()).await.unwrap();
        match keys {
            Keys::OfThisSession => broker.use_session_vault().await.unwrap(),
            Keys::InTheKeyring => broker.retry_vault().await.unwrap(),
            Keys::Nowhere => {}
        }
        let sim = Sim::start(sim).await.unwrap();
        let shutdown = CancellationToken::new();
        let home = folder.path().to_owned();
        let listener = bind(&socket_path(Some(&home))).await.unwrap();
        tokio::spawn(serve(listener, Arc::new(broker.clone()), shutdown.clone()));
        Self { broker, approver, sim, clock, desktop, folder: Cell::new(Some(folder)), home, keys, shutdown }
    }

    /// The same with the demo added as a production connection called "Demo".
    pub(crate) async fn with_demo() -> Self {
        let house = Self::open().await;
        house.add_demo().await;
        house
    }

    /// The same with so many contacts more.
    pub(crate) async fn with_contacts(contacts: usize) -> Self {
        let house = Self::open_with(SimOptions { contacts, ..SimOptions::default() }).await;
        house.add_demo().await;
        house
    }

    pub(crate) async fn add_demo(&self) -> Connection {
        self.add_demo_at(self.sim.url()).await
    }

    /// The demo, reached at another address.
    pub(crate) async fn add_demo_at(&self, origin: String) -> Connection {
        let demo = DemoServer {
            origin,
            database: self.sim.database().to_owned(),
            login: self.sim.admin().login.clone(),
            api_key: self.sim.admin().api_key.clone().into(),
        };
        let connection = self.broker.add_demo(demo).await.unwrap();
        assert_eq!(connection.environment, Environment::Production);
        connection
    }

    /// The person makes the demo a development connection, where plain writes run unasked.
    pub(crate) async fn make_development(&self) {
        let demo = self.broker.overview().connections[0].clone();
        let draft = ConnectionDraft { environment: Environment::Development, ..draft_of(demo) };
        self.broker.save_connection(draft, None).await.unwrap();
        let card = self.card().await;
        self.decide(&card, Verdict::Approve { typed_count: None, unseen: None }).await.unwrap();
    }

    /// A bridge of this agent, not admitted yet.
    pub(crate) async fn bridge(&self, agent: &str) -> Agent {
        let hello = Hello {
            protocol: PROTOCOL,
            build: "0.0.0".into(),
            role: Role::Bridge { agent: AgentId::parse(agent).unwrap(), pinned: None },
        };
        let client = Client::connect(&socket_path(Some(&self.home)), hello).await.unwrap();
        Agent { client }
    }

    /// A bridge of an agent that the person admitted for every connection there is.
    pub(crate) async fn admitted(&self, agent: &str) -> Agent {
        let bridge = self.bridge(agent).await;
        let calling = bridge.clone();
        let call = tokio::spawn(async move { calling.call("user_connection_list", json!({})).await });
        let card = self.card().await;
        let CardContent::Admission(admission) = &card.content else { panic!("expected an admission, got {card:?}") };
        let connections = admission.connections.iter().map(|badge| badge.id.clone()).collect();
        self.decide(&card, Verdict::Admit { connections, policy: OwnPolicy::Keep }).await.unwrap();
        call.await.unwrap().unwrap();
        bridge
    }

    /// Waits for a card that waits for the person.
    pub(crate) async fn card(&self) -> Card {
        for _ in 0..400 {
            if let Some(card) = self.approver.cards().into_iter().next() {
                return card;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no card appeared");
    }

    /// Looks at a card for long enough and decides.
    pub(crate) async fn decide(&self, card: &Card, verdict: Verdict) -> Result<(), EdgeError> {
        self.approver.present(&card.ticket, &card.digest).unwrap();
        self.clock.forward(Duration::from_millis(700));
        self.approver.decide(&card.ticket, &card.digest, verdict).await
    }

    /// A field of a record as the demo Odoo has it now.
    pub(crate) async fn stored(&self, model: &str, id: i64, field: &str) -> Value {
        let key = &self.sim.admin().api_key;
        let body = json!({"ids": [id], "fields": [field]}).to_string();
        let url = format!("{}/json/2/{model}/read", self.sim.url());
        let answer = http_post(&url, key, self.sim.database(), &body).await;
        answer[0][field].clone()
    }

    /// Changes a record behind Gatehouse's back.
    pub(crate) async fn meddle(&self, model: &str, id: i64, values: Value) {
        let url = format!("{}/json/2/{model}/write", self.sim.url());
        let body = json!({"ids": [id], "vals": values}).to_string();
        assert_eq!(http_post(&url, &self.sim.admin().api_key, self.sim.database(), &body).await, json!(true));
    }

    /// How often Odoo was asked to do this.
    pub(crate) fn times(&self, method: &str) -> usize {
        self.sim.log().iter().filter(|seen| seen.method == method).count()
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.home
    }

    /// The administrator puts a policy in place. The app sees it within a second.
    pub(crate) fn put_managed(&self, text: &str) {
        put_managed(&self.home, text);
    }

    /// A layer as the Policy page shows it.
    pub(crate) fn layer(&self, id: &str) -> PolicyLayer {
        let page = self.broker.policy_page();
        page.layers.into_iter().find(|layer| layer.id == id).unwrap_or_else(|| panic!("no layer {id}"))
    }

    /// The layer of the demo connection.
    pub(crate) fn of_demo(&self) -> String {
        format!("connection:{}", self.broker.overview().connections[0].id)
    }

    /// The person saves a text, and says yes where that is asked.
    pub(crate) async fn save(&self, layer: &str, text: &str) {
        let edit = PolicyEdit::Custom { text: text.into() };
        if let PolicySaved::NeedsApproval { ticket } = self.broker.save_policy(layer, edit).await.unwrap() {
            let card = self.approver.cards().into_iter().find(|card| card.ticket == ticket).unwrap();
            self.decide(&card, Verdict::Approve { typed_count: None, unseen: None }).await.unwrap();
        }
    }

    /// Waits until something holds that the app does by itself.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        for _ in 0..500 {
            if holds(self) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never came: {what}");
    }
}

/// The form as it opens for a saved connection.
pub(crate) fn draft_of(connection: Connection) -> ConnectionDraft {
    ConnectionDraft {
        id: Some(connection.id),
        name: connection.name,
        url: connection.origin,
        database: connection.database,
        login: connection.login,
        environment: connection.environment,
        read_only: connection.read_only,
        protocol: connection.protocol,
        tls: connection.tls,
        language: None,
        note: String::new(),
        tags: Vec::new(),
        favourite: false,
        proposal: None,
    }
}

fn options(folder: &Path) -> Options {
    use std::os::unix::fs::MetadataExt as _;
    Options {
        data_dir: folder.join("data"),
        profile: Some(folder.to_owned()),
        managed_policy: Some(folder.join("etc/policy.json")),
        administrator: folder.metadata().unwrap().uid(),
        user_policy: folder.join("policy.json"),
        downloads: folder.join("downloads"),
        vault_service: "Gatehouse (test without a keyring)".into(),
        build: "0.0.0".into(),
        bridge_path: "/nowhere/gatehouse-mcp".into(),
        hold: Some(Duration::from_millis(1500)),
    }
}

fn put_managed(folder: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let etc = folder.join("etc");
    std::fs::create_dir_all(&etc).unwrap();
    std::fs::set_permissions(&etc, std::fs::Permissions::from_mode(0o755)).unwrap();
    let new = etc.join("new");
    std::fs::write(&new, text).unwrap();
    std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::rename(new, etc.join("policy.json")).unwrap();
}

impl Drop for House {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// A client of the socket, as the bridge is one.
#[derive(Clone)]
pub(crate) struct Agent {
    pub(crate) client: Client,
}

impl Agent {
    /// The names on its list of tools.
    pub(crate) async fn tools(&self) -> Vec<String> {
        let answer = self.client.request(Request::ListTools, |_, _| {}, &CancellationToken::new()).await.unwrap();
        let Answer::Tools { tools, .. } = answer else { panic!("unexpected {answer:?}") };
        tools.into_iter().map(|tool| tool.name).collect()
    }

    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Result<Value, EdgeError> {
        self.call_until(tool, arguments, &CancellationToken::new()).await
    }

    pub(crate) async fn call_until(
        &self,
        tool: &str,
        arguments: Value,
        cancel: &CancellationToken,
    ) -> Result<Value, EdgeError> {
        let answer = self.answer(tool, arguments, cancel).await?;
        Ok(serde_json::from_str(&answer.text).unwrap())
    }

    /// The whole answer, pictures too.
    pub(crate) async fn answer(
        &self,
        tool: &str,
        arguments: Value,
        cancel: &CancellationToken,
    ) -> Result<CallAnswer, EdgeError> {
        let call = CallTool {
            name: tool.into(),
            arguments,
            client: Some(ClientClaim { name: "test".into(), version: "1".into() }),
            elapsed_ms: 0,
            wants_progress: false,
            started_app: false,
        };
        match self.client.request(Request::CallTool(call), |_, _| {}, cancel).await? {
            Answer::Call(answer) if !answer.is_error => Ok(answer),
            other => panic!("unexpected {other:?}"),
        }
    }

    /// The same in the background.
    pub(crate) fn calling(
        &self,
        tool: &'static str,
        arguments: Value,
    ) -> tokio::task::JoinHandle<Result<Value, EdgeError>> {
        let agent = self.clone();
        tokio::spawn(async move { agent.call(tool, arguments).await })
    }
}

pub(crate) fn ticket_of(answer: &Value) -> TicketId {
    TicketId::parse(answer["ticket"].as_str().unwrap_or_default()).unwrap()
}

/// The records of an answer, each as an object, whether they came as objects or as a table. A many2one is `[id, name]`.
pub(crate) fn records(answer: &Value) -> Vec<Value> {
    if let Some(ids) = answer["ids"].as_array() {
        return ids.iter().map(|id| json!({"id": id})).collect();
    }
    if let Some(records) = answer["records"].as_array() {
        return records.clone();
    }
    let rows = answer["rows"].as_array().unwrap_or_else(|| panic!("no records: {answer}"));
    let columns = answer["columns"].as_array().unwrap();
    let shared = answer["every_row"].as_object().cloned().unwrap_or_default();
    let row = |row: &Value| {
        let mut record = as_object(columns, row);
        record.as_object_mut().unwrap().extend(shared.clone());
        record
    };
    rows.iter().map(row).collect()
}

/// The ids of an answer's records.
pub(crate) fn ids(answer: &Value) -> Vec<i64> {
    records(answer).iter().map(|record| record["id"].as_i64().unwrap()).collect()
}

fn as_object(columns: &[Value], cells: &Value) -> Value {
    let mut record = serde_json::Map::new();
    for (column, cell) in columns.iter().zip(cells.as_array().unwrap_or_else(|| panic!("no row: {cells}"))) {
        let (name, inner) = match column {
            Value::String(name) => (name.clone(), None),
            Value::Object(nested) => {
                let (name, columns) = nested.iter().next().unwrap();
                (name.clone(), columns.as_array())
            }
            other => panic!("no column: {other}"),
        };
        let value = match (cell, inner) {
            (Value::Array(rows), Some(inner)) if rows.first().is_none_or(Value::is_array) => {
                rows.iter().map(|row| as_object(inner, row)).collect()
            }
            (Value::Array(_), Some(inner)) => as_object(inner, cell),
            (other, _) => other.clone(),
        };
        record.insert(name, value);
    }
    Value::Object(record)
}

/// Odoo's JSON-2, asked without Gatehouse.
pub(crate) async fn http_post(url: &str, key: &str, database: &str, body: &str) -> Value {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    let request = format!(
        "POST /{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: bearer {key}\r\nX-Odoo-Database: {database}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body.trim()).unwrap_or_else(|error| panic!("{error}: {body}"))
}
