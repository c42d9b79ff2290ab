//! A line to Odoo that reads what passes: it counts requests, keeps its near end open as a proxy in front of a busy Odoo does,
//! and can be as far away as a server in another country.

use std::io::{BufRead as _, BufReader, Read, Result, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Passes requests on, one at a time on each connection.
pub(crate) struct Relay {
    port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Relay {
    /// Opens a line to `host:port` on which there and back take `trip` together; so does opening a connection.
    pub(crate) fn open(to: &str, trip: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let (to, notes) = (to.to_owned(), Arc::clone(&seen));
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let (to, notes) = (to.clone(), Arc::clone(&notes));
                // Who hangs up has what it wanted.
                std::thread::spawn(move || drop(serve(&near, &to, trip, &notes)));
            }
        });
        Self { port, seen }
    }

    /// Where to connect to.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The paths of the requests since this was asked last, oldest first.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn serve(near: &TcpStream, to: &str, trip: Duration, seen: &Mutex<Vec<String>>) -> Result<()> {
    near.set_nodelay(true)?;
    std::thread::sleep(trip);
    let mut reader = BufReader::new(near.try_clone()?);
    while let Some((head, body)) = request(&mut reader)? {
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        seen.lock().unwrap_or_else(PoisonError::into_inner).push(path);
        std::thread::sleep(trip / 2);
        let mut far = TcpStream::connect(to)?;
        far.set_nodelay(true)?;
        let mut asked = without_connection(&head, "close").into_bytes();
        asked.extend(body);
        far.write_all(&asked)?;
        let mut answer = Vec::new();
        far.read_to_end(&mut answer)?;
        std::thread::sleep(trip / 2);
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").map_or(answer.len(), |at| at + 4);
        let (head, body) = answer.split_at(end);
        let head = String::from_utf8_lossy(head).replacen("HTTP/1.0", "HTTP/1.1", 1);
        let mut head = without_connection(&head, "keep-alive");
        let lower = head.to_ascii_lowercase();
        if !lower.contains("\r\ncontent-length:") && !lower.contains("\r\ntransfer-encoding:") {
            head = head.replacen("\r\n", &format!("\r\ncontent-length: {}\r\n", body.len()), 1);
        }
        let mut told = head.into_bytes();
        told.extend(body);
        (&*near).write_all(&told)?;
    }
    Ok(())
}

/// Head and body of the next request; none when the client is gone.
fn request(reader: &mut BufReader<TcpStream>) -> Result<Option<(String, Vec<u8>)>> {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let from = head.len();
        if reader.read_line(&mut head)? == 0 {
            return Ok(None);
        }
        let line = head.get(from..).unwrap_or_default().trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some((head, body)))
}

/// The head with another word on what becomes of the connection.
fn without_connection(head: &str, word: &str) -> String {
    let kept = head.lines().filter(|line| {
        let name = line.split(':').next().unwrap_or_default();
        !line.is_empty() && !name.eq_ignore_ascii_case("connection") && !name.eq_ignore_ascii_case("keep-alive")
    });
    let lines: Vec<&str> = kept.collect();
    format!("{}\r\nconnection: {word}\r\n\r\n", lines.join("\r\n"))
}
