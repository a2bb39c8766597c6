//! Comparing our books with WHMCS's: every credit of ours is there once, and every credit there that looks
//! like ours is one of ours.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wharf_core::{Deadline, Money, id};
use wharf_store::{JobFailure, NewJob, StoreError};
use wharf_whmcs::api;

use super::booking::{CONFLICT, TOLD};
use super::differences::{is_over, is_settled, release};
use super::token::{Token, is_explained, is_since, named, named_reversal};
use crate::Payments;
use crate::news::A_MONTH;
use crate::tables::credits::{self, Client, CreditRow, Direction};
use crate::tables::reviews::{self, Review};
use crate::tables::{reconciliations, stores};

pub(crate) const RECONCILE_JOB: &str = "payments.reconcile";

/// What a comparison found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reconciliation {
    pub id: String,
    /// `None`: all stores.
    pub store: Option<String>,
    /// Epoch milliseconds, as the following.
    pub since: i64,
    pub started_at: i64,
    pub ended_at: i64,
    pub checked_clients: i64,
    pub checked_credits: i64,
    /// Credits of ours that WHMCS does not have.
    pub missing_in_whmcs: Vec<Finding>,
    /// Rows of WHMCS that look like ours and are not.
    pub unknown_in_wharf: Vec<Finding>,
    /// Credits that WHMCS has more than once.
    pub double: Vec<Finding>,
    /// Credits that WHMCS has with another amount.
    pub differing: Vec<Finding>,
    /// Clients that could not be looked at.
    pub unchecked_clients: i64,
    /// Why not.
    pub trouble: Option<String>,
}

/// One difference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub kind: String,
    pub site: String,
    pub client: i64,
    pub store: Option<String>,
    pub wallet: Option<String>,
    /// The operator's transaction number.
    pub operator_id: String,
    pub transfer: Option<String>,
    /// The row in WHMCS.
    pub row: Option<i64>,
    /// What WHMCS has.
    pub amount: Option<String>,
    /// Where it has several: each row and its amount.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<(i64, String)>,
    /// What Wharf credited.
    pub expected: Option<String>,
    /// What a credit that is booked by hand must say for the next comparison to know it.
    #[serde(default)]
    pub description: Option<String>,
    /// Whether it is about a credit that was taken back; its amounts are negative then.
    #[serde(default)]
    pub removal: bool,
}

impl Reconciliation {
    pub fn is_clean(&self) -> bool {
        self.findings().next().is_none() && self.unchecked_clients == 0
    }

    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        let lists = [
            &self.missing_in_whmcs,
            &self.unknown_in_wharf,
            &self.double,
            &self.differing,
        ];
        lists.into_iter().flatten()
    }

    pub(crate) fn add(&mut self, finding: Finding) {
        match finding.kind.as_str() {
            MISSING => self.missing_in_whmcs.push(finding),
            UNKNOWN => self.unknown_in_wharf.push(finding),
            DOUBLE => self.double.push(finding),
            _ => self.differing.push(finding),
        }
    }
}

impl Payments {
    /// Compares the last five weeks, of one store or of all. One call of WHMCS for each client that was
    /// credited, and one for each credit that was booked as a transaction. What it finds is kept.
    pub async fn reconcile(&self, store: Option<&str>) -> Result<Reconciliation, StoreError> {
        self.compare(store, Deadline::after(BY_HAND)).await
    }

    /// The comparisons that were made, newest first.
    pub async fn reconciliations(&self, limit: i64) -> Result<Vec<Reconciliation>, StoreError> {
        reconciliations::list(self.store.pool(), limit).await
    }

    /// The nightly handler. The next night's comes first: whatever becomes of this one.
    pub(crate) async fn reconcile_job(&self, _: Value) -> Result<(), JobFailure> {
        let later = |error: StoreError| JobFailure::Later(error.to_string());
        self.plan_reconciliation().await.map_err(later)?;
        let found = self
            .compare(None, Deadline::after(BY_NIGHT))
            .await
            .map_err(later)?;
        if let Some(trouble) = found.trouble {
            tracing::warn!(
                unchecked = found.unchecked_clients,
                trouble,
                "not all credits were compared"
            );
        }
        Ok(())
    }

