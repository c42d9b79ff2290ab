use super::own_uid;
use crate::SocketPath;
use crate::directory::{DirectoryError, private_directory};
use crate::frame::Stream;
use crate::peer::PeerIds;
use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::process::umask;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::PathBuf;
use tokio::net::{UnixListener, UnixStream};

/// Listens at `path`, in a folder of this user alone. Must be called within a tokio runtime.
///
/// Of several apps that start at once exactly one gets it, because a lock beside the socket is taken first and held as long as
/// the [`Listener`] lives. A socket that a dead app left behind is removed only when nobody answers on it.
pub async fn bind(path: &SocketPath) -> Result<Listener, BindError> {
    if path.is_too_long() {
        return Err(BindError::TooLong { path: path.path().to_owned() });
    }
    private_directory(path.directory())?;
    let lock = lock(path)?;
    make_way(path).await?;

    // Until chmod the folder alone keeps others out; 077 and not 177, because other threads may be making folders now.
    let before = umask(Mode::from_raw_mode(0o077));
    let bound = UnixListener::bind(path.path());
    umask(before);
    let socket = bound?;
    std::fs::set_permissions(path.path(), std::fs::Permissions::from_mode(0o600))?;
    let inode = path.path().symlink_metadata()?.ino();
    Ok(Listener { socket, path: path.path().to_owned(), inode, _lock: lock })
}

/// Why the app cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another app has this place: it runs, or starts at this moment.
    #[error("Gatehouse is already running")]
    AlreadyRunning,
    /// The folder is not ours alone.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// Something that is no socket stands in its place. It is left alone.
    #[error("{} is not a socket of Gatehouse; move it away", .path.display())]
    Occupied {
        /// What stands there.
        path: PathBuf,
    },
    /// The system does not take sockets with so long a path.
    #[error("the path {} is too long for a socket", .path.display())]
    TooLong {
        /// The path.
        path: PathBuf,
    },
    /// Anything else that the system said.
    #[error("the socket cannot be opened: {0}")]
    Io(#[from] io::Error),
}

/// A bound socket. Dropping it removes the socket and lets another app take the place.
#[derive(Debug)]
pub struct Listener {
    socket: UnixListener,
    path: PathBuf,
    inode: u64,
    _lock: OwnedFd,
}

impl Listener {
    /// The next peer of this user. Peers of other users are dropped without a word.
    pub(crate) async fn accept(&self) -> io::Result<(Stream, PeerIds)> {
        loop {
            let (stream, _) = self.socket.accept().await?;
            let Ok(seen) = stream.peer_cred() else {
                continue;
            };
            if seen.uid() != own_uid() {
                tracing::warn!(uid = seen.uid(), "a process of another user tried to connect");
                continue;
            }
            let pid = seen.pid().and_then(|pid| u32::try_from(pid).ok()).filter(|pid| *pid > 0);
            return Ok((Box::new(stream), PeerIds { uid: seen.uid(), pid }));
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let is_ours = self.path.symlink_metadata().is_ok_and(|found| found.ino() == self.inode);
        if is_ours && let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(%error, "the socket could not be removed");
        }
    }
}

/// The lock file stays when the app ends: removing it would let two apps hold locks on two files of the same name.
fn lock(path: &SocketPath) -> Result<OwnedFd, BindError> {
    let flags = OFlags::CREATE | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::open(path.path().with_extension("lock"), flags, Mode::from_raw_mode(0o600))
        .map_err(io::Error::from)?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(BindError::AlreadyRunning),
        Err(error) => Err(BindError::Io(error.into())),
    }
}

async fn make_way(path: &SocketPath) -> Result<(), BindError> {
    match path.path().symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(BindError::Io(error)),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(BindError::Occupied { path: path.path().to_owned() });
        }
        Ok(_) => {}
    }
    match UnixStream::connect(path.path()).await {
        Ok(_) => Err(BindError::AlreadyRunning),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound => Ok(()),
            io::ErrorKind::ConnectionRefused => Ok(std::fs::remove_file(path.path())?),
            // Its queue is full: somebody is there.
            io::ErrorKind::WouldBlock => Err(BindError::AlreadyRunning),
            _ => Err(BindError::Io(error)),
        },
    }
}
