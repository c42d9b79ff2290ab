use crate::sealed::Why;
use gatehouse_core::{EdgeError, ErrorCode};
use std::path::PathBuf;

/// Why the store did not do what it was asked. The text of each is for the person.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A later Gatehouse has changed the database's form.
    #[error(
        "These files were last used by a newer Gatehouse (form {found}; this one knows up to {known}). Update Gatehouse, or \
         use another profile."
    )]
    Newer {
        /// The form found.
        found: i64,
        /// The latest form this program knows.
        known: i64,
    },
    /// A SQLite database that is not Gatehouse's, or no database at all.
    #[error("{} is not a Gatehouse database. Move it away, or use another profile.", path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// Everybody on this computer may write into the folder.
    #[error("Everybody may write into {}. Take that right away (chmod o-w), or use another profile.", path.display())]
    OpenToAll {
        /// The folder.
        path: PathBuf,
    },
    /// The file or its folder cannot be made or opened.
    #[error("{} cannot be used: {cause}.", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// SQLite failed: disk full, file damaged, held by another program.
    #[error("The database failed: {0}. Check the disk's space and health, then start Gatehouse again.")]
    Sqlite(#[from] rusqlite::Error),
    /// Something in the database cannot be read.
    #[error("{what} in the database cannot be read. Verify the journal to see what was changed.")]
    Unreadable {
        /// What.
        what: String,
    },
    /// The one row asked for does not verify, so it is not applied.
    #[error(
        "The {table} entry “{id}” was changed outside Gatehouse ({why}) and is not used. Set it again in Gatehouse."
    )]
    Quarantined {
        /// Which table.
        table: &'static str,
        /// Which row.
        id: String,
        /// What is wrong with it.
        why: Why,
    },
    /// Another live connection has this name.
    #[error("There is a connection named “{name}” already. Choose another name.")]
    NameTaken {
        /// The name.
        name: String,
    },
}

impl StoreError {
    /// The same for window and socket.
    pub fn edge(&self) -> EdgeError {
        let code = match self {
            Self::NameTaken { .. } => ErrorCode::NameTaken,
            _ => ErrorCode::Storage,
        };
        EdgeError::new(code, self.to_string())
    }
}

impl From<serde_json::Error> for StoreError {
    /// Only writing can fail here; what is read and does not parse is named by its place.
    fn from(error: serde_json::Error) -> Self {
        Self::Sqlite(rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
    }
}
