use gatehouse_ipc::recorded_program;
use std::path::{Path, PathBuf};

/// The app, as found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    /// In words: where it was found.
    pub(crate) origin: &'static str,
}

/// Looks beside this program, then where the app recorded itself, then where packages install it. `PATH` and other variables
/// are not asked: whoever launches the bridge shall not choose what it starts. The error says what was found wanting.
pub(crate) fn find(profile: Option<&Path>) -> Result<Program, String> {
    let name = format!("gatehouse{}", std::env::consts::EXE_SUFFIX);
    if let Some(beside) = std::env::current_exe().ok().and_then(|own| Some(own.parent()?.join(&name)))
        && beside.is_file()
    {
        return Ok(Program { path: beside, origin: "beside gatehouse-mcp" });
    }
    let recorded = match recorded(profile) {
        Ok(Some(path)) => {
            return Ok(Program { path, origin: "where the app recorded itself" });
        }
        Ok(None) => String::new(),
        Err(why) => format!(" {why}"),
    };
    INSTALLED
        .iter()
        .map(|folder| Path::new(folder).join(&name))
        .find(|path| check(path).is_ok())
        .map(|path| Program { path, origin: "where packages install it" })
        .ok_or_else(|| format!("The Gatehouse app was not found on this machine.{recorded}"))
}

const INSTALLED: &[&str] = if cfg!(target_os = "macos") {
    &["/Applications/Gatehouse.app/Contents/MacOS"]
} else if cfg!(windows) {
    &[r"C:\Program Files\Gatehouse"]
} else {
    &["/usr/bin", "/usr/local/bin", "/opt/gatehouse", "/opt/Gatehouse", "/run/current-system/sw/bin"]
};

fn recorded(profile: Option<&Path>) -> Result<Option<PathBuf>, String> {
    let record = recorded_program(profile);
    let Ok(text) = std::fs::read_to_string(&record) else {
        return Ok(None);
    };
    check(&record)?;
    let path = PathBuf::from(text.trim_end_matches(['\n', '\r']));
    if !path.is_absolute() {
        return Err(format!("What {} says is not a path.", record.display()));
    }
    // The app may have been removed or moved since.
    if !path.exists() {
        return Ok(None);
    }
    check(&path)?;
    Ok(Some(path))
}

/// A file that only its owner, who is this user or root, may change.
#[cfg(unix)]
fn check(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt as _;

    let found = path.metadata().map_err(|error| format!("{} cannot be read: {error}.", path.display()))?;
    let ours = rustix::process::geteuid().as_raw();
    if !found.is_file() {
        Err(format!("{} is not a file.", path.display()))
    } else if found.uid() != ours && found.uid() != 0 {
        Err(format!("{} belongs to another user and is not used.", path.display()))
    } else if found.mode() & 0o022 != 0 {
        Err(format!("{} may be changed by others and is not used.", path.display()))
    } else {
        Ok(())
    }
}

/// Never compiled here.
#[cfg(not(unix))]
fn check(path: &Path) -> Result<(), String> {
    if path.is_file() { Ok(()) } else { Err(format!("{} is not a file.", path.display())) }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_recorded_program_that_others_could_change_is_not_used() {
        let dir = tempfile::tempdir().unwrap();
        let app = dir.path().join("app");
        std::fs::write(&app, "").unwrap();
        std::fs::set_permissions(&app, std::fs::Permissions::from_mode(0o755)).unwrap();
        let record = recorded_program(Some(dir.path()));
        std::fs::write(&record, format!("{}\n", app.display())).unwrap();
        std::fs::set_permissions(&record, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(recorded(Some(dir.path())), Ok(Some(app.clone())));

        std::fs::set_permissions(&app, std::fs::Permissions::from_mode(0o775)).unwrap();
        assert!(recorded(Some(dir.path())).is_err());

        std::fs::set_permissions(&app, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::set_permissions(&record, std::fs::Permissions::from_mode(0o666)).unwrap();
        assert!(recorded(Some(dir.path())).is_err());
    }

    #[test]
    fn a_record_of_a_program_that_is_gone_is_no_record() {
        let dir = tempfile::tempdir().unwrap();
        let record = recorded_program(Some(dir.path()));
        std::fs::write(&record, "/nowhere/gatehouse\n").unwrap();
        std::fs::set_permissions(&record, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(recorded(Some(dir.path())), Ok(None));
        std::fs::write(&record, "gatehouse").unwrap();
        assert!(recorded(Some(dir.path())).is_err());
    }
}
