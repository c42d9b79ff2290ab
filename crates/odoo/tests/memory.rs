//! How much memory a hostile answer takes: the process may grow by 64 MiB at most under any one of them. Each is
//! taken by a process of its own, whose greatest size Linux tells.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test that cannot go on ends")]

use flate2::Compression;
use flate2::write::GzEncoder;
use gatehouse_core::{Protocol, Tls};
use gatehouse_odoo::{Client, Credential, Endpoint, Flaw, Lost, Method, OdooError};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufWriter, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;

const MOST_GROWTH_KB: u64 = 64 * 1024;
/// The largest text that is read, as `Limits::default` has it.
const LARGEST: usize = 16 * 1024 * 1024;
/// Set in a child: the server's address, the protocol and the method that it calls.
const CASE: &str = "GATEHOUSE_TEST_CASE";

/// A hostile answer: its name is the method that is called.
struct Case {
    name: &'static str,
    expected: fn(&Result<Value, OdooError>) -> bool,
}

fn is_too_large(outcome: &Result<Value, OdooError>) -> bool {
    matches!(outcome, Err(OdooError::TooLarge { .. }))
}

fn is_too_deep(outcome: &Result<Value, OdooError>) -> bool {
    matches!(outcome, Err(OdooError::Unreadable { flaw: Flaw::TooDeep, .. }))
}

const CASES: [Case; 17] = [
    Case { name: "million_rows", expected: is_too_large },
    Case { name: "million_rows_of_ids", expected: is_too_large },
    Case { name: "million_numbers", expected: |outcome| outcome.is_ok() || is_too_large(outcome) },
    Case { name: "as_many_numbers_as_fit", expected: is_too_large },
    Case { name: "empty_lists", expected: is_too_large },
    Case { name: "lists_of_one", expected: is_too_large },
    Case { name: "empty_objects", expected: is_too_large },
    Case { name: "small_texts", expected: is_too_large },
    Case { name: "one_wide_object", expected: is_too_large },
    Case { name: "large_rows", expected: |outcome| outcome.is_ok() || is_too_large(outcome) },
    Case { name: "one_file", expected: Result::is_ok },
    Case { name: "one_escaped_text", expected: Result::is_ok },
    Case { name: "one_text_too_long", expected: is_too_large },
    Case { name: "endless_spaces", expected: is_too_large },
    Case { name: "deep_lists", expected: is_too_deep },
    Case { name: "deep_objects", expected: is_too_deep },
    Case { name: "long_fault", expected: |outcome| matches!(outcome, Err(OdooError::Refused { .. })) },
];

/// Writes the body of a case, at most about `LARGEST` bytes of it unless the case is to be longer.
fn body(name: &str, to: &mut dyn Write) -> std::io::Result<()> {
    let mut times = |begin: &str, one: &str, count: usize, end: &str| -> std::io::Result<()> {
        to.write_all(begin.as_bytes())?;
        for _ in 0..count {
            to.write_all(one.as_bytes())?;
        }
        to.write_all(end.as_bytes())
    };
    let as_many = |one: &str| (LARGEST - 64) / one.len();
    match name {
        "million_rows" => times("[", r#"{"id":1},"#, 1_000_000, "0]"),
        "million_rows_of_ids" => times("[", "[1],", 1_000_000, "0]"),
        "million_numbers" => times("[", "1,", 1_000_000, "0]"),
        "as_many_numbers_as_fit" => times("[", "1,", as_many("1,"), "0]"),
        "empty_lists" => times("[", "[],", as_many("[],"), "0]"),
        "lists_of_one" => times("[", "[0],", as_many("[0],"), "0]"),
        "empty_objects" => times("[", "{},", as_many("{},"), "0]"),
        "small_texts" => times("[", "\"a\",", as_many("\"a\","), "0]"),
        "one_wide_object" => {
            to.write_all(b"{")?;
            for number in 0..1_000_000 {
                write!(to, "\"{number:x}\":0,")?;
            }
            to.write_all(b"\"\":0}")
        }
        "large_rows" => {
            let fields: Vec<String> =
                (0..40).map(|n| format!("\"field_number_{n}\":\"a value of some length\"")).collect();
            let row = format!("{{{}}},", fields.join(","));
            times("[", &row, 6_000, "0]")
        }
        "one_file" => times("\"", "QUJD", (LARGEST - 64) / 4, "\""),
        "one_escaped_text" => times("\"", "\\n", (LARGEST - 64) / 2, "\""),
        "one_text_too_long" => times("\"", "QUJD", LARGEST / 4 + 1, "\""),
        "endless_spaces" => times("", " ", 256 * 1024 * 1024, "0"),
        "deep_lists" => times("", "[", LARGEST - 64, ""),
        "deep_objects" => times("", "{\"a\":", as_many("{\"a\":"), ""),
        "long_fault" => times(
            "{\"name\":\"odoo.exceptions.UserError\",\"message\":\"No\",\"debug\":\"",
            "\\u00e4",
            (LARGEST - 128) / 6,
            "\"}",
        ),
        _ => panic!("no case {name}"),
    }
}

/// Answers for as long as the process lives.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Who reads no further closes the line; that is no fault of the server.
            std::thread::spawn(move || drop(answer(stream)));
        }
    });
    address
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let request = request(&mut stream)?;
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let wrapped = request.contains("POST /jsonrpc").then_some(&request);
    let mut to = BufWriter::new(stream);
    let polite = match path.as_str() {
        "/web/version" => Some(json!({"version": "19.0", "version_info": [19, 0, 0, "final", 0, ""]})),
        "/json/2/res.users/context_get" => Some(json!({"uid": 7, "lang": "en_US", "tz": false})),
        "/json/2/res.users/read" => Some(user()),
        "/json/2/res.users/has_group" => Some(json!(false)),
        _ => None,
    };
    let head = |status: &str, more: &str| format!("HTTP/1.1 {status}\r\nconnection: close\r\n{more}\r\n");
    if let Some(polite) = polite {
        to.write_all(head("200 OK", "").as_bytes())?;
        return write!(to, "{polite}");
    }
    if let Some(request) = wrapped {
        to.write_all(head("200 OK", "").as_bytes())?;
        to.write_all(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":")?;
        let called = |method: &str| request.contains(&format!("\"{method}\""));
        if called("authenticate") {
            to.write_all(b"7")?;
        } else if called("has_group") {
            to.write_all(b"false")?;
        } else if let Some(case) = CASES.iter().find(|case| called(case.name)) {
            body(case.name, &mut to)?;
        } else {
            write!(to, "{}", user())?;
        }
        return to.write_all(b"}");
    }
    let name = path.rsplit('/').next().unwrap_or_default();
    if let Some(name) = name.strip_suffix("_gz") {
        to.write_all(head("200 OK", "content-encoding: gzip\r\n").as_bytes())?;
        let mut packed = GzEncoder::new(to, Compression::fast());
        body(name, &mut packed)?;
        return packed.finish()?.flush();
    }
    let status = if name == "long_fault" { "422 Unprocessable Entity" } else { "200 OK" };
    to.write_all(head(status, "").as_bytes())?;
    body(name, &mut to)
}

