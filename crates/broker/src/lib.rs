//! The use cases of Gatehouse: connections, agents, tools, dispatch, approvals.
//!
//! No Tauri type and no MCP type is known here. Time comes from a [`Clock`], the desktop from a [`Desktop`]; no
//! environment variable is read. [`Broker`] is what the main window and the socket may use; [`Approver`] is what the
//! approval window alone may use: it is the only way to approve, admit or loosen anything.

mod admission;
mod answers;
mod approver;
mod arrival;
mod bridges;
mod cards;
mod clock;
mod connections;
mod contents;
mod desk;
mod dispatch;
#[cfg(feature = "failpoints")]
pub mod failpoint;
#[cfg(not(feature = "failpoints"))]
mod failpoint;
mod form;
mod handler;
mod hold;
mod html;
mod journal;
mod lines;
mod loosening;
mod lost_before;
mod markdown;
mod overview;
mod pin;
mod planned;
mod policy;
mod preview;
mod read_back;
mod running;
mod seal;
mod sealed;
mod sessions;
mod sheet;
mod standing;
mod state;
mod tools;
mod undo;
pub mod view;
mod waiting;

pub use approver::Approver;
pub use clock::{Clock, SystemClock};
pub use connections::DemoServer;
pub use gatehouse_policy::PolicyOutline;
pub use gatehouse_vault::service_name;
pub use handler::INSTRUCTIONS;
pub use state::{Broker, Desktop, Options, Shown};
pub use tools::catalogue;
