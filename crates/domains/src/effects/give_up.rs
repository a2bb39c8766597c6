//! `domains.give_up`: deletes a domain, or releases it to another registrar or the registry.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wharf_core::DomainName;
use wharf_registrar::{Cause, DomainState};
use wharf_store::{Effect, Ending, NewJob, Outcome, Performed, Refusal, Settled};

use super::{CHANGE, begin, failed, not_begun, subject};
use crate::Domains;
use crate::error::in_words;
use crate::reads::{self, Found};
use crate::tell_whmcs;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct GiveUp {
    pub site: String,
    pub module: String,
    pub domain_id: i64,
    pub name: DomainName,
    pub way: Way,
    /// As that of a [`Change`](super::Change).
    pub revision: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    Delete,
    /// To a registrar's tag, or to where the extension's domains go without one.
    Release {
        target: Option<String>,
    },
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GivenUp {
    /// Ordered; it is still in the account.
    pub pending: bool,
}

impl Effect for GiveUp {
    const KIND: &'static str = "domains.give_up";
    type World = Domains;
    type Output = GivenUp;

    fn key(&self) -> String {
        let Self {
            site,
            domain_id,
            name,
            revision,
            ..
        } = self;
        let way = match &self.way {
            Way::Delete => "delete".to_owned(),
            Way::Release { target } => format!("release={}", target.as_deref().unwrap_or("")),
        };
        format!("give_up/{site}/{domain_id}/{name}/{revision}/{way}")
    }

    fn subject(&self) -> String {
        subject(&self.name)
    }

    async fn perform(&self, world: &Domains, _attempt: i64) -> Performed<GivenUp> {
        let (account, talk) =
            match begin(world, &self.site, &self.module, &self.key(), CHANGE).await {
                Ok(begun) => begun,
                Err(error) => return Performed::Refused(not_begun(&error)),
            };
        let registrar = &account.registrar;
        let changed = match &self.way {
            Way::Delete => registrar.delete(&self.name, &[], &talk).await,
            Way::Release { target } => registrar.push(&self.name, target.as_deref(), &talk).await,
        };
        let pending = match changed {
            Ok(changed) => changed.pending,
            // What is gone already is as it should be.
            Err(error) if error.cause() == Some(Cause::NotFound) && self.way == Way::Delete => {
                false
            }
            Err(error) => return failed(&error),
        };
        if let Err(error) = world.reads.changed(&account, &self.name, None).await {
            tracing::warn!(%error, domain = %self.name, "an old reading could not be voided");
        }
        Performed::Done(GivenUp { pending })
    }

    async fn settle(&self, world: &Domains, attempt: i64) -> Settled<GivenUp> {
        let (account, talk) =
            match begin(world, &self.site, &self.module, &self.key(), SETTLE).await {
                Ok(begun) => begun,
                Err(error) => return Settled::CannotTell(error.to_string()),
            };
        let found = match reads::read(&account, &self.name, &talk).await {
            Ok(found) => found,
            Err(error) => return Settled::CannotTell(in_words(&error)),
        };
        let still_here = match &found {
            Found::Ours(status) if self.way == Way::Delete => !matches!(
                status.state,
                DomainState::PendingDelete | DomainState::Deleted
            ),
            Found::Ours(_) => true,
            Found::NotOurs | Found::Absent => false,
        };
        match still_here {
            false => {
                let pending = matches!(found, Found::Ours(_));
                if let Err(error) = world.reads.changed(&account, &self.name, Some(found)).await {
                    tracing::warn!(%error, domain = %self.name, "an old reading could not be voided");
                }
                Settled::Happened(GivenUp { pending })
            }
            true if attempt < ENOUGH => Settled::DidNotHappen,
            true => Settled::Refused(Refusal::lasting(format!(
                "{} is still in this account: the registrar broke off {attempt} times without doing it",
                self.name
            ))),
        }
    }

    fn follow_up(&self, ending: &Ending<GivenUp>) -> Vec<NewJob> {
        match ending.outcome {
            Outcome::Done(_) => vec![tell_whmcs::refresh(&self.site, &self.module, &self.name)],
            _ => Vec::new(),
        }
    }
}

const SETTLE: Duration = Duration::from_secs(20);
const ENOUGH: i64 = 20;
