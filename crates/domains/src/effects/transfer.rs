//! `domains.transfer`: asks for a domain that is with somebody else, once. The auth code is kept sealed, outside of
//! the journal.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use wharf_core::{DomainName, Secret};
use wharf_registrar::{
    Cause, Contacts, HistoryQuery, Nameservers, OrderedContacts, Page, RegistrarError, Talk,
    TransferAction, TransferCheck, TransferKind, TransferOrder, TransferState, TransferStatus,
};
use wharf_store::journal::{Entry as JournalEntry, Filter, State};
use wharf_store::{Effect, Ending, NewJob, Outcome, Pace, Performed, Refusal, Settled};

use super::{CHANGE, begin, failed, not_begun, not_read, patient, secret_scope, subject};
use crate::account::Account;
use crate::error::in_words;
use crate::premium::{self, Shown};
use crate::reads::{self, Found};
use crate::tlds::{TldFacts, TransferAuth, TransferContacts};
use crate::{Domains, DomainsError, afterwards, tell_whmcs};

/// The wish, with the data of the order, and no secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Transfer {
    pub site: String,
    pub module: String,
    /// WHMCS's id of the domain.
    pub domain_id: i64,
    pub name: DomainName,
    pub years: i64,
    pub nameservers: Nameservers,
    pub contacts: Contacts,
    #[serde(default)]
    pub extra: Vec<(String, String)>,
    #[serde(default)]
    pub premium: Shown,
    /// Epoch milliseconds.
    pub asked_at: i64,
    /// Counts the requests for this WHMCS domain: one that failed can be made again.
    pub generation: i64,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Requested {
    /// Under way; otherwise it is here.
    pub pending: bool,
    /// It was in another account of this registrar.
    #[serde(default)]
    pub internal: bool,
}

impl Effect for Transfer {
    const KIND: &'static str = "domains.transfer";
    type World = Domains;
    type Output = Requested;

    fn key(&self) -> String {
        let (site, id, name) = (&self.site, self.domain_id, &self.name);
        match self.generation {
            1 => format!("transfer/{site}/{id}/{name}"),
            later => format!("transfer/{site}/{id}/{name}/{later}"),
        }
    }

    fn subject(&self) -> String {
        subject(&self.name)
    }

    async fn perform(&self, world: &Domains, _attempt: i64) -> Performed<Requested> {
        let (account, talk) =
            match begin(world, &self.site, &self.module, &self.key(), CHANGE).await {
                Ok(begun) => begun,
                Err(error) => return Performed::Refused(not_begun(&error)),
            };
        let auth = match self.auth(world).await {
            Ok(auth) => auth,
            Err(error) => return Performed::Refused(not_begun(&error)),
        };
        let facts = world.tlds.of(&self.name);
        let check = match check(&account, &self.name, &facts, auth.as_ref(), &talk).await {
            Ok(check) => check,
            Err(refusal) => return Performed::Refused(refusal),
        };
        if let Some(class) = check
            .class
            .as_ref()
            .filter(|class| premium::is_premium(class))
        {
            let price = world
                .premium_price(&account, class, premium::Kind::Transfer, &talk)
                .await;
            let agreed = match price {
                Ok(price) => {
                    premium::agrees(&self.premium, &self.name, price.amount, &price.currency)
                        .map_err(Refusal::lasting)
                }
                Err(error) => Err(not_read(&error)),
            };
            if let Err(refusal) = agreed {
                return Performed::Refused(refusal);
            }
        }
        let order = self.order(&facts, &check, auth);
        let internal = order.action == TransferAction::UserTransfer;
        let mut sent = account.registrar.transfer(&order, &talk).await;
        if let Err(error) = &sent
            && wants_contacts(error)
            && order.contacts.owner.is_none()
        {
            // A definite no: nothing is under way. Some registries want the owner although most of their kind do not.
            let with_owner = TransferOrder {
                contacts: OrderedContacts {
                    owner: Some(self.contacts.owner.clone()),
                    ..order.contacts.clone()
                },
                ..order
            };
            sent = account.registrar.transfer(&with_owner, &talk).await;
        }
        match sent {
            Ok(changed) => {
                if let Err(error) = world.reads.changed(&account, &self.name, None).await {
                    tracing::warn!(%error, domain = %self.name, "an old reading could not be voided");
                }
                Performed::Done(Requested {
                    pending: changed.pending,
                    internal,
                })
            }
            Err(error)
                if matches!(
                    error.cause(),
                    Some(Cause::TransferPending | Cause::Taken | Cause::State)
                ) =>
            {
                // Perhaps an earlier attempt of ours that the registrar finished late.
                match self.verdict(&account, &talk).await {
                    Settled::Happened(requested) => Performed::Done(requested),
                    Settled::NotYet(why) | Settled::CannotTell(why) | Settled::AskAPerson(why) => {
                        Performed::Unknown(why)
                    }
                    Settled::Refused(_) | Settled::DidNotHappen => failed(&error),
                }
            }
            Err(error) => failed(&error),
        }
    }

