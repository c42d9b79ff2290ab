//! The administrator's file. It counts only when nobody but the administrator can have written it.

use super::layers::{LONGEST, PolicyText, sentence};
use crate::state::Options;
use gatehouse_core::ToolDefinition;
use gatehouse_policy::{Managed, Pins};
use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

/// The administrator's layer.
#[derive(Debug, Default)]
pub(crate) struct ManagedLayer {
    /// What judges; none where there is no such file, or one that is ignored.
    pub(crate) policy: Option<Arc<PolicyText>>,
    pub(crate) pins: Pins,
    /// Why the file is ignored, or why everything is denied.
    pub(crate) warning: Option<String>,
    found: Found,
}

/// What lies at the administrator's place.
#[derive(Debug, Default, PartialEq)]
enum Found {
    #[default]
    Nothing,
    /// It may be somebody else's words.
    Ignored(String),
    Text(String),
    /// It is the administrator's, and cannot be a policy: too long, or no text.
    NoText(String),
}

impl ManagedLayer {
    /// Reads the file, if the system has a place for one.
    pub(crate) fn read(options: &Options, tools: &[ToolDefinition]) -> Self {
        Self::of(found(options), options, tools)
    }

    /// The same if anything about the file is another by now.
    pub(crate) fn reread(&self, options: &Options, tools: &[ToolDefinition]) -> Option<Self> {
        let now = found(options);
        (now != self.found).then(|| Self::of(now, options, tools))
    }

    fn of(found: Found, options: &Options, tools: &[ToolDefinition]) -> Self {
        let path = options.managed_policy.as_deref().map(|path| path.display().to_string()).unwrap_or_default();
        let closed = |text: &str, why: String| {
            let warning = format!("{why} Everything is refused until the administrator mends {path}.");
            tracing::error!("{warning}");
            (Some(Arc::new(PolicyText::deny_everything_for(text))), Pins::default(), Some(warning))
        };
        let (policy, pins, warning) = match &found {
            Found::Nothing => (None, Pins::default(), None),
            Found::Ignored(why) => {
                let warning = format!("{path} is ignored: {why}");
                tracing::warn!("{warning}");
                (None, Pins::default(), Some(warning))
            }
            Found::NoText(why) => closed("", why.clone()),
            Found::Text(text) => match Managed::parse(text, tools) {
                Ok(Managed { policy, pins }) => (Some(Arc::new(PolicyText::of(text, policy))), pins, None),
                Err(problems) => {
                    closed(text, format!("The administrator's policy has errors: {}.", sentence(&problems)))
                }
            },
        };
        Self { policy, pins, warning, found }
    }

    /// Its text, also one with errors.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.found {
            Found::Text(text) => Some(text),
            _ => None,
        }
    }
}

fn found(options: &Options) -> Found {
    let Some(path) = &options.managed_policy else { return Found::Nothing };
    match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Found::Nothing,
        Err(error) => return Found::Ignored(format!("it cannot be looked at ({error}).")),
        Ok(there) if !there.is_file() => return Found::Ignored("it is not a plain file.".into()),
        Ok(_) => {}
    }
    let opened = File::open(path).and_then(|file| file.metadata().map(|meta| (file, meta)));
    let (file, meta) = match opened {
        Ok(opened) => opened,
        Err(error) => return Found::Ignored(format!("it cannot be read ({error}). Let everybody read it.")),
    };
    let folder = path.parent().map(Path::metadata);
    let doubt = writable_by_others(&meta, "the file", options).or_else(|| match folder {
        Some(Ok(folder)) => writable_by_others(&folder, "its folder", options),
        _ => Some("its folder cannot be looked at.".into()),
    });
    if let Some(doubt) = doubt {
        return Found::Ignored(doubt);
    }
    let mut bytes = Vec::new();
    match file.take(LONGEST as u64 + 1).read_to_end(&mut bytes) {
        Err(error) => Found::Ignored(format!("it cannot be read ({error}).")),
        Ok(_) if bytes.len() > LONGEST => Found::NoText("The administrator's policy is longer than 1 MiB.".into()),
        Ok(_) => String::from_utf8(bytes)
            .map_or_else(|_| Found::NoText("The administrator's policy is no text in UTF-8.".into()), Found::Text),
    }
}

/// Why somebody else than the administrator may have written it.
#[cfg(unix)]
fn writable_by_others(meta: &Metadata, what: &str, options: &Options) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    if meta.uid() != options.administrator {
        return Some(format!("{what} does not belong to root."));
    }
    (meta.mode() & 0o022 != 0).then(|| format!("others than root may write {what}. Take that right away (chmod go-w)."))
}

