//! What becomes of the differences that a comparison found: each is asked about once, and what a person has
//! settled is left out of the comparisons that follow.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use wharf_core::Clock;
use wharf_store::StoreError;

use super::booking::CONFLICT;
use super::reconcile::{DOUBLE, Finding, MISSING, Reconciliation, UNKNOWN};
use crate::Payments;
use crate::tables::credits::{Client, Direction};
use crate::tables::reviews::{self, NewReview, Review, ReviewState};
use crate::tables::{Db, audit, reconciliations, stores};

impl Finding {
    /// The difference, for people.
    pub fn in_words(&self) -> String {
        let amount = |amount: &Option<String>| amount.clone().unwrap_or_default();
        let (there, ours) = (amount(&self.amount), amount(&self.expected));
        let rows: Vec<String> = self
            .rows
            .iter()
            .map(|(row, amount)| format!("{amount} in row {row}"))
            .collect();
        let rows = match rows.len() {
            0 => String::new(),
            count => format!(": {count} times, {}", rows.join(", ")),
        };
        match self.kind.as_str() {
            MISSING if self.removal => {
                format!("Wharf took a credit back ({ours}), and WHMCS does not have that")
            }
            DOUBLE if self.removal => {
                format!(
                    "Wharf took a credit back once ({ours}), and WHMCS did more than once{rows}"
                )
            }
            UNKNOWN if self.removal => {
                format!("WHMCS took a credit back ({there}), and Wharf did not ask for that")
            }
            _ if self.removal => {
                format!("Wharf took a credit back ({ours}), and WHMCS has {there}")
            }
            MISSING => format!("Wharf credited {ours}, and WHMCS does not have it"),
            DOUBLE => format!("Wharf credited {ours} once, and WHMCS has it more than once{rows}"),
            UNKNOWN => format!("WHMCS has {there} that Wharf did not credit"),
            _ => format!("Wharf credited {ours}, and WHMCS has {there}"),
        }
    }

    /// What its review item is about: our transfer, or the row of WHMCS that is of none.
    pub(crate) fn subject(&self) -> String {
        match &self.transfer {
            Some(transfer) if self.removal => format!("transfer/{transfer}/removal"),
            Some(transfer) => format!("transfer/{transfer}"),
            None => format!("credit/{}/{}", self.site, self.row.unwrap_or_default()),
        }
    }

    /// The word for it, and for the sentence that tells it.
    fn reason(&self) -> &'static str {
        match self.kind.as_str() {
            MISSING if self.removal => "books_removal_missing",
            DOUBLE if self.removal => "books_removal_double",
            UNKNOWN if self.removal => "books_removal_unknown",
            _ if self.removal => "books_removal_differing",
            MISSING => "books_missing",
            DOUBLE => "books_double",
            UNKNOWN => "books_unknown",
            _ => "books_differing",
        }
    }

    fn evidence(&self, reconciliation: &str) -> Value {
        json!({
            "found": self.kind,
            "removal": self.removal,
            "site": self.site,
            "client": self.client,
            "number": self.operator_id,
            "row": self.row,
            "rows": self.rows,
            "whmcs": self.amount,
            "wharf": self.expected,
            "description": self.description,
            "reconciliation": reconciliation,
        })
    }

    /// Whether an item asks about this very difference; about the same money there may be another one later.
    fn is_of(&self, item: &Review) -> bool {
        let said = |name: &str| item.evidence.get(name);
        said("found").and_then(Value::as_str) == Some(self.kind.as_str())
            && said("row").and_then(Value::as_i64) == self.row
            && said("whmcs").and_then(Value::as_str) == self.amount.as_deref()
            && said("wharf").and_then(Value::as_str) == self.expected.as_deref()
            // Items of before did not say them.
            && said("rows").is_none_or(|rows| *rows == json!(self.rows))
    }
}

