//! The Odoo client: JSON-2 and JSON-RPC behind one trait, typed errors, the stepwise connection probe, strict values and
//! domains.
//!
//! [`Client::sign_in`] asks the server for its version, chooses the protocol and tells who the user is; every further call
//! is one HTTP request. Reads are sent again when the server is busy; **writes are never sent twice**: one whose answer did
//! not come whole is [`OdooError::OutcomeUnknown`]. No redirect is ever followed, and no secret stands in an error, a log
//! line or a `Debug` text.
//!
//! Versions 14 to 20 and what lies between them on Odoo Online; everything works as an ordinary user.

pub mod address;
pub mod domain;
pub mod probe;
pub mod values;
pub mod versions;

mod answer;
mod client;
mod credential;
mod currencies;
mod defaults;
mod detect;
mod error;
mod exception;
mod fields;
mod foresight;
mod groups;
mod http;
mod json2;
mod jsonrpc;
mod kept;
mod messages;
mod pages;
mod records;
mod remedy;
mod schema;
mod sign_in;
mod tls;
mod traffic;
mod transport;
mod version;
mod views;

pub use address::{Address, AddressError};
pub use answer::Flaw;
pub use client::{Client, Endpoint};
pub use credential::Credential;
pub use error::{Lost, OdooError, ProtocolMismatch, Unreachable, Words};
pub use fields::{Field, FieldType, Fields};
pub use http::Limits;
pub use records::{Record, Right, Search};
pub use schema::{InContext, Model};
pub use sign_in::SignIn;
pub use tls::{CertificateFacts, CertificateProblem, trusted_besides};
pub use transport::{Context, Kind, Method};
pub use version::Version;
pub use versions::{Capability, Word};