fn user() -> Value {
    json!([{"id": 7, "name": "Marc", "login": "marc", "company_id": [1, "Acme"], "company_ids": [1]}])
}

fn request(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let read = stream.read(&mut chunk)?;
        bytes.extend_from_slice(&chunk[..read]);
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            if bytes.len() >= end + 4 + length.unwrap_or(0) {
                return Ok(String::from_utf8_lossy(&bytes).into_owned());
            }
        }
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// What Linux says of this process, in KiB.
fn memory(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

async fn client(address: &str, protocol: Protocol) -> Client {
    let endpoint = Endpoint {
        origin: format!("http://{address}"),
        database: "prod".to_owned(),
        login: "marc".to_owned(),
        tls: Tls::System,
    };
    Client::sign_in(endpoint, Credential::ApiKey("k".to_owned().into()), protocol).await.unwrap().0
}

/// One case in a process of its own, so that nothing that an earlier one left behind is used again.
async fn take(address: &str, protocol: Protocol, method: &str) {
    let client = client(address, protocol).await;
    let case = CASES.iter().find(|case| case.name == method.trim_end_matches("_gz")).unwrap();
    let before = memory("VmRSS:");
    let outcome = client.call(&Method::read("res.partner", method)).await;
    let growth = memory("VmHWM:").saturating_sub(before);
    let told = outcome.as_ref().map_or_else(ToString::to_string, |_| "taken".to_owned());
    println!("{protocol:?} {method}: {growth} KiB from {before} KiB; {told}");
    assert!(growth <= MOST_GROWTH_KB, "{protocol:?} {method}: grew by {growth} KiB");
    assert!((case.expected)(&outcome), "{protocol:?} {method}: {told}");
    if method == "million_rows" {
        let lost = client.call(&Method::write("res.partner", method)).await;
        assert_eq!(lost, Err(OdooError::OutcomeUnknown { cause: Lost::TooLarge }));
    }
}

#[tokio::test]
async fn no_answer_makes_the_process_grow_by_more_than_64_mib() {
    if let Ok(case) = std::env::var(CASE) {
        let mut words = case.split(' ');
        let (address, protocol, method) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        let protocol = if protocol == "rpc" { Protocol::JsonRpc } else { Protocol::Json2 };
        return take(address, protocol, method).await;
    }
    let address = serve();
    let packed = ["million_rows", "one_file", "endless_spaces"].map(|name| format!("json2 {name}_gz"));
    let wrapped = ["million_rows", "one_wide_object", "one_file", "deep_lists"].map(|name| format!("rpc {name}"));
    let plain = CASES.iter().map(|case| format!("json2 {}", case.name));
    for case in plain.chain(packed).chain(wrapped) {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "no_answer_makes_the_process_grow_by_more_than_64_mib", "--nocapture"])
            .env(CASE, format!("{address} {case}"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stdout).into_owned();
        for line in said.lines().filter(|line| line.contains("KiB")) {
            println!("{line}");
        }
        assert!(child.status.success(), "{case}: {said}{}", String::from_utf8_lossy(&child.stderr));
    }
}
