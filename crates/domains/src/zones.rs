//! What goes on behind an account, whoever looks or does not: its price list is kept fresh, and the registrar is asked
//! about extensions one at a time, a bounded number in a turn, those of the account's own domains first.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use wharf_core::{Clock, Deadline, DomainName, ErrorClass};
use wharf_registrar::{Cause, RegistrarError, Talk, ZoneFacts};
use wharf_store::{JobFailure, NewJob};

use crate::account::Account;
use crate::tables::portfolio;
use crate::tables::zones::{self as table, ZoneRow};
use crate::tell_whmcs::on;
use crate::tlds::Reported;
use crate::{Domains, DomainsError};

/// The account's next turn. Turns fall on fixed moments, so that however many processes and restarts ask for one, it
/// is taken once.
pub(crate) fn turn(clock: &Clock, site: &str, module: &str, after: Duration) -> NewJob {
    let now = clock.now_ms();
    let earliest = now.saturating_add(i64::try_from(after.as_millis()).unwrap_or(i64::MAX / 4));
    let slot = earliest.saturating_add(SLOT_MS - 1) / SLOT_MS;
    let wait = slot.saturating_mul(SLOT_MS).saturating_sub(now);
    NewJob::new(TURN, json!({ "site": site, "module": module }))
        .once(format!("{TURN}/{site}/{module}/{slot}"))
        .after(Duration::from_millis(u64::try_from(wait).unwrap_or(0)))
}

pub(crate) fn register(domains: &Arc<Domains>) {
    on(domains, TURN, |world, payload| async move {
        world.take_turn(&payload).await
    });
}

impl Domains {
    /// A turn that comes to nothing is no reason to leave out the next.
    async fn take_turn(&self, payload: &Value) -> Result<(), JobFailure> {
        let text = |field| payload.get(field).and_then(Value::as_str).unwrap_or("");
        let account = match self.accounts.of(text("site"), text("module")).await {
            Ok(account) => account,
            Err(error @ DomainsError::NoAccount { .. }) => {
                return Err(JobFailure::Never(error.to_string()));
            }
            Err(error) => return Err(JobFailure::Waiting(error.to_string())),
        };
        let pause = match self.look_after(&account).await {
            Ok(0) => LATER,
            Ok(_) => SOON,
            Err(error) => {
                tracing::info!(%error, account = account.id, "the registrar could not be asked about its extensions");
                // Who is shut out does not knock every ten minutes.
                match error.class() {
                    ErrorClass::Temporary | ErrorClass::Unknown => SOON,
                    _ => LATER,
                }
            }
        };
        let next = turn(self.store.clock(), &account.site, &account.module, pause);
        self.later(next)
            .await
            .map_err(|error| JobFailure::Later(error.to_string()))
    }

    /// The price list, then extensions; how many are left for the next turn.
    async fn look_after(&self, account: &Account) -> Result<usize, DomainsError> {
        self.load_books().await?;
        account.breaker.admit().map_err(|_| {
            DomainsError::NoAnswer("The registrar has not been answering".to_owned())
        })?;
        self.refresh_if_old(account).await?;
        let wanted = self.extensions_wanted(account).await?;
        let talk = Talk::until(Deadline::after(PATIENCE));
        let (turn, rest) = wanted.split_at(wanted.len().min(MOST));
        let asked: Vec<_> = turn
            .iter()
            .map(|tld| self.ask(account, tld, &talk))
            .collect();
        // Stops at the first one for which the registrar has no answer at all.
        let mut answers = stream::iter(asked).buffered(AT_ONCE);
        while let Some(answer) = answers.next().await {
            answer?;
        }
        Ok(rest.len())
    }

    /// Extensions of which nothing, or nothing new enough, is known: those of the account's domains, then those of its
    /// price list.
    async fn extensions_wanted(&self, account: &Account) -> Result<Vec<String>, DomainsError> {
        let pool = self.store.pool();
        let mut held: BTreeSet<String> = BTreeSet::new();
        let mut after = String::new();
        loop {
            let names = portfolio::names_after(pool, &account.id, &after, PAGE).await?;
            let Some(last) = names.last() else { break };
            after.clone_from(last);
            let tlds = names.iter().filter_map(|name| DomainName::parse(name).ok());
            held.extend(tlds.map(|name| self.tlds.of(&name).tld.clone()));
        }
        let since = self.store.clock().now_ms() - FRESH_MS;
        let mut seen: HashSet<String> = table::known_since(pool, &account.id, since)
            .await?
            .into_iter()
            .collect();
        let sold = self.known_book(account);
        let sold = sold.iter().flat_map(|book| book.items.iter());
        let sold = sold
            .filter(|item| item.register.is_some())
            .map(|item| item.tld.clone());
        let all = held.into_iter().chain(sold);
        Ok(all.filter(|tld| seen.insert(tld.clone())).collect())
    }

