//! A bare MCP client over standard streams: nothing of ours is in the measured way but what is measured.

use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

/// A server that was started and has answered `initialize`.
pub(crate) struct Server {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    next: u64,
    /// From spawning it to the answer.
    pub(crate) ready_after: Duration,
}

/// A tool's answer, and when it came.
#[derive(Debug)]
pub(crate) struct Told {
    /// From the first byte of the request to the end of the answer's line.
    pub(crate) took: Duration,
    /// When the line had arrived.
    pub(crate) arrived: SystemTime,
    /// The answer's text; as an error when the tool says that it is one.
    pub(crate) outcome: Result<String, String>,
    /// Of all that the answer holds for a model to read: its text, and what it gives as image or file. What a server repeats in
    /// `structuredContent` does not count.
    pub(crate) bytes: usize,
}

impl Server {
    /// Starts it and shakes hands. The error is a sentence.
    pub(crate) fn start(command: &mut Command) -> Result<Self, String> {
        let began = Instant::now();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("it does not start: {error}"))?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("it has no standard streams".to_owned());
        };
        let mut server = Self { child, stdin, stdout: BufReader::new(stdout), next: 1, ready_after: Duration::ZERO };
        let client = json!({ "name": "claude-code", "version": "1.0" });
        let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
        server.ask("initialize", &hello)?;
        server.ready_after = began.elapsed();
        server.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))?;
        Ok(server)
    }

    /// The bytes of the answer to `tools/list`, line end included.
    pub(crate) fn tools_bytes(&mut self) -> Result<usize, String> {
        self.ask("tools/list", &json!({})).map(|(line, _)| line.len())
    }

    /// Calls a tool.
    pub(crate) fn call(&mut self, tool: &str, arguments: &Value) -> Result<Told, String> {
        let began = Instant::now();
        let (line, answer) = self.ask("tools/call", &json!({ "name": tool, "arguments": arguments }))?;
        let (took, arrived) = (began.elapsed(), SystemTime::now());
        let result = &answer["result"];
        let blocks = result["content"].as_array().map(Vec::as_slice).unwrap_or_default();
        let texts: Vec<&str> = blocks.iter().filter_map(|block| block["text"].as_str()).collect();
        let text = if texts.is_empty() { line } else { texts.join("\n") };
        let bytes =
            blocks.iter().map(|block| block["text"].as_str().map_or_else(|| block.to_string().len(), str::len)).sum();
        let outcome = if result.is_object() && result["isError"] != true { Ok(text) } else { Err(text) };
        Ok(Told { took, arrived, outcome, bytes })
    }

    /// Resident memory, MB.
    pub(crate) fn resident(&self) -> f64 {
        crate::memory::resident(self.child.id())
    }

    fn ask(&mut self, method: &str, params: &Value) -> Result<(String, Value), String> {
        let id = self.next;
        self.next += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))?;
        loop {
            let mut line = String::new();
            match self.stdout.read_line(&mut line) {
                Ok(0) => return Err(format!("it ended before it answered {method}")),
                Ok(_) => {}
                Err(error) => return Err(format!("its output broke at {method}: {error}")),
            }
            // Notifications, and servers that print to stdout what is not theirs to print.
            let message: Value = serde_json::from_str(&line).unwrap_or_default();
            if message["id"] == id {
                return Ok((line, message));
            }
        }
    }

    fn send(&mut self, message: &Value) -> Result<(), String> {
        let mut line = message.to_string();
        line.push('\n');
        let sent = self.stdin.write_all(line.as_bytes()).and_then(|()| self.stdin.flush());
        sent.map_err(|error| format!("it does not listen: {error}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
