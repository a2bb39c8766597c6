//! One database for everything that Wharf remembers: SQLite by default, PostgreSQL for several nodes.
//!
//! It owns the schema of all rooms (`migrations/`), the [effects journal](journal), [jobs] with leases and
//! [sealed secrets](secrets). Queries of a capability stand in that capability's own `tables` modules.
//!
//! The SQL is plain and the same for both databases: 64-bit integers and text, epoch milliseconds, minor
//! units, 0/1; placeholders are `$1`, `$2`, ….

mod error;
pub mod jobs;
pub mod journal;
mod migrations;
pub mod secrets;
mod store;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use error::StoreError;
pub use jobs::{JobFailure, Jobs, NewJob};
pub use journal::{Effect, Ending, Journal, Outcome, Pace, Performed, Refusal, Settled};
pub use secrets::{SealKey, Secrets};
pub use store::{Backend, Store, StoreOptions, Tx};
