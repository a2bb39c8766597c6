//! `domains.renew`: one more term for a domain, once; in its redemption period it is fetched back first.

use std::time::Duration;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};
use wharf_core::{Deadline, DomainName};
use wharf_registrar::{
    Cause, DomainState, DomainStatus, RegistrarError, Renewal, RenewalMode, Restore, Talk,
};
use wharf_store::journal::{Filter, State};
use wharf_store::{Effect, Ending, NewJob, Outcome, Pace, Performed, Refusal, Settled};

use super::{CHANGE, begin, failed, not_begun, not_read, patient, subject};
use crate::account::Account;
use crate::error::in_words;
use crate::premium::{self, Shown};
use crate::reads::{self, Found};
use crate::tlds::TldFacts;
use crate::{Domains, DomainsError, afterwards, tell_whmcs};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Renew {
    pub site: String,
    pub module: String,
    /// WHMCS's id of the domain.
    pub domain_id: i64,
    pub name: DomainName,
    pub years: i64,
    /// The expiry in WHMCS's books when it asked, where it has one: it tells a repetition from the next year.
    pub known: Option<Date>,
    /// How the domain stood before anything was sent: what later readings are measured by.
    pub before: Before,
    #[serde(default)]
    pub premium: Shown,
    /// Whether WHMCS charged for fetching it back. `None`: it does not say.
    #[serde(default)]
    pub redemption_paid: Option<bool>,
    /// The rest of a term that began with fetching it back.
    #[serde(default)]
    pub rest: bool,
    /// How often the registrar has said that it is not time for the rest yet.
    #[serde(default)]
    pub too_early: u32,
}

/// The dates that a renewal moves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Before {
    pub expires: Option<Date>,
    pub registry_expires: Option<Timestamp>,
    pub paid_until: Option<Timestamp>,
    /// The registrar said that it was deleted: it is to be fetched back.
    pub deleted: bool,
}

impl Before {
    pub fn of(found: &Found) -> Self {
        match found {
            Found::Ours(status) => Self {
                expires: status.expires,
                registry_expires: status.registry_expires,
                paid_until: status.paid_until,
                deleted: is_deleted(status),
            },
            Found::NotOurs | Found::Absent => Self {
                deleted: matches!(found, Found::Absent),
                ..Self::default()
            },
        }
    }

    /// By how many whole years the domain's end has moved since. What is paid for counts, then the registry's date,
    /// then the one that WHMCS is told; `None` when no two can be compared.
    fn moved(&self, now: &DomainStatus) -> Option<i64> {
        let stamps = |before: Option<Timestamp>, now: Option<Timestamp>| {
            Some(now?.as_second().checked_sub(before?.as_second())? / A_DAY_S)
        };
        let days = stamps(self.paid_until, now.paid_until)
            .or_else(|| stamps(self.registry_expires, now.registry_expires))
            .or_else(|| Some(i64::from((now.expires? - self.expires?).get_days())))?;
        Some((days + SLACK_DAYS).div_euclid(365).max(0))
    }
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Renewed {
    /// Ordered; the registry has not carried it out yet.
    pub pending: bool,
    /// The day that WHMCS is told, where it is known.
    pub expires: Option<Date>,
    /// It had the term already: nothing was sent.
    pub already: bool,
    /// It was fetched back.
    pub restored: bool,
    /// Years that fetching it back did not bring, and that follow.
    pub rest: i64,
}

impl Effect for Renew {
    const KIND: &'static str = "domains.renew";
    type World = Domains;
    type Output = Renewed;

    fn key(&self) -> String {
        let Self {
            site,
            domain_id,
            name,
            years,
            ..
        } = self;
        let from = match (self.known, self.before.expires) {
            (Some(known), _) => known.to_string(),
            (None, Some(expires)) => format!("registry-{expires}"),
            (None, None) => "unknown".to_owned(),
        };
        let rest = if self.rest { "/rest" } else { "" };
        format!("renew/{site}/{domain_id}/{name}/{from}/{years}{rest}")
    }

    fn subject(&self) -> String {
        subject(&self.name)
    }

