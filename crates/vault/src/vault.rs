use crate::error::VaultError;
use crate::item::Item;
use crate::keyring::Keyring;
use crate::memory::MemoryItems;
use crate::pin::Pin;
use crate::sealer::{KeySealer, RootKey};
use crate::secret::ConnectionSecret;
use gatehouse_core::{ConnectionId, Digest, Sealer};
use std::ffi::OsStr;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

/// Where secrets live. Cheap to clone; all clones are the same vault.
///
/// Only [`Vault::unlock_system`] may raise a prompt of the operating system. Every other call answers
/// [`VaultError::Locked`] instead, so that no agent can make prompts appear. Each call to the system ends within five
/// seconds; one that hangs does not hold up the next.
#[derive(Clone)]
pub struct Vault {
    items: Arc<Items>,
    sealer: Arc<KeySealer>,
}

/// Where a vault keeps what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VaultKind {
    /// In the operating system's keyring.
    System,
    /// In memory: nothing outlives the app.
    SessionOnly,
}

enum Items {
    System(Keyring),
    SessionOnly(MemoryItems),
}

/// The name under which the keyring shows this installation's items: `Gatehouse`, or with the name of the profile's folder.
/// Two profiles of the same folder name are still two.
pub fn service_name(profile: Option<&Path>) -> String {
    let Some(profile) = profile else { return "Gatehouse".to_owned() };
    let name = profile.file_name().map_or_else(|| "/".into(), OsStr::to_string_lossy);
    let place = Digest::of(profile.as_os_str().as_encoded_bytes()).to_string();
    format!("Gatehouse (profile {name}-{})", &place[..8])
}

impl Vault {
    /// Opens the system's keyring under a [`service_name`] by really reading its sealing key; the first time, makes
    /// one. Never prompts: a locked keyring is [`VaultError::Locked`].
    pub async fn open_system(service: &str) -> Result<Self, VaultError> {
        Self::open(Keyring::new(service)).await
    }

    /// The same for a person who asked for it: a locked keyring shows its prompt, which may stay for two minutes.
    pub async fn unlock_system(service: &str) -> Result<Self, VaultError> {
        let keyring = Keyring::new(service);
        keyring.unlock().await?;
        Self::open(keyring).await
    }

    /// A vault in memory under a fresh key. Fails only when the system gives no randomness.
    pub fn session_only() -> Result<Self, VaultError> {
        Ok(Self::with_key(Items::SessionOnly(MemoryItems::default()), &RootKey::random()?))
    }

    /// Where it keeps what it is given.
    pub fn kind(&self) -> VaultKind {
        match *self.items {
            Items::System(_) => VaultKind::System,
            Items::SessionOnly(_) => VaultKind::SessionOnly,
        }
    }

    /// Keeps a connection's secret in place of what was there; `label` is what the keyring shows for it, such as the
    /// connection's name.
    pub async fn put_secret(&self, id: &ConnectionId, label: &str, secret: ConnectionSecret) -> Result<(), VaultError> {
        let bytes = secret.to_item().map_err(|error| VaultError::Failed { detail: error.to_string() })?;
        drop(secret);
        self.write(Item::Connection(id.clone()), label, bytes).await
    }

    /// A connection's secret; `None` when the vault has none for it.
    pub async fn secret(&self, id: &ConnectionId) -> Result<Option<ConnectionSecret>, VaultError> {
        let item = Item::Connection(id.clone());
        let Some(bytes) = self.read(item.clone()).await? else {
            return Ok(None);
        };
        ConnectionSecret::from_item(&bytes).map(Some).map_err(|why| VaultError::Damaged { item: item.to_string(), why })
    }

    /// Forgets a connection's secret; forgetting what is not there is fine.
    pub async fn remove_secret(&self, id: &ConnectionId) -> Result<(), VaultError> {
        self.remove(Item::Connection(id.clone())).await
    }

    /// The PIN; `None` when the person set none.
    pub async fn pin(&self) -> Result<Option<Pin>, VaultError> {
        let Some(bytes) = self.read(Item::Pin).await? else { return Ok(None) };
        let damaged = |_| VaultError::Damaged { item: Item::Pin.to_string(), why: "it is no PIN's hash".to_owned() };
        serde_json::from_slice(&bytes).map(Some).map_err(damaged)
    }

    /// Keeps the PIN in place of what was there, or forgets it.
    pub async fn put_pin(&self, pin: Option<&Pin>) -> Result<(), VaultError> {
        let Some(pin) = pin else { return self.remove(Item::Pin).await };
        let bytes = serde_json::to_vec(pin).map_err(|error| VaultError::Failed { detail: error.to_string() })?;
        self.write(Item::Pin, "PIN", Zeroizing::new(bytes)).await
    }