    async fn ask(&self, account: &Account, tld: &str, talk: &Talk) -> Result<(), DomainsError> {
        let Ok(probe) = DomainName::parse(&format!("{PROBE}.{tld}")) else {
            return Ok(());
        };
        let answer = account.registrar.zone(&probe, talk).await;
        account.breaker.record(
            answer
                .as_ref()
                .map_or_else(|error| !error.is_outage(), |_| true),
        );
        let reported = match answer {
            Ok(facts) => Some(reported(&facts)),
            Err(error) if is_about_the_name(&error) => None,
            Err(error) => return Err(error.into()),
        };
        let body = reported
            .as_ref()
            .and_then(|reported| serde_json::to_string(reported).ok());
        let row = ZoneRow {
            account: account.id.clone(),
            tld: tld.to_owned(),
            live: account.is_live(),
            body: body.unwrap_or_default(),
            taken_at: self.store.clock().now_ms(),
        };
        table::put(self.store.pool(), &row).await?;
        if let Some(reported) = reported {
            self.tlds.told_of(row.live, tld, reported);
        }
        Ok(())
    }

    /// What earlier runs were told.
    pub(crate) async fn load_zones(&self) -> Result<(), DomainsError> {
        for row in table::all(self.store.pool()).await? {
            if let Ok(reported) = serde_json::from_str(&row.body) {
                self.tlds.told_of(row.live, &row.tld, reported);
            }
        }
        Ok(())
    }
}

/// What is said of an extension only when it is asked about alone.
fn reported(facts: &ZoneFacts) -> Reported {
    Reported {
        explicit_renewal: facts.explicit_renewal,
        renewal_window_days: facts.payment_period_days.filter(|days| *days > 0),
        // Until the domain fails it is renewed at the ordinary price.
        grace_days: facts.failure_days.map(|days| days.max(0)),
        redemption_days: facts.restorable_days,
        lock: facts.lock,
        ..Reported::default()
    }
}

/// The registrar does not know the extension: asking again soon does not help.
fn is_about_the_name(error: &RegistrarError) -> bool {
    match error {
        RegistrarError::Refused { cause, .. } => !matches!(cause, Cause::Login | Cause::Forbidden),
        _ => false,
    }
}

const TURN: &str = "domains.look_after";
const SLOT_MS: i64 = 10 * 60 * 1_000;
/// Calls of one turn.
const MOST: usize = 100;
const AT_ONCE: usize = 4;
/// While extensions are left to ask about.
const SOON: Duration = Duration::from_secs(600);
/// When there are none: also how often the price list is read.
const LATER: Duration = Duration::from_secs(6 * 60 * 60);
/// After the account was seen: not while somebody waits for a page.
pub(crate) const FIRST: Duration = SOON;
const FRESH_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
const PATIENCE: Duration = Duration::from_secs(100);
const PAGE: i64 = 1_000;
/// Any label will do: the registrar answers for the extension.
const PROBE: &str = "example";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_asked_for_at_different_times_are_one() {
        let at = |seconds: i64| {
            Clock::fixed(jiff::Timestamp::from_second(1_800_000_000 + seconds).unwrap())
        };
        let (one, other) = (at(1), at(500));
        let early = turn(&one, "main", "wharf", FIRST);
        let late = turn(&other, "main", "wharf", FIRST);
        assert_eq!(early.dedupe_key, late.dedupe_key);
        assert_eq!(early.delay, Duration::from_secs(1_199));
        assert_eq!(late.delay, Duration::from_secs(700));
        let next = turn(&one, "main", "wharf", LATER);
        assert_ne!(next.dedupe_key, early.dedupe_key);
        assert!(next.delay >= LATER);
    }
}
