//! The broker without a window: a real socket, a real client of it, a real store, and `odoo-sim`. The approver stands in
//! for the hand of the person; the window itself is tested elsewhere.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![expect(clippy::needless_pass_by_value, clippy::format_collect, reason = "values made on the spot")]

mod admission;
mod asking;
mod attachments;
mod besides;
mod companies;
mod connections;
mod counting;
mod deleting;
mod denied;
mod execute;
mod grouping;
mod holes;
mod house;
mod inherited;
#[cfg(target_os = "linux")]
mod journal;
mod limits;
#[path = "../../../../tests/support/line.rs"]
#[expect(dead_code, unreachable_pub, reason = "the tests of the whole app lean on it, and need more of it")]
mod line;
mod lines;
mod managed;
mod many;
mod messages;
mod names;
mod opened;
mod oracles;
mod overview;
mod paging;
mod pin;
mod plans;
mod policy;
mod policy_effect;
mod policy_file;
mod policy_written;
mod previews;
mod promises;
mod read_back;
mod reading;
mod recipients;
mod reports;
mod requests;
mod schema;
#[cfg(target_os = "linux")]
mod sealed;
mod taking_back;
mod taking_back_many;
mod taking_back_since;
mod trial;
mod undo;
mod unseen;
mod writing;
mod zones;