    async fn perform(&self, world: &Domains, _attempt: i64) -> Performed<Renewed> {
        let (account, talk) =
            match begin(world, &self.site, &self.module, &self.key(), CHANGE).await {
                Ok(begun) => begun,
                Err(error) => return Performed::Refused(not_begun(&error)),
            };
        let performed = match reads::read(&account, &self.name, &talk).await {
            Ok(Found::Ours(status)) if !is_deleted(&status) => {
                self.renew(world, &account, status, &talk).await
            }
            Ok(Found::Ours(status)) => self.restore(world, &account, status.class, &talk).await,
            Ok(Found::Absent) => match account.registrar.deleted(&self.name, &talk).await {
                Ok(Some(deleted)) if deleted.restorable => {
                    self.restore(world, &account, None, &talk).await
                }
                Ok(_) => Performed::Refused(Refusal::lasting(format!(
                    "{} is not in this account any more, and cannot be fetched back.",
                    self.name
                ))),
                Err(error) if error.cause() == Some(Cause::NotFound) => {
                    Performed::Refused(self.not_here())
                }
                Err(error) => Performed::Refused(not_read(&error)),
            },
            Ok(Found::NotOurs) => Performed::Refused(self.not_here()),
            Err(error) => Performed::Refused(not_read(&error)),
        };
        if matches!(performed, Performed::Done(_))
            && let Err(error) = world.reads.changed(&account, &self.name, None).await
        {
            tracing::warn!(%error, domain = %self.name, "an old reading could not be voided");
        }
        performed
    }

    async fn settle(&self, world: &Domains, attempt: i64) -> Settled<Renewed> {
        let (account, talk) =
            match begin(world, &self.site, &self.module, &self.key(), SETTLE).await {
                Ok(begun) => begun,
                Err(error) => return Settled::CannotTell(error.to_string()),
            };
        let found = match reads::read(&account, &self.name, &talk).await {
            Ok(found) => found,
            Err(error) => return Settled::CannotTell(in_words(&error)),
        };
        let settled = match &found {
            Found::Ours(status) if is_deleted(status) => {
                if status.statuses.iter().any(|word| is_being_restored(word)) {
                    Settled::Happened(self.fetched_back(world, true))
                } else {
                    Settled::DidNotHappen
                }
            }
            Found::Ours(_) if self.before.deleted => {
                Settled::Happened(self.fetched_back(world, false))
            }
            Found::Ours(status) => match self.before.moved(status) {
                Some(moved) if moved >= self.years => Settled::Happened(Renewed {
                    expires: status.expires,
                    ..Renewed::default()
                }),
                Some(_) => Settled::DidNotHappen,
                None => Settled::CannotTell(format!(
                    "the registrar does not say until when {} is paid",
                    self.name
                )),
            },
            Found::Absent => self.absent(&account, &talk).await,
            Found::NotOurs => Settled::Refused(self.not_here()),
        };
        if matches!(settled, Settled::Happened(_))
            && let Err(error) = world.reads.changed(&account, &self.name, Some(found)).await
        {
            tracing::warn!(%error, domain = %self.name, "an old reading could not be voided");
        }
        match settled {
            Settled::DidNotHappen if attempt >= ENOUGH => {
                Settled::Refused(Refusal::lasting(format!(
                    "{} is not renewed: the registrar broke off {attempt} times without doing it",
                    self.name
                )))
            }
            settled => settled,
        }
    }

    /// What was known before is no part of the wish.
    fn same_request(&self, earlier: &Self) -> bool {
        (&self.name, self.years, &self.module) == (&earlier.name, earlier.years, &earlier.module)
    }

    fn follow_up(&self, ending: &Ending<Renewed>) -> Vec<NewJob> {
        let renewed = match &ending.outcome {
            Outcome::Done(renewed) => renewed,
            Outcome::Refused(refusal)
                if self.rest && is_not_now(refusal) && self.too_early < MOST_TRIES =>
            {
                return self.later();
            }
            // Nobody waits for the rest: WHMCS takes it for renewed.
            Outcome::Refused(Refusal { reason, .. }) | Outcome::Held { reason } if self.rest => {
                return vec![tell_whmcs::rest_refused(self, reason)];
            }
            _ => return Vec::new(),
        };
        let mut jobs = vec![afterwards::renewed(&self.site, &self.module, &self.name)];
        if renewed.rest > 0 {
            jobs.push(afterwards::rest(&Self {
                years: renewed.rest,
                rest: true,
                ..self.clone()
            }));
        }
        // An answer that got lost on its last metre is made up for by WHMCS's next synchronisation.
        if !self.rest && !ending.awaited {
            jobs.push(tell_whmcs::renewed(self));
        }
        jobs
    }

