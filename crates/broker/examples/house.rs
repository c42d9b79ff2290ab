//! The app without its windows, for tests that end it at any point: `house PROFILE`. The real broker, store, keyring and
//! socket. Standard input is the person's hand, one JSON object a line; each gets one line in answer. `{"reached": true}`
//! comes by itself when a call has come to the point that was armed.

use async_trait::async_trait;
use gatehouse_broker::failpoint::{Point, Trap, arm};
use gatehouse_broker::view::{
    ActivityFilter, Card, CardContent, ConnectionDraft, Navigation, OwnPolicy, SecretInput, Topic, Verdict,
};
use gatehouse_broker::{Approver, Broker, Clock, Desktop, Options, Shown, SystemClock, service_name};
use gatehouse_core::{Environment, Protocol, TicketId, Timestamp, Tls};
use serde_json::{Value, json};
use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

type Told = Result<Value, Box<dyn Error>>;

/// How long a card must have been looked at.
const LOOK: Duration = Duration::from_millis(700);
/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> Result<(), Box<dyn Error>> {
    let profile = std::env::args_os().nth(1).ok_or("usage: house PROFILE")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(live(Path::new(&profile)))
}

async fn live(profile: &Path) -> Result<(), Box<dyn Error>> {
    let clock = Arc::new(HandClock { real: SystemClock::new(), ahead: watch::Sender::default() });
    let listener = gatehouse_ipc::bind(&gatehouse_ipc::socket_path(Some(profile))).await?;
    let (broker, approver) = Broker::start(options(profile), Arc::new(NoDesktop), clock.clone()).await?;
    let shutdown = CancellationToken::new();
    tokio::spawn(gatehouse_ipc::serve(listener, Arc::new(broker.clone()), shutdown.clone()));
    let mut house = House { broker, approver, clock, release: None };
    let mut lines = lines();
    say(&json!({"ready": true}))?;
    while let Some(line) = lines.recv().await {
        let answer = match house.carry_out(&serde_json::from_str(&line)?).await {
            Ok(answer) => json!({"answer": answer}),
            Err(why) => json!({"failed": why.to_string()}),
        };
        say(&answer)?;
    }
    shutdown.cancel();
    house.broker.stop().await;
    Ok(())
}

struct House {
    broker: Broker,
    approver: Approver,
    clock: Arc<HandClock>,
    release: Option<oneshot::Sender<()>>,
}

impl House {
    async fn carry_out(&mut self, wish: &Value) -> Told {
        match wish["do"].as_str().unwrap_or_default() {
            "connect" => self.connect(wish).await,
            "admit" => {
                let card = self.card(|content| matches!(content, CardContent::Admission(_))).await?;
                let connections = self.broker.overview().connections.into_iter().map(|connection| connection.id);
                self.decide(&card, Verdict::Admit { connections: connections.collect(), policy: OwnPolicy::Keep }).await
            }
            "approve" => {
                let card = self.card(|content| matches!(content, CardContent::Call(_))).await?;
                self.decide(&card, Verdict::Approve { typed_count: None, unseen: None }).await
            }
            "question" => Ok(json!(self.card(|content| matches!(content, CardContent::Call(_))).await?)),
            "waited_on" => {
                let calls = wish["by"].as_u64().ok_or("by")?;
                let are_so_many = || (u64::from(self.broker.waiters()) == calls).then_some(());
                self.until("not so many calls wait", are_so_many).await?;
                Ok(Value::Null)
            }
            "deny" => {
                let card = self.card(|content| matches!(content, CardContent::Call(_))).await?;
                self.decide(&card, Verdict::Deny { reason: None }).await
            }
            "pause" => {
                self.broker.pause_all(true).await?;
                Ok(Value::Null)
            }
            "arm" => self.arm(wish["point"].as_str().unwrap_or_default()),
            "release" => {
                let release = self.release.take().ok_or("nothing is armed")?;
                release.send(()).map_err(|()| "no call waits there")?;
                Ok(Value::Null)
            }
            "alone" => {
                let alone = || self.broker.overview().agents.iter().all(|agent| agent.bridges == 0);
                self.until("a bridge is still there", || alone().then_some(())).await?;
                Ok(Value::Null)
            }
            "forward" => {
                let seconds = wish["seconds"].as_u64().ok_or("seconds")?;
                self.clock.forward(Duration::from_secs(seconds));
                Ok(Value::Null)
            }
            "journal" => self.journal(),
            "verify" => Ok(json!(self.broker.verify_journal().await?)),
            "spent" => Ok(json!(self.broker.spent())),
            "tickets" => Ok(json!(self.broker.approvals())),
            other => Err(format!("nobody knows how to {other}").into()),
        }
    }

