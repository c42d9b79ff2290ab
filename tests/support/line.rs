//! A line between Gatehouse and Odoo that can be cut, and an Odoo behind it that can die.

use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, watch};
use tokio::task::{JoinHandle, JoinSet};

/// What changes something in Odoo, among the methods that tests call.
const CHANGES: [&str; 4] = ["write", "create", "unlink", "action_confirm"];

/// Passes every byte on to an Odoo, until it is told to cut.
pub struct Line {
    port: u16,
    ends: Arc<Ends>,
    open: Mutex<Option<JoinHandle<()>>>,
}

struct Ends {
    to: String,
    writes: watch::Sender<Writes>,
    lost: watch::Sender<u32>,
}

/// What becomes of writes, and of other changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writes {
    /// The answer comes back.
    Answered,
    /// The line drops before it comes back.
    Cut,
    /// It never comes back, and the line stays open.
    Stalled,
    /// It comes back when writes are answered again.
    Held,
    /// They never reach Odoo, and the line stays open.
    Swallowed,
    /// They never reach Odoo, and the line drops.
    Dropped,
}

impl Line {
    /// Opens a line to `host:port`.
    pub async fn open(to: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let ends = Arc::new(Ends { to, writes: watch::Sender::new(Writes::Answered), lost: watch::Sender::new(0) });
        let line = Self { port, ends, open: Mutex::default() };
        line.accept(listener).await;
        line
    }

    /// Where Gatehouse connects to.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What becomes of writes from now on.
    pub fn set(&self, writes: Writes) {
        self.ends.writes.send_replace(writes);
    }

    /// How many writes or answers were lost, or are held.
    pub fn lost(&self) -> u32 {
        *self.ends.lost.borrow()
    }

    /// Waits until one is.
    pub async fn has_lost_one(&self) {
        self.ends.lost.subscribe().wait_for(|lost| *lost > 0).await.unwrap();
    }

    /// Odoo dies: every line drops, and nobody listens any more.
    pub async fn die(&self) {
        if let Some(open) = self.open.lock().await.take() {
            open.abort();
            // It was aborted.
            drop(open.await);
        }
    }

    /// Odoo is there again, at the same place.
    pub async fn revive(&self) {
        self.accept(TcpListener::bind(("127.0.0.1", self.port)).await.unwrap()).await;
    }

    async fn accept(&self, listener: TcpListener) {
        let ends = Arc::clone(&self.ends);
        let accepting = tokio::spawn(async move {
            let mut lines = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                lines.spawn(pass(stream, Arc::clone(&ends)));
            }
        });
        *self.open.lock().await = Some(accepting);
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

async fn pass(mut near: TcpStream, ends: Arc<Ends>) {
    let Ok(mut far) = TcpStream::connect(&ends.to).await else { return };
    let (mut there, mut back) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let mut is_write = false;
    loop {
        tokio::select! {
            read = near.read(&mut there) => {
                let Ok(count @ 1..) = read else { return };
                is_write |= is_change(&there[..count]);
                let writes = *ends.writes.borrow();
                if is_write && matches!(writes, Writes::Swallowed | Writes::Dropped) {
                    ends.lost.send_modify(|lost| *lost += 1);
                    if writes == Writes::Swallowed {
                        std::future::pending::<()>().await;
                    }
                    return;
                }
                if far.write_all(&there[..count]).await.is_err() { return }
            }
            read = far.read(&mut back) => {
                let Ok(count @ 1..) = read else { return };
                let writes = *ends.writes.borrow();
                if is_write && writes != Writes::Answered {
                    ends.lost.send_modify(|lost| *lost += 1);
                    match writes {
                        Writes::Stalled => std::future::pending::<()>().await,
                        Writes::Held => {
                            drop(ends.writes.subscribe().wait_for(|writes| *writes != Writes::Held).await);
                        }
                        _ => return,
                    }
                }
                is_write = false;
                if near.write_all(&back[..count]).await.is_err() { return }
            }
        }
    }
}

/// Whether this begins a request that changes something: its request line, or the body of a JSON-RPC call.
fn is_change(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    CHANGES
        .iter()
        .any(|method| text.contains(&format!("/{method} HTTP/1.1")) || text.contains(&format!("\"{method}\"")))
}
