//! The command protocol of the CentralNic family: one wire core (command, response, transport) and a dialect
//! per platform. The commands stand in `verbs`, one per file.

mod client;
mod cnr;
mod command;
mod contacts;
mod dates;
mod dialect;
mod ispapi;
mod periods;
mod response;
mod transport;
mod verbs;

pub use client::{CentralNic, CentralNicOptions, Platform};
pub use command::Command;
pub use response::Response;
pub use transport::{Credentials, Environment, http_client, http_client_through};
pub use verbs::check_domain_transfer::transfer_refusal;
