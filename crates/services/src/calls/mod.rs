//! The functions of WHMCS's server modules (contract section 3.4), one file each.

mod act;
pub(crate) mod buttons;
mod client_area;
mod crowd;
pub(crate) mod decide;
pub(crate) mod options;
pub(crate) mod sign_on;
pub(crate) mod tab;
mod talk;
mod test_connection;
pub(crate) mod usage;

pub(crate) use act::act;
pub(crate) use client_area::{Seen, client_area};
pub(crate) use crowd::Crowd;
pub(crate) use test_connection::{connects, of_server, test_connection};

use serde_json::json;
use wharf_store::{Outcome, StoreError};
use wharf_whmcs::call::{CallError, ModuleAnswer, ModuleCall, Params};

use crate::page::Language;
use crate::tables::ServiceId;

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

fn service_id(call: &ModuleCall) -> Result<ServiceId, CallError> {
    Ok(ServiceId {
        site: call.site.clone(),
        service: call.params.required_integer("serviceid")?,
    })
}

/// The visitor's language, else the client's.
fn language(params: &Params) -> Language {
    let language = params
        .text("language")
        .or_else(|| params.map("clientsdetails").text("language"));
    Language::of(language.as_deref())
}

fn internal(error: StoreError) -> CallError {
    CallError::Internal {
        public: "Wharf's database is in trouble; nothing was begun. Look into its log: journalctl -u wharf".to_owned(),
        source: Box::new(error),
    }
}
