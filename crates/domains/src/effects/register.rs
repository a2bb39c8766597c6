//! `domains.register`: buys a name for one WHMCS domain, once.

use std::time::Duration;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use wharf_core::Deadline;
use wharf_registrar::{Cause, DomainState, DomainStatus, Registration, Talk};
use wharf_store::journal::{Entry as JournalEntry, Filter, State};
use wharf_store::{Effect, Ending, NewJob, Outcome, Pace, Performed, Refusal, Settled};

use super::{CHANGE, failed, not_begun, subject};
use crate::account::Account;
use crate::error::in_words;
use crate::reads::{self, Found};
use crate::tell_whmcs;
use crate::{Domains, DomainsError};

/// The wish. It holds the registrant's data, as the order that it is, and no credentials.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Register {
    pub site: String,
    pub module: String,
    /// WHMCS's id of the domain.
    pub domain_id: i64,
    /// Epoch milliseconds.
    pub asked_at: i64,
    pub order: Registration,
    /// Counts the registrations of this name for this WHMCS domain: one that was lost can be bought again.
    #[serde(default = "first")]
    pub generation: i64,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bought {
    /// Ordered; the registry takes its time.
    pub pending: bool,
    pub expires: Option<Date>,
}

impl Effect for Register {
    const KIND: &'static str = "domains.register";
    type World = Domains;
    type Output = Bought;

    fn key(&self) -> String {
        let (site, id, name) = (&self.site, self.domain_id, &self.order.name);
        match self.generation {
            1 => format!("register/{site}/{id}/{name}"),
            later => format!("register/{site}/{id}/{name}/{later}"),
        }
    }

    fn subject(&self) -> String {
        subject(&self.order.name)
    }

    async fn perform(&self, world: &Domains, _attempt: i64) -> Performed<Bought> {
        let account = match world.accounts.of(&self.site, &self.module).await {
            Ok(account) => account,
            Err(error) => return Performed::Refused(not_begun(&error)),
        };
        let talk = Talk {
            deadline: Deadline::after(CHANGE),
            log: world.wires.of(&self.key()),
        };
        let bought = match account.registrar.register(&self.order, &talk).await {
            Ok(registered) => Bought {
                pending: registered.pending,
                expires: registered.expires,
            },
            Err(error) if error.cause() == Some(Cause::Taken) => {
                // It may be taken by an earlier attempt of ours that the registrar finished late.
                return match self.verdict(world, &account, &talk).await {
                    Settled::Happened(bought) => Performed::Done(bought),
                    Settled::Refused(refusal) => Performed::Refused(refusal),
                    Settled::DidNotHappen => Performed::Refused(Refusal::lasting(in_words(&error))),
                    Settled::CannotTell(why) | Settled::AskAPerson(why) => Performed::Unknown(why),
                };
            }
            Err(error) => return failed(&error),
        };
        // What was read before is wrong now. Should this fail, it ages within seconds by itself.
        if let Err(error) = world.reads.changed(&account, &self.order.name, None).await {
            tracing::warn!(%error, domain = %self.order.name, "an old reading could not be voided");
        }
        Performed::Done(bought)
    }

    async fn settle(&self, world: &Domains, attempt: i64) -> Settled<Bought> {
        let account = match world.accounts.of(&self.site, &self.module).await {
            Ok(account) => account,
            Err(error) => return Settled::CannotTell(error.to_string()),
        };
        let talk = Talk {
            deadline: Deadline::after(SETTLE),
            log: world.wires.of(&self.key()),
        };
        match self.verdict(world, &account, &talk).await {
            // A registrar that breaks off every time is not worth an endless loop.
            Settled::DidNotHappen if attempt >= ENOUGH => {
                Settled::Refused(Refusal::lasting(format!(
                    "{} is not registered: the registrar broke off {attempt} times without doing it",
                    self.order.name
                )))
            }
            verdict => verdict,
        }
    }

    /// The same name for the same WHMCS domain is the same wish; who moved house meanwhile did not order anew.
    fn same_request(&self, earlier: &Self) -> bool {
        self.order.name == earlier.order.name
            && self.order.years == earlier.order.years
            && self.module == earlier.module
    }

    fn follow_up(&self, ending: &Ending<Bought>) -> Vec<NewJob> {
        match &ending.outcome {
            Outcome::Done(bought) => {
                let mut jobs = vec![tell_whmcs::refresh(
                    &self.site,
                    &self.module,
                    &self.order.name,
                )];
                if !bought.pending {
                    jobs.push(tell_whmcs::registered(
                        &self.site,
                        self.domain_id,
                        &self.order.name,
                        ending.awaited,
                    ));
                }
                jobs
            }
            _ => Vec::new(),
        }
    }

    fn pace() -> Pace {
        // An outage of a quarter of an hour must not end in a refusal that somebody has to click away.
        Pace {
            attempts: 16,
            ..Pace::default()
        }
    }
}

