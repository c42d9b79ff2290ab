//! What the broker holds while it runs, and how it starts and stops.

use crate::approver::Approver;
use crate::bridges::Bridges;
use crate::clock::Clock;
use crate::desk::Desk;
use crate::policy::{InForce, Opened, Remembered, Watch};
use crate::read_back::ReadBacks;
use crate::seal::{Found, Sealing};
use crate::sealed::Registry;
use crate::sessions::Sessions;
use crate::tools::{Cursors, Tools};
use crate::view::{Navigation, Topic};
use gatehouse_core::{
    CallId, Category, Connection, ConnectionId, EdgeError, ErrorCode, JournalEvent, Sealer, TicketId, Timestamp,
};
use gatehouse_ipc::message::Event;
use gatehouse_policy::Limits;
use gatehouse_store::Store;
use gatehouse_vault::{Pin, Vault};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;
use tokio_util::task::TaskTracker;

/// How long a write may take until its answer is given up.
const LONGEST_WRITE: Duration = Duration::from_secs(130);
/// How long what was read may go unsealed.
const LONGEST_UNSEALED: Duration = Duration::from_secs(20);

/// Where things lie and what they are called. Everything is passed in.
#[derive(Debug, Clone)]
pub struct Options {
    /// Holds the database.
    pub data_dir: PathBuf,
    /// The profile's folder, when this is not the platform's own place: where the bridge looks for tool lists.
    pub profile: Option<PathBuf>,
    /// The administrator's policy, when the system has a place for one.
    pub managed_policy: Option<PathBuf>,
    /// The user id whose files are the administrator's: 0, root. Only systems of Unix ask.
    pub administrator: u32,
    /// The person's policy, `policy.json`.
    pub user_policy: PathBuf,
    /// Where a person's exports go; made when the first one comes.
    pub downloads: PathBuf,
    /// The name of the vault's items: `Gatehouse`, or with a profile's name.
    pub vault_service: String,
    /// The app's version.
    pub build: String,
    /// Where `gatehouse-mcp` lies.
    pub bridge_path: String,
    /// Holds calls this long instead of what suits the client.
    pub hold: Option<Duration>,
}

/// What came of showing a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// In front, with the keyboard.
    Focused,
    /// Visible, but the desktop would not give it the keyboard.
    Shown,
    /// Not shown: why, and what to do.
    Failed(String),
}

/// What the desktop gives the broker.
pub trait Desktop: Send + Sync + 'static {
    /// Shows the main window, at a page when one is named; makes it when there is none.
    fn show_main(&self, to: Option<Navigation>) -> Shown;
    /// Shows the approval window; `raise` brings it to the front.
    fn show_approval(&self, raise: bool);
    /// Tells windows and tray what changed: soon, and without waiting for them.
    fn changed(&self, topics: &[Topic]);
    /// A notification, without any value in it. A click on it shows the approval window at this ticket.
    fn notify(&self, title: &str, body: &str, ticket: &TicketId);
}

/// The use cases that the main window and the socket may reach. Nothing here approves, admits or loosens: that is the
/// [`Approver`]'s. Cheap to clone.
#[derive(Clone)]
pub struct Broker(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) options: Options,
    pub(crate) desktop: Arc<dyn Desktop>,
    pub(crate) clock: Arc<dyn Clock>,
    /// How many milliseconds the journal's newest proven entry was ahead of the clock when the vault was opened.
    pub(crate) ahead: AtomicU64,
    pub(crate) store: Store,
    pub(crate) vault: RwLock<VaultState>,
    pub(crate) registry: RwLock<Registry>,
    /// The PIN of the open vault; none when the person set none.
    pub(crate) pin: Mutex<Option<Pin>>,
    /// When it was seen that another program took the PIN out of the keyring.
    pub(crate) pin_gone: Mutex<Option<Timestamp>>,
    /// One PIN is tried after the other.
    pub(crate) trying_pin: tokio::sync::Mutex<()>,
    pub(crate) layers: RwLock<Arc<InForce>>,
    /// What was seen of the user's policy file.
    pub(crate) watch: Mutex<Watch>,
    /// Calls of the journal, decoded for replays.
    pub(crate) remembered: Mutex<Remembered>,
    pub(crate) limits: Mutex<Limits>,
    /// The journal's seal, as the vault has it. Held while it is renewed.
    pub(crate) sealing: tokio::sync::Mutex<Sealing>,
    /// What was found wrong with the journal.
    pub(crate) found: Mutex<Found>,
    /// Something was written down that is not to wait long for its seal.
    pub(crate) seal_is_due: AtomicBool,
    /// Models that the guard closes and a person opened for a while.
    pub(crate) opened: Mutex<Vec<Opened>>,
    pub(crate) desk: Desk,
    pub(crate) bridges: Bridges,
    pub(crate) sessions: Sessions,
    pub(crate) tools: Tools,
    /// Calls of unknown outcome that are still to be read back.
    pub(crate) read_backs: ReadBacks,
    /// Searches whose next page may be asked for.
    pub(crate) cursors: Cursors,
    pub(crate) paused: AtomicBool,
    pub(crate) stopping: AtomicBool,
    /// Calls that run on whatever becomes of their callers.
    pub(crate) jobs: TaskTracker,
    /// When the main window was last raised for an agent.
    pub(crate) raised_at: Mutex<Option<Timestamp>>,
    /// Serialises edits of sealed rows and their generations.
    pub(crate) editing: tokio::sync::Mutex<()>,
    /// One undo runs at a time.
    pub(crate) undoing: tokio::sync::Mutex<()>,
}

