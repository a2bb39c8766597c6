//! What kind of failure an error is, for whoever must decide what to do next.

use serde::{Deserialize, Serialize};

/// Each crate keeps its own error type and tells its class; only the HTTP edge turns a class into a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// A definite no. Nothing happened; it can be tried again once the cause is mended.
    Refused,
    /// It may or may not have happened. Ask before trying again.
    Unknown,
    /// It did not happen and may succeed later without anybody's doing.
    Temporary,
    /// The request itself is wrong, or a bug of ours.
    Misuse,
}