impl Register {
    /// The same wish as the journal has it: one under way keeps the moment of its beginning, and one whose
    /// name was registered long ago and is gone is another wish.
    pub(crate) async fn known(self, world: &Domains) -> Result<Self, DomainsError> {
        let filter = Filter {
            subject: Some(self.subject()),
            kind: Some(Self::KIND.to_owned()),
            limit: 200,
            ..Filter::default()
        };
        let entries = world.store.journal().list(&filter).await?;
        let newest = entries
            .iter()
            .filter_map(|entry| {
                let earlier: Self = serde_json::from_value(entry.input.clone()).ok()?;
                let same = (&earlier.site, earlier.domain_id) == (&self.site, self.domain_id);
                same.then_some((entry, earlier))
            })
            .max_by_key(|(_, earlier)| earlier.generation);
        let Some((entry, earlier)) = newest else {
            return Ok(self);
        };
        let generation = match entry.state {
            State::Done if self.is_lost(world, entry).await? => earlier.generation + 1,
            _ => earlier.generation,
        };
        let goes_on = !matches!(entry.state, State::Done | State::Refused);
        let asked_at = if goes_on {
            earlier.asked_at
        } else {
            self.asked_at
        };
        Ok(Self {
            asked_at,
            generation,
            ..self
        })
    }

    /// Whether the name of a registration that was done is not in the account any more. A fresh one is believed:
    /// its registrar may not show it yet.
    async fn is_lost(&self, world: &Domains, done: &JournalEntry) -> Result<bool, DomainsError> {
        let bought = done.result.clone().map(serde_json::from_value::<Bought>);
        let pending = bought.is_some_and(|bought| bought.is_ok_and(|bought| bought.pending));
        let believed = if pending { A_MONTH_MS } else { A_DAY_MS };
        if world.store.clock().now_ms() - done.updated_at < believed {
            return Ok(false);
        }
        let account = world.accounts.of(&self.site, &self.module).await?;
        let name = &self.order.name;
        match reads::read(&account, name, &Talk::until(Deadline::after(LOOK))).await {
            Ok(found) => Ok(!matches!(found, Found::Ours(_))),
            Err(error) => Err(DomainsError::NoAnswer(format!(
                "{name} was registered for this order before, and whether it is still there cannot be found out. {}",
                in_words(&error)
            ))),
        }
    }

    /// Whose the name is now, and whether by this wish.
    async fn verdict(&self, world: &Domains, account: &Account, talk: &Talk) -> Settled<Bought> {
        let name = &self.order.name;
        let status = match reads::read(account, name, talk).await {
            Ok(Found::Ours(status)) => status,
            Ok(Found::Absent) => return Settled::DidNotHappen,
            Ok(Found::NotOurs) => {
                return Settled::Refused(Refusal::lasting(format!(
                    "{name} is already registered by somebody else."
                )));
            }
            Err(error) => return Settled::CannotTell(in_words(&error)),
        };
        match self.by_another(world).await {
            Ok(None) => {}
            Ok(Some(other)) => {
                return Settled::Refused(Refusal::lasting(format!(
                    "{name} is already in this account: it was registered for {other}."
                )));
            }
            Err(error) => return Settled::CannotTell(error.to_string()),
        }
        let pending = status.state == DomainState::PendingCreate;
        match status.created {
            Some(created) if created.as_millisecond() < self.asked_at - SKEW_MS => {
                Settled::Refused(Refusal::lasting(format!(
                    "{name} is already in this account, since {}.",
                    created.strftime("%Y-%m-%d")
                )))
            }
            None if !pending => Settled::CannotTell(format!(
                "{name} is in this account, but the registrar does not say since when"
            )),
            _ => Settled::Happened(self.happened(world, account, status, pending).await),
        }
    }

    async fn happened(
        &self,
        world: &Domains,
        account: &Account,
        status: DomainStatus,
        pending: bool,
    ) -> Bought {
        let bought = Bought {
            pending,
            expires: status.expires,
        };
        if let Err(error) = world
            .reads
            .changed(account, &self.order.name, Some(Found::Ours(status)))
            .await
        {
            tracing::warn!(%error, domain = %self.order.name, "an old reading could not be voided");
        }
        bought
    }

    /// The other WHMCS domain for which our journal says that the name was bought, in this very window.
    async fn by_another(&self, world: &Domains) -> Result<Option<String>, wharf_store::StoreError> {
        let filter = Filter {
            state: Some(State::Done),
            subject: Some(self.subject()),
            kind: Some(Self::KIND.to_owned()),
            limit: 20,
        };
        let others = world.store.journal().list(&filter).await?;
        let since = self.asked_at - SKEW_MS;
        Ok(others
            .iter()
            .filter(|entry| entry.key != self.key() && entry.updated_at >= since)
            .find_map(|entry| serde_json::from_value::<Self>(entry.input.clone()).ok())
            .map(|other| format!("WHMCS domain {} of site {}", other.domain_id, other.site)))
    }
}

/// How much the registrar's clock may differ from ours.
const SKEW_MS: i64 = 10 * 60 * 1_000;
const SETTLE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_secs(8);
const ENOUGH: i64 = 20;
const A_DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const A_MONTH_MS: i64 = 30 * A_DAY_MS;

fn first() -> i64 {
    1
}