    /// Seals and encrypts under this vault's key, for as long as it is held; works on when the keyring is locked later.
    pub fn sealer(&self) -> Arc<dyn Sealer> {
        Arc::clone(&self.sealer) as Arc<dyn Sealer>
    }

    /// A small fact kept beside the key, out of reach of whoever can write the files: the journal's head, generations.
    pub async fn note(&self, name: &str) -> Result<Option<Vec<u8>>, VaultError> {
        Ok(self.read(Item::Note(name.to_owned())).await?.map(|bytes| bytes.to_vec()))
    }

    /// Keeps a note in place of what was there. At most 2,000 bytes, which is what fits on every system.
    pub async fn put_note(&self, name: &str, value: &[u8]) -> Result<(), VaultError> {
        if value.len() > LONGEST_NOTE {
            return Err(VaultError::Failed { detail: format!("a note of {} bytes is too long", value.len()) });
        }
        self.write(Item::Note(name.to_owned()), name, Zeroizing::new(value.to_vec())).await
    }

    async fn open(keyring: Keyring) -> Result<Self, VaultError> {
        // Two first openings at once must not make two keys.
        let _first_come = OPENING.lock().await;
        let root = match keyring.read(Item::SealingKey).await? {
            Some(bytes) => RootKey::from_item(&bytes)?,
            None => make_key(&keyring).await?,
        };
        Ok(Self::with_key(Items::System(keyring), &root))
    }

    fn with_key(items: Items, root: &RootKey) -> Self {
        Self { items: Arc::new(items), sealer: Arc::new(KeySealer::new(root)) }
    }

    async fn read(&self, item: Item) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        match &*self.items {
            Items::System(keyring) => keyring.read(item).await,
            Items::SessionOnly(memory) => Ok(memory.read(&item)),
        }
    }

    async fn remove(&self, item: Item) -> Result<(), VaultError> {
        match &*self.items {
            Items::System(keyring) => keyring.remove(item).await,
            Items::SessionOnly(memory) => {
                memory.remove(&item);
                Ok(())
            }
        }
    }

    async fn write(&self, item: Item, label: &str, bytes: Zeroizing<Vec<u8>>) -> Result<(), VaultError> {
        match &*self.items {
            Items::System(keyring) => keyring.write(item, label, bytes).await,
            Items::SessionOnly(memory) => {
                memory.write(item, bytes);
                Ok(())
            }
        }
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("kind", &self.kind()).finish_non_exhaustive()
    }
}

const LONGEST_NOTE: usize = 2000;

static OPENING: Mutex<()> = Mutex::const_new(());

/// Called only when an unlocked keyring said that there is no key. What counts is what it gives back afterwards.
async fn make_key(keyring: &Keyring) -> Result<RootKey, VaultError> {
    keyring.write(Item::SealingKey, "sealing key", RootKey::random()?.to_item()).await?;
    match keyring.read(Item::SealingKey).await? {
        Some(bytes) => RootKey::from_item(&bytes),
        None => Err(VaultError::Failed { detail: "it did not keep the sealing key".to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Credential;

    #[tokio::test]
    async fn a_session_only_vault_keeps_what_it_is_given_until_it_ends() {
        let id = ConnectionId::from_random([1; 10]);
        let vault = Vault::session_only().unwrap();
        let secret = ConnectionSecret {
            origin: "https://acme.example".into(),
            database: "acme".into(),
            login: "admin".into(),
            credential: Credential::Password("hunter2".to_owned().into()),
        };
        vault.put_secret(&id, "Acme", secret).await.unwrap();
        assert_eq!(vault.clone().secret(&id).await.unwrap().unwrap().credential.expose(), "hunter2");
        vault.put_note("journal", b"7").await.unwrap();
        assert_eq!(vault.note("journal").await.unwrap().as_deref(), Some(b"7".as_slice()));
        vault.remove_secret(&id).await.unwrap();
        assert!(vault.secret(&id).await.unwrap().is_none());
        assert!(vault.put_note("x", &[0; 2001]).await.is_err());
    }

    #[test]
    fn two_sessions_do_not_trust_each_others_seals() {
        let (one, other) = (Vault::session_only().unwrap(), Vault::session_only().unwrap());
        let seal = one.sealer().seal("a", b"b");
        assert!(one.sealer().verify("a", b"b", &seal) && !other.sealer().verify("a", b"b", &seal));
    }

    #[test]
    fn profiles_have_names_of_their_own() {
        assert_eq!(service_name(None), "Gatehouse");
        let [one, other] = ["/a/work", "/b/work"].map(|profile| service_name(Some(Path::new(profile))));
        assert_ne!(one, other);
        assert!(one.starts_with("Gatehouse (profile work-"), "{one}");
        assert_eq!(service_name(Some(Path::new("/"))), "Gatehouse (profile /-8a5edab2)");
    }
}
