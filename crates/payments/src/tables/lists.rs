//! The lists that people look through. What narrows them is put together from constants; values are bound.

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row as _};
use wharf_core::{Country, Phone};
use wharf_store::StoreError;

use super::reviews::Review;
use super::{Db, first_id_since};
use crate::views::{
    AuditFilter, AuditView, ClaimFilter, ClaimView, MessageFilter, MessageView, RateView,
    ReviewFilter, TransferFilter, TransferView, UNREADABLE,
};

/// Conditions with their values.
#[derive(Default)]
struct Narrow {
    sql: String,
    values: Vec<Bound>,
}

enum Bound {
    Text(String),
    Number(i64),
}

impl Narrow {
    /// `?` in the condition stands for the value.
    fn by(&mut self, condition: &'static str, value: Bound) {
        self.values.push(value);
        let place = format!("${}", self.values.len());
        self.sql.push_str(if self.sql.is_empty() {
            " WHERE "
        } else {
            " AND "
        });
        self.sql.push_str(&condition.replace('?', &place));
    }

    fn text(&mut self, condition: &'static str, value: Option<&String>) {
        if let Some(value) = value
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
        {
            self.by(condition, Bound::Text(value.to_owned()));
        }
    }

    /// By a table's states. Of the `many` that ended as most do, the newest are found by their ids.
    fn state(&mut self, value: Option<&String>, many: &[&str]) {
        let condition = match value {
            Some(state) if many.contains(&state.trim()) => "CASE state WHEN ? THEN 1 END = 1",
            _ => "state = ?",
        };
        self.text(condition, value);
    }

    fn number(&mut self, condition: &'static str, value: Option<i64>) {
        if let Some(value) = value {
            self.by(condition, Bound::Number(value));
        }
    }

    /// `select` up to the table's name; newest first.
    async fn fetch(
        self,
        db: &mut Db,
        select: &'static str,
        limit: i64,
    ) -> Result<Vec<AnyRow>, StoreError> {
        let limit = if limit <= 0 { USUAL } else { limit.min(MOST) };
        let sql = format!("{select}{} ORDER BY id DESC LIMIT {limit}", self.sql);
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for value in self.values {
            query = match value {
                Bound::Text(text) => query.bind(text),
                Bound::Number(number) => query.bind(number),
            };
        }
        Ok(query.fetch_all(db).await?)
    }
}

/// What is found exactly; where nothing is, those whose number or phone ends so, or whose payer's name has it.
pub(crate) async fn transfers(
    db: &mut Db,
    filter: &TransferFilter,
) -> Result<Vec<TransferView>, StoreError> {
    const SELECT: &str = "SELECT * FROM payment_transfers";
    let mut narrow = narrowed(filter);
    let text = sought(filter.text.as_ref());
    narrow.text(
        "id IN (SELECT id FROM payment_transfers WHERE store IN (SELECT id FROM payment_stores) AND operator_id = ? \
         UNION SELECT id FROM payment_transfers WHERE store IN (SELECT id FROM payment_stores) AND phone = ? \
         UNION SELECT id FROM payment_transfers WHERE id = ?)",
        text.as_ref(),
    );
    let mut rows = narrow.fetch(db, SELECT, filter.limit).await?;
    let part = filter.text.as_deref().and_then(a_part);
    if let Some(part) = part.filter(|_| rows.is_empty()) {
        let mut narrow = narrowed(filter);
        narrow.text(
            "(LOWER(operator_id) LIKE LOWER('%' || ?) ESCAPE '!' OR phone LIKE '%' || ? ESCAPE '!' \
             OR LOWER(payer) LIKE LOWER('%' || ? || '%') ESCAPE '!')",
            Some(&part),
        );
        rows = narrow.fetch(db, SELECT, filter.limit).await?;
    }
    rows.iter().map(transfer).collect()
}