/// The vault, or why there is none.
pub(crate) enum VaultState {
    Open(Vault),
    Closed(EdgeError),
}

impl Broker {
    /// Opens the store and the vault and reads what is sealed. A vault that is closed does not stop the start: the
    /// window then says so, and every call is refused until the person acts.
    pub async fn start(
        options: Options,
        desktop: Arc<dyn Desktop>,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, Approver), EdgeError> {
        let store = Store::open(&options.data_dir.join("gatehouse.db")).map_err(|error| error.edge())?;
        let tools = Tools::new();
        let layers = Arc::new(InForce::new(&options, &tools));
        let broker = Self(Arc::new(Inner {
            options,
            desktop,
            clock,
            ahead: AtomicU64::new(0),
            store,
            vault: RwLock::new(VaultState::Closed(EdgeError::new(
                ErrorCode::VaultLocked,
                "The vault is not open yet.",
            ))),
            registry: RwLock::default(),
            pin: Mutex::default(),
            pin_gone: Mutex::default(),
            trying_pin: tokio::sync::Mutex::default(),
            layers: RwLock::new(layers),
            watch: Mutex::default(),
            remembered: Mutex::default(),
            limits: Mutex::new(Limits::new()),
            sealing: tokio::sync::Mutex::default(),
            found: Mutex::default(),
            seal_is_due: AtomicBool::new(false),
            opened: Mutex::default(),
            desk: Desk::new(),
            bridges: Bridges::default(),
            sessions: Sessions::default(),
            tools,
            cursors: Cursors::default(),
            read_backs: ReadBacks::default(),
            paused: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            jobs: TaskTracker::new(),
            raised_at: Mutex::default(),
            editing: tokio::sync::Mutex::default(),
            undoing: tokio::sync::Mutex::default(),
        }));
        // First of all, so that the journal is weighed before anything is written, and what is written is proven.
        let is_open = broker.open_vault().await;
        // Before the start is noted: the search for what was cut off ends at the last start.
        broker.settle_what_a_crash_left();
        broker.void_what_a_crash_left();
        broker.read_back_later();
        let version = broker.0.options.build.clone();
        broker.note(JournalEvent::Started { version });
        if is_open {
            broker.note_opened().await;
        }
        let approver = Approver::new(broker.clone());
        tokio::spawn(broker.clone().keep_house());
        Ok((broker, approver))
    }

    /// Ends in order: no call starts any more, open tickets are void, the journal is sealed.
    pub async fn stop(&self) {
        if self.0.stopping.swap(true, Ordering::SeqCst) {
            return;
        }
        self.void_tickets("the app was quit", |_| true);
        // What was sent is waited for: its outcome belongs in the journal.
        self.0.jobs.close();
        if tokio::time::timeout(LONGEST_WRITE, self.0.jobs.wait()).await.is_err() {
            tracing::warn!("a call was still running when the app ended");
        }
        self.0.sessions.clear();
        self.note(JournalEvent::Quit);
        self.seal_journal().await;
    }

    /// The person chose Quit: bridges learn that only the window opener may start the app again.
    pub fn say_quitting(&self) {
        self.0.bridges.tell(&Event::Quitting);
    }

    /// How many tickets wait for a person.
    pub fn waiting(&self) -> u32 {
        self.0.desk.waiting()
    }

    /// Whether every agent is paused.
    pub fn is_paused(&self) -> bool {
        self.0.paused.load(Ordering::SeqCst)
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.0.stopping.load(Ordering::SeqCst)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now().plus(self.ahead())
    }

    fn ahead(&self) -> Duration {
        Duration::from_millis(self.0.ahead.load(Ordering::SeqCst))
    }

