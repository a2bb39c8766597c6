//! The functions of WHMCS's server modules (contract section 3.4), one file each.

mod act;
mod client_area;
mod talk;
mod test_connection;

pub(crate) use act::act;
pub(crate) use client_area::{Seen, client_area};
pub(crate) use test_connection::{of_server, test_connection};

use serde_json::json;
use wharf_store::{Outcome, StoreError};
use wharf_whmcs::call::{CallError, ModuleAnswer};

/// WHMCS's convention for core functions: `success`, or any other text as the error for staff.
fn result(text: impl Into<String>) -> ModuleAnswer {
    ModuleAnswer::new(json!({ "result": text.into() }))
}

/// What staff is told of an effect that is not done.
pub(crate) fn not_done<T>(outcome: &Outcome<T>) -> String {
    match outcome {
        Outcome::Done(_) => "success".to_owned(),
        Outcome::Refused(refusal) => refusal.reason.clone(),
        Outcome::InProgress { reason } => format!(
            "In progress: Wharf goes on with it and brings WHMCS up to date when it has ended ({reason})."
        ),
        Outcome::Held { reason } => format!(
            "Nobody can tell whether this happened ({reason}). Look at the supplier, then run: wharf journal list --state held"
        ),
    }
}

fn internal(error: StoreError) -> CallError {
    CallError::Internal {
        public: "Wharf's database is in trouble; nothing was begun. Look into its log: journalctl -u wharf".to_owned(),
        source: Box::new(error),
    }
}
