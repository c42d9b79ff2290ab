//! Policy in the broker: which layers are in force, how they change, and what the Policy page is told of them.

mod check;
mod choice;
mod file;
mod layer_id;
mod layers;
mod managed;
mod opened;
mod page;
mod paths;
mod pins;
mod recorded;
mod replay;
mod save;
mod stack;
mod stored;
mod trial;

pub(crate) use choice::PolicyChoice;
pub(crate) use file::Watch;
pub(crate) use layer_id::LayerId;
pub(crate) use layers::InForce;
pub(crate) use opened::Opened;
pub(crate) use recorded::{Remembered, payload};
pub(crate) use save::PolicyChange;
pub(crate) use stack::{Decided, Judgement};
