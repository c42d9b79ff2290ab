//! A small Odoo 19 in one process: JSON-2 and JSON-RPC on loopback over records in memory.
//!
//! It is what a first try connects to when there is no Odoo at hand, and the fast twin of the real one in tests. It says
//! what Odoo 19 Community says, its mistakes included: a many2one written as a name is emptied, `limit: 0` is every row,
//! a write without ids succeeds and does nothing. Nothing is kept: it begins anew at every start.

mod access;
mod account;
mod attachment;
mod cell;
mod chatter;
mod clock;
mod commands;
mod compute;
mod consequence;
mod data;
mod domain;
mod env;
mod fault;
mod http;
mod invoice;
mod log;
mod methods;
mod order;
mod pdf;
mod portal;
mod read;
mod records;
mod sale;
mod schema;
mod server;
mod values;
mod wizard;
mod write;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use account::Account;
pub use log::Seen;
use schema::Schema;
use server::Server;

/// How to start a [`Sim`].
#[derive(Clone, Debug)]
pub struct SimOptions {
    /// The port on 127.0.0.1; 0 takes any free one.
    pub port: u16,
    /// How long each answer is held back.
    pub latency: Duration,
    /// The name of its one database.
    pub database: String,
    /// How many contacts there are beyond those of the demo data; 100,000 take under a second and about 75 MB.
    pub contacts: usize,
}

impl Default for SimOptions {
    fn default() -> Self {
        Self { port: 0, latency: Duration::ZERO, database: "demo".to_owned(), contacts: 0 }
    }
}

/// Why a [`Sim`] did not start.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The port is taken, or loopback is closed.
    #[error("cannot listen on 127.0.0.1: {0}")]
    Listen(#[source] std::io::Error),
    /// The system gave no random bytes for the keys.
    #[error("cannot make API keys: {0}")]
    Random(#[source] getrandom::Error),
    /// The demo data that is built in does not read.
    #[error("the built-in demo data is damaged: {0}")]
    Data(String),
}

/// A running Odoo. It stops when it is dropped.
pub struct Sim {
    server: Arc<Server>,
    address: SocketAddr,
    quit: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Sim {
    /// Loads the demo data and listens. Must be called in a tokio runtime.
    pub async fn start(options: SimOptions) -> Result<Self, SimError> {
        let schema = Schema::shared().map_err(|error| SimError::Data(error.to_string()))?;
        let admin = Account::new("admin", env::ADMIN)?;
        let demo = Account::new("demo", data::DEMO_USER)?;
        let db = data::load(schema, [&admin, &demo], options.contacts)?;
        let server = Arc::new(Server::new(schema, db, (admin, demo), options.database, options.latency));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await.map_err(SimError::Listen)?;
        let address = listener.local_addr().map_err(SimError::Listen)?;
        let (quit, asked_to_quit) = oneshot::channel();
        let task = tokio::spawn(http::serve(listener, Arc::clone(&server), asked_to_quit));
        Ok(Self { server, address, quit: Some(quit), task })
    }

    /// Such as `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The name of its one database.
    pub fn database(&self) -> &str {
        &self.server.database
    }

    /// Mitchell Admin, who may do everything.
    pub fn admin(&self) -> &Account {
        &self.server.admin
    }

    /// Marc Demo, an ordinary salesperson.
    pub fn demo(&self) -> &Account {
        &self.server.demo
    }

    /// The calls that came so far, oldest first; the last 10,000 at most.
    pub fn log(&self) -> Vec<Seen> {
        self.server.seen()
    }

    /// Stops listening, drops every connection and waits until that is done.
    pub async fn stop(mut self) {
        if let Some(quit) = self.quit.take() {
            // the task may have ended before
            let _: Result<(), ()> = quit.send(());
        }
        if let Err(error) = (&mut self.task).await {
            tracing::debug!(%error, "the server's task did not end by itself");
        }
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        if let Some(quit) = self.quit.take() {
            let _ = quit.send(());
        }
        self.task.abort();
    }
}
