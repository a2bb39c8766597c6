//! Going wrong on order, in the ways that a platform must tell apart. What goes wrong at the network is the edge's.

use serde::{Deserialize, Serialize};

/// The next change of this kind goes wrong in this way; once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    pub on: Change,
    pub way: Way,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    Provision,
    Update,
    Deprovision,
    Bind,
    Unbind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// This status; nothing was done.
    Status(u16),
    /// Carried out, and this status all the same.
    StatusAfter(u16),
    /// Carried out and answered with the right status, but not with JSON.
    Malformed,
    /// Carried out and answered with status 200, as if it had been there already, but not with JSON.
    MalformedKnown,
    /// Accepted, and at its end it has failed: something half-made remains. What would be done at once is answered
    /// with status 500.
    Fails,
    /// Status 422, `ConcurrencyError`; nothing was done.
    Busy,
}
