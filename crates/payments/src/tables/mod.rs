//! The rows of payments and the queries on them. Rules stand elsewhere.

pub(crate) mod audit;
pub(crate) mod bindings;
pub(crate) mod claims;
pub(crate) mod credits;
pub(crate) mod dashboard;
pub(crate) mod devices;
pub(crate) mod gaps;
pub(crate) mod links;
pub(crate) mod lists;
pub mod load;
pub(crate) mod messages;
pub(crate) mod nonces;
pub(crate) mod places;
pub(crate) mod quotes;
pub(crate) mod reconciliations;
pub(crate) mod removal;
pub(crate) mod reviews;
pub(crate) mod setup;
pub(crate) mod stores;
pub(crate) mod transfers;

use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;
use sqlx::Row as _;
use sqlx::any::AnyRow;
use wharf_core::{Currency, Phone};
use wharf_store::StoreError;

use crate::views::REASONS;

/// When the claim check of an unmodified module is answered `true`. That module marks an invoice paid on
/// `true`, whatever was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answers {
    /// Never: the money is credited, the customer applies it.
    #[default]
    CreditOnly,
    /// When the balance covers all unpaid invoices of the client.
    WhenCovered,
}

impl Answers {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::CreditOnly => "credit-only",
            Self::WhenCovered => "when-covered",
        }
    }
}

/// A connection, or the one of a transaction.
pub(crate) type Db = AnyConnection;

/// Whether people can be told of a reason in their language: one of the words, or a sentence.
pub(crate) fn is_known(reason: &str) -> bool {
    reason.contains(' ') || REASONS.contains(&reason)
}

/// Marks a place in a transaction; an earlier mark is forgotten.
pub(crate) async fn mark(db: &mut Db) -> Result<(), StoreError> {
    sqlx::raw_sql("SAVEPOINT mark").execute(db).await?;
    Ok(())
}

/// Undoes what was done since the [`mark()`].
pub(crate) async fn back_to_mark(db: &mut Db) -> Result<(), StoreError> {
    sqlx::raw_sql("ROLLBACK TO SAVEPOINT mark")
        .execute(db)
        .await?;
    Ok(())
}

fn currency(row: &AnyRow, column: &str) -> Result<Option<Currency>, StoreError> {
    let text: Option<String> = row.try_get(column)?;
    text.map(|code| code.parse().map_err(|_| unreadable("a currency")))
        .transpose()
}

fn phone(row: &AnyRow, column: &str) -> Result<Option<Phone>, StoreError> {
    let text: Option<String> = row.try_get(column)?;
    text.map(|number| Phone::canonical(&number).map_err(|_| unreadable("a phone number")))
        .transpose()
}

pub(crate) fn unreadable(what: &str) -> StoreError {
    StoreError::Stored {
        what: what.to_owned(),
        source: None,
    }
}

/// How the first id of what arrived since a time begins, if not earlier. Ids begin with the time at which they were
/// made (UUID version 7), which is after the arrival; so the primary key finds the rows.
pub(crate) fn first_id_since(ms: i64) -> String {
    first_id_of(ms - A_DAY)
}

/// How the first id of a millisecond begins (UUID version 7).
fn first_id_of(ms: i64) -> String {
    let digits = format!("{:012x}", ms.max(0));
    let (head, tail) = digits.split_at(8);
    format!("{head}-{tail}")
}

/// For phones whose clock is ahead of ours.
const A_DAY: i64 = 24 * 3_600_000;

#[cfg(test)]
mod tests {
    use super::*;
    use wharf_core::{Clock, id};

    #[test]
    fn ids_sort_by_their_time() {
        let at = |ms: i64| jiff::Timestamp::from_millisecond(ms).unwrap();
        for ms in [1_000, 1_790_000_000_000, 1_790_000_000_001] {
            let made = id::new_id(&Clock::fixed(at(ms)));
            assert!(
                first_id_of(ms) <= made && made < first_id_of(ms + 1),
                "{made}"
            );
        }
    }
}