    fn pace() -> Pace {
        patient()
    }
}

impl Renew {
    /// The same wish as the journal has it: one that is under way keeps what was known before it began. Where
    /// WHMCS has no expiry to tell a repetition by, one of the last hours is taken for it.
    pub async fn known(self, world: &Domains) -> Result<Self, DomainsError> {
        let filter = Filter {
            subject: Some(self.subject()),
            kind: Some(Self::KIND.to_owned()),
            limit: 50,
            ..Filter::default()
        };
        let entries = world.store.journal().list(&filter).await?;
        let now = world.store.clock().now_ms();
        let earlier = entries.iter().find_map(|entry| {
            let earlier: Self = serde_json::from_value(entry.input.clone()).ok()?;
            let same = (
                &earlier.site,
                earlier.domain_id,
                earlier.rest,
                earlier.known,
            ) == (&self.site, self.domain_id, self.rest, self.known)
                && self.same_request(&earlier);
            let counts = match entry.state {
                State::Refused => false,
                State::Done => self.known.is_none() && now - entry.updated_at < REPEATED_MS,
                _ => true,
            };
            (same && counts).then_some(earlier)
        });
        Ok(match earlier {
            Some(earlier) => Self {
                before: earlier.before,
                ..self
            },
            None => self,
        })
    }

    /// An earlier renewal that has happened and of which WHMCS is still to be told. A renewal that is asked for
    /// meanwhile is that one, even where a synchronisation has brought its new expiry into the books already.
    pub async fn untold(&self, world: &Domains) -> Result<Option<Renewed>, DomainsError> {
        let filter = Filter {
            subject: Some(self.subject()),
            kind: Some(Self::KIND.to_owned()),
            state: Some(State::Done),
            limit: 10,
            ..Filter::default()
        };
        for entry in world.store.journal().list(&filter).await? {
            let Ok(earlier) = serde_json::from_value::<Self>(entry.input.clone()) else {
                continue;
            };
            let same = (&earlier.site, earlier.domain_id, earlier.years)
                == (&self.site, self.domain_id, self.years)
                && !earlier.rest;
            if same && tell_whmcs::is_untold(world, &entry.key).await? {
                let renewed = entry
                    .result
                    .and_then(|result| serde_json::from_value(result).ok());
                return Ok(Some(renewed.unwrap_or_default()));
            }
        }
        Ok(None)
    }

    /// What remains of the term is ordered, or paid for where the registry renews by itself.
    async fn renew(
        &self,
        world: &Domains,
        account: &Account,
        status: DomainStatus,
        talk: &Talk,
    ) -> Performed<Renewed> {
        let moved = self.before.moved(&status).unwrap_or(0);
        if moved >= self.years || self.is_ahead(&status) {
            return Performed::Done(Renewed {
                already: true,
                expires: status.expires,
                ..Renewed::default()
            });
        }
        if self.before.deleted && !self.rest {
            // Fetched back since, by an attempt that was thought lost or in the registrar's panel.
            return Performed::Done(self.fetched_back(world, false));
        }
        let facts = world.tlds.of(&self.name);
        if let Err(why) = self.is_time(world, &facts, &status) {
            return Performed::Refused(Refusal::lasting(why));
        }
        let class = match self.class(world, account, status.class.clone(), talk).await {
            Ok(class) => class,
            Err(refusal) => return Performed::Refused(refusal),
        };
        let Some(expires) = status.registry_expires else {
            return Performed::Refused(Refusal::lasting(format!(
                "The registrar does not say when {} expires, so it cannot be renewed without the risk of doing it twice. Look \
                 into the registrar's panel.",
                self.name
            )));
        };
        let order = Renewal {
            name: self.name.clone(),
            years: self.years - moved,
            expires,
            class,
        };
        let registrar = &account.registrar;
        let sent = if facts.explicit_renewal {
            match registrar.renew(&order, talk).await {
                Err(error) if error.cause() == Some(Cause::NotExplicit) => {
                    registrar.pay_renewal(&order, talk).await
                }
                sent => sent,
            }
        } else {
            registrar.pay_renewal(&order, talk).await
        };
        match sent {
            Ok(renewed) => Performed::Done(Renewed {
                pending: renewed.pending,
                ..Renewed::default()
            }),
            Err(error) => self.refused(account, &error, &facts, talk).await,
        }
    }

