//! Other MCP servers for Odoo, as PyPI has them.

use crate::rpc::Server;
use crate::samples::Samples;
use crate::search::Search;
use crate::starts::CALLS;
use gatehouse_tests::Odoo;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

const STARTS: usize = 5;

/// A peer, and what was measured of it.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) version: String,
    tool: &'static str,
    server: Option<Server>,
    calls: usize,
    /// Spawn → `initialize`, ms.
    pub(crate) starts: Samples,
    /// A search, ms.
    pub(crate) searches: Samples,
    /// After as many calls as ours, MB.
    pub(crate) resident: f64,
    /// Of `tools/list`.
    pub(crate) bytes: usize,
    /// Why it was not measured to the end.
    pub(crate) trouble: Option<String>,
}

/// Whether a peer may change Odoo too, by its own switches.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum May {
    Read,
    Write,
}

/// A peer, not yet started: with the fastest transport that it offers for this Odoo.
pub(crate) fn command(venv: &Path, name: &str, odoo: &Odoo, home: &Path, may: May) -> Command {
    let mut command = Command::new(venv.join("bin").join(name));
    command.env_clear().current_dir(home).envs([
        ("HOME", home.as_os_str()),
        ("PATH", "/usr/bin:/bin".as_ref()),
        ("LANG", "C.UTF-8".as_ref()),
        ("ODOO_URL", odoo.url.as_ref()),
        ("ODOO_DB", odoo.database.as_ref()),
        ("ODOO_USERNAME", odoo.login.as_ref()),
        ("ODOO_API_KEY", odoo.key.as_ref()),
    ]);
    match (name, may) {
        ("mcp-server-odoo", May::Read) => command.env("ODOO_YOLO", "read"),
        ("mcp-server-odoo", May::Write) => {
            command.envs([("ODOO_YOLO", "true"), ("ODOO_MCP_ENABLE_METHOD_CALLS", "true")])
        }
        ("odoo-mcp", May::Read) => command.envs([("ODOO_TRANSPORT", "json2"), ("ODOO_PASSWORD", odoo.key.as_str())]),
        ("odoo-mcp", May::Write) => command.envs([
            ("ODOO_TRANSPORT", "json2"),
            ("ODOO_PASSWORD", odoo.key.as_str()),
            ("ODOO_MCP_ENABLE_WRITES", "1"),
            ("ODOO_MCP_ALLOW_UNKNOWN_METHODS", "1"),
            ("MCP_CHATTER_DIRECT", "1"),
        ]),
        _ => &mut command,
    };
    command
}

/// Starts each of them a few times, and keeps one.
pub(crate) fn peers(venv: &Path, odoo: &Odoo, home: &Path) -> Vec<Peer> {
    let tools =
        [("mcp-server-odoo", "search_records"), ("odoo-mcp", "search_records"), ("odoo-safe-mcp", "odoo_search")];
    tools.into_iter().map(|(name, tool)| peer(venv, odoo, home, name, tool)).collect()
}

fn peer(venv: &Path, odoo: &Odoo, home: &Path, name: &'static str, tool: &'static str) -> Peer {
    let mut peer = Peer {
        name,
        version: version(venv, name),
        tool,
        server: None,
        calls: 0,
        starts: Samples::default(),
        searches: Samples::default(),
        resident: f64::NAN,
        bytes: 0,
        trouble: None,
    };
    // The first start writes compiled Python; it counts no more than ours from a cold disk would.
    for round in 0..=STARTS {
        match Server::start(&mut command(venv, name, odoo, home, May::Read)) {
            Ok(server) if round == 0 => drop(server),
            Ok(server) => {
                peer.starts.push_time(server.ready_after);
                peer.server = Some(server);
            }
            Err(why) => {
                peer.fails(&why);
                return peer;
            }
        }
    }
    match peer.server.as_mut().map(Server::tools_bytes) {
        Some(Ok(bytes)) => peer.bytes = bytes,
        Some(Err(why)) => peer.fails(&why),
        None => {}
    }
    peer
}

impl Peer {
    /// Searches once more, until it has answered as many calls as ours before its memory was read.
    pub(crate) fn search(&mut self) {
        let Some(server) = self.server.as_mut().filter(|_| self.calls < CALLS) else { return };
        let mut arguments = Search::straight();
        arguments["model"] = json!("res.partner");
        let told = server.call(self.tool, &arguments).and_then(|told| {
            let text = told.outcome?;
            let found: Value = serde_json::from_str(&text).unwrap_or_default();
            // It must really have found something: an error told as a success is no measurement.
            let rows = found.as_array().or(found["records"].as_array()).or(found["result"].as_array());
            if rows.is_some_and(|rows| !rows.is_empty()) {
                Ok(told.took)
            } else {
                Err(format!("it found nothing: {text}"))
            }
        });
        self.calls += 1;
        match told {
            // The first call signs in and reads what it keeps.
            Ok(_) if self.calls == 1 => {}
            Ok(took) => self.searches.push_time(took),
            Err(why) => self.fails(&why),
        }
        if self.calls == CALLS
            && let Some(server) = &self.server
        {
            self.resident = server.resident();
        }
    }

    fn fails(&mut self, why: &str) {
        let short: String = why.lines().next().unwrap_or_default().chars().take(200).collect();
        self.trouble = Some(short);
        self.server = None;
    }
}

/// Of a peer, as it was installed.
pub(crate) fn version(venv: &Path, name: &str) -> String {
    let ask = format!("import importlib.metadata as m; print(m.version('{name}'))");
    let output = Command::new(venv.join("bin/python")).args(["-c", &ask]).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
