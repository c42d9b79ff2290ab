use crate::Digest;
use serde::{Deserialize, Serialize};

/// An HMAC over a label and some bytes, under a key that only the vault holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seal(pub Digest);

/// Seals state that must not change behind the app's back, and encrypts what only the app may read. The vault gives
/// one out while it is open; nothing else can make one.
pub trait Sealer: Send + Sync {
    /// Seals `bytes` for one use; `label` names the use (`connections/con_…`) so that no seal serves for another.
    fn seal(&self, label: &str, bytes: &[u8]) -> Seal;

    /// Whether `seal` was made for this label and these bytes. In constant time.
    fn verify(&self, label: &str, bytes: &[u8], seal: &Seal) -> bool;

    /// Encrypts `plain` with authentication; `label` must be the same at decryption. The nonce is part of the result.
    fn encrypt(&self, label: &str, plain: &[u8]) -> Vec<u8>;

    /// Decrypts what [`Sealer::encrypt`] made; `None` when it was altered or made for another label.
    fn decrypt(&self, label: &str, sealed: &[u8]) -> Option<Vec<u8>>;
}
