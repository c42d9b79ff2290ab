//! What a call through the client costs beside a request written by hand, on a server that closes the line after each
//! answer, as Odoo without workers does. Prints; run with
//! `cargo test --release -p gatehouse-odoo --test line -- --ignored --nocapture`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test that cannot go on ends, and says what it measured"
)]

use gatehouse_core::{Protocol, Tls};
use gatehouse_odoo::{Client, Credential, Endpoint, Search};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const ROUNDS: usize = 3_000;

/// A server of one thread that answers a search at once and closes the line.
fn server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let rows: Vec<Value> = (1..=10).map(|id| json!({"id": id, "name": format!("Contact {id}")})).collect();
        let rows = Value::from(rows).to_string();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            stream.set_nodelay(true).unwrap();
            let request = request(&mut stream);
            let body = match request.split(' ').nth(1).unwrap_or_default() {
                "/web/version" => json!({"version": "19.0", "version_info": [19, 0, 0, "final", 0, ""]}).to_string(),
                "/json/2/res.users/context_get" => json!({"uid": 7, "lang": "en_US", "tz": false}).to_string(),
                "/json/2/res.users/read" => {
                    json!([{"id": 7, "name": "Marc", "login": "marc", "company_id": [1, "Acme"], "company_ids": [1]}])
                        .to_string()
                }
                "/json/2/res.users/has_group" => "false".to_owned(),
                _ => rows.clone(),
            };
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {}\r\nServer: \
                 Werkzeug\r\nDate: Sat, 21 Nov 2026 16:00:00 GMT\r\nConnection: close\r\n\r\n",
                body.len()
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(body.as_bytes()).unwrap();
        }
    });
    address
}

fn request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let read = stream.read(&mut chunk).unwrap();
        bytes.extend_from_slice(&chunk[..read]);
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            if bytes.len() >= end + 4 + length.unwrap_or(0) {
                return String::from_utf8(bytes).unwrap();
            }
        }
        assert!(read > 0, "the request is not whole");
    }
}

fn by_hand(address: SocketAddr) -> Vec<u8> {
    let body = r#"{"domain":[],"fields":["name"],"offset":0,"limit":10,"order":null}"#;
    format!(
        "POST /json/2/res.partner/search_read HTTP/1.1\r\nHost: {address}\r\nAuthorization: bearer k\r\nX-Odoo-Database: \
         prod\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn rows(answer: &[u8]) -> usize {
    let at = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let rows: Vec<Value> = serde_json::from_slice(&answer[at + 4..]).unwrap();
    rows.len()
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[test]
#[ignore = "measures"]
fn what_a_call_costs_beside_one_written_by_hand() {
    let address = server();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (mut blocking, mut asynchronous, mut ours) = (Vec::new(), Vec::new(), Vec::new());
    let endpoint = Endpoint {
        origin: format!("http://{address}"),
        database: "prod".to_owned(),
        login: "marc".to_owned(),
        tls: Tls::System,
    };
    let (client, _) =
        runtime.block_on(Client::sign_in(endpoint, Credential::ApiKey("k".to_owned().into()), Protocol::Auto)).unwrap();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(&by_hand(address)).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert_eq!(rows(&answer), 10);
        blocking.push(begun.elapsed());

        // On a worker, as the app's calls are.
        let task = runtime.spawn(async move {
            let begun = Instant::now();
            let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
            stream.write_all(&by_hand(address)).await.unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.unwrap();
            assert_eq!(rows(&answer), 10);
            begun.elapsed()
        });
        asynchronous.push(runtime.block_on(task).unwrap());

        let client = client.clone();
        let task = runtime.spawn(async move {
            let begun = Instant::now();
            let search = Search { domain: json!([]), fields: &["name"], order: None, limit: 10, offset: 0 };
            assert_eq!(client.search_read("res.partner", &search, None).await.unwrap().len(), 10);
            begun.elapsed()
        });
        ours.push(runtime.block_on(task).unwrap());
    }
    let (blocking, asynchronous, ours) = (middle(blocking), middle(asynchronous), middle(ours));
    println!("by hand, blocking {blocking:?}; by hand, asynchronous {asynchronous:?}; through the client {ours:?}");
}
