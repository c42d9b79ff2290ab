//! Only the person's own account may read the database.

use crate::error::StoreError;
use std::path::Path;

/// Makes the folder (0700) and an empty file (0600) where they are missing, and takes others' rights on the file away.
pub(crate) fn prepare(path: &Path) -> Result<(), StoreError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        prepare_folder(folder)?;
    }
    prepare_file(path).map_err(|cause| StoreError::File { path: path.to_owned(), cause })
}

#[cfg(unix)]
fn prepare_folder(folder: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    let failed = |cause| StoreError::File { path: folder.to_owned(), cause };
    if !folder.exists() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    }
    // A folder that was there keeps its rights: it may be one the person chose for more than Gatehouse.
    let mode = std::fs::metadata(folder).map_err(failed)?.permissions().mode();
    if mode & 0o002 == 0 { Ok(()) } else { Err(StoreError::OpenToAll { path: folder.to_owned() }) }
}

#[cfg(unix)]
fn prepare_file(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let file = std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    // SQLite gives the files beside it the same rights.
    file.set_permissions(std::fs::Permissions::from_mode(0o600))
}

/// Never compiled on the developers' machines. The profile's folder is private to the account on Windows.
#[cfg(not(unix))]
fn prepare_folder(folder: &Path) -> Result<(), StoreError> {
    std::fs::create_dir_all(folder).map_err(|cause| StoreError::File { path: folder.to_owned(), cause })
}

#[cfg(not(unix))]
fn prepare_file(path: &Path) -> std::io::Result<()> {
    std::fs::OpenOptions::new().append(true).create(true).open(path).map(drop)
}
