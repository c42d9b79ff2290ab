use crate::arguments::Options;
use crate::launch;
use crate::tools::Offer;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use gatehouse_core::{EdgeError, ErrorCode};
use gatehouse_ipc::message::{Answer, Event, Hello, PROTOCOL, Request, Role};
use gatehouse_ipc::{Client, ConnectError, Receipt, SocketPath, quit_marker, socket_path};
use rmcp::model::RequestId;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;

/// How long the app may take to tell its tools before the client gets what was left behind.
const OFFER: Duration = Duration::from_millis(500);
/// How many calls run at once. The app takes no more of one bridge either; a few are left for lists.
const CALLS: usize = 60;

/// One client's session, from the start of this process to the end of its input.
pub(crate) struct Session {
    options: Options,
    path: SocketPath,
    /// The connection to the app. Locked while connecting, so that there is never a second.
    link: tokio::sync::Mutex<Option<Client>>,
    /// The start of the app that all waiting calls share.
    launch: Mutex<Option<Launch>>,
    /// The person chose Quit while we were connected.
    is_quit: AtomicBool,
    /// What the client was told last.
    offered: Mutex<Option<Offer>>,
    tools_changed: watch::Sender<()>,
    receipts: Mutex<HashMap<RequestId, Receipt>>,
    room: Semaphore,
    ended: CancellationToken,
}

type Launch = Shared<BoxFuture<'static, Result<Client, EdgeError>>>;

impl Session {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            path: socket_path(options.profile.as_deref()),
            options,
            link: tokio::sync::Mutex::default(),
            launch: Mutex::default(),
            is_quit: AtomicBool::new(false),
            offered: Mutex::default(),
            tools_changed: watch::Sender::new(()),
            receipts: Mutex::default(),
            room: Semaphore::new(CALLS),
            ended: CancellationToken::new(),
        }
    }

    /// Fires when the client is gone.
    pub(crate) fn ended(&self) -> &CancellationToken {
        &self.ended
    }

    /// The client is gone: the app learns it at once, before anything else happens.
    pub(crate) fn end(&self) {
        self.ended.cancel();
        lock(&self.receipts).clear();
        if let Ok(link) = self.link.try_lock()
            && let Some(client) = &*link
        {
            client.close();
        }
    }

    /// Room for one more call.
    pub(crate) fn room(&self) -> &Semaphore {
        &self.room
    }

    /// Ticks when the list of tools is another than the client was told.
    pub(crate) fn tools_changed(&self) -> watch::Receiver<()> {
        self.tools_changed.subscribe()
    }

    /// The tools and instructions of now: the app's when it is up, else what it left behind, else what is built in.
    pub(crate) async fn offer(self: &Arc<Self>) -> Offer {
        let told = tokio::time::timeout(OFFER, async { ask_for_offer(&self.connect().await.ok()?).await }).await;
        let offer = match told {
            Ok(Some(offer)) => offer,
            _ => Offer::without_app(self.options.profile.as_deref(), &self.options.agent),
        };
        *lock(&self.offered) = Some(offer.clone());
        offer
    }

    /// Whether `tool` is known to change nothing.
    pub(crate) fn only_reads(&self, tool: &str) -> bool {
        match &*lock(&self.offered) {
            Some(offer) => offer.only_reads(tool),
            None => Offer::without_app(self.options.profile.as_deref(), &self.options.agent).only_reads(tool),
        }
    }

    /// The app, if it is up.
    pub(crate) async fn connect(self: &Arc<Self>) -> Result<Client, ConnectError> {
        let mut link = self.link.lock().await;
        if let Some(client) = link.as_ref().filter(|client| !client.is_closed()) {
            return Ok(client.clone());
        }
        if let Some(gone) = link.take() {
            self.is_quit.store(gone.is_quitting(), Ordering::Relaxed);
        }
        let role = Role::Bridge { agent: self.options.agent.clone(), pinned: self.options.connection.clone() };
        let hello = Hello { protocol: PROTOCOL, build: env!("CARGO_PKG_VERSION").to_owned(), role };
        let client = Client::connect(&self.path, hello).await?;
        if self.ended.is_cancelled() {
            return Err(ConnectError::NotRunning);
        }
        self.is_quit.store(false, Ordering::Relaxed);
        if let Some(events) = client.events() {
            tokio::spawn(Arc::clone(self).follow(client.clone(), events));
        }
        *link = Some(client.clone());
        Ok(client)
    }

    /// Whether the app may be started for a call of `tool`; the error says why not.
    pub(crate) fn may_start(&self, tool: &str) -> Result<(), EdgeError> {
        if self.options.no_launch {
            return Err(launch::unavailable("Gatehouse is not running. Ask the user to start it, then try again."));
        }
        let is_quit = self.is_quit.load(Ordering::Relaxed) || quit_marker(self.options.profile.as_deref()).exists();
        if is_quit && tool != "open_connection_manager" {
            return Err(launch::unavailable(
                "The user has quit Gatehouse. Ask whether it may run again; open_connection_manager then starts it.",
            ));
        }
        Ok(())
    }

    /// Starts the app, or joins the start that is under way. Goes on when this future is dropped.
    pub(crate) fn start(self: &Arc<Self>) -> Launch {
        let mut launch = lock(&self.launch);
        if let Some(under_way) = launch.as_ref().filter(|launch| launch.peek().is_none()) {
            return under_way.clone();
        }
        let session = Arc::clone(self);
        let started =
            tokio::spawn(async move { launch::start(session.options.profile.as_deref(), || session.connect()).await });
        let start = async move {
            started
                .await
                .unwrap_or_else(|_| Err(EdgeError::new(ErrorCode::Internal, "Starting Gatehouse failed inside.")))
        };
        launch.insert(start.boxed().shared()).clone()
    }

    /// Keeps the app's receipt until the answer to `id` has left.
    pub(crate) fn owe(&self, id: RequestId, receipt: Receipt) {
        lock(&self.receipts).insert(id, receipt);
    }

    /// The answer to `id` has left.
    pub(crate) fn pay(&self, id: &RequestId) {
        let receipt = lock(&self.receipts).remove(id);
        if let Some(receipt) = receipt {
            receipt.received();
        }
    }

    /// The client does not want the answer to `id` any more.
    pub(crate) fn forget(&self, id: &RequestId) {
        let receipt = lock(&self.receipts).remove(id);
        drop(receipt);
    }

    /// Watches one connection: compares its tools with what the client was told, and listens to its events.
    async fn follow(self: Arc<Self>, client: Client, mut events: mpsc::Receiver<Event>) {
        let told = lock(&self.offered).clone();
        if let Some(told) = told.filter(|told| !told.is_current)
            && let Some(now) = ask_for_offer(&client).await
            && now.tools != told.tools
        {
            self.tools_changed.send_replace(());
        }
        drop(client);
        while let Some(event) = events.recv().await {
            if event == Event::ToolsChanged {
                self.tools_changed.send_replace(());
            }
        }
    }
}

async fn ask_for_offer(client: &Client) -> Option<Offer> {
    match client.request(Request::ListTools, |_, _| {}, &CancellationToken::new()).await {
        Ok(Answer::Tools { tools, instructions }) => Some(Offer { tools, instructions, is_current: true }),
        _ => None,
    }
}

/// Nothing that holds one of these locks can fail half way.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
