//! The real `gatehouse-mcp` over its stdin and stdout, against an app of the test's own behind the real socket.
#![cfg(unix)]

#[cfg(test)]
mod app_down;
#[cfg(test)]
mod calls;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod eras;
#[cfg(test)]
mod holes;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod launch;
#[cfg(test)]
mod support;
#[cfg(test)]
mod traps;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod wrappers;
