//! The demo: a small Odoo inside the app, on loopback, for a first try.

use gatehouse_broker::{Broker, DemoServer};
use gatehouse_core::{Connection, EdgeError, ErrorCode};
use gatehouse_odoo_sim::{Sim, SimOptions};
use tauri::{AppHandle, Manager as _};
use tokio::sync::Mutex;

/// The demo server, once it runs. It ends with the app.
#[derive(Default)]
pub(crate) struct Demo {
    sim: Mutex<Option<Sim>>,
}

/// Starts it where it does not run, and gives its connection.
pub(crate) async fn start(app: &AppHandle, broker: &Broker) -> Result<Connection, EdgeError> {
    let demo = app.state::<Demo>();
    let mut sim = demo.sim.lock().await;
    if sim.is_none() {
        let started = Sim::start(SimOptions::default()).await.map_err(|error| {
            EdgeError::new(ErrorCode::Internal, "The demo could not be started.").with_detail(error.to_string())
        })?;
        *sim = Some(started);
    }
    match sim.as_ref() {
        Some(sim) => broker.add_demo(server(sim)).await,
        None => Err(EdgeError::new(ErrorCode::Internal, "The demo could not be started.")),
    }
}

/// At start: where a demo connection was left, its server runs again. Its port is another, so the connection is told.
pub(crate) async fn resume(app: &AppHandle, broker: &Broker) {
    if broker.wants_demo()
        && let Err(error) = start(app, broker).await
    {
        tracing::warn!("the demo did not start: {error}");
    }
}

fn server(sim: &Sim) -> DemoServer {
    let user = sim.admin();
    DemoServer {
        origin: sim.url(),
        database: sim.database().to_owned(),
        login: user.login.clone(),
        api_key: user.api_key.clone().into(),
    }
}
