//! Where the app's files lie.

use gatehouse_broker::service_name;
use gatehouse_ipc::SocketPath;
use std::path::{Path, PathBuf};

/// Every place the app writes to, and the name its vault items carry.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    /// The directory that holds them all, when one was named.
    pub(crate) profile: Option<PathBuf>,
    /// `policy.json`.
    pub(crate) config: PathBuf,
    /// The database.
    pub(crate) data: PathBuf,
    /// What the web views keep.
    pub(crate) web: PathBuf,
    /// What the person exports.
    pub(crate) downloads: PathBuf,
    /// The socket that bridges connect to.
    pub(crate) socket: SocketPath,
    /// The service name of the vault's items.
    pub(crate) vault_service: String,
}

/// The administrator's policy, owned by root.
#[cfg(all(unix, not(target_os = "macos")))]
pub(crate) const MANAGED_POLICY: &str = "/etc/gatehouse/policy.json";
/// The administrator's policy, owned by root. Never compiled here.
#[cfg(target_os = "macos")]
pub(crate) const MANAGED_POLICY: &str = "/Library/Application Support/Gatehouse/policy.json";
/// The administrator's policy. The variable `ProgramData` is not asked: whoever starts the app sets it. Never compiled
/// here.
#[cfg(not(unix))]
pub(crate) const MANAGED_POLICY: &str = r"C:\ProgramData\Gatehouse\policy.json";

impl Paths {
    /// Under `profile`, or the platform's own places. None when the system tells no home directory.
    pub(crate) fn of(profile: Option<&Path>) -> Option<Self> {
        let socket = gatehouse_ipc::socket_path(profile);
        if let Some(profile) = profile {
            let data = profile.join("data");
            return Some(Self {
                profile: Some(profile.to_owned()),
                config: profile.join("config"),
                web: data.join("web"),
                downloads: profile.join("downloads"),
                data,
                socket,
                vault_service: service_name(Some(profile)),
            });
        }
        let (config, data) = default_places()?;
        Some(Self {
            profile: None,
            config,
            web: data.join("web"),
            downloads: downloads()?,
            data,
            socket,
            vault_service: service_name(None),
        })
    }
}

/// Configuration and data. `XDG_CONFIG_HOME` and `XDG_DATA_HOME` are not asked: a bridge that starts the app does not have
/// them, and the app would find another database depending on who started it.
#[cfg(target_os = "linux")]
fn default_places() -> Option<(PathBuf, PathBuf)> {
    let home = directories::BaseDirs::new()?.home_dir().to_owned();
    Some((home.join(".config/gatehouse"), home.join(".local/share/gatehouse")))
}

/// Configuration and data. Never compiled here.
#[cfg(not(target_os = "linux"))]
fn default_places() -> Option<(PathBuf, PathBuf)> {
    let places = directories::ProjectDirs::from("dev", "Gatehouse", "Gatehouse")?;
    Some((places.config_dir().to_owned(), places.data_local_dir().to_owned()))
}

/// The folder for downloads, or the home directory where there is none.
fn downloads() -> Option<PathBuf> {
    let places = directories::UserDirs::new()?;
    Some(places.download_dir().unwrap_or_else(|| places.home_dir()).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_keeps_every_file_to_itself() {
        let profile = Path::new("/p/mine");
        let paths = Paths::of(Some(profile)).unwrap();
        for path in [&paths.config, &paths.data, &paths.web, &paths.downloads] {
            assert!(path.starts_with(profile), "{} lies outside", path.display());
        }
    }
}
