//! `domains.change`: sets one thing of a domain that the registrar also tells: lock, ID protection, hold, renewal
//! mode.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wharf_core::DomainName;
use wharf_registrar::{DomainStatus, Modification, RenewalMode};
use wharf_store::{Effect, Ending, NewJob, Outcome, Performed, Refusal, Settled};

use super::{CHANGE, begin, failed, not_begun, subject};
use crate::Domains;
use crate::error::in_words;
use crate::reads::{self, Found};
use crate::tell_whmcs;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Change {
    pub site: String,
    pub module: String,
    pub name: DomainName,
    pub wish: Wish,
    /// How many changes of ours the domain had seen when this was asked for: changing back later is another
    /// wish, repeating the click is not.
    pub revision: i64,
}

/// What is to be so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wish {
    TransferLock(bool),
    IdProtection(bool),
    /// Off the net.
    Suspended(bool),
    RenewalMode(RenewalMode),
}

impl Wish {
    /// Whether it is so already.
    pub fn holds(&self, status: &DomainStatus) -> bool {
        match self {
            Self::TransferLock(on) => status.transfer_lock == Some(*on),
            Self::IdProtection(on) => status.id_protection == Some(*on),
            Self::Suspended(on) => status.has_status(HOLD) == *on,
            Self::RenewalMode(mode) => status.renewal_mode.as_ref() == Some(mode),
        }
    }

    /// What the registrar will say of the domain from now on; `false` where more than this changes.
    fn note(&self, status: &mut DomainStatus) -> bool {
        match self {
            Self::TransferLock(on) => status.transfer_lock = Some(*on),
            Self::IdProtection(on) => status.id_protection = Some(*on),
            Self::RenewalMode(mode) => status.renewal_mode = Some(mode.clone()),
            Self::Suspended(_) => return false,
        }
        true
    }

    fn modification(&self) -> Modification {
        let mut change = Modification::default();
        match self {
            Self::TransferLock(on) => change.transfer_lock = Some(*on),
            Self::IdProtection(on) => change.id_protection = Some(*on),
            Self::Suspended(true) => change.add_status = vec![HOLD.to_owned()],
            Self::Suspended(false) => change.remove_status = vec![HOLD.to_owned()],
            Self::RenewalMode(_) => {}
        }
        change
    }

    fn in_key(&self) -> String {
        match self {
            Self::TransferLock(on) => format!("lock={on}"),
            Self::IdProtection(on) => format!("id-protection={on}"),
            Self::Suspended(on) => format!("suspended={on}"),
            Self::RenewalMode(mode) => format!("renewal-mode={}", mode.as_str()),
        }
    }

    /// "The … of example.com".
    pub fn title(&self) -> &'static str {
        match self {
            Self::TransferLock(true) => "The transfer lock",
            Self::TransferLock(false) => "The removal of the transfer lock",
            Self::IdProtection(true) => "The ID protection",
            Self::IdProtection(false) => "The removal of the ID protection",
            Self::Suspended(true) => "The suspension",
            Self::Suspended(false) => "The end of the suspension",
            Self::RenewalMode(_) => "The renewal mode",
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Made {
    /// Taken; the registry has not carried it out yet.
    pub pending: bool,
}

impl Effect for Change {
    const KIND: &'static str = "domains.change";
    type World = Domains;
    type Output = Made;

    fn key(&self) -> String {
        let Self {
            site,
            module,
            name,
            wish,
            revision,
        } = self;
        format!("change/{site}/{module}/{name}/{revision}/{}", wish.in_key())
    }

    fn subject(&self) -> String {
        subject(&self.name)
    }

    async fn perform(&self, world: &Domains, _attempt: i64) -> Performed<Made> {
        let (account, talk) =
            match begin(world, &self.site, &self.module, &self.key(), CHANGE).await {
                Ok(begun) => begun,
                Err(error) => return Performed::Refused(not_begun(&error)),
            };
        let changed = match &self.wish {
            Wish::RenewalMode(mode) => {
                let registrar = &account.registrar;
                registrar.set_renewal_mode(&self.name, mode, &talk).await
            }
            wish => {
                let change = wish.modification();
                account.registrar.modify(&self.name, &change, &talk).await
            }
        };
        match changed {
            Ok(changed) => {
                let note = |status: &mut DomainStatus| !changed.pending && self.wish.note(status);
                if let Err(error) = world.reads.altered(&account, &self.name, note).await {
                    tracing::warn!(%error, domain = %self.name, "an old reading could not be voided");
                }
                Performed::Done(Made {
                    pending: changed.pending,
                })
            }
            Err(error) => failed(&error),
        }
    }

    async fn settle(&self, world: &Domains, attempt: i64) -> Settled<Made> {
        let (account, talk) =
            match begin(world, &self.site, &self.module, &self.key(), SETTLE).await {
                Ok(begun) => begun,
                Err(error) => return Settled::CannotTell(error.to_string()),
            };
        match reads::read(&account, &self.name, &talk).await {
            Ok(Found::Ours(status)) if self.wish.holds(&status) => {
                let known = Some(Found::Ours(status));
                if let Err(error) = world.reads.changed(&account, &self.name, known).await {
                    tracing::warn!(%error, domain = %self.name, "an old reading could not be voided");
                }
                Settled::Happened(Made { pending: false })
            }
            Ok(Found::Ours(_)) if attempt < ENOUGH => Settled::DidNotHappen,
            Ok(Found::Ours(_)) => Settled::Refused(Refusal::lasting(format!(
                "{} of {} did not come about: the registrar broke off {attempt} times without doing it",
                self.wish.title(),
                self.name
            ))),
            Ok(Found::NotOurs | Found::Absent) => Settled::Refused(Refusal::lasting(format!(
                "{} is not in this account.",
                self.name
            ))),
            Err(error) => Settled::CannotTell(in_words(&error)),
        }
    }

    fn follow_up(&self, ending: &Ending<Made>) -> Vec<NewJob> {
        match ending.outcome {
            Outcome::Done(_) => vec![tell_whmcs::refresh(&self.site, &self.module, &self.name)],
            _ => Vec::new(),
        }
    }
}

/// The status that takes a domain off the net.
pub(crate) const HOLD: &str = "clientHold";
const SETTLE: Duration = Duration::from_secs(20);
const ENOUGH: i64 = 20;
