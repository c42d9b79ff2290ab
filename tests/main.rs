//! One binary for everything that needs more than one crate: bridge ⇄ IPC ⇄ broker ⇄ Odoo, and the real windows.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that stumbles must stop")]

mod attack;
mod bad_input;
mod cards;
mod clients;
mod crash;
mod house;
mod invariants;
mod launch;
mod paused;
mod plain_build;
mod policy;
mod story;
mod threats;
