use std::io;
use std::path::{Path, PathBuf};

/// Makes `path` (and what is missing above it) a folder for this user alone.
///
/// One that exists is closed to others (0700) where it is ours and others could only read it; where they could write, they
/// may have put something into it, and it is refused.
pub fn private_directory(path: &Path) -> Result<(), DirectoryError> {
    match check_private_directory(path) {
        #[cfg(unix)]
        Err(DirectoryError::Open { mode, .. }) if mode & 0o022 == 0 => {
            close_to_others(path).map_err(|source| DirectoryError::Unreadable { path: path.to_owned(), source })?;
        }
        Err(DirectoryError::Unreadable { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            create(path).map_err(|source| DirectoryError::Unreadable { path: path.to_owned(), source })?;
        }
        found => return found,
    }
    check_private_directory(path)
}

/// Checks that `path` is a real folder (no symbolic link) of this user that nobody else may enter.
#[cfg(unix)]
pub fn check_private_directory(path: &Path) -> Result<(), DirectoryError> {
    use std::os::unix::fs::MetadataExt as _;

    let path_buf = || path.to_owned();
    let found = path.symlink_metadata().map_err(|source| DirectoryError::Unreadable { path: path_buf(), source })?;
    if found.is_symlink() {
        return Err(DirectoryError::Link { path: path_buf() });
    }
    if !found.is_dir() {
        return Err(DirectoryError::NoDirectory { path: path_buf() });
    }
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(DirectoryError::Foreign { path: path_buf(), uid: found.uid() });
    }
    if found.mode() & 0o077 != 0 {
        return Err(DirectoryError::Open { path: path_buf(), mode: found.mode() & 0o777 });
    }
    Ok(())
}

/// Checks that `path` is a folder. On Windows the user's own folders are closed to others already.
#[cfg(windows)]
pub fn check_private_directory(path: &Path) -> Result<(), DirectoryError> {
    let found =
        path.symlink_metadata().map_err(|source| DirectoryError::Unreadable { path: path.to_owned(), source })?;
    if found.is_dir() { Ok(()) } else { Err(DirectoryError::NoDirectory { path: path.to_owned() }) }
}

/// Why a folder cannot hold the socket.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// It is a symbolic link.
    #[error("{} is a symbolic link; Gatehouse needs a real folder there", .path.display())]
    Link {
        /// The folder.
        path: PathBuf,
    },
    /// It is a file or something else.
    #[error("{} is not a folder", .path.display())]
    NoDirectory {
        /// What stands there.
        path: PathBuf,
    },
    /// It belongs to another user.
    #[error("{} belongs to user {uid}, not to you", .path.display())]
    Foreign {
        /// The folder.
        path: PathBuf,
        /// Whose it is.
        uid: u32,
    },
    /// Others may enter it.
    #[error("others may enter {} (mode {mode:03o}); close it with: chmod 700 '{}'", .path.display(), .path.display())]
    Open {
        /// The folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It can neither be read nor made.
    #[error("{} cannot be used: {source}", .path.display())]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Through a descriptor, so that what was put in its place meanwhile is not followed.
#[cfg(unix)]
fn close_to_others(path: &Path) -> io::Result<()> {
    use rustix::fs::{Mode, OFlags};

    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
    let folder = rustix::fs::open(path, flags, Mode::empty())?;
    Ok(rustix::fs::fchmod(folder, Mode::from_raw_mode(0o700))?)
}

fn create(path: &Path) -> io::Result<()> {
    if let Some(above) = path.parent() {
        std::fs::create_dir_all(above)?;
    }
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        // Two programs that start at once both make it.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        outcome => outcome,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_missing_folder_is_made_for_the_user_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        private_directory(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        private_directory(&path).unwrap();
    }

    #[test]
    fn a_link_a_file_and_a_folder_that_others_may_write_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(dir.path(), &link).unwrap();
        assert!(matches!(private_directory(&link), Err(DirectoryError::Link { .. })));

        let file = dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(matches!(private_directory(&file), Err(DirectoryError::NoDirectory { .. })));

        let open = dir.path().join("open");
        std::fs::create_dir(&open).unwrap();
        for mode in [0o775, 0o720, 0o702, 0o777] {
            std::fs::set_permissions(&open, std::fs::Permissions::from_mode(mode)).unwrap();
            let error = private_directory(&open).unwrap_err();
            assert!(error.to_string().contains("chmod 700"), "{error}");
        }
    }

    #[test]
    fn a_folder_that_others_could_only_read_is_closed_to_them() {
        let dir = tempfile::tempdir().unwrap();
        for mode in [0o755, 0o750, 0o701, 0o700] {
            std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            private_directory(dir.path()).unwrap();
            check_private_directory(dir.path()).unwrap();
        }
    }
}