pub(crate) async fn transfer_of(db: &mut Db, id: &str) -> Result<Option<TransferView>, StoreError> {
    let row = sqlx::query("SELECT * FROM payment_transfers WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(transfer).transpose()
}

fn narrowed(filter: &TransferFilter) -> Narrow {
    let mut narrow = Narrow::default();
    narrow.text("store = ?", filter.store.as_ref());
    narrow.text("wallet = ?", filter.wallet.as_ref());
    narrow.state(filter.state.as_ref(), &["credited", "rejected"]);
    narrow.number("received_at >= ?", filter.since);
    narrow.number("received_at < ?", filter.until);
    narrow.number(
        "id IN (SELECT id FROM payment_transfers WHERE store IN (SELECT id FROM payment_stores) AND client = ?)",
        filter.client,
    );
    narrow.text("id < ?", filter.after.as_ref());
    narrow
}

pub(crate) async fn claims(
    db: &mut Db,
    filter: &ClaimFilter,
) -> Result<Vec<ClaimView>, StoreError> {
    let mut narrow = Narrow::default();
    narrow.text("store = ?", filter.store.as_ref());
    narrow.state(filter.state.as_ref(), &["credited", "expired", "rejected"]);
    narrow.text("site = ?", filter.site.as_ref());
    narrow.number("client = ?", filter.client);
    narrow.text("transfer = ?", filter.transfer.as_ref());
    narrow.number("created_at >= ?", filter.since);
    narrow.number("created_at < ?", filter.until);
    narrow.text("id < ?", filter.after.as_ref());
    let text = sought(filter.text.as_ref());
    narrow.text(
        "id IN (SELECT id FROM payment_claims WHERE store IN (SELECT id FROM payment_stores) AND operator_id = ? \
         UNION SELECT id FROM payment_claims WHERE store IN (SELECT id FROM payment_stores) AND phone = ? \
         UNION SELECT id FROM payment_claims WHERE id = ?)",
        text.as_ref(),
    );
    let rows = narrow
        .fetch(db, "SELECT * FROM payment_claims", filter.limit)
        .await?;
    rows.iter().map(claim).collect()
}

pub(crate) async fn messages(
    db: &mut Db,
    filter: &MessageFilter,
) -> Result<Vec<MessageView>, StoreError> {
    let mut narrow = Narrow::default();
    narrow.text("store = ?", filter.store.as_ref());
    narrow.text("device = ?", filter.device.as_ref());
    narrow.text("wallet = ?", filter.wallet.as_ref());
    match filter.state.as_deref().map(str::trim) {
        Some(UNREADABLE) => {
            narrow.text(
                "TRIM(sender) = '' AND state = ?",
                Some(&"ignored".to_owned()),
            );
        }
        _ => narrow.state(filter.state.as_ref(), &["read", "ignored"]),
    }
    narrow.number("stored_at >= ?", filter.since);
    narrow.number("stored_at < ?", filter.until);
    narrow.text("id < ?", filter.after.as_ref());
    let rows = narrow
        .fetch(db, "SELECT * FROM payment_messages", filter.limit)
        .await?;
    rows.iter().map(message).collect()
}

pub(crate) async fn message_of(db: &mut Db, id: &str) -> Result<Option<MessageView>, StoreError> {
    let row = sqlx::query("SELECT * FROM payment_messages WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(message).transpose()
}

pub(crate) async fn audit(db: &mut Db, filter: &AuditFilter) -> Result<Vec<AuditView>, StoreError> {
    let mut narrow = Narrow::default();
    narrow.text("store = ?", filter.store.as_ref());
    narrow.text(
        "LOWER(actor) LIKE LOWER(?) ESCAPE '!'",
        begins(&filter.actor).as_ref(),
    );
    narrow.text("subject = ?", filter.subject.as_ref());
    narrow.text(
        "LOWER(subject) LIKE LOWER(?) ESCAPE '!'",
        begins(&filter.about).as_ref(),
    );
    narrow.text("event = ?", filter.event.as_ref());
    narrow.number("at >= ?", filter.since);
    narrow.number("at < ?", filter.until);
    narrow.text("id < ?", filter.after.as_ref());
    let rows = narrow
        .fetch(db, "SELECT * FROM payment_audit", filter.limit)
        .await?;
    rows.iter().map(audit_line).collect()
}

pub(crate) async fn reviews(db: &mut Db, filter: &ReviewFilter) -> Result<Vec<Review>, StoreError> {
    let mut narrow = Narrow::default();
    narrow.text("store = ?", filter.store.as_ref());
    let open = "open".to_owned();
    match filter.state.as_deref().map(str::trim) {
        Some("all") => {}
        None | Some("") => narrow.text("state = ?", Some(&open)),
        Some(_) => narrow.state(
            filter.state.as_ref(),
            &["approved", "rejected", "released", "expired"],
        ),
    }
    narrow.text("kind = ?", filter.kind.as_ref());
    narrow.text("transfer = ?", filter.transfer.as_ref());
    narrow.number("opened_at >= ?", filter.since);
    narrow.number("opened_at < ?", filter.until);
    narrow.text("id < ?", filter.after.as_ref());
    let rows = narrow
        .fetch(db, "SELECT * FROM payment_reviews", filter.limit)
        .await?;
    rows.iter().map(Review::of).collect()
}

/// The rates in force.
pub(crate) async fn rates(db: &mut Db, store: &str, now: i64) -> Result<Vec<RateView>, StoreError> {
    let rows = sqlx::query(
        "SELECT currency, rate, since FROM payment_rates WHERE store = $1 AND since <= $2 ORDER BY currency, since DESC",
    )
    .bind(store)
    .bind(now)
    .fetch_all(db)
    .await?;
    let mut rates: Vec<RateView> = Vec::new();
    for row in &rows {
        let currency: String = row.try_get("currency")?;
        if rates.last().is_none_or(|last| last.currency != currency) {
            rates.push(RateView {
                currency,
                rate: row.try_get("rate")?,
                since: row.try_get("since")?,
            });
        }
    }
    Ok(rates)
}

/// What a wallet received since a time; what people ruled out not counted.
pub(crate) async fn received_since(
    db: &mut Db,
    wallet: &str,
    since: i64,
) -> Result<i64, StoreError> {
    let row = sqlx::query(
        "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM payment_transfers \
         WHERE id >= $1 AND received_at >= $2 AND wallet = $3 AND state NOT IN ('rejected', 'reversed')",
    )
    .bind(first_id_since(since))
    .bind(since)
    .bind(wallet)
    .fetch_one(db)
    .await?;
    Ok(row.try_get(0)?)
}

/// What a wallet took in by the operator's clock.
#[derive(Clone, Debug)]
pub(crate) struct Sums {
    pub wallet: String,
    pub day: i64,
    pub month: i64,
}

/// Of each wallet in use of a store that took in anything, since the starts of a day and of its month. In the states
/// that [`received_since`] counts, by the operator's date.
pub(crate) async fn received_in(
    db: &mut Db,
    store: &str,
    day: i64,
    month: i64,
) -> Result<Vec<Sums>, StoreError> {
    let rows = sqlx::query(
        "SELECT wallet, CAST(SUM(CASE WHEN happened_at >= $1 THEN amount ELSE 0 END) AS BIGINT) AS of_day, \
         CAST(SUM(amount) AS BIGINT) AS of_month FROM payment_transfers \
         WHERE id >= $2 AND happened_at >= $3 AND state NOT IN ('rejected', 'reversed') \
         AND wallet IN (SELECT id FROM payment_wallets WHERE store = $4 AND enabled = 1) \
         GROUP BY wallet ORDER BY wallet",
    )
    .bind(day)
    .bind(first_id_since(month))
    .bind(month)
    .bind(store)
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Sums {
                wallet: row.try_get("wallet")?,
                day: row.try_get("of_day")?,
                month: row.try_get("of_month")?,
            })
        })
        .collect()
}

