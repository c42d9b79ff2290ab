use super::own_uid;
use crate::client::ConnectError;
use crate::directory::check_private_directory;
use crate::frame::Stream;
use crate::place::SocketPath;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use tokio::net::UnixStream;

/// Connects to the app, after checking that folder and socket are this user's, and that the listener is.
pub(crate) async fn connect(path: &SocketPath) -> Result<Stream, ConnectError> {
    let socket = match path.path().symlink_metadata() {
        Ok(socket) => socket,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(ConnectError::NotRunning);
        }
        Err(error) => return Err(ConnectError::Io(error)),
    };
    check_private_directory(path.directory()).map_err(|error| ConnectError::Untrusted(error.to_string()))?;
    if !socket.file_type().is_socket() || socket.uid() != own_uid() {
        return Err(ConnectError::Untrusted(format!("{path} is not a socket of yours")));
    }
    let stream = match UnixStream::connect(path.path()).await {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Err(ConnectError::NotRunning);
        }
        Err(error) => return Err(ConnectError::Io(error)),
    };
    if stream.peer_cred().map_err(ConnectError::Io)?.uid() != own_uid() {
        return Err(ConnectError::Untrusted(format!("another user listens at {path}")));
    }
    Ok(Box::new(stream))
}
