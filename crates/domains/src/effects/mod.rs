//! The changes of this room, as effects of the journal.

mod nameservers;
mod register;
mod renewal_mode;

use std::sync::Arc;

use wharf_core::DomainName;
use wharf_registrar::RegistrarError;
use wharf_store::{Performed, Refusal};

pub(crate) use nameservers::SetNameservers;
pub(crate) use register::Register;
pub(crate) use renewal_mode::SetRenewalMode;

use crate::error::in_words;
use crate::{Domains, DomainsError};

pub(crate) fn register(domains: &Arc<Domains>) {
    let journal = domains.store.journal();
    journal.register::<Register>(domains.clone());
    journal.register::<SetNameservers>(domains.clone());
    journal.register::<SetRenewalMode>(domains.clone());
}

/// Effects on one name run one after the other, whichever site and account they are for.
pub(crate) fn subject(name: &DomainName) -> String {
    format!("domain/{name}")
}

/// What a failed change means to the journal.
fn failed<T>(error: &RegistrarError) -> Performed<T> {
    match error {
        RegistrarError::Unknown(_) => Performed::Unknown(error.to_string()),
        RegistrarError::Refused { .. } => Performed::Refused(Refusal::lasting(in_words(error))),
        RegistrarError::Temporary { .. } | RegistrarError::NotSent(_) => {
            Performed::Refused(Refusal::temporary(in_words(error)))
        }
    }
}

/// Nothing was sent yet when this happens.
fn not_begun(error: &DomainsError) -> Refusal {
    let text = error.to_string();
    match error {
        DomainsError::Store(_) => Refusal::temporary(text),
        _ => Refusal::lasting(text),
    }
}

/// How long a call that changes something may take; registries can be slow, and it goes on when WHMCS has
/// stopped waiting. Below the journal's own limit, so that the words about what happened are the client's.
const CHANGE: std::time::Duration = std::time::Duration::from_secs(45);
