//! Odoo asked straight: JSON-2 with as little around it as HTTP allows.

use gatehouse_tests::Odoo;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Result as IoResult, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// A client that keeps its line to an Odoo for as long as Odoo keeps it.
pub(crate) struct Direct {
    line: Option<BufReader<TcpStream>>,
    odoo: Odoo,
}

impl Direct {
    pub(crate) fn new(odoo: &Odoo) -> Self {
        Self { line: None, odoo: odoo.clone() }
    }

    /// Calls a method with named arguments; gives how long it took, a new line included where one was needed, and the
    /// answer.
    pub(crate) fn call(&mut self, model: &str, method: &str, arguments: &Value) -> (Duration, Value) {
        let (took, answer) = self.ask(model, method, arguments);
        (took, answer.unwrap_or_else(|told| panic!("{model}.{method}: {told}")))
    }

    /// The same where Odoo may refuse: then with what it said.
    pub(crate) fn ask(&mut self, model: &str, method: &str, arguments: &Value) -> (Duration, Result<Value, String>) {
        let Odoo { url, database, key, .. } = &self.odoo;
        let (host, body) = (host(url), arguments.to_string());
        let length = body.len();
        let request = format!(
            "POST /json/2/{model}/{method} HTTP/1.1\r\nhost: {host}\r\nauthorization: bearer {key}\r\n\
             x-odoo-database: {database}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        let began = Instant::now();
        let line = self.line.take().unwrap_or_else(|| connect(host));
        let (is_well, body, line) = exchange(line, request.as_bytes()).expect("Odoo answers");
        let took = began.elapsed();
        self.line = line;
        let answer: Value = serde_json::from_slice(&body).expect("Odoo answers JSON");
        (took, if is_well { Ok(answer) } else { Err(answer["message"].to_string()) })
    }
}

/// Whether it went well, the body of the answer, and the line where Odoo keeps it.
fn exchange(mut line: BufReader<TcpStream>, request: &[u8]) -> IoResult<(bool, Vec<u8>, Option<BufReader<TcpStream>>)> {
    line.get_mut().write_all(request)?;
    let mut status = String::new();
    line.read_line(&mut status)?;
    let is_well = status.contains(" 200 ");
    let (mut length, mut is_kept) = (None, true);
    loop {
        let mut header = String::new();
        line.read_line(&mut header)?;
        if header.trim().is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse::<usize>().ok(),
            "connection" => is_kept = !value.trim().eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    let mut body = vec![0; length.expect("Odoo says how long its answer is")];
    line.read_exact(&mut body)?;
    Ok((is_well, body, is_kept.then_some(line)))
}

fn connect(host: &str) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(host).expect("Odoo listens");
    stream.set_nodelay(true).expect("a socket");
    BufReader::new(stream)
}

/// Host and port.
pub(crate) fn host(url: &str) -> &str {
    url.trim_start_matches("http://").trim_end_matches('/')
}