    async fn settle(&self, world: &Domains, attempt: i64) -> Settled<Requested> {
        let (account, talk) =
            match begin(world, &self.site, &self.module, &self.key(), SETTLE).await {
                Ok(begun) => begun,
                Err(error) => return Settled::CannotTell(error.to_string()),
            };
        match self.verdict(&account, &talk).await {
            Settled::DidNotHappen if attempt >= ENOUGH => {
                Settled::Refused(Refusal::lasting(format!(
                    "the transfer of {} was not requested: the registrar broke off {attempt} times without doing it",
                    self.name
                )))
            }
            verdict => verdict,
        }
    }

    /// Another auth code, or other contacts, do not make another transfer.
    fn same_request(&self, earlier: &Self) -> bool {
        (&self.name, &self.module) == (&earlier.name, &earlier.module)
    }

    fn follow_up(&self, ending: &Ending<Requested>) -> Vec<NewJob> {
        let forget = afterwards::forget_code(self);
        match &ending.outcome {
            Outcome::Done(_) => vec![forget, tell_whmcs::transferred(self, ending.awaited)],
            Outcome::Refused(_) => vec![forget],
            _ => Vec::new(),
        }
    }

    fn pace() -> Pace {
        patient()
    }
}

impl Transfer {
    /// Keeps the auth code for the attempts. To be called before the journal takes the wish.
    pub async fn seal(&self, world: &Domains, auth: &Secret) -> Result<(), DomainsError> {
        let scope = secret_scope(&self.key());
        Ok(world.store.secrets().put(&scope, AUTH, auth).await?)
    }

    /// Deletes the auth code of an attempt that has ended. That of one under way, and one that was sealed for the next,
    /// stay.
    pub async fn forget(&self, world: &Domains) -> Result<(), DomainsError> {
        let newest = Self::newest(world, &self.site, self.domain_id, &self.name).await?;
        let Some((_, ended)) = newest.filter(|(newest, entry)| {
            let is_over = matches!(entry.state, State::Done | State::Refused);
            newest.generation > self.generation || is_over
        }) else {
            return Ok(());
        };
        let scope = secret_scope(&self.key());
        Ok(world
            .store
            .secrets()
            .forget(&scope, ended.updated_at)
            .await?)
    }

    async fn auth(&self, world: &Domains) -> Result<Option<Secret>, DomainsError> {
        let scope = secret_scope(&self.key());
        let auth = world.store.secrets().get(&scope, AUTH).await?;
        Ok(auth.filter(|auth| !auth.is_empty()))
    }

    /// The newest of the requests that the journal knows for this WHMCS domain and name, whatever became of it.
    pub async fn newest(
        world: &Domains,
        site: &str,
        domain_id: i64,
        name: &DomainName,
    ) -> Result<Option<(Self, JournalEntry)>, DomainsError> {
        let filter = Filter {
            subject: Some(subject(name)),
            kind: Some(Self::KIND.to_owned()),
            limit: 200,
            ..Filter::default()
        };
        let entries = world.store.journal().list(&filter).await?;
        Ok(entries
            .into_iter()
            .filter_map(|entry| {
                let earlier: Self = serde_json::from_value(entry.input.clone()).ok()?;
                ((earlier.site.as_str(), earlier.domain_id) == (site, domain_id))
                    .then_some((earlier, entry))
            })
            .max_by_key(|(earlier, _)| earlier.generation))
    }