/// Phones are kept in one form: whatever form is typed finds them. What people at home write may be a number of
/// several countries; Egypt's comes first.
fn sought(text: Option<&String>) -> Option<String> {
    let text = text?.trim();
    let phone = Country::ALL
        .iter()
        .find_map(|country| Phone::parse_in(*country, text).ok());
    Some(phone.map_or_else(|| text.to_owned(), |phone| phone.e164().to_owned()))
}

/// The pattern of what begins so.
fn begins(text: &Option<String>) -> Option<String> {
    let text = text.as_deref()?.trim();
    (!text.is_empty()).then(|| format!("{}%", literal(text)))
}

/// What is long enough to be looked for as a part of something.
fn a_part(text: &str) -> Option<String> {
    let text = text.trim();
    (text.chars().count() >= 3).then(|| literal(text))
}

/// A pattern of these very signs.
fn literal(text: &str) -> String {
    ['!', '%', '_'].iter().fold(text.to_owned(), |text, sign| {
        text.replace(*sign, &format!("!{sign}"))
    })
}

fn transfer(row: &AnyRow) -> Result<TransferView, StoreError> {
    Ok(TransferView {
        id: row.try_get("id")?,
        store: row.try_get("store")?,
        wallet: row.try_get("wallet")?,
        operator_id: row.try_get("operator_id")?,
        message: row.try_get("message")?,
        amount_minor: row.try_get("amount")?,
        currency: String::new(),
        phone: row.try_get("phone")?,
        payer: row.try_get("payer")?,
        balance_minor: row.try_get("balance")?,
        happened_at: row.try_get("happened_at")?,
        received_at: row.try_get("received_at")?,
        state: row.try_get("state")?,
        reason: row.try_get("reason")?,
        claim: row.try_get("claim")?,
        client: row.try_get("client")?,
        rate: row.try_get("rate")?,
        credit_minor: row.try_get("credit")?,
        credit_currency: row.try_get("currency")?,
        updated_at: row.try_get("updated_at")?,
    })
}

