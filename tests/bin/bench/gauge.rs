//! A line to Odoo that notes when Odoo was at work.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Passes every byte on, and notes from when to when each request was with Odoo: from the moment its first bytes are here to
/// the moment the last bytes of its answer are back here. That this process must wake for them is not in it.
pub(crate) struct Gauge {
    port: u16,
    exchanges: Exchanges,
}

/// So many connections at once.
const LANES: usize = 16;

type Exchanges = Arc<Mutex<Vec<(SystemTime, SystemTime)>>>;

impl Gauge {
    /// Opens a line to `host:port`.
    pub(crate) fn open(to: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let exchanges = Exchanges::default();
        let (to, notes) = (to.to_owned(), Arc::clone(&exchanges));
        for _ in 0..LANES {
            let (listener, to, notes) = (listener.try_clone().expect("a listener"), to.clone(), Arc::clone(&notes));
            std::thread::spawn(move || {
                for near in listener.incoming().flatten() {
                    // A line that breaks is made anew by whoever needs it.
                    drop(carry(near, &to, &notes));
                }
            });
        }
        Self { port, exchanges }
    }

    /// Where Gatehouse connects to.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What happened between two moments. Requests side by side count once.
    pub(crate) fn between(&self, from: SystemTime, to: SystemTime) -> Work {
        let mut exchanges = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).clone();
        exchanges.retain(|(began, ended)| *ended > from && *began < to);
        exchanges.sort();
        let mut work = Work { requests: exchanges.len(), ..Work::default() };
        let mut counted_to = from;
        for (place, (began, ended)) in exchanges.iter().enumerate() {
            let (began, ended) = ((*began).max(counted_to), (*ended).min(to));
            let gap = if place == 0 { &mut work.before } else { &mut work.amid };
            *gap += began.duration_since(counted_to).unwrap_or_default();
            work.at_odoo += ended.duration_since(began).unwrap_or_default();
            counted_to = counted_to.max(ended);
        }
        work.after = to.duration_since(counted_to).unwrap_or_default();
        work
    }
}

/// A span of time, by what Odoo did in it.
#[derive(Default)]
pub(crate) struct Work {
    pub(crate) requests: usize,
    /// Odoo had a request.
    pub(crate) at_odoo: Duration,
    /// Up to the first request, between requests, and after the last one.
    pub(crate) before: Duration,
    pub(crate) amid: Duration,
    pub(crate) after: Duration,
}

impl Work {
    /// All in which Odoo had no request.
    pub(crate) fn rest(&self) -> Duration {
        self.before + self.amid + self.after
    }
}

/// Carries one connection to its end: there on this thread, back on another. Odoo's time begins with the first bytes, so
/// that to connect to it is Odoo's too, as it is without a gauge.
fn carry(mut near: TcpStream, to: &str, notes: &Exchanges) -> std::io::Result<()> {
    let mut bytes = vec![0; 64 * 1024];
    let first = near.read(&mut bytes)?;
    if first == 0 {
        return Ok(());
    }
    // The place in the notes of the request that is under way, and whether its answer has begun.
    let current = Arc::new(Mutex::new((begin(notes), false)));
    let mut far = TcpStream::connect(to)?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    far.write_all(&bytes[..first])?;

    let (far_in, near_out, back, answered) =
        (far.try_clone()?, near.try_clone()?, Arc::clone(notes), Arc::clone(&current));
    std::thread::spawn(move || {
        pass(far_in, near_out, || {
            let mut current = answered.lock().unwrap_or_else(PoisonError::into_inner);
            current.1 = true;
            let mut notes = back.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, ended)) = notes.get_mut(current.0) {
                *ended = SystemTime::now();
            }
        });
    });
    pass(near, far, || {
        let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.1 {
            *current = (begin(notes), false);
        }
    });
    Ok(())
}

/// Notes that a request has begun; gives its place.
fn begin(notes: &Exchanges) -> usize {
    let now = SystemTime::now();
    let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
    notes.push((now, now));
    notes.len() - 1
}

fn pass(mut from: TcpStream, mut to: TcpStream, mut note: impl FnMut()) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        note();
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    drop(to.shutdown(std::net::Shutdown::Both));
}