    /// Sees to it that the next nightly comparison is planned; once however many nodes do it.
    pub(crate) async fn plan_reconciliation(&self) -> Result<(), StoreError> {
        let now = self.store.clock().now_ms();
        let next = (now - AT_NIGHT).div_euclid(A_DAY) * A_DAY + A_DAY + AT_NIGHT;
        let job = NewJob::new(RECONCILE_JOB, json!({}))
            .once(format!("{RECONCILE_JOB}/{next}"))
            .after(Duration::from_millis(
                u64::try_from(next - now).unwrap_or(0),
            ));
        let mut tx = self.store.begin().await?;
        self.store.jobs().enqueue(&mut tx, job).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn compare(
        &self,
        store: Option<&str>,
        deadline: Deadline,
    ) -> Result<Reconciliation, StoreError> {
        let clock = self.store.clock();
        let started_at = clock.now_ms();
        let mut found = Reconciliation {
            id: id::new_id(clock),
            store: store.map(str::to_owned),
            since: started_at - WINDOW,
            started_at,
            ..Reconciliation::default()
        };
        let mut db = self.store.pool().acquire().await?;
        let clients = credits::clients_since(&mut db, store, found.since).await?;
        let asked = reviews::open_of_kind(&mut db, CONFLICT).await?;
        drop(db);
        for client in clients {
            let looked = if deadline.is_over() {
                Err("there was no time for all; the others come first next time".to_owned())
            } else {
                self.compare_client(&client, store, &asked, &mut found)
                    .await?
            };
            match looked {
                Ok(()) => found.checked_clients += 1,
                Err(why) => {
                    found.unchecked_clients += 1;
                    found.trouble.get_or_insert(why);
                }
            }
        }
        found.ended_at = clock.now_ms();
        self.keep_comparison(&found).await?;
        Ok(found)
    }

    /// The inner error is why WHMCS could not be asked.
    async fn compare_client(
        &self,
        client: &Client,
        store: Option<&str>,
        asked: &[Review],
        found: &mut Reconciliation,
    ) -> Result<Result<(), String>, StoreError> {
        let rows = match self
            .till
            .credits(&client.site, client.client, client.currency)
            .await
        {
            Ok(rows) => rows,
            Err(error) => {
                let mut db = self.store.pool().acquire().await?;
                let ours = credits::of_client(&mut db, &client.site, client.client).await?;
                // Who is gone and never was credited has nothing to compare.
                let nothing = ours.is_empty() && error.is_about_no_client();
                return Ok(if nothing {
                    Ok(())
                } else {
                    Err(error.in_words())
                });
            }
        };
        let mut db = self.store.pool().acquire().await?;
        // After WHMCS was read: what was booked since then is in our books or on its way.
        let ours = credits::of_client(&mut db, &client.site, client.client).await?;
        let on_its_way = OnTheirWay {
            credits: credits::numbers_on_their_way(&mut db, client.client).await?,
            removals: credits::removals_on_their_way(&mut db, &client.site, client.client).await?,
        };
        drop(db);
        let (mut seen, mut findings) = (Vec::new(), Vec::new());
        let mut used = BTreeSet::new();
        for credit in &ours {
            let wanted = credit.ended_at >= found.since
                && credit.ended_at < found.started_at
                && store.is_none_or(|store| store == credit.store);
            if !wanted {
                continue;
            }
            let booked = match self.booked(client, credit, &rows, &used).await {
                Ok(booked) => booked,
                Err(why) => return Ok(Err(why)),
            };
            if credit.way != ADD_TRANSACTION {
                used.extend(booked.iter().map(|(row, _)| *row));
            }
            found.checked_credits += 1;
            let amount = |minor: i64| Money::new(minor, client.currency).to_string();
            let mut rows: Vec<_> = booked
                .iter()
                .filter(|_| booked.len() > 1)
                .map(|(row, minor)| (*row, amount(*minor)))
                .collect();
            rows.sort();
            match judge(credit, &booked) {
                Some(kind) => findings.push(Finding {
                    removal: credit.direction == Direction::Remove,
                    kind: kind.to_owned(),
                    site: client.site.clone(),
                    client: client.client,
                    store: Some(credit.store.clone()),
                    wallet: Some(credit.wallet.clone()),
                    operator_id: credit.operator_id.clone(),
                    transfer: Some(credit.transfer.clone()),
                    row: booked.first().map(|(row, _)| *row),
                    amount: booked.first().map(|(_, minor)| amount(*minor)),
                    rows,
                    expected: signed(credit).map(amount),
                    description: Some(description(credit)).filter(|_| booked.is_empty()),
                }),
                None => seen.push((credit.transfer.clone(), credit.direction)),
            }
        }
        for row in &rows {
            if let Some(finding) = stranger(client, row, &ours, &on_its_way, found.since) {
                let elsewhere = finding.store.as_deref().zip(store);
                if elsewhere.is_none_or(|(its, asked)| its == asked) {
                    findings.push(finding);
                }
            }
        }
        let (clock, now) = (self.store.clock(), self.store.clock().now_ms());
        let mut tx = self.store.begin().await?;
        for mut finding in findings {
            if is_settled(&mut tx, &finding).await? {
                continue;
            }
            // A row may name a store that is none of ours: then it is for who credited this client.
            let named = finding.store.as_deref().unwrap_or_default();
            if stores::by_id_in(&mut tx, named).await?.is_none() {
                finding.store = ours.first().map(|credit| credit.store.clone());
            }
            found.add(finding);
        }
        let has_row = |row: i64| rows.iter().any(|one| one.id == row);
        for item in asked
            .iter()
            .filter(|item| is_over(item, client, &seen, has_row))
        {
            release(&mut tx, clock, item).await?;
        }
        for (transfer, _) in &seen {
            credits::seen(&mut tx, transfer, now).await?;
        }
        tx.commit().await?;
        Ok(Ok(()))
    }

    /// Row and amount of what WHMCS has of a credit, or of its being taken away.
    async fn booked(
        &self,
        client: &Client,
        credit: &CreditRow,
        rows: &[api::CreditRow],
        used: &BTreeSet<i64>,
    ) -> Result<Vec<(i64, i64)>, String> {
        let token = token(credit);
        let is_told = credit.note.as_deref() == Some(TOLD);
        if credit.way == ADD_TRANSACTION {
            let number = token.number();
            let rows = self
                .till
                .transactions(&client.site, &number, client.currency)
                .await
                .map_err(|error| error.in_words())?;
            let booked: Vec<_> = rows
                .iter()
                .filter(|row| row.number.trim() == number)
                .map(|row| (row.id, row.amount_in.minor))
                .collect();
            if !booked.is_empty() || !is_told {
                return Ok(booked);
            }
        }
        let is_it = |row: &&api::CreditRow| match credit.direction {
            Direction::Add => row.amount.is_positive() && token.is_in(&row.description),
            Direction::Remove => row.amount.minor < 0 && token.is_reversed_in(&row.description),
        };
        let amount = |row: &api::CreditRow| (row.id, row.amount.minor);
        let booked: Vec<_> = rows.iter().filter(is_it).map(amount).collect();
        if !booked.is_empty() || !is_told {
            return Ok(booked);
        }
        // Somebody has found it as it was booked by hand.
        let by_hand = |row: &&api::CreditRow| {
            Some(row.amount.minor) == credit.amount
                && named(&row.description).is_none()
                && !is_explained(row)
                && !used.contains(&row.id)
                && is_since(row, credit.ended_at - A_MONTH)
        };
        Ok(rows.iter().find(by_hand).map(amount).into_iter().collect())
    }
}

fn token(credit: &CreditRow) -> Token<'_> {
    Token {
        store: &credit.store,
        wallet: &credit.wallet,
        operator_id: &credit.operator_id,
    }
}