    /// A refusal may be due to an earlier attempt that came through late.
    async fn refused(
        &self,
        account: &Account,
        error: &RegistrarError,
        facts: &TldFacts,
        talk: &Talk,
    ) -> Performed<Renewed> {
        let doubtful = matches!(
            error.cause(),
            Some(
                Cause::AlreadyRenewed
                    | Cause::NotUpForRenewal
                    | Cause::InvalidValue
                    | Cause::State
                    | Cause::Other
            )
        );
        if !doubtful {
            return failed(error);
        }
        match reads::read(account, &self.name, talk).await {
            Ok(Found::Ours(now)) if self.before.moved(&now) >= Some(self.years) => {
                Performed::Done(Renewed {
                    already: true,
                    expires: now.expires,
                    ..Renewed::default()
                })
            }
            Ok(_) => {
                let words = in_words(error);
                let advice = match (error.cause(), facts.renewal_window_days) {
                    (Some(Cause::NotUpForRenewal), Some(days)) => format!(
                        " {NOT_NOW}: for .{} renewals are taken only in the last {days} days before the expiry.",
                        facts.tld
                    ),
                    (Some(Cause::NotUpForRenewal), None) => {
                        format!(" {NOT_NOW}: it is too early, or too late.")
                    }
                    _ => String::new(),
                };
                Performed::Refused(Refusal::lasting(format!("{words}{advice}")))
            }
            // The refusal stands; only its reason is not known better.
            Err(_) => failed(error),
        }
    }

    async fn restore(
        &self,
        world: &Domains,
        account: &Account,
        class: Option<String>,
        talk: &Talk,
    ) -> Performed<Renewed> {
        if self.redemption_paid == Some(false) {
            return Performed::Refused(Refusal::lasting(format!(
                "{} was deleted and is in its redemption period. Fetching it back costs more than a renewal, and WHMCS did not \
                 charge for that: synchronise the domain, so that WHMCS knows, and have the customer order the renewal again.",
                self.name
            )));
        }
        let class = match self.class(world, account, class, talk).await {
            Ok(class) => class,
            Err(refusal) => return Performed::Refused(refusal),
        };
        let order = Restore {
            name: self.name.clone(),
            mode: RenewalMode::AutoExpire,
            class,
        };
        match account.registrar.restore(&order, talk).await {
            Ok(changed) => Performed::Done(self.fetched_back(world, changed.pending)),
            Err(error) => failed(&error),
        }
    }

    /// Fetching a domain back brings the shortest term that the registry renews by.
    fn fetched_back(&self, world: &Domains, pending: bool) -> Renewed {
        let facts = world.tlds.of(&self.name);
        let brought = facts
            .renewal_years
            .iter()
            .copied()
            .filter(|years| *years > 0);
        Renewed {
            pending,
            restored: true,
            rest: (self.years - brought.min().unwrap_or(1)).max(0),
            ..Renewed::default()
        }
    }

    /// Whether the registrar has the term already that WHMCS asks for: it was renewed behind WHMCS's back, or WHMCS
    /// did not get an answer that our journal does not know of.
    fn is_ahead(&self, status: &DomainStatus) -> bool {
        if self.rest {
            return false;
        }
        let wanted = self
            .known
            .and_then(|known| known.checked_add(self.years.years()).ok())
            .and_then(|end| end.checked_sub(SLACK_DAYS.days()).ok());
        matches!((wanted, status.expires), (Some(wanted), Some(expires)) if expires >= wanted)
    }

    /// An order went out for a domain that is not in the account now: it was deleted, before or since.
    async fn absent(&self, account: &Account, talk: &Talk) -> Settled<Renewed> {
        match account.registrar.deleted(&self.name, talk).await {
            Ok(Some(deleted)) if deleted.restorable => Settled::DidNotHappen,
            Ok(_) => Settled::Refused(self.not_here()),
            Err(error) if error.cause() == Some(Cause::NotFound) => {
                Settled::Refused(self.not_here())
            }
            Err(error) => Settled::CannotTell(in_words(&error)),
        }
    }

