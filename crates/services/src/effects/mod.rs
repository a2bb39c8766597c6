//! The changes that this room makes at suppliers, as effects of the journal: an action of WHMCS is one, and each
//! of its steps is one.

mod action;
mod before;
mod saga;
mod step;
mod wait;

use std::time::Duration;

use wharf_store::Pace;

pub(crate) use action::{Act, Acted};
pub(crate) use before::{OldChange, OldCreate, OldLicence, OldService, OldUser};
pub(crate) use step::{StepEffect, StepResult};
pub(crate) use wait::Wait;

/// Suppliers come back after minutes; a customer who has paid should not need a member of staff for that.
fn patient() -> Pace {
    Pace {
        attempts: ATTEMPTS,
        longest_pause: Duration::from_secs(60),
        limit: Duration::from_secs(120),
        ..Pace::default()
    }
}

/// Tries of one step after refusals for now, about twenty minutes.
pub(crate) const ATTEMPTS: i64 = 24;
