//! Tables whose rows are believed only when they verify.
//!
//! Each row carries a seal over its body, labelled with table and id, so that no row passes for another. Each table has
//! a list of its rows (ids with the hashes of their bodies) that is sealed together with a generation, so that a row
//! added, deleted, or put back as it once was shows too. The whole file put back shows by its generation, of which the
//! caller keeps the latest in the vault.
//!
//! A write changes its own line of the list and nothing else: it never takes up what others did to the rows. Where the
//! list itself does not verify, a write starts a new one with its own row only; the others stay quarantined until
//! the person confirms each (by writing it again) or removes it.

mod list;
mod table;

pub use list::{Generations, TableFault};
pub(crate) use list::{LISTS, seal_from};
pub(crate) use table::SealedTable;
pub use table::{Quarantined, Sealed, Why};
