//! A line between Gatehouse and Odoo that can be cut.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Passes every byte on to an Odoo, until it is told to cut.
pub struct Line {
    port: u16,
    writes: Arc<AtomicU8>,
    lost: Arc<AtomicU32>,
}

/// What becomes of the answer to a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writes {
    /// It comes back.
    Answered,
    /// The line drops before it comes back.
    Cut,
    /// It never comes back, and the line stays open.
    Stalled,
}

impl Line {
    /// Opens a line to `host:port`.
    pub async fn open(to: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let line = Self { port: listener.local_addr().unwrap().port(), writes: Arc::default(), lost: Arc::default() };
        let (writes, lost) = (Arc::clone(&line.writes), Arc::clone(&line.lost));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass(stream, to.clone(), Arc::clone(&writes), Arc::clone(&lost)));
            }
        });
        line
    }

    /// Where Gatehouse connects to.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What becomes of writes from now on. They reach Odoo in any case.
    pub fn set(&self, writes: Writes) {
        self.writes.store(writes as u8, Ordering::SeqCst);
    }

    /// How many answers were lost.
    pub fn lost(&self) -> u32 {
        self.lost.load(Ordering::SeqCst)
    }
}

/// A server that answers every request with the same bytes, and closes.
pub async fn answers_always(response: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 8192];
                if stream.read(&mut request).await.is_ok() {
                    drop(stream.write_all(response).await);
                    drop(stream.shutdown().await);
                }
            });
        }
    });
    url
}

async fn pass(mut near: TcpStream, to: String, writes: Arc<AtomicU8>, lost: Arc<AtomicU32>) {
    let Ok(mut far) = TcpStream::connect(&to).await else { return };
    let (mut there, mut back) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let mut is_write = false;
    loop {
        tokio::select! {
            read = near.read(&mut there) => {
                let Ok(count @ 1..) = read else { return };
                // The request line, or the body of a JSON-RPC call.
                let text = String::from_utf8_lossy(&there[..count]);
                is_write |= text.contains("/write HTTP/1.1") || text.contains("\"write\"");
                if far.write_all(&there[..count]).await.is_err() { return }
            }
            read = far.read(&mut back) => {
                let Ok(count @ 1..) = read else { return };
                let writes = writes.load(Ordering::SeqCst);
                if is_write && writes != Writes::Answered as u8 {
                    lost.fetch_add(1, Ordering::SeqCst);
                    if writes == Writes::Stalled as u8 {
                        std::future::pending::<()>().await;
                    }
                    return;
                }
                is_write = false;
                if near.write_all(&back[..count]).await.is_err() { return }
            }
        }
    }
}
