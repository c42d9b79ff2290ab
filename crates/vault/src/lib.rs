//! Where secrets live, and the keys that seal.
//!
//! A [`Vault`] keeps one item for each connection (its secret together with the origin, database and login it may be
//! sent to), one for the key that seals Gatehouse's state, and one for each small note that must not be rolled back
//! with the files. It lives in the operating system's keyring, or in memory for one session; which of the two is the
//! caller's choice and is never changed silently.
//!
//! Nothing here can be serialized, and no `Debug` shows a secret.

mod error;
mod item;
mod keyring;
mod memory;
mod pin;
mod sealer;
mod secret;
mod vault;

pub use error::VaultError;
pub use pin::{Pin, UnfitPin};
pub use secret::{ConnectionSecret, Credential};
pub use vault::{Vault, VaultKind, service_name};
