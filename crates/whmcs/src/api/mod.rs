//! The client of WHMCS's external API (`includes/api.php`): typed calls, one file a group.
//!
//! A call ends in success, or in an [`ApiError`] that says whether it may have happened. Nothing is repeated
//! here: that is the journal's business.

mod answer;
mod client;
mod credit;
mod domain;
mod error;
mod invoice;
mod probe;
mod service;
mod system;
mod transaction;
mod transport;

pub use client::ClientDetails;
pub use credit::{CreditAdded, CreditApplied, CreditRow, NewCredit};
pub use domain::ClientDomain;
pub use error::ApiError;
pub use invoice::{Invoice, OpenInvoices};
pub use probe::Probe;
pub use service::{ClientProduct, QueueEntry};
pub use system::WhmcsCurrency;
pub use transaction::{DateFormat, NewTransaction, TransactionRow};
pub use transport::{Connection, WhmcsApi, http_client};

pub(crate) use transport::endpoint;
