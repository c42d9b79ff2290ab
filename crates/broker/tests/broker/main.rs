//! The broker without a window: a real socket, a real client of it, a real store, and `odoo-sim`. The approver stands in
//! for the hand of the person; the window itself is tested elsewhere.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod asking;
mod connections;
mod counting;
mod holes;
mod house;
mod limits;
mod lines;
mod managed;
mod opened;
mod oracles;
mod policy;
mod policy_effect;
mod policy_file;
mod policy_written;
mod promises;
mod reading;
#[cfg(target_os = "linux")]
mod sealed;
mod trial;
