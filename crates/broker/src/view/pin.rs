//! The PIN: asked for before destructive and production approvals, where the person set one.

use gatehouse_core::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The PIN has to be typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct PinAsked {
    /// Wrong ones that may still be typed.
    pub tries_left: u32,
    /// None is taken before this moment.
    pub refused_until: Option<Timestamp>,
}

/// The PIN would be set, changed or removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct PinCard {
    /// What would happen.
    pub change: PinChange,
}

/// What happens to the PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PinChange {
    /// There was none.
    Set,
    /// Another takes its place.
    Change,
    /// None is asked for any more.
    Remove,
}
