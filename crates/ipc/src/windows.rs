//! Named pipes. Never compiled here: the developers' machines have no Windows; the workflow builds it.
//!
//! Two parts are left to what Windows does by default: the pipe's security descriptor, and who the peer is.

use crate::SocketPath;
use crate::client::ConnectError;
use crate::directory::DirectoryError;
use crate::frame::Stream;
use crate::peer::PeerIds;
use std::io;
use tokio::net::windows::named_pipe::{ClientOptions, NamedPipeServer, ServerOptions};
use tokio::sync::Mutex;

const FILE_NOT_FOUND: i32 = 2;
const ACCESS_DENIED: i32 = 5;
const PIPE_BUSY: i32 = 231;

/// Listens at `path`. The first instance of the pipe is the lock: a second app cannot make it.
#[expect(clippy::unused_async, reason = "the same shape as on Unix")]
pub async fn bind(path: &SocketPath) -> Result<Listener, BindError> {
    let first = ServerOptions::new().first_pipe_instance(true).reject_remote_clients(true).create(path.path());
    match first {
        Ok(next) => Ok(Listener { next: Mutex::new(next), path: path.clone() }),
        Err(error) if error.raw_os_error() == Some(ACCESS_DENIED) => Err(BindError::AlreadyRunning),
        Err(error) => Err(BindError::Io(error)),
    }
}

/// Why the app cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another app has this place.
    #[error("Gatehouse is already running")]
    AlreadyRunning,
    /// The folder cannot be used.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// Anything else that the system said.
    #[error("the pipe cannot be opened: {0}")]
    Io(#[from] io::Error),
}

/// A pipe that waits for the next peer.
#[derive(Debug)]
pub struct Listener {
    next: Mutex<NamedPipeServer>,
    path: SocketPath,
}

impl Listener {
    /// The next peer.
    pub(crate) async fn accept(&self) -> io::Result<(Stream, PeerIds)> {
        let mut next = self.next.lock().await;
        next.connect().await?;
        let another = ServerOptions::new().reject_remote_clients(true).create(self.path.path())?;
        let connected = std::mem::replace(&mut *next, another);
        Ok((Box::new(connected), PeerIds { uid: 0, pid: None }))
    }
}

/// Connects to the app.
pub(crate) async fn connect(path: &SocketPath) -> Result<Stream, ConnectError> {
    loop {
        match ClientOptions::new().open(path.path()) {
            Ok(pipe) => return Ok(Box::new(pipe)),
            Err(error) if error.raw_os_error() == Some(FILE_NOT_FOUND) => {
                return Err(ConnectError::NotRunning);
            }
            Err(error) if error.raw_os_error() == Some(PIPE_BUSY) => {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            Err(error) => return Err(ConnectError::Io(error)),
        }
    }
}
