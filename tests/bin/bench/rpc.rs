//! A bare MCP client over standard streams, and a bare HTTP client over one kept-alive connection: nothing of ours is in the
//! measured way but what is measured.

use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// A server that was started and has answered `initialize`.
pub(crate) struct Server {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    next: u64,
    /// From spawning it to the answer.
    pub(crate) ready_after: Duration,
}

impl Server {
    /// Starts it and shakes hands.
    pub(crate) fn start(command: &mut Command) -> Self {
        let began = Instant::now();
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the server starts");
        let stdin = child.stdin.take().expect("piped");
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut server = Self { child, stdin, stdout, next: 1, ready_after: Duration::ZERO };
        let client = json!({ "name": "claude-code", "version": "1.0" });
        server.ask("initialize", &json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client }));
        server.ready_after = began.elapsed();
        server.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        server
    }

    /// The bytes of the answer to `tools/list`.
    pub(crate) fn tools_bytes(&mut self) -> usize {
        self.ask("tools/list", &json!({})).len()
    }

    /// Calls a tool; gives how long it took, and whether it worked.
    pub(crate) fn call(&mut self, tool: &str, arguments: &Value) -> (Duration, bool) {
        let began = Instant::now();
        let answer = self.ask("tools/call", &json!({ "name": tool, "arguments": arguments }));
        let took = began.elapsed();
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        let result = &answer["result"];
        (took, result.is_object() && result["isError"] != true)
    }

    /// Resident memory in KB.
    pub(crate) fn resident(&self) -> u64 {
        kilobytes(&format!("/proc/{}/status", self.child.id()), "VmRSS:")
    }

    fn ask(&mut self, method: &str, params: &Value) -> String {
        let id = self.next;
        self.next += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let mut line = String::new();
            assert!(self.stdout.read_line(&mut line).expect("it speaks") > 0, "the server ended at {method}");
            let message: Value = serde_json::from_str(&line).expect("JSON");
            if message["id"] == id {
                return line;
            }
        }
    }

    fn send(&mut self, message: &Value) {
        let mut line = message.to_string();
        line.push('\n');
        self.stdin.write_all(line.as_bytes()).and_then(|()| self.stdin.flush()).expect("it listens");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// One kept-alive connection to Odoo.
pub(crate) struct Direct {
    stream: BufReader<TcpStream>,
    host: String,
    database: String,
    key: String,
}

impl Direct {
    pub(crate) fn open(url: &str, database: &str, key: &str) -> Self {
        let host = url.trim_start_matches("http://").to_owned();
        let stream = TcpStream::connect(&host).expect("Odoo listens");
        stream.set_nodelay(true).expect("a socket");
        Self { stream: BufReader::new(stream), host, database: database.to_owned(), key: key.to_owned() }
    }

    /// Calls a method over JSON-2; gives how long it took, and the answer.
    pub(crate) fn call(&mut self, model: &str, method: &str, arguments: &Value) -> (Duration, Value) {
        let body = arguments.to_string();
        let request = format!(
            "POST /json/2/{model}/{method} HTTP/1.1\r\nhost: {}\r\nauthorization: bearer {}\r\nx-odoo-database: {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.host,
            self.key,
            self.database,
            body.len()
        );
        let began = Instant::now();
        self.stream.get_mut().write_all(request.as_bytes()).expect("Odoo listens");
        let body = self.read_body();
        let took = began.elapsed();
        (took, serde_json::from_slice(&body).expect("JSON"))
    }

    fn read_body(&mut self) -> Vec<u8> {
        let mut length = None;
        loop {
            let mut line = String::new();
            assert!(self.stream.read_line(&mut line).expect("Odoo speaks") > 0, "Odoo closed the connection");
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse::<usize>().ok();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length.expect("Odoo says how long its answer is")];
        self.stream.read_exact(&mut body).expect("Odoo speaks");
        body
    }
}

/// A line of a file in `/proc`, in KB.
pub(crate) fn kilobytes(path: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse().unwrap_or(0)
}
