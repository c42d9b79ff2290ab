//! The transport over real sockets in folders of its own.
#![cfg(unix)]

mod binding;
mod conversation;
mod delivery;
mod holes;
mod limits;
#[cfg(test)]
mod support;
