//! A line to Odoo that notes when Odoo was at work.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Passes every byte on, and notes from when to when each request was with Odoo: from the moment its first bytes leave here
/// to the moment the last bytes of its answer are back here. The detour itself is not in it.
pub(crate) struct Gauge {
    port: u16,
    exchanges: Exchanges,
}

type Exchanges = Arc<Mutex<Vec<(SystemTime, SystemTime)>>>;

impl Gauge {
    /// Opens a line to `host:port`.
    pub(crate) fn open(to: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let exchanges = Exchanges::default();
        let (to, notes) = (to.to_owned(), Arc::clone(&exchanges));
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let Ok(far) = TcpStream::connect(&to) else { continue };
                carry(&near, &far, &notes);
            }
        });
        Self { port, exchanges }
    }

    /// Where Gatehouse connects to.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How long Odoo was at work between two moments, and with how many requests. Requests side by side count once.
    pub(crate) fn at_work(&self, from: SystemTime, to: SystemTime) -> (Duration, usize) {
        let mut exchanges = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).clone();
        exchanges.retain(|(began, ended)| *ended > from && *began < to);
        exchanges.sort();
        let (mut sum, mut counted_to) = (Duration::ZERO, from);
        for (began, ended) in &exchanges {
            let (began, ended) = ((*began).max(counted_to), (*ended).min(to));
            sum += ended.duration_since(began).unwrap_or_default();
            counted_to = counted_to.max(ended);
        }
        (sum, exchanges.len())
    }
}

/// Two threads for a connection: there and back.
fn carry(near: &TcpStream, far: &TcpStream, notes: &Exchanges) {
    let both = |one: &TcpStream| -> std::io::Result<(TcpStream, TcpStream)> {
        one.set_nodelay(true)?;
        Ok((one.try_clone()?, one.try_clone()?))
    };
    let (Ok((near_in, near_out)), Ok((far_in, far_out))) = (both(near), both(far)) else { return };
    // The place in the notes of the request that is under way, and whether its answer has begun.
    let current: Arc<Mutex<Option<(usize, bool)>>> = Arc::default();
    let (asked, there) = (Arc::clone(&current), Arc::clone(notes));
    std::thread::spawn(move || {
        pass(near_in, far_out, || {
            let mut current = asked.lock().unwrap_or_else(PoisonError::into_inner);
            if current.is_none_or(|(_, is_answered)| is_answered) {
                let now = SystemTime::now();
                let mut notes = there.lock().unwrap_or_else(PoisonError::into_inner);
                notes.push((now, now));
                *current = Some((notes.len() - 1, false));
            }
        });
    });
    let back = Arc::clone(notes);
    std::thread::spawn(move || {
        pass(far_in, near_out, || {
            let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((place, is_answered)) = &mut *current {
                *is_answered = true;
                let mut notes = back.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some((_, ended)) = notes.get_mut(*place) {
                    *ended = SystemTime::now();
                }
            }
        });
    });
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