    /// Waits until it is `at`, as [`Broker::now`] tells the time.
    pub(crate) async fn until(&self, at: Timestamp) {
        self.0.clock.until(at.minus(self.ahead())).await;
    }

    pub(crate) fn changed(&self, topics: &[Topic]) {
        self.0.desktop.changed(topics);
    }

    pub(crate) fn limits(&self) -> MutexGuard<'_, Limits> {
        self.0.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The open vault, or the error to answer with.
    pub(crate) fn vault(&self) -> Result<Vault, EdgeError> {
        match &*self.0.vault.read().unwrap_or_else(PoisonError::into_inner) {
            VaultState::Open(vault) => Ok(vault.clone()),
            VaultState::Closed(error) => Err(error.clone()),
        }
    }

    pub(crate) fn sealer(&self) -> Result<Arc<dyn Sealer>, EdgeError> {
        Ok(self.vault()?.sealer())
    }

    /// A live connection by id, as it counts.
    pub(crate) fn connection(&self, id: &ConnectionId) -> Result<Connection, EdgeError> {
        self.registry(|registry| registry.connections.get(id).cloned())
            .filter(|connection| connection.deleted_at.is_none())
            .map(|connection| self.as_it_counts(connection))
            .ok_or_else(|| EdgeError::new(ErrorCode::UnknownConnection, "There is no such connection any more."))
    }

    pub(crate) fn registry<R>(&self, look: impl FnOnce(&Registry) -> R) -> R {
        look(&self.0.registry.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Voids tickets that wait or are approved, writes that down, and tells the windows.
    pub(crate) fn void_tickets(&self, why: &str, applies: impl Fn(&crate::desk::Held) -> bool) {
        let voided = self.0.desk.void(why, self.now(), applies);
        for id in &voided {
            self.give_back_for(id);
            self.note_ticket(id, "void");
            self.note_not_run(id);
        }
        if !voided.is_empty() {
            self.changed(&[Topic::Approvals, Topic::Proposals]);
        }
    }

    /// Time passes: tickets expire, policy files may have been edited, the journal gets its seal.
    async fn keep_house(self) {
        let mut sealed_at = self.now();
        while !self.is_stopping() {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if self.is_stopping() {
                return;
            }
            let now = self.now();
            for id in self.0.desk.tick(now) {
                self.give_back_for(&id);
                self.note_ticket(&id, "expired");
                self.note_not_run(&id);
                self.changed(&[Topic::Approvals, Topic::Proposals]);
            }
            self.look_for_managed_change();
            self.look_for_outside_edit();
            self.empty_old_trash().await;
            self.read_back_what_is_due();
            if self.0.seal_is_due.swap(false, Ordering::SeqCst) || now.since(sealed_at) >= LONGEST_UNSEALED {
                // A keyring that hangs holds up nothing else.
                tokio::spawn({
                    let broker = self.clone();
                    async move { broker.seal_journal_unless_busy().await }
                });
                sealed_at = now;
            }
        }
    }

    fn settle_what_a_crash_left(&self) {
        for entry in self.0.store.open_intents().unwrap_or_default() {
            if let JournalEvent::Intent { call, of } = entry.event {
                tracing::warn!(%call, tool = %of.tool, "a call was cut off; its outcome is unknown");
                let what = if of.category == Category::Read {
                    "Gatehouse was stopped while this was read. The agent may have the answer; nothing was changed."
                } else {
                    "Gatehouse was stopped while this call ran."
                };
                self.note_settled_unknown(call, what);
            }
        }
    }

    /// Questions live in memory: a restart voids them, and the journal says so.
    fn void_what_a_crash_left(&self) {
        for entry in self.0.store.open_tickets().unwrap_or_default() {
            if let JournalEvent::Ticket { ticket, ticket_kind, agent, connection, summary, .. } = entry.event {
                self.note(JournalEvent::Ticket {
                    ticket,
                    ticket_kind,
                    agent,
                    connection,
                    change: "void".into(),
                    summary,
                });
            }
        }
    }
}

pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // The system's source of randomness failing is not something to go on from with weaker ids.
    #[expect(clippy::expect_used, reason = "no safe way to go on")]
    getrandom::fill(&mut bytes).expect("the system's random source answers");
    bytes
}

pub(crate) fn new_ticket_id() -> TicketId {
    TicketId::from_random(random())
}

pub(crate) fn new_call_id() -> CallId {
    CallId::from_random(random())
}

pub(crate) fn new_connection_id() -> ConnectionId {
    ConnectionId::from_random(random())
}

pub(crate) fn new_bridge_id() -> gatehouse_core::BridgeId {
    gatehouse_core::BridgeId::from_random(random())
}
