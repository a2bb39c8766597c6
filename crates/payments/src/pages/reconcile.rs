//! Comparisons of our books with WHMCS's: what the last ones found.

use std::collections::BTreeMap;

use askama::Template;

use super::list::{Cell, Column, Table};
use super::{Fragment, Look, PageError, Words, rendered};
use crate::{Finding, Payments, Reconciliation};

impl Payments {
    /// `/staff/reconcile`
    pub async fn reconcile_page(&self, look: &Look<'_>) -> Result<Fragment, PageError> {
        let words = self.words(look, None).await?;
        let runs = self.reconciliations(SHOWN).await?;
        let last = runs.first();
        let findings = last.into_iter().flat_map(Reconciliation::findings);
        let asked = self.items_of(findings).await?;
        let page = ReconcilePage {
            t: words,
            csrf: look.csrf,
            may: look.may_decide,
            clean: last.is_some_and(Reconciliation::is_clean),
            trouble: last
                .and_then(|run| run.trouble.as_deref())
                .map(|trouble| words.said(trouble))
                .unwrap_or_default(),
            findings: last
                .filter(|run| run.findings().next().is_some())
                .map(|run| findings_table(words, run.findings(), &asked).html(look))
                .unwrap_or_default(),
            runs: runs_table(words, &runs).html(look),
        };
        Ok(Fragment {
            title: words.text("reconcile").to_owned(),
            html: rendered(&page),
        })
    }

    /// The differences that the last comparison found.
    pub async fn reconcile_csv(&self, look: &Look<'_>) -> Result<String, PageError> {
        let runs = self.reconciliations(1).await?;
        let findings = runs.iter().flat_map(Reconciliation::findings);
        let table = findings_table(look.words(), findings, &BTreeMap::new());
        Ok(table.csv_head() + &table.csv_rows())
    }
}

fn runs_table(words: Words, runs: &[Reconciliation]) -> Table {
    let count = |found: usize| Cell::code(found.to_string());
    Table {
        columns: vec![
            Column::new(words, "started_at"),
            Column::new(words, "store"),
            Column::number(words, "checked_clients"),
            Column::number(words, "checked_credits"),
            Column::number(words, "missing"),
            Column::number(words, "unknown"),
            Column::number(words, "double"),
            Column::number(words, "differing"),
            Column::number(words, "unchecked"),
        ],
        rows: runs
            .iter()
            .map(|run| {
                let store = run.store.clone();
                vec![
                    Cell::time(words, run.started_at),
                    Cell::text(store.unwrap_or_else(|| words.text("all").to_owned())),
                    Cell::code(run.checked_clients.to_string()),
                    Cell::code(run.checked_credits.to_string()),
                    count(run.missing_in_whmcs.len()),
                    count(run.unknown_in_wharf.len()),
                    count(run.double.len()),
                    count(run.differing.len()),
                    Cell::code(run.unchecked_clients.to_string()),
                ]
            })
            .collect(),
        empty: words.text("reconcile_empty").to_owned(),
    }
}

/// `asked`: the review item of each, by what it is about, and whether it still waits.
fn findings_table<'a>(
    words: Words,
    findings: impl Iterator<Item = &'a Finding>,
    asked: &BTreeMap<String, (String, bool)>,
) -> Table {
    Table {
        columns: vec![
            Column::new(words, "difference"),
            Column::new(words, "client"),
            Column::new(words, "operator_id"),
            Column::number(words, "in_whmcs"),
            Column::number(words, "in_wharf"),
            Column::new(words, "site"),
            Column::new(words, "wallet"),
            Column::new(words, "decide"),
            Column::only_csv("rows"),
        ],
        rows: findings
            .map(|finding| {
                let number = Cell::code(finding.operator_id.clone());
                vec![
                    Cell::text(words.of("finding", &finding.kind)).in_csv(finding.kind.clone()),
                    Cell::code(finding.client.to_string()),
                    match &finding.transfer {
                        Some(id) => number.to(format!("/staff/transfers/{id}")),
                        None => number,
                    },
                    in_whmcs(words, finding.amount.as_deref(), &finding.rows),
                    told(finding.expected.as_deref()),
                    Cell::text(finding.site.clone()),
                    Cell::text(finding.wallet.clone().unwrap_or_default()),
                    match asked.get(&finding.subject()) {
                        Some((item, open)) => {
                            Cell::text(words.text(if *open { "decide_now" } else { "decided" }))
                                .to(format!("/staff/review/{item}"))
                                .in_csv("")
                        }
                        None => Cell::default(),
                    },
                    Cell::text(numbers(&finding.rows).join(" ")),
                ]
            })
            .collect(),
        empty: words.text("reconcile_clean").to_owned(),
    }
}

/// What WHMCS has; of several rows each, with how many there are and which.
pub(super) fn in_whmcs(words: Words, amount: Option<&str>, rows: &[(i64, String)]) -> Cell {
    if rows.is_empty() {
        return told(amount);
    }
    let amounts: Vec<&str> = rows.iter().map(|(_, amount)| amount.as_str()).collect();
    let count = rows.len().to_string();
    let ids = numbers(rows).join(", ");
    Cell::code(amounts.join(" + "))
        .with_note(words.fill("in_rows", &[("count", &count), ("rows", &ids)]))
        .in_csv(amount.unwrap_or_default())
}

fn numbers(rows: &[(i64, String)]) -> Vec<String> {
    rows.iter().map(|(row, _)| row.to_string()).collect()
}

/// An amount, or that there is none.
pub(super) fn told(amount: Option<&str>) -> Cell {
    match amount {
        Some(amount) => Cell::code(amount),
        None => Cell::code("–").in_csv(""),
    }
}

#[derive(Template)]
#[template(path = "staff/reconcile.html")]
struct ReconcilePage<'a> {
    t: Words,
    csrf: &'a str,
    may: bool,
    clean: bool,
    trouble: String,
    findings: String,
    runs: String,
}

const SHOWN: i64 = 20;
