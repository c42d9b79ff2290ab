//! The real `gatehouse-mcp` over its stdin and stdout, against an app of the test's own behind the real socket.
#![cfg(unix)]

mod app_down;
mod calls;
mod doctor;
mod eras;
#[cfg(target_os = "linux")]
mod launch;
#[cfg(test)]
mod support;
mod traps;
