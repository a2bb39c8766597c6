//! `domains.register`: buys a name for one WHMCS domain, once.

use std::time::Duration;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use wharf_core::Deadline;
use wharf_registrar::{
    Application, ApplicationState, Applied, Availability, Cause, CheckAsk, DomainState,
    DomainStatus, PremiumOffer, RegistrarError, Registration, Talk,
};
use wharf_store::journal::{Entry as JournalEntry, Filter, State};
use wharf_store::{Effect, Ending, NewJob, Outcome, Pace, Performed, Refusal, Settled};

use super::{CHANGE, begin, failed, not_begun, not_read, patient, subject};
use crate::account::Account;
use crate::error::in_words;
use crate::premium::{self, Shown};
use crate::reads::{self, Found};
use crate::tables::applications::{self, ApplicationRow};
use crate::tell_whmcs;
use crate::tlds::RegistrationFlow;
use crate::{Domains, DomainsError, afterwards};

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
    #[serde(default)]
    pub premium: Shown,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bought {
    /// Ordered; the registry takes its time.
    pub pending: bool,
    pub expires: Option<Date>,
    /// The registrar's name for the application that somebody decides on.
    #[serde(default)]
    pub application: Option<String>,
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
        let (account, talk) =
            match begin(world, &self.site, &self.module, &self.key(), CHANGE).await {
                Ok(begun) => begun,
                Err(error) => return Performed::Refused(not_begun(&error)),
            };
        let offer = match self.offer(world, &account, &talk).await {
            Ok(offer) => offer,
            Err(refusal) => return Performed::Refused(refusal),
        };
        let bought = match self.class(world, offer.as_ref()) {
            Some(class) => {
                let order = Application {
                    registration: Registration {
                        premium: offer,
                        ..self.order.clone()
                    },
                    class,
                };
                match account.registrar.apply(&order, &talk).await {
                    Ok(applied) => self.applied(world, &order.class, applied).await,
                    Err(error) => Err(error),
                }
            }
            None => match account.registrar.register(&self.order, &talk).await {
                Ok(registered) => Ok(Performed::Done(Bought {
                    pending: registered.pending,
                    expires: registered.expires,
                    application: None,
                })),
                Err(error) => Err(error),
            },
        };
        let performed = match bought {
            Ok(performed) => performed,
            Err(error) if error.cause() == Some(Cause::Taken) => {
                // It may be taken by an earlier attempt of ours that the registrar finished late.
                return match self.verdict(world, &account, &talk).await {
                    Settled::Happened(bought) => Performed::Done(bought),
                    Settled::Refused(refusal) => Performed::Refused(refusal),
                    Settled::DidNotHappen => Performed::Refused(Refusal::lasting(in_words(&error))),
                    Settled::NotYet(why) | Settled::CannotTell(why) | Settled::AskAPerson(why) => {
                        Performed::Unknown(why)
                    }
                };
            }
            Err(error) => return failed(&error),
        };
        // What was read before is wrong now. Should this fail, it ages within seconds by itself.
        if let Err(error) = world.reads.changed(&account, &self.order.name, None).await {
            tracing::warn!(%error, domain = %self.order.name, "an old reading could not be voided");
        }
        performed
    }

    async fn settle(&self, world: &Domains, attempt: i64) -> Settled<Bought> {
        let (account, talk) =
            match begin(world, &self.site, &self.module, &self.key(), SETTLE).await {
                Ok(begun) => begun,
                Err(error) => return Settled::CannotTell(error.to_string()),
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
                if let Some(application) = &bought.application {
                    jobs.push(afterwards::applied(self, application));
                }
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
        patient()
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

    /// The price of the name, if it has one of its own, and is ordered at it. An ordinary name is ordered without
    /// a price: should the check fail, the registrar itself does not sell a premium name that way.
    async fn offer(
        &self,
        world: &Domains,
        account: &Account,
        talk: &Talk,
    ) -> Result<Option<PremiumOffer>, Refusal> {
        let name = &self.order.name;
        let ask = CheckAsk { premium: true };
        let checked = account
            .registrar
            .check(std::slice::from_ref(name), ask, talk)
            .await;
        let availability = match checked {
            Ok(checked) => checked
                .into_iter()
                .next()
                .map(|checked| checked.availability),
            Err(error) if self.premium.cost.is_some() => return Err(not_read(&error)),
            Err(_) => None,
        };
        match availability {
            Some(Availability::Premium {
                class,
                price,
                currency,
            }) => {
                let said = price.as_deref().and_then(premium::decimal);
                let price = match said {
                    Some(amount) => premium::PremiumPrice {
                        amount: Some(amount),
                        currency: currency.unwrap_or_default(),
                    },
                    None => world
                        .premium_price(account, &class, premium::Kind::Register, talk)
                        .await
                        .map_err(|error| not_read(&error))?,
                };
                premium::agrees(&self.premium, name, price.amount, &price.currency)
                    .map_err(Refusal::lasting)?;
                Ok(Some(PremiumOffer {
                    class,
                    price: price.amount.unwrap_or_default().to_string(),
                    currency: price.currency,
                }))
            }
            Some(Availability::Unknown) if self.premium.cost.is_some() => {
                Err(Refusal::temporary(format!(
                    "The registrar cannot say at the moment what {name} costs. Nothing was ordered; Wharf tries again."
                )))
            }
            _ => Ok(None),
        }
    }

    /// The class to apply for, where the name is not simply bought.
    fn class(&self, world: &Domains, offer: Option<&PremiumOffer>) -> Option<String> {
        if let Some(offer) = offer {
            return Some(offer.class.clone());
        }
        match &world.tlds.of(&self.order.name).registration {
            RegistrationFlow::Application { class } => Some(class.clone()),
            RegistrationFlow::Realtime | RegistrationFlow::Delayed => None,
        }
    }

    fn may_be_applied_for(&self, world: &Domains) -> bool {
        self.premium.cost.is_some() || self.class(world, None).is_some()
    }

    /// An application is kept, so that it is followed to its end.
    async fn applied(
        &self,
        world: &Domains,
        class: &str,
        applied: Applied,
    ) -> Result<Performed<Bought>, RegistrarError> {
        let bought = match &applied.state {
            ApplicationState::Pending => Bought {
                pending: true,
                expires: None,
                application: Some(applied.id.clone()),
            },
            ApplicationState::Successful => Bought {
                pending: false,
                expires: None,
                application: Some(applied.id.clone()),
            },
            ApplicationState::Failed { reason } => {
                return Ok(Performed::Refused(Refusal::lasting(format!(
                    "The application for {} was refused: {reason}",
                    self.order.name
                ))));
            }
        };
        let row = ApplicationRow {
            site: self.site.clone(),
            module: self.module.clone(),
            domain_id: self.domain_id,
            name: self.order.name.clone(),
            application: applied.id,
            class: class.to_owned(),
            created_at: world.store.clock().now_ms(),
        };
        Ok(match applications::put(world.store.pool(), &row).await {
            Ok(()) => Performed::Done(bought),
            // It is made; settling finds it.
            Err(error) => Performed::Unknown(error.to_string()),
        })
    }

    /// An application of ours for the name that began since this was asked for.
    async fn application(
        &self,
        world: &Domains,
        account: &Account,
        talk: &Talk,
    ) -> Settled<Bought> {
        let name = &self.order.name;
        let found = match account.registrar.applications(name, talk).await {
            Ok(found) => found,
            Err(error) => return Settled::CannotTell(in_words(&error)),
        };
        let since = self.asked_at - SKEW_MS;
        let newest = found
            .into_iter()
            .filter(|listed| {
                listed
                    .created
                    .is_none_or(|created| created.as_millisecond() >= since)
            })
            .max_by_key(|listed| listed.created);
        let Some(listed) = newest else {
            return Settled::DidNotHappen;
        };
        let applied = Applied {
            id: listed.id,
            state: listed.state,
        };
        match self.applied(world, &listed.class, applied).await {
            Ok(Performed::Done(bought)) => Settled::Happened(bought),
            Ok(Performed::Refused(refusal)) => Settled::Refused(refusal),
            Ok(Performed::NotYet(why)) => Settled::NotYet(why),
            Ok(Performed::Unknown(why)) => Settled::CannotTell(why),
            Err(error) => Settled::CannotTell(in_words(&error)),
        }
    }

    /// Whose the name is now, and whether by this wish.
    async fn verdict(&self, world: &Domains, account: &Account, talk: &Talk) -> Settled<Bought> {
        let name = &self.order.name;
        let status = match reads::read(account, name, talk).await {
            Ok(Found::Ours(status)) => status,
            Ok(Found::Absent) if self.may_be_applied_for(world) => {
                return self.application(world, account, talk).await;
            }
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
            application: None,
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
            ..Filter::default()
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