impl Payments {
    /// The review item of each finding, by what it is about, and whether it still waits.
    pub(crate) async fn items_of<'a>(
        &self,
        findings: impl Iterator<Item = &'a Finding>,
    ) -> Result<BTreeMap<String, (String, bool)>, StoreError> {
        let mut db = self.store.pool().acquire().await?;
        let mut found = BTreeMap::new();
        for finding in findings {
            let subject = finding.subject();
            let items = reviews::about(&mut db, &subject, CONFLICT).await?;
            if let Some(item) = items
                .iter()
                .rev()
                .find(|item| item.is_undecided() || finding.is_of(item))
            {
                found.insert(subject, (item.id.clone(), item.is_undecided()));
            }
        }
        Ok(found)
    }

    /// Writes a comparison down, and asks about what it found.
    pub(super) async fn keep_comparison(&self, found: &Reconciliation) -> Result<(), StoreError> {
        let clock = self.store.clock();
        let mut tx = self.store.begin().await?;
        reconciliations::insert(&mut tx, found).await?;
        tx.commit().await?;
        let stores = match &found.store {
            Some(store) => BTreeSet::from([store.clone()]),
            None => found
                .findings()
                .filter_map(|finding| finding.store.clone())
                .collect(),
        };
        // Never two stores' turns at once.
        for store in &stores {
            self.ask_about_findings(found, store).await?;
        }
        let mut tx = self.store.begin().await?;
        let detail = format!(
            "{} credits of {} clients compared: {} missing, {} unknown, {} double, {} differing, {} clients unchecked",
            found.checked_credits,
            found.checked_clients,
            found.missing_in_whmcs.len(),
            found.unknown_in_wharf.len(),
            found.double.len(),
            found.differing.len(),
            found.unchecked_clients
        );
        let (store, subject) = (
            found.store.as_deref().unwrap_or_default(),
            format!("reconciliation/{}", found.id),
        );
        audit::note(&mut tx, clock, store, &subject, "reconciled", &detail).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn ask_about_findings(
        &self,
        found: &Reconciliation,
        store: &str,
    ) -> Result<(), StoreError> {
        let clock = self.store.clock();
        let mut tx = self.store.begin().await?;
        stores::take_turn(&mut tx, store).await?;
        let of_store = |finding: &&Finding| finding.store.as_deref() == Some(store);
        for finding in found.findings().filter(of_store) {
            let item = NewReview {
                store,
                transfer: finding.transfer.as_deref(),
                message: None,
                claim: None,
                kind: CONFLICT,
                reason: finding.reason(),
                evidence: finding.evidence(&found.id),
            };
            let subject = finding.subject();
            if reviews::open_about(&mut tx, clock, &subject, &item).await? {
                let kind = &finding.kind;
                audit::note(&mut tx, clock, store, &subject, "differs from WHMCS", kind).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }
}

/// Whether a person has said of this very difference that it stays, or was put right.
pub(super) async fn is_settled(db: &mut Db, finding: &Finding) -> Result<bool, StoreError> {
    let items = reviews::about(db, &finding.subject(), CONFLICT).await?;
    let settled = |item: &Review| {
        let decided = [ReviewState::Approved, ReviewState::Rejected].contains(&item.state);
        decided && finding.is_of(item)
    };
    Ok(items.iter().any(settled))
}

/// Whether what an open item asks about is not so any more, now that a client's rows were read. `seen`: the
/// transfers whose credit, or its being taken back, is there once and whole.
pub(super) fn is_over(
    item: &Review,
    client: &Client,
    seen: &[(String, Direction)],
    has_row: impl Fn(i64) -> bool,
) -> bool {
    let number = |name: &str| item.evidence.get(name).and_then(Value::as_i64);
    let site = item.evidence.get("site").and_then(Value::as_str);
    // What came up while a credit was booked names no client: only a person can tell of it.
    let direction = match item.evidence.get("removal").and_then(Value::as_bool) {
        Some(true) => Direction::Remove,
        _ => Direction::Add,
    };
    let about_him = site == Some(client.site.as_str()) && number("client") == Some(client.client);
    about_him
        && match &item.transfer {
            Some(transfer) => seen.contains(&(transfer.clone(), direction)),
            None => !number("row").is_some_and(has_row),
        }
}

/// The difference is gone: nobody needs to decide.
pub(super) async fn release(db: &mut Db, clock: &Clock, item: &Review) -> Result<(), StoreError> {
    if reviews::close(db, item, ReviewState::Released, clock.now_ms()).await? {
        let (store, subject) = (&item.store, &item.subject);
        audit::note(db, clock, store, subject, "released", &item.kind).await?;
    }
    Ok(())
}
