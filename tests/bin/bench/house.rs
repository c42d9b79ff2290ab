//! Gatehouse as it runs for a person: app, keyring, connections, and an agent that was admitted.

use crate::rpc::Server;
use gatehouse_tests::person::NewConnection;
use gatehouse_tests::stage::Screen;
use gatehouse_tests::{Stage, Windows, eventually};
use serde_json::json;
use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// The agent of all that asks no person often.
pub(crate) const AGENT: &str = "bench";

/// The stage with the app on it.
pub(crate) struct House {
    pub(crate) stage: Stage,
    /// When each connection was read.
    reads: HashMap<String, VecDeque<Instant>>,
}

impl House {
    /// Adds the connections, has the agent admitted for all of them, and starts the app anew, in the background.
    pub(crate) async fn open(programs: &Path, connections: &[NewConnection<'_>]) -> Self {
        Self::with_agents(programs, connections, &[AGENT]).await
    }

    /// The same with agents of other names.
    pub(crate) async fn with_agents(programs: &Path, connections: &[NewConnection<'_>], agents: &[&str]) -> Self {
        let mut stage = Stage::set_with(Screen::default(), programs);
        stage.start_app(&[]);
        let mut house = Self { stage, reads: HashMap::new() };
        let mut windows = Windows::new(&house.stage);
        for connection in connections {
            windows.add_connection(connection).await;
        }
        let names: Vec<&str> = connections.iter().map(|connection| connection.name).collect();
        for agent in agents {
            let mut bridge = house.bridge_of(agent);
            let admitted = tokio::task::spawn_blocking(move || bridge.call("user_connection_list", &json!({})));
            windows.admit(agent, &names).await;
            let told = admitted.await.expect("a thread").expect("an answer");
            told.outcome.expect("the agent is admitted");
        }
        drop(windows);
        house.stage.end_app();
        house.stage.start_app(&["--background"]);
        eventually("the app", || async { house.stage.app_runs().then_some(()) }).await;
        house
    }

    /// A bridge of the admitted agent, that has shaken hands.
    pub(crate) fn bridge(&self) -> Server {
        self.bridge_of(AGENT)
    }

    /// The same of another one.
    pub(crate) fn bridge_of(&self, agent: &str) -> Server {
        Server::start(&mut self.command_of(agent, &self.stage.profile())).expect("the bridge starts")
    }

    /// The same, for one connection only: it need not be named.
    pub(crate) fn pinned(&self, connection: &str) -> Server {
        let mut command = self.bridge_command(&self.stage.profile());
        Server::start(command.args(["--connection", connection])).expect("the bridge starts")
    }

    /// A bridge not yet started, for a profile with or without an app.
    pub(crate) fn bridge_command(&self, profile: &Path) -> Command {
        self.command_of(AGENT, profile)
    }

    fn command_of(&self, agent: &str, profile: &Path) -> Command {
        let mut command = Command::new(self.stage.program("gatehouse-mcp"));
        command.args(["--agent", agent, "--profile"]).arg(profile);
        command.env_clear().envs(self.stage.client_environment()).current_dir(self.stage.tmp());
        command
    }

    /// Waits as long as it takes for one more read to fit the policy of a development connection: 300 a minute.
    pub(crate) fn before_read(&mut self, connection: &str) {
        let reads = self.reads.entry(connection.to_owned()).or_default();
        if reads.len() == 290
            && let Some(first) = reads.pop_front()
        {
            std::thread::sleep(Duration::from_secs(62).saturating_sub(first.elapsed()));
        }
        reads.push_back(Instant::now());
    }
}
