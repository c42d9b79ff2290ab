//! A line between Gatehouse and Odoo that can be cut.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Passes every byte on to an Odoo, until it is told to cut.
pub struct Line {
    port: u16,
    cuts_writes: Arc<AtomicBool>,
    cuts: Arc<AtomicU32>,
}

impl Line {
    /// Opens a line to `host:port`.
    pub async fn open(to: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let line =
            Self { port: listener.local_addr().unwrap().port(), cuts_writes: Arc::default(), cuts: Arc::default() };
        let (cuts_writes, cuts) = (Arc::clone(&line.cuts_writes), Arc::clone(&line.cuts));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass(stream, to.clone(), Arc::clone(&cuts_writes), Arc::clone(&cuts)));
            }
        });
        line
    }

    /// Where Gatehouse connects to.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// From now on, a write reaches Odoo but its answer never comes back.
    pub fn cut_writes(&self, cut: bool) {
        self.cuts_writes.store(cut, Ordering::SeqCst);
    }

    /// How many answers were lost.
    pub fn cuts(&self) -> u32 {
        self.cuts.load(Ordering::SeqCst)
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

async fn pass(mut near: TcpStream, to: String, cuts_writes: Arc<AtomicBool>, cuts: Arc<AtomicU32>) {
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
                if is_write && cuts_writes.load(Ordering::SeqCst) {
                    cuts.fetch_add(1, Ordering::SeqCst);
                    return;
                }
                is_write = false;
                if near.write_all(&back[..count]).await.is_err() { return }
            }
        }
    }
}