// Never compiled here. Without a look at its access list, a managed policy is not believed.
#[cfg(not(unix))]
fn writable_by_others(_: &Metadata, what: &str, _: &Options) -> Option<String> {
    Some(format!("this version cannot tell who may write {what}."))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    fn options(folder: &Path) -> Options {
        Options {
            data_dir: folder.join("data"),
            profile: None,
            managed_policy: Some(folder.join("etc/policy.json")),
            administrator: folder.metadata().unwrap().uid(),
            user_policy: folder.join("policy.json"),
            downloads: folder.join("downloads"),
            vault_service: String::new(),
            build: String::new(),
            bridge_path: String::new(),
            hold: None,
        }
    }

    fn house() -> (tempfile::TempDir, Options) {
        let folder = tempfile::tempdir().unwrap();
        let options = options(folder.path());
        std::fs::create_dir(folder.path().join("etc")).unwrap();
        allow(&folder.path().join("etc"), 0o755);
        (folder, options)
    }

    fn allow(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    fn put(options: &Options, text: &[u8]) {
        let path = options.managed_policy.as_deref().unwrap();
        std::fs::write(path, text).unwrap();
        allow(path, 0o644);
    }

    const DENY: &[u8] = br#"{"version": "1", "default": "deny", "tools": {}}"#;

    #[test]
    fn no_file_is_no_layer_and_no_warning() {
        let (_folder, options) = house();
        let layer = ManagedLayer::read(&options, &[]);
        assert!(layer.policy.is_none() && layer.warning.is_none());
        assert!(layer.reread(&options, &[]).is_none(), "nothing changed");
    }

    #[test]
    fn a_file_that_others_may_write_is_ignored_with_a_warning() {
        let (folder, options) = house();
        put(&options, DENY);
        assert!(ManagedLayer::read(&options, &[]).policy.is_some());
        let file = options.managed_policy.clone().unwrap();
        for (path, mode, back) in
            [(file.clone(), 0o664, 0o644), (file.clone(), 0o646, 0o644), (folder.path().join("etc"), 0o777, 0o755)]
        {
            allow(&path, mode);
            let layer = ManagedLayer::read(&options, &[]);
            assert!(layer.policy.is_none(), "{} {mode:o}", path.display());
            assert!(layer.warning.unwrap().contains("others than root may write"));
            allow(&path, back);
        }
        let stranger = Options { administrator: options.administrator + 1, ..options.clone() };
        let layer = ManagedLayer::read(&stranger, &[]);
        assert!(layer.policy.is_none() && layer.warning.unwrap().contains("does not belong to root"));
    }

    #[test]
    fn what_is_no_plain_file_is_ignored() {
        let (folder, options) = house();
        let elsewhere = folder.path().join("mine.json");
        std::fs::write(&elsewhere, DENY).unwrap();
        std::os::unix::fs::symlink(&elsewhere, options.managed_policy.as_deref().unwrap()).unwrap();
        let layer = ManagedLayer::read(&options, &[]);
        assert!(layer.policy.is_none() && layer.warning.unwrap().contains("not a plain file"));
    }

    #[test]
    fn what_does_not_parse_denies_everything_and_says_why() {
        let (_folder, options) = house();
        for bad in [&b"{"[..], b"\xff\xfe", &vec![b' '; LONGEST + 1], br#"{"version": "2", "default": "deny"}"#] {
            put(&options, bad);
            let layer = ManagedLayer::read(&options, &[]);
            assert_eq!(layer.policy.unwrap().policy, gatehouse_policy::Policy::deny_everything());
            assert!(layer.warning.unwrap().contains("Everything is refused"));
        }
    }

    #[test]
    fn a_change_of_text_or_rights_is_noticed() {
        let (_folder, options) = house();
        put(&options, DENY);
        let layer = ManagedLayer::read(&options, &[]);
        assert!(layer.reread(&options, &[]).is_none());
        put(&options, br#"{"version": "1", "default": "allow", "tools": {}}"#);
        let layer = layer.reread(&options, &[]).expect("its text changed");
        allow(options.managed_policy.as_deref().unwrap(), 0o666);
        let layer = layer.reread(&options, &[]).expect("its rights changed");
        assert!(layer.policy.is_none());
        std::fs::remove_file(options.managed_policy.as_deref().unwrap()).unwrap();
        assert!(layer.reread(&options, &[]).expect("it is gone").warning.is_none());
    }
}