/// What a person writes who books it by hand: a credit's description, or a transaction's number.
fn description(credit: &CreditRow) -> String {
    let token = token(credit);
    match credit.direction {
        _ if credit.way == ADD_TRANSACTION => token.number(),
        Direction::Add => token.payment(),
        Direction::Remove => token.reversal(),
    }
}

/// As WHMCS has it: what is taken away is negative.
fn signed(credit: &CreditRow) -> Option<i64> {
    credit.amount.map(|minor| match credit.direction {
        Direction::Add => minor,
        Direction::Remove => -minor,
    })
}

/// The operators' numbers of what has not come to its end.
#[derive(Default)]
struct OnTheirWay {
    credits: BTreeSet<String>,
    removals: BTreeSet<String>,
}

/// `None`: it is there once, and whole.
fn judge(credit: &CreditRow, booked: &[(i64, i64)]) -> Option<&'static str> {
    match booked {
        [] => Some(MISSING),
        [(_, minor)] if Some(*minor) == signed(credit) => None,
        [_] => Some(DIFFERING),
        _ => Some(DOUBLE),
    }
}

/// A row of the time that looks like a credit of ours, or like its being taken back, and that none of our books knows.
fn stranger(
    client: &Client,
    row: &api::CreditRow,
    ours: &[CreditRow],
    on_its_way: &OnTheirWay,
    since: i64,
) -> Option<Finding> {
    let removal = row.amount.minor < 0;
    let (name, direction, on_its_way) = if removal {
        let name = named_reversal(&row.description)?;
        (name, Direction::Remove, &on_its_way.removals)
    } else {
        let name = named(&row.description).filter(|_| row.amount.is_positive())?;
        (name, Direction::Add, &on_its_way.credits)
    };
    let recent = row.date.is_none_or(|day| {
        let midnight = day.to_zoned(jiff::tz::TimeZone::UTC);
        midnight.is_ok_and(|midnight| midnight.timestamp().as_millisecond() >= since)
    });
    let known = ours.iter().any(|credit| {
        credit.direction == direction
            && credit.operator_id == name.operator_id
            && name
                .origin
                .is_none_or(|origin| origin == (credit.store.as_str(), credit.wallet.as_str()))
    });
    if !recent || known || on_its_way.contains(name.operator_id) {
        return None;
    }
    Some(Finding {
        kind: UNKNOWN.to_owned(),
        site: client.site.clone(),
        client: client.client,
        store: name.origin.map(|(store, _)| store.to_owned()),
        wallet: name.origin.map(|(_, wallet)| wallet.to_owned()),
        operator_id: name.operator_id.to_owned(),
        transfer: None,
        row: Some(row.id),
        amount: Some(row.amount.to_string()),
        removal,
        ..Finding::default()
    })
}

