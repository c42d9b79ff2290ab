//! Unix sockets: who may listen, who may connect.

mod connect;
mod listen;

pub(crate) use connect::connect;
pub use listen::{BindError, Listener, bind};

fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}
