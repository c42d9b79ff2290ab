//! Odoo asked straight: JSON-2 over one kept line, with as little around it as HTTP allows.

use gatehouse_tests::Odoo;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// One kept line to an Odoo.
pub(crate) struct Direct {
    line: BufReader<TcpStream>,
    odoo: Odoo,
    /// How often the line had to be opened again.
    pub(crate) reopened: u32,
}

impl Direct {
    pub(crate) fn open(odoo: &Odoo) -> Self {
        Self { line: connect(odoo), odoo: odoo.clone(), reopened: 0 }
    }

    /// Calls a method with named arguments; gives how long it took, and the answer.
    pub(crate) fn call(&mut self, model: &str, method: &str, arguments: &Value) -> (Duration, Value) {
        let Odoo { url, database, key, .. } = &self.odoo;
        let (host, body) = (host(url), arguments.to_string());
        let length = body.len();
        let request = format!(
            "POST /json/2/{model}/{method} HTTP/1.1\r\nhost: {host}\r\nauthorization: bearer {key}\r\n\
             x-odoo-database: {database}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        loop {
            let began = Instant::now();
            if let Some(body) = self.exchange(request.as_bytes()) {
                let took = began.elapsed();
                return (took, serde_json::from_slice(&body).expect("Odoo answers JSON"));
            }
            // Odoo closes a line that was silent for a while.
            assert!(self.reopened < 20, "Odoo keeps closing the line");
            self.line = connect(&self.odoo);
            self.reopened += 1;
        }
    }

    fn exchange(&mut self, request: &[u8]) -> Option<Vec<u8>> {
        self.line.get_mut().write_all(request).ok()?;
        let mut status = String::new();
        if self.line.read_line(&mut status).ok()? == 0 {
            return None;
        }
        assert!(status.contains(" 200 "), "Odoo answered {status}");
        let mut length = None;
        loop {
            let mut header = String::new();
            self.line.read_line(&mut header).ok()?;
            if header.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = header.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse::<usize>().ok();
            }
        }
        let mut body = vec![0; length.expect("Odoo says how long its answer is")];
        self.line.read_exact(&mut body).ok()?;
        Some(body)
    }
}

fn connect(odoo: &Odoo) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(host(&odoo.url)).expect("Odoo listens");
    stream.set_nodelay(true).expect("a socket");
    BufReader::new(stream)
}

/// Host and port.
pub(crate) fn host(url: &str) -> &str {
    url.trim_start_matches("http://").trim_end_matches('/')
}
