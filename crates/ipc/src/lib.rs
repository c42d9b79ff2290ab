//! What bridge and app say to each other, and the socket they say it over.
//!
//! The app [`bind`]s and [`serve`]s with a [`Handler`]; a bridge, a second app or `gatehouse-mcp doctor` is a [`Client`].
//! Both compute the same [`socket_path`]. A frame is a length (u32, big endian) and one JSON object of [`message`]; at
//! most 3.5 MiB towards the app and 4 MiB back. Who a peer is comes from the operating system ([`Peer`]), never from what
//! it says; both sides refuse a peer of another user.

mod client;
mod directory;
mod frame;
mod left_behind;
pub mod message;
mod peer;
mod place;
mod serve;

#[cfg(target_os = "linux")]
mod ancestry;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as platform;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as platform;

#[cfg(target_os = "linux")]
pub use ancestry::ancestors;
pub use client::{Client, ConnectError, Pending, Receipt, Update};
pub use directory::{DirectoryError, check_private_directory, private_directory};
pub use left_behind::LeftBehind;
pub use peer::Peer;
pub use place::{SocketPath, left_behind_tools, quit_marker, recorded_program, socket_path, state_dir};
pub use platform::{BindError, Listener, bind};
pub use serve::{Delivered, EventSender, Handler, ProgressSender, Reply, serve};