    async fn connect(&self, wish: &Value) -> Told {
        let text = |name: &str| wish[name].as_str().unwrap_or_default().to_owned();
        let draft = ConnectionDraft {
            id: None,
            name: text("name"),
            url: text("url"),
            database: text("database"),
            login: text("login"),
            environment: match wish["environment"].as_str() {
                None => Environment::Production,
                Some(_) => serde_json::from_value(wish["environment"].clone())?,
            },
            read_only: false,
            protocol: Protocol::Auto,
            tls: Tls::System,
            language: None,
            note: String::new(),
            tags: Vec::new(),
            favourite: false,
            proposal: None,
        };
        let saved = self.broker.save_connection(draft, Some(SecretInput::ApiKey(text("key").into()))).await?;
        Ok(json!(saved))
    }

    fn arm(&mut self, name: &str) -> Told {
        let point = Point::named(name).ok_or("there is no such point")?;
        let Trap { reached, release } = arm(point);
        self.release = Some(release);
        tokio::spawn(async move {
            if reached.await.is_ok() {
                // Whoever does not read is gone.
                drop(say(&json!({"reached": true})));
            }
        });
        Ok(Value::Null)
    }

    /// The next card of this kind that waits.
    async fn card(&self, is_it: impl Fn(&CardContent) -> bool) -> Result<Card, Box<dyn Error>> {
        self.until("no card came", || self.approver.cards().into_iter().find(|card| is_it(&card.content))).await
    }

    async fn until<T>(&self, otherwise: &str, mut look: impl FnMut() -> Option<T>) -> Result<T, Box<dyn Error>> {
        let looking = async {
            loop {
                if let Some(seen) = look() {
                    return seen;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        Ok(tokio::time::timeout(PATIENCE, looking).await.map_err(|_| otherwise)?)
    }

    /// Looks at the card for long enough, and decides.
    async fn decide(&self, card: &Card, verdict: Verdict) -> Told {
        self.approver.present(&card.ticket, &card.digest)?;
        self.clock.forward(LOOK);
        self.approver.decide(&card.ticket, &card.digest, verdict).await?;
        Ok(json!(card.ticket))
    }

    /// Every entry, oldest first.
    fn journal(&self) -> Told {
        let (mut entries, mut before) = (Vec::new(), None);
        loop {
            let page = self.broker.activity(ActivityFilter { before, ..ActivityFilter::default() })?;
            before = page.entries.iter().map(|entry| entry.seq).min();
            entries.extend(page.entries);
            if !page.more {
                break;
            }
        }
        entries.sort_by_key(|entry| entry.seq);
        Ok(json!(entries))
    }
}

/// The lines of standard input, until it ends.
fn lines() -> mpsc::UnboundedReceiver<String> {
    let (sender, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    lines
}

fn say(line: &Value) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// The system's clock, that can be moved on.
struct HandClock {
    real: SystemClock,
    ahead: watch::Sender<Duration>,
}

impl HandClock {
    fn forward(&self, by: Duration) {
        self.ahead.send_modify(|ahead| *ahead += by);
    }
}

#[async_trait]
impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        self.real.now().plus(*self.ahead.borrow())
    }

    async fn until(&self, at: Timestamp) {
        let mut ahead = self.ahead.subscribe();
        loop {
            let left = at.since(self.now());
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                // It cannot fail: the sender is ours.
                _ = ahead.changed() => {}
            }
        }
    }
}

struct NoDesktop;

impl Desktop for NoDesktop {
    fn show_main(&self, _: Option<Navigation>) -> Shown {
        Shown::Failed("There is no window here.".into())
    }

    fn show_approval(&self, _: bool) {}

    fn changed(&self, _: &[Topic]) {}

    fn notify(&self, _: &str, _: &str, _: &TicketId) {}
}

fn options(profile: &Path) -> Options {
    Options {
        data_dir: profile.join("data"),
        profile: Some(profile.to_owned()),
        managed_policy: None,
        administrator: 0,
        user_policy: profile.join("policy.json"),
        downloads: profile.join("downloads"),
        vault_service: service_name(Some(profile)),
        build: env!("CARGO_PKG_VERSION").to_owned(),
        bridge_path: String::new(),
        hold: None,
    }
}
