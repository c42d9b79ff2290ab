//! One binary for everything that needs more than one crate: bridge ⇄ IPC ⇄ broker ⇄ Odoo, and the real windows.

mod bad_input;
mod invariants;
mod launch;
mod plain_build;
mod story;