    /// The same wish as the journal has it, and whether it is under way there. A request that was made and came to
    /// nothing can be made again.
    pub async fn known(
        self,
        world: &Domains,
        account: &Account,
    ) -> Result<(Self, bool), DomainsError> {
        let newest = Self::newest(world, &self.site, self.domain_id, &self.name).await?;
        let Some((earlier, JournalEntry { state, .. })) = newest else {
            return Ok((self, false));
        };
        let mut wish = Self {
            generation: earlier.generation,
            ..self
        };
        match state {
            State::Done if wish.is_over(account, &earlier).await? => wish.generation += 1,
            State::Refused => {}
            // What may be under way is looked for from its own beginning on.
            _ => wish.asked_at = earlier.asked_at,
        }
        Ok((wish, !matches!(state, State::Done | State::Refused)))
    }

    /// Whether a transfer that was requested has failed since.
    async fn is_over(&self, account: &Account, earlier: &Self) -> Result<bool, DomainsError> {
        if self.asked_at - earlier.asked_at < BELIEVED_MS {
            return Ok(false);
        }
        let talk = Talk::until(wharf_core::Deadline::after(LOOK));
        let unclear = |error: &RegistrarError| {
            DomainsError::NoAnswer(format!(
                "The transfer of {} was requested before, and what became of it cannot be found out. {}",
                self.name,
                in_words(error)
            ))
        };
        match account.registrar.transfer_status(&self.name, &talk).await {
            Ok(TransferStatus {
                kind: TransferKind::Incoming,
                state,
                ..
            }) if state != TransferState::Successful => Ok(state == TransferState::Failed),
            Ok(_) => Ok(false),
            Err(error) if error.cause() == Some(Cause::NotFound) => {
                match reads::read(account, &self.name, &talk).await {
                    Ok(found) => Ok(!matches!(found, Found::Ours(_))),
                    Err(error) => Err(unclear(&error)),
                }
            }
            Err(error) if error.cause() == Some(Cause::NotOurs) => Ok(true),
            Err(error) => Err(unclear(&error)),
        }
    }

    fn order(
        &self,
        facts: &TldFacts,
        check: &TransferCheck,
        auth: Option<Secret>,
    ) -> TransferOrder {
        let contacts = &self.contacts;
        let contacts = match facts.transfer.contacts {
            TransferContacts::All => OrderedContacts::from(contacts.clone()),
            TransferContacts::None => OrderedContacts::default(),
            TransferContacts::WithoutOwnerAndBilling => OrderedContacts {
                admin: Some(contacts.admin.clone()),
                tech: Some(contacts.tech.clone()),
                ..OrderedContacts::default()
            },
        };
        TransferOrder {
            name: self.name.clone(),
            years: term(self.years, &check.years, &facts.transfer_years),
            auth,
            action: if check.user_transfer {
                TransferAction::UserTransfer
            } else {
                TransferAction::Request
            },
            class: check
                .class
                .clone()
                .filter(|class| premium::is_premium(class)),
            nameservers: if facts.transfer.nameservers_in_request {
                self.nameservers.clone()
            } else {
                Nameservers::default()
            },
            contacts,
            extra: self.extra.clone(),
        }
    }

    /// Whether a transfer is under way, or came to an end, that began since this was asked for.
    async fn verdict(&self, account: &Account, talk: &Talk) -> Settled<Requested> {
        let since = self.asked_at - SKEW_MS;
        let (registrar, name) = (&account.registrar, &self.name);
        let requested = |pending| {
            Settled::Happened(Requested {
                pending,
                internal: false,
            })
        };
        match registrar.transfer_status(name, talk).await {
            Ok(status) if status.kind == TransferKind::Incoming && status.created.is_none() => {
                return Settled::AskAPerson(format!(
                    "the registrar has a transfer of {name} ({:?}), but does not say since when: it may be an earlier one",
                    status.state
                ));
            }
            Ok(status)
                if status.kind == TransferKind::Incoming && is_since(status.created, since) =>
            {
                return match status.state {
                    TransferState::Failed => Settled::Refused(Refusal::lasting(format!(
                        "The transfer of {name} has failed. {}",
                        status.log.last().map(String::as_str).unwrap_or_default()
                    ))),
                    state => requested(state != TransferState::Successful),
                };
            }
            Ok(_) => {}
            Err(error) if matches!(error.cause(), Some(Cause::NotFound | Cause::NotOurs)) => {}
            Err(error) => return Settled::CannotTell(in_words(&error)),
        }
        match reads::read(account, name, talk).await {
            // The registrar does not let a domain be asked for that is here: it came since.
            Ok(Found::Ours(_)) => return requested(false),
            Ok(Found::NotOurs | Found::Absent) => {}
            Err(error) => return Settled::CannotTell(in_words(&error)),
        }
        let query = HistoryQuery {
            name: Some(name.clone()),
            operation: Some("TRANSFER".to_owned()),
            outcome: Some("REQUEST".to_owned()),
            since: Timestamp::from_millisecond(since).ok(),
            page: Page::first(5),
        };
        match registrar.history(&query, talk).await {
            Ok(entries) if entries.iter().any(|entry| is_since(entry.at, since)) => requested(true),
            Ok(entries) if entries.iter().any(|entry| entry.at.is_none()) => {
                Settled::AskAPerson(format!(
                    "the registrar's log has a request for the transfer of {name} without a date: it may be an earlier one"
                ))
            }
            Ok(_) => Settled::DidNotHappen,
            // A role that may not read the log: the transfers themselves have been looked through.
            Err(error) if error.cause() == Some(Cause::Forbidden) => Settled::DidNotHappen,
            Err(error) => Settled::CannotTell(in_words(&error)),
        }
    }
}

