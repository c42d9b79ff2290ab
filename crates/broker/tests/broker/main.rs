//! The broker without a window: a real socket, a real client of it, a real store, and `odoo-sim`. The approver stands in
//! for the hand of the person; the window itself is tested elsewhere.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod asking;
mod connections;
mod house;
mod lines;
mod reading;
