//! An Odoo that is not to be trusted: it passes everything on, and answers what it likes.

use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What a liar says from now on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Lie {
    /// Nothing but the truth.
    #[default]
    None,
    /// One text in the place of another of the same length.
    Instead(String, String),
    /// Every request is sent on to this address, with the method kept.
    GoTo(String),
    /// Nothing: it hangs up.
    Silence,
}

/// A server before a real one.
pub struct Liar {
    port: u16,
    lie: Arc<Mutex<Lie>>,
}

impl Liar {
    /// Stands before `host:port`.
    pub async fn before(to: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let liar = Self { port: listener.local_addr().unwrap().port(), lie: Arc::default() };
        let lie = Arc::clone(&liar.lie);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass(stream, to.clone(), Arc::clone(&lie)));
            }
        });
        liar
    }

    /// Where Gatehouse connects to.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it says from now on.
    pub fn tell(&self, lie: Lie) {
        *self.lie.lock().unwrap_or_else(PoisonError::into_inner) = lie;
    }
}

/// A server that answers nothing and keeps every byte it was sent.
pub struct Listening {
    /// Where.
    pub url: String,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Listening {
    /// Begins to listen.
    pub async fn begin() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heard: Arc<Mutex<Vec<u8>>> = Arc::default();
        let kept = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let kept = Arc::clone(&kept);
                tokio::spawn(async move {
                    kept.lock().unwrap_or_else(PoisonError::into_inner).extend(b"[connected]");
                    let mut bytes = [0; 4096];
                    while let Ok(count @ 1..) = stream.read(&mut bytes).await {
                        kept.lock().unwrap_or_else(PoisonError::into_inner).extend(&bytes[..count]);
                    }
                });
            }
        });
        Self { url, heard }
    }

    /// Everything it was sent so far.
    pub fn heard(&self) -> String {
        String::from_utf8_lossy(&self.heard.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

async fn pass(mut near: TcpStream, to: String, lie: Arc<Mutex<Lie>>) {
    let Ok(mut far) = TcpStream::connect(&to).await else { return };
    let (mut there, mut back) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        tokio::select! {
            read = near.read(&mut there) => {
                let Ok(count @ 1..) = read else { return };
                if far.write_all(&there[..count]).await.is_err() { return }
            }
            read = far.read(&mut back) => {
                let Ok(count @ 1..) = read else { return };
                let lie = lie.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let told = match &lie {
                    Lie::Silence => return,
                    Lie::None => back[..count].to_vec(),
                    Lie::Instead(truth, lie) => replaced(&back[..count], truth.as_bytes(), lie.as_bytes()),
                    Lie::GoTo(url) => format!(
                        "HTTP/1.1 307 Temporary Redirect\r\nlocation: {url}/json/2\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                    )
                    .into_bytes(),
                };
                if near.write_all(&told).await.is_err() { return }
            }
        }
    }
}

fn replaced(bytes: &[u8], truth: &[u8], lie: &[u8]) -> Vec<u8> {
    assert_eq!(truth.len(), lie.len(), "the length of the answer was told before");
    let mut told = bytes.to_vec();
    for at in 0..told.len().saturating_sub(truth.len() - 1) {
        if told[at..].starts_with(truth) {
            told[at..at + lie.len()].copy_from_slice(lie);
        }
    }
    told
}
