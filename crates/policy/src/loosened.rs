//! Whether one policy lets agents do more than another, told without running them: what cannot be proven to be as
//! strict counts as looser.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A point where a policy may let agents do more than the one it replaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Loosened {
    /// A JSON Pointer into the new policy, or into the old one where the new has nothing there.
    pub pointer: String,
    /// One plain sentence: `odoo_unlink is no longer hidden.`
    pub message: String,
}
