//! The peers in the field: each started once, with its own switches set so that it may write.

use crate::peers::{self, May};
use crate::rpc::{Server, Told};
use gatehouse_tests::Odoo;
use serde_json::Value;
use std::path::Path;

/// By the names that PyPI knows them by.
pub(super) const PEERS: [&str; 3] = ["mcp-server-odoo", "odoo-mcp", "odoo-safe-mcp"];

/// A peer that answers, or why it does not.
pub(super) struct Rival {
    pub(super) name: &'static str,
    version: String,
    server: Result<Server, String>,
}

/// All of them.
pub(super) struct Field(Vec<Rival>);

impl Field {
    /// Starts them against an Odoo. Without an environment to start them from there are none.
    pub(super) fn start(venv: Option<&Path>, odoo: &Odoo, home: &Path) -> Self {
        let Some(venv) = venv else { return Self(Vec::new()) };
        let one = |name| {
            let server = Server::start(&mut peers::command(venv, name, odoo, home, May::Write));
            Rival { name, version: peers::version(venv, name), server }
        };
        Self(PEERS.map(one).into())
    }

    pub(super) fn each(&mut self) -> impl Iterator<Item = &mut Rival> {
        self.0.iter_mut()
    }

    /// With their versions.
    pub(super) fn names(&self) -> Vec<String> {
        self.0.iter().map(|rival| format!("{} {}", rival.name, rival.version)).collect()
    }
}

impl Rival {
    /// Calls a tool. What it tells as a success and is none is an error here.
    pub(super) fn call(&mut self, tool: &str, arguments: &Value) -> Result<Told, String> {
        let server = self.server.as_mut().map_err(|why| why.clone())?;
        asked(server, tool, arguments)
    }
}

/// Calls a tool; an answer that says that it failed is an error.
pub(super) fn asked(server: &mut Server, tool: &str, arguments: &Value) -> Result<Told, String> {
    let told = server.call(tool, arguments)?;
    match &told.outcome {
        Err(why) => Err(short(why)),
        Ok(text) => match serde_json::from_str::<Value>(text) {
            Ok(answer) if answer["success"] == false => Err(short(&answer["error"].to_string())),
            _ => Ok(told),
        },
    }
}

/// The beginning of a text, on one line.
pub(super) fn short(text: &str) -> String {
    let flat: Vec<&str> = text.split_whitespace().collect();
    flat.join(" ").chars().take(240).collect()
}