    /// Registries that renew by themselves take the money for it only near the end.
    pub fn is_time(
        &self,
        world: &Domains,
        facts: &TldFacts,
        status: &DomainStatus,
    ) -> Result<(), String> {
        let (false, Some(days), Some(expires)) = (
            facts.explicit_renewal,
            facts.renewal_window_days,
            status.registry_expires,
        ) else {
            return Ok(());
        };
        let opens = expires.as_second() - days * A_DAY_S;
        if world.store.clock().now().as_second() >= opens {
            return Ok(());
        }
        let opens = Timestamp::from_second(opens).unwrap_or(expires);
        Err(format!(
            "{} can be renewed from {} on: for .{} that is possible only in the last {days} days before the expiry ({}). Nothing was \
             sent. \"wharf domains renewal-minimums\" prints the lines for WHMCS's configuration.php that keep customers from \
             ordering too early.",
            self.name,
            opens.strftime("%Y-%m-%d"),
            facts.tld,
            expires.strftime("%Y-%m-%d")
        ))
    }

    /// The class to name, for a name with a price of its own: only when the price is the one that was paid.
    async fn class(
        &self,
        world: &Domains,
        account: &Account,
        class: Option<String>,
        talk: &Talk,
    ) -> Result<Option<String>, Refusal> {
        let Some(class) = class.filter(|class| premium::is_premium(class)) else {
            return Ok(None);
        };
        let price = world
            .premium_price(account, &class, premium::Kind::Renew, talk)
            .await
            .map_err(|error| not_read(&error))?;
        premium::agrees(&self.premium, &self.name, price.amount, &price.currency)
            .map_err(Refusal::lasting)?;
        Ok(Some(class))
    }

    /// The rest is ordered again in a day; WHMCS's activity log hears of it once.
    fn later(&self) -> Vec<NewJob> {
        let again = Self {
            too_early: self.too_early + 1,
            ..self.clone()
        };
        let mut jobs = vec![afterwards::rest_again(&again)];
        if self.too_early == 0 {
            jobs.push(tell_whmcs::rest_waits(self));
        }
        jobs
    }

    fn not_here(&self) -> Refusal {
        Refusal::lasting(format!("{} is not in this account.", self.name))
    }
}

/// Taken from its owner, not yet from the registry.
pub(crate) fn is_deleted(status: &DomainStatus) -> bool {
    matches!(
        status.state,
        DomainState::PendingDelete | DomainState::Deleted
    )
}

fn is_being_restored(word: &str) -> bool {
    let word = word.to_ascii_uppercase();
    word.contains("RESTORE") && (word.contains("PENDING") || word.contains("REQUESTED"))
}

/// How the domain stands, for a wish that is new. A registrar that is away does not stop the wish: it is then
/// measured by what was known last.
pub(crate) async fn standing(
    world: &Domains,
    account: &Account,
    name: &DomainName,
    known: Option<Date>,
) -> Result<Before, DomainsError> {
    let talk = Talk::until(Deadline::after(LOOK));
    let error = match reads::read(account, name, &talk).await {
        Ok(found) => return Ok(Before::of(&found)),
        Err(error) if !error.is_outage() => return Err(error.into()),
        Err(error) => error,
    };
    let last = world.reads.last(account, name).await?;
    match (known, last) {
        // That it is deleted is for the registrar to say: WHMCS counts days.
        (Some(known), _) => Ok(Before {
            expires: Some(known),
            ..Before::default()
        }),
        (None, Some(found @ Found::Ours(_))) => Ok(Before::of(&found)),
        _ => Err(error.into()),
    }
}

/// Whether it was refused because of the day on which it was asked for.
pub(crate) fn is_not_now(refusal: &Refusal) -> bool {
    refusal.reason.contains(NOT_NOW)
}

const NOT_NOW: &str = "It cannot be renewed today";
/// Days for which a rest is ordered again and again: longer than any term leaves between two windows.
const MOST_TRIES: u32 = 3_660;
const A_DAY_S: i64 = 24 * 60 * 60;
/// Ends of terms are not exactly years apart.
const SLACK_DAYS: i64 = 40;
const REPEATED_MS: i64 = 2 * 60 * 60 * 1_000;
const SETTLE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_secs(8);
const ENOUGH: i64 = 100;