pub(crate) const MISSING: &str = "missing";
pub(crate) const UNKNOWN: &str = "unknown";
pub(crate) const DOUBLE: &str = "double";
pub(crate) const DIFFERING: &str = "differing";
const ADD_TRANSACTION: &str = "add_transaction";
const A_DAY: i64 = 24 * 3_600_000;
const WINDOW: i64 = 35 * A_DAY;
/// Of the day, UTC.
const AT_NIGHT: i64 = 2 * 3_600_000 + 40 * 60_000;
/// Within a job's lease.
const BY_NIGHT: Duration = Duration::from_secs(150);
const BY_HAND: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use wharf_core::Currency;

    use super::*;
    use crate::tables::credits::CreditState;

    fn credit(operator_id: &str) -> CreditRow {
        CreditRow {
            transfer: "t".into(),
            direction: Direction::Add,
            store: "nile".into(),
            site: "main".into(),
            wallet: "vf1".into(),
            operator_id: operator_id.into(),
            client: 7,
            currency: Some(Currency::USD),
            amount: Some(1_000),
            token: String::new(),
            way: "add_credit".into(),
            state: CreditState::Credited,
            whmcs_row: None,
            balance: None,
            note: None,
            ended_at: 0,
        }
    }

    #[test]
    fn a_credit_is_there_once_and_whole_or_it_is_a_finding() {
        let judged = |booked: &[(i64, i64)]| judge(&credit("1"), booked);
        assert_eq!(judged(&[(5, 1_000)]), None);
        assert_eq!(judged(&[]), Some(MISSING));
        assert_eq!(judged(&[(5, 999)]), Some(DIFFERING));
        assert_eq!(judged(&[(5, 1_000), (6, 1_000)]), Some(DOUBLE));
    }

    #[test]
    fn what_looks_like_ours_and_is_not_is_a_finding() {
        let client = Client {
            site: "main".into(),
            client: 7,
            currency: Currency::USD,
        };
        let strange_of = |minor: i64, text: &str, way: &[&str]| {
            let row = api::CreditRow {
                id: 3,
                date: "2026-09-03".parse().ok(),
                description: text.into(),
                amount: Money::new(minor, Currency::USD),
                related: None,
            };
            let numbers: BTreeSet<String> = way.iter().map(|id| (*id).to_owned()).collect();
            let way = OnTheirWay {
                credits: numbers.clone(),
                removals: numbers,
            };
            stranger(&client, &row, &[credit("023")], &way, 0).is_some()
        };
        let strange = |text: &str, way: &[&str]| strange_of(1_000, text, way);
        let taken = "VodafoneCash reversal - trans_id: 023 [b:nile/vf1]";
        assert!(strange_of(-1_000, taken, &[]), "nobody here asked for it");
        assert!(!strange_of(-1_000, taken, &["023"]));
        assert!(!strange_of(1_000, taken, &[]), "it takes nothing away");
        assert!(!strange(
            "VodafoneCash payment - trans_id: 023 [b:nile/vf1]",
            &[]
        ));
        assert!(!strange("VodafoneCash payment - trans_id: 023", &[]));
        assert!(strange(
            "VodafoneCash payment - trans_id: 023 [b:nile/vf2]",
            &[]
        ));
        assert!(strange(
            "VodafoneCash payment - trans_id: 0234 [b:nile/vf1]",
            &[]
        ));
        assert!(!strange(
            "VodafoneCash payment - trans_id: 0234 [b:nile/vf1]",
            &["0234"]
        ));
        assert!(!strange("Add Funds", &[]));
    }
}
