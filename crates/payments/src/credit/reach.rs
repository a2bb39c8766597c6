//! Whether a site's WHMCS can be reached, so that hundreds of waiting credits do not knock at a closed door,
//! and all go on as soon as one got through.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wharf_core::{Clock, Currency, Money};
use wharf_whmcs::ApiError;
use wharf_whmcs::api::{
    ClientDetails, CreditAdded, CreditApplied, CreditRow, DateFormat, Invoice, NewCredit,
    NewTransaction, OpenInvoices, TransactionRow,
};

use crate::till::{Asking, Till};

/// A till that remembers how its calls ended.
pub(crate) struct Reach {
    till: Arc<dyn Till>,
    clock: Clock,
    sites: Mutex<HashMap<String, Standing>>,
}

#[derive(Clone, Debug, Default)]
struct Standing {
    /// Calls in a row that did not get through.
    failures: u32,
    why: String,
    /// When the next caller may try; epoch milliseconds.
    next_at: i64,
    probes: u32,
    /// Got through again, and nobody has been told yet.
    returned: bool,
}

impl Standing {
    /// Between two tries at a closed door. Twice that bounds how late the first credit gets through once it
    /// is open again.
    fn pause(&self) -> Duration {
        FIRST_PROBE
            .saturating_mul(2_u32.saturating_pow(self.probes.min(8)))
            .min(LONGEST_PROBE)
    }
}

impl Reach {
    pub(crate) fn new(till: Arc<dyn Till>, clock: Clock) -> Self {
        Self {
            till,
            clock,
            sites: Mutex::default(),
        }
    }

    /// `None`: go on. Else the site was out of reach a moment ago, for this reason; somebody else tries, and
    /// the caller may come again after the pause.
    pub(crate) fn closed(&self, site: &str) -> Option<(String, Duration)> {
        let now = self.clock.now_ms();
        let mut sites = self.lock();
        let standing = sites.get_mut(site)?;
        if standing.failures < FAILURES {
            return None;
        }
        let pause = standing.pause();
        if standing.next_at <= now {
            standing.probes = standing.probes.saturating_add(1);
            standing.next_at = now + i64::try_from(pause.as_millis()).unwrap_or(0);
            return None;
        }
        Some((standing.why.clone(), pause * 2))
    }

    /// Whether the site got through again since this was last asked.
    pub(crate) fn has_returned(&self, site: &str) -> bool {
        let mut sites = self.lock();
        let returned = sites.get(site).is_some_and(|standing| standing.returned);
        if returned {
            sites.remove(site);
        }
        returned
    }

    fn note<T>(&self, site: &str, result: &Result<T, ApiError>) {
        let why = match result {
            Err(error @ (ApiError::NotSent { .. } | ApiError::Unknown { .. })) => error.in_words(),
            // A wrong address, say, stops every call; a lacking role only one kind of them.
            Err(error) if error.is_about_access() && !error.is_about_the_role() => error.in_words(),
            _ => {
                let mut sites = self.lock();
                if let Some(standing) = sites.get_mut(site) {
                    standing.returned |= standing.failures >= FAILURES;
                    standing.failures = 0;
                }
                return;
            }
        };
        let now = self.clock.now_ms();
        let mut sites = self.lock();
        let standing = sites.entry(site.to_owned()).or_default();
        standing.failures = standing.failures.saturating_add(1);
        standing.why = why;
        standing.returned = false;
        if standing.failures == FAILURES {
            tracing::warn!(site, why = standing.why, "WHMCS is out of reach");
            standing.probes = 0;
            standing.next_at = now + i64::try_from(FIRST_PROBE.as_millis()).unwrap_or(0);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Standing>> {
        self.sites.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn heard<'a, T: Send + 'a>(&'a self, site: &'a str, asking: Asking<'a, T>) -> Asking<'a, T> {
        Box::pin(async move {
            let result = asking.await;
            self.note(site, &result);
            result
        })
    }
}

impl Till for Reach {
    fn add_credit<'a>(&'a self, site: &'a str, credit: NewCredit) -> Asking<'a, CreditAdded> {
        self.heard(site, self.till.add_credit(site, credit))
    }

    fn remove_credit<'a>(&'a self, site: &'a str, credit: NewCredit) -> Asking<'a, CreditAdded> {
        self.heard(site, self.till.remove_credit(site, credit))
    }

    fn add_transaction<'a>(
        &'a self,
        site: &'a str,
        transaction: NewTransaction,
        format: DateFormat,
    ) -> Asking<'a, ()> {
        self.heard(site, self.till.add_transaction(site, transaction, format))
    }

    fn transactions<'a>(
        &'a self,
        site: &'a str,
        number: &'a str,
        currency: Currency,
    ) -> Asking<'a, Vec<TransactionRow>> {
        self.heard(site, self.till.transactions(site, number, currency))
    }

    fn date_format<'a>(&'a self, site: &'a str) -> Asking<'a, DateFormat> {
        self.heard(site, self.till.date_format(site))
    }

    fn credits<'a>(
        &'a self,
        site: &'a str,
        client: i64,
        currency: Currency,
    ) -> Asking<'a, Vec<CreditRow>> {
        self.heard(site, self.till.credits(site, client, currency))
    }

    fn apply_credit<'a>(
        &'a self,
        site: &'a str,
        invoice: i64,
        amount: Money,
    ) -> Asking<'a, CreditApplied> {
        self.heard(site, self.till.apply_credit(site, invoice, amount))
    }

    fn invoice<'a>(
        &'a self,
        site: &'a str,
        invoice: i64,
        currency: Currency,
    ) -> Asking<'a, Invoice> {
        self.heard(site, self.till.invoice(site, invoice, currency))
    }

    fn client<'a>(&'a self, site: &'a str, client: i64) -> Asking<'a, ClientDetails> {
        self.heard(site, self.till.client(site, client))
    }

    fn open_invoices<'a>(
        &'a self,
        site: &'a str,
        client: i64,
        currency: Currency,
    ) -> Asking<'a, OpenInvoices> {
        self.heard(site, self.till.open_invoices(site, client, currency))
    }
}

/// Calls in a row that fail before the site counts as out of reach: one lost answer is none.
const FAILURES: u32 = 3;
const FIRST_PROBE: Duration = Duration::from_secs(2);
const LONGEST_PROBE: Duration = Duration::from_secs(15);