fn claim(row: &AnyRow) -> Result<ClaimView, StoreError> {
    Ok(ClaimView {
        id: row.try_get("id")?,
        store: row.try_get("store")?,
        site: row.try_get("site")?,
        client: row.try_get("client")?,
        invoice: row.try_get("invoice")?,
        source: row.try_get("source")?,
        phone: row.try_get("phone")?,
        amount_minor: row.try_get("amount")?,
        currency: String::new(),
        operator_id: row.try_get("operator_id")?,
        state: row.try_get("state")?,
        reason: row.try_get("reason")?,
        transfer: row.try_get("transfer")?,
        credited_minor: row.try_get("credited")?,
        applied_minor: row.try_get("applied")?,
        credit_currency: row.try_get("currency")?,
        paid: row.try_get::<i64, _>("paid")? != 0,
        origin: row.try_get("origin")?,
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

fn message(row: &AnyRow) -> Result<MessageView, StoreError> {
    Ok(MessageView {
        id: row.try_get("id")?,
        store: row.try_get("store")?,
        device: row.try_get("device")?,
        sender: row.try_get("sender")?,
        body: row.try_get("body")?,
        sent_at: row.try_get("sent_at")?,
        stored_at: row.try_get("stored_at")?,
        deliveries: row.try_get("deliveries")?,
        state: row.try_get("state")?,
        template: row.try_get("template")?,
        kind: row.try_get("kind")?,
        wallet: row.try_get("wallet")?,
        amount_minor: row.try_get("amount")?,
        balance_minor: row.try_get("balance")?,
        operator_id: row.try_get("operator_id")?,
        reason: row.try_get("reason")?,
    })
}

fn audit_line(row: &AnyRow) -> Result<AuditView, StoreError> {
    Ok(AuditView {
        id: row.try_get("id")?,
        at: row.try_get("at")?,
        store: row.try_get("store")?,
        actor: row.try_get("actor")?,
        subject: row.try_get("subject")?,
        event: row.try_get("event")?,
        detail: row.try_get("detail")?,
    })
}

const USUAL: i64 = 100;
/// Exports page through everything.
const MOST: i64 = 10_000;
