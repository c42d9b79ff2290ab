use crate::error::VaultError;
use crate::item::Item;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use gatehouse_core::{Digest, Seal, Sealer};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

const NONCE: usize = 24;
const ITEM_PREFIX: &str = "gatehouse-key-1:";

/// The 32 bytes that everything else is derived from.
pub(crate) struct RootKey(Zeroizing<[u8; 32]>);

impl RootKey {
    pub(crate) fn random() -> Result<Self, VaultError> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *bytes)
            .map_err(|error| VaultError::Failed { detail: format!("no randomness from the system ({error})") })?;
        Ok(Self(bytes))
    }

    /// The item's bytes: a prefix that names the form, then 64 hex digits.
    pub(crate) fn to_item(&self) -> Zeroizing<Vec<u8>> {
        let digits = Zeroizing::new(hex::encode(*self.0));
        let mut bytes = Zeroizing::new(Vec::with_capacity(ITEM_PREFIX.len() + digits.len()));
        bytes.extend_from_slice(ITEM_PREFIX.as_bytes());
        bytes.extend_from_slice(digits.as_bytes());
        bytes
    }

    pub(crate) fn from_item(item: &[u8]) -> Result<Self, VaultError> {
        let damaged = |why: &str| VaultError::Damaged { item: Item::SealingKey.to_string(), why: why.to_owned() };
        let digits = item.strip_prefix(ITEM_PREFIX.as_bytes()).ok_or_else(|| damaged("not a key of this version"))?;
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(digits, &mut *bytes).map_err(|_| damaged("not 64 hex digits"))?;
        Ok(Self(bytes))
    }

    /// A key for one purpose; knowing it tells nothing of the root or of another purpose's key.
    fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(mac(&self.0, &[purpose.as_bytes()]).finalize().into_bytes().into())
    }
}

/// HMAC-SHA256 for seals, XChaCha20-Poly1305 for payloads, each under a key of its own.
pub(crate) struct KeySealer {
    seals: Zeroizing<[u8; 32]>,
    payloads: Zeroizing<[u8; 32]>,
    nonces: Zeroizing<[u8; 32]>,
}

impl KeySealer {
    pub(crate) fn new(root: &RootKey) -> Self {
        Self {
            seals: root.derive("gatehouse seals 1"),
            payloads: root.derive("gatehouse payloads 1"),
            nonces: root.derive("gatehouse nonces 1"),
        }
    }

    /// Random, and bound to what it encrypts: were the system's randomness ever to fail, two payloads would still not
    /// share a nonce unless they are the same.
    fn nonce(&self, label: &str, plain: &[u8]) -> XNonce {
        let mut random = [0; 32];
        if getrandom::fill(&mut random).is_err() {
            tracing::warn!("the system gave no randomness for a nonce");
        }
        let whole: [u8; 32] = mac(&self.nonces, &[&random, label.as_bytes(), plain]).finalize().into_bytes().into();
        let mut nonce = XNonce::default();
        nonce.copy_from_slice(&whole[..NONCE]);
        nonce
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.payloads).into())
    }
}

impl Sealer for KeySealer {
    fn seal(&self, label: &str, bytes: &[u8]) -> Seal {
        let tag = mac(&self.seals, &[label.as_bytes(), bytes]).finalize().into_bytes();
        Seal(Digest::from_bytes(tag.into()))
    }

    fn verify(&self, label: &str, bytes: &[u8], seal: &Seal) -> bool {
        mac(&self.seals, &[label.as_bytes(), bytes]).verify_slice(seal.0.as_bytes()).is_ok()
    }

    fn encrypt(&self, label: &str, plain: &[u8]) -> Vec<u8> {
        let nonce = self.nonce(label, plain);
        // Fails only beyond 256 GiB; the empty result then does not decrypt.
        let Ok(body) = self.cipher().encrypt(&nonce, Payload { msg: plain, aad: label.as_bytes() }) else {
            return Vec::new();
        };
        let mut sealed = Vec::with_capacity(NONCE + body.len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&body);
        sealed
    }

    fn decrypt(&self, label: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, body) = sealed.split_at_checked(NONCE)?;
        let nonce = XNonce::try_from(nonce).ok()?;
        self.cipher().decrypt(&nonce, Payload { msg: body, aad: label.as_bytes() }).ok()
    }
}

/// HMAC over parts, each with its length before it, so that no two sequences run together.
fn mac(key: &[u8; 32], parts: &[&[u8]]) -> Hmac<Sha256> {
    // HMAC pads a short key with zeros to one block; done here it cannot fail.
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key);
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new((&*block).into());
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(byte: u8) -> KeySealer {
        KeySealer::new(&RootKey(Zeroizing::new([byte; 32])))
    }

    #[test]
    fn a_seal_holds_for_its_label_its_bytes_and_its_key_only() {
        let seal = sealer(1).seal("connections/con_1", b"body");
        assert!(sealer(1).verify("connections/con_1", b"body", &seal));
        assert!(!sealer(1).verify("connections/con_2", b"body", &seal));
        assert!(!sealer(1).verify("connections/con_1", b"bodY", &seal));
        assert!(!sealer(1).verify("connections/con_1b", b"ody", &seal), "label and bytes run together");
        assert!(!sealer(2).verify("connections/con_1", b"body", &seal));
    }

    #[test]
    fn an_encrypted_payload_opens_unaltered_under_its_label_only() {
        let sealer = sealer(1);
        let sealed = sealer.encrypt("journal/7", b"old values");
        assert_eq!(sealer.decrypt("journal/7", &sealed).as_deref(), Some(b"old values".as_slice()));
        assert_eq!(sealer.decrypt("journal/8", &sealed), None);
        for index in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[index] ^= 1;
            assert_eq!(sealer.decrypt("journal/7", &altered), None, "byte {index} was not covered");
            assert_eq!(sealer.decrypt("journal/7", &sealed[..index]), None, "cut at {index}");
        }
        assert!(!sealed.windows(5).any(|w| w == b"value"));
    }

    #[test]
    fn the_same_payload_twice_looks_different() {
        let sealer = sealer(1);
        assert_ne!(sealer.encrypt("a", b"x"), sealer.encrypt("a", b"x"));
    }

    #[test]
    fn seals_made_by_earlier_versions_stay_valid() {
        let made = "a81ea2bbc041eb7a998fce74c149ead4a1da11299b28880422d082c2b91bccd1";
        assert_eq!(sealer(1).seal("connections/con_1", b"body").0.to_string(), made);
    }

    #[test]
    fn a_root_key_survives_its_item_and_a_damaged_one_is_not_taken() {
        let root = RootKey::random().unwrap();
        let item = root.to_item();
        assert_eq!(*RootKey::from_item(&item).unwrap().0, *root.0);
        for bad in [&item[1..], &item[..item.len() - 1], b"", b"gatehouse-key-1:zz"] {
            assert!(matches!(RootKey::from_item(bad), Err(VaultError::Damaged { .. })));
        }
    }
}
