//! What an agent with a shell, a hostile record, a hostile server or a hand that slips can try against the real windows. Each
//! must fail to get an approval or to move a secret. `docs/threats.md` says which test stands for which threat.

mod bridges;
mod desktop;
mod files;
mod flood;
mod keys;
mod pointer;
mod servers;
mod texts;
mod windows;

use crate::house::{House, SENTENCE, write};
