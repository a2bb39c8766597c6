//! What customers were offered.

use sqlx::Row as _;
use sqlx::any::AnyRow;
use wharf_core::{Currency, Money};
use wharf_store::StoreError;

use super::stores::StoreRow;
use super::{Db, currency, unreadable};
use crate::rates::Rate;

#[derive(Clone, Debug)]
pub(crate) struct Quote {
    pub id: String,
    pub store: String,
    pub wallet: String,
    pub site: String,
    pub client: i64,
    pub invoice: i64,
    pub due: Money,
    pub rate: Rate,
    /// What to send, in piastres.
    pub amount: i64,
    pub created_at: i64,
    pub expires_at: i64,
    pub problem: Option<Problem>,
}

/// Why the last claim on a quote was not taken, with what was typed.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub code: String,
    pub phone: String,
    pub transaction: String,
    pub at: i64,
}

impl Quote {
    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        let currency: Currency = currency(row, "currency")?.ok_or_else(|| unreadable("a quote"))?;
        let code: Option<String> = row.try_get("problem")?;
        let text = |column: &str| {
            row.try_get::<Option<String>, _>(column)
                .map(Option::unwrap_or_default)
        };
        let problem = match code {
            Some(code) => Some(Problem {
                code,
                phone: text("typed_phone")?,
                transaction: text("typed_transaction")?,
                at: row.try_get("problem_at")?,
            }),
            None => None,
        };
        Ok(Self {
            id: row.try_get("id")?,
            store: row.try_get("store")?,
            wallet: row.try_get("wallet")?,
            site: row.try_get("site")?,
            client: row.try_get("client")?,
            invoice: row.try_get("invoice")?,
            due: Money::new(row.try_get("due")?, currency),
            rate: row
                .try_get::<String, _>("rate")?
                .parse()
                .map_err(|_| unreadable("a rate"))?,
            amount: row.try_get("amount")?,
            created_at: row.try_get("created_at")?,
            expires_at: row.try_get("expires_at")?,
            problem,
        })
    }
}

pub(crate) async fn insert(db: &mut Db, quote: &Quote) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO payment_quotes (id, store, wallet, site, client, invoice, currency, due, rate, amount, created_at, \
         expires_at, problem_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0)",
    )
    .bind(&quote.id)
    .bind(&quote.store)
    .bind(&quote.wallet)
    .bind(&quote.site)
    .bind(quote.client)
    .bind(quote.invoice)
    .bind(quote.due.currency.as_str())
    .bind(quote.due.minor)
    .bind(quote.rate.to_string())
    .bind(quote.amount)
    .bind(quote.created_at)
    .bind(quote.expires_at)
    .execute(db)
    .await?;
    Ok(())
}

pub(crate) async fn by_id(db: &mut Db, id: &str) -> Result<Option<Quote>, StoreError> {
    let row = sqlx::query("SELECT * FROM payment_quotes WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(Quote::read).transpose()
}

/// The newest quote for exactly this due amount of an invoice.
pub(crate) async fn latest(
    db: &mut Db,
    store: &StoreRow,
    client: i64,
    invoice: i64,
    due: Money,
) -> Result<Option<Quote>, StoreError> {
    let row = sqlx::query(
        "SELECT * FROM payment_quotes WHERE site = $1 AND invoice = $2 AND store = $3 AND client = $4 AND currency = $5 \
         AND due = $6 ORDER BY created_at DESC, id DESC LIMIT 1",
    )
    .bind(&store.site)
    .bind(invoice)
    .bind(&store.id)
    .bind(client)
    .bind(due.currency.as_str())
    .bind(due.minor)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(Quote::read).transpose()
}

/// Keeps (or with `None` forgets) why a claim was not taken.
pub(crate) async fn set_problem(
    db: &mut Db,
    quote: &str,
    problem: Option<&Problem>,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE payment_quotes SET problem = $1, typed_phone = $2, typed_transaction = $3, problem_at = $4 WHERE id = $5",
    )
    .bind(problem.map(|problem| problem.code.clone()))
    .bind(problem.map(|problem| problem.phone.clone()))
    .bind(problem.map(|problem| problem.transaction.clone()))
    .bind(problem.map_or(0, |problem| problem.at))
    .bind(quote)
    .execute(db)
    .await?;
    Ok(())
}
