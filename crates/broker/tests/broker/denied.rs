//! An Odoo that denies some of what it is asked, as it does to a user who may not read all of it.

use crate::house::House;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A house whose demo connection leads to the demo Odoo, which denies every request that holds all of `parts`.
pub(crate) async fn house_denied(parts: &'static [&'static str]) -> House {
    let house = House::open().await;
    let origin = denying(house.sim.url(), parts).await;
    house.add_demo_at(origin).await;
    house
}

async fn denying(url: String, parts: &'static [&'static str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            tokio::spawn(one(near, url.clone(), parts));
        }
    });
    format!("http://{address}")
}

/// One request and its answer.
async fn one(mut near: TcpStream, url: String, parts: &[&str]) {
    let Some(request) = whole(&mut near).await else { return };
    if parts.iter().all(|part| request.contains(part)) {
        let body = r#"{"name": "odoo.exceptions.AccessError", "message": "You are not allowed.", "arguments": ["You are not allowed."], "context": {}, "debug": ""}"#;
        let head = format!(
            "HTTP/1.1 403 FORBIDDEN\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        near.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        return;
    }
    let mut far = TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
    let last = request.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    far.write_all(last.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    far.read_to_end(&mut answer).await.unwrap();
    drop(near.write_all(&answer).await);
}

/// A request with its body; none where the line ends first.
async fn whole(near: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let mut piece = vec![0; 64 * 1024];
        let length = near.read(&mut piece).await.ok().filter(|length| *length > 0)?;
        bytes.extend_from_slice(&piece[..length]);
        let text = String::from_utf8(bytes.clone()).ok()?;
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
        });
        if body.len() >= length.unwrap_or(0_usize) {
            return Some(text);
        }
    }
}