/// Whether it was refused because no code was there.
pub(crate) fn lacks_code(refusal: &Refusal) -> bool {
    refusal.reason.contains(NO_CODE)
}

/// Asks whether the transfer would be taken, and says why not.
pub(crate) async fn check(
    account: &Account,
    name: &DomainName,
    facts: &TldFacts,
    auth: Option<&Secret>,
    talk: &Talk,
) -> Result<TransferCheck, Refusal> {
    // What the registry wants no code for is refused with one.
    let auth = auth.filter(|_| facts.transfer.auth != TransferAuth::None);
    let check = match account.registrar.check_transfer(name, auth, talk).await {
        Ok(check) => check,
        // An account that may transfer, but not ask beforehand.
        Err(error) if error.cause() == Some(Cause::Forbidden) => TransferCheck {
            possible: true,
            ..TransferCheck::default()
        },
        Err(error) => return Err(not_read(&error)),
    };
    let reason = if !check.possible {
        check
            .reason
            .clone()
            .unwrap_or_else(|| "The registrar gives no reason".to_owned())
    } else if check.auth_valid == Some(false) && auth.is_some() {
        "The auth code is wrong. Ask the present registrar for it, and enter it exactly as it is given"
            .to_owned()
    } else if auth.is_none()
        && facts.transfer.auth == TransferAuth::Required
        && check.auth_required != Some(false)
    {
        NO_CODE.to_owned()
    } else {
        return Ok(check);
    };
    Err(Refusal::lasting(format!(
        "{name} cannot be transferred now. {}.",
        reason.trim_end_matches('.')
    )))
}

/// A free transfer where the term that was ordered is not to be had.
fn term(wanted: i64, reported: &[i64], usual: &[i64]) -> i64 {
    let offered = if reported.is_empty() { usual } else { reported };
    if offered.contains(&wanted) || !offered.contains(&0) {
        wanted
    } else {
        0
    }
}

fn wants_contacts(error: &RegistrarError) -> bool {
    match error {
        RegistrarError::Refused {
            description, cause, ..
        } => {
            matches!(
                cause,
                Cause::MissingValue | Cause::InvalidValue | Cause::Other
            ) && description.to_ascii_uppercase().contains("CONTACT")
        }
        _ => false,
    }
}

fn is_since(at: Option<Timestamp>, since: i64) -> bool {
    at.is_some_and(|at| at.as_millisecond() >= since)
}

const AUTH: &str = "auth code";
const NO_CODE: &str =
    "An auth code is needed, and none was given. The present registrar gives it out";
/// How much the registrar's clock may differ from ours.
const SKEW_MS: i64 = 10 * 60 * 1_000;
/// A request of a moment ago that the registrar does not show yet has not failed.
const BELIEVED_MS: i64 = 5 * 60 * 1_000;
const SETTLE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_secs(8);
const ENOUGH: i64 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transfer_is_free_where_the_term_is_not_to_be_had() {
        assert_eq!(term(1, &[], &[1]), 1);
        assert_eq!(term(1, &[0], &[1]), 0);
        assert_eq!(term(2, &[0, 1], &[]), 0);
        assert_eq!(term(1, &[0, 1], &[]), 1);
        // The registrar says no to this, in its own words.
        assert_eq!(term(2, &[1], &[]), 2);
    }
}
