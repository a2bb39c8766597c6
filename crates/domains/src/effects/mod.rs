//! The changes of this room, as effects of the journal.

mod after_transfer;
mod answer_transfer;
mod auth_code;
mod change;
mod give_up;
mod nameservers;
mod register;
mod renew;
mod transfer;

use std::sync::Arc;
use std::time::Duration;

use wharf_core::{Deadline, DomainName};
use wharf_registrar::{RegistrarError, Talk};
use wharf_store::{Pace, Performed, Refusal};

pub(crate) use after_transfer::AfterTransfer;
pub(crate) use answer_transfer::{Answer, AnswerTransfer};
pub(crate) use auth_code::MakeAuthCode;
pub(crate) use change::{Change, HOLD, Made, Wish};
pub(crate) use give_up::{GiveUp, Way};
pub(crate) use nameservers::SetNameservers;
pub(crate) use register::Register;
pub(crate) use renew::{Before, Renew, Renewed, is_deleted, is_not_now, standing};
pub(crate) use transfer::{Transfer, check as check_transfer, lacks_code};

use crate::account::Account;
use crate::error::in_words;
use crate::{Domains, DomainsError};

pub(crate) fn register(domains: &Arc<Domains>) {
    let journal = domains.store.journal();
    journal.register::<Register>(domains.clone());
    journal.register::<SetNameservers>(domains.clone());
    journal.register::<Transfer>(domains.clone());
    journal.register::<AfterTransfer>(domains.clone());
    journal.register::<AnswerTransfer>(domains.clone());
    journal.register::<Renew>(domains.clone());
    journal.register::<Change>(domains.clone());
    journal.register::<GiveUp>(domains.clone());
    journal.register::<MakeAuthCode>(domains.clone());
}

/// Effects on one name run one after the other, whichever site and account they are for.
pub(crate) fn subject(name: &DomainName) -> String {
    format!("domain/{name}")
}

/// What an effect acts with. Its exchanges go to the log that its caller takes.
async fn begin(
    world: &Domains,
    site: &str,
    module: &str,
    key: &str,
    patience: Duration,
) -> Result<(Account, Talk), DomainsError> {
    let account = world.accounts.of(site, module).await?;
    let talk = Talk {
        deadline: Deadline::after(patience),
        log: world.wires.of(key),
    };
    Ok((account, talk))
}

/// Where the secrets of an effect are sealed, by its key.
fn secret_scope(key: &str) -> String {
    format!("effect/{key}")
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

/// What must be known first could not be read: nothing was sent.
fn not_read(error: &RegistrarError) -> Refusal {
    match error {
        RegistrarError::Refused { .. } => Refusal::lasting(in_words(error)),
        _ => Refusal::temporary(in_words(error)),
    }
}

/// For what a customer has paid for: an outage of hours must not end in a refusal that somebody has to click away,
/// nor in front of a person.
fn patient() -> Pace {
    Pace {
        attempts: 150,
        settles: 150,
        ..Pace::default()
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
const CHANGE: Duration = Duration::from_secs(45);
