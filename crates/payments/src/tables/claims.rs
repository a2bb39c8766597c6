//! What customers say that they sent.

use std::net::{IpAddr, Ipv6Addr};

use sqlx::Row as _;
use sqlx::any::AnyRow;
use wharf_core::{Currency, Phone};
use wharf_store::StoreError;

use super::transfers::Transfer;
use super::{Db, currency, phone, unreadable};
use crate::claiming::Check;
use crate::holds::OF_ANOTHER;

#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub id: String,
    pub key: String,
    pub store: String,
    pub site: String,
    pub client: i64,
    pub invoice: Option<i64>,
    pub quote: Option<String>,
    pub source: Source,
    pub phone: Phone,
    /// Piastres.
    pub amount: i64,
    /// The operator's transaction number, where the customer gave it.
    pub operator_id: Option<String>,
    pub state: ClaimState,
    pub reason: Option<String>,
    pub transfer: Option<String>,
    pub credited: Option<i64>,
    pub currency: Option<Currency>,
    /// What of it was applied to the invoice; `None` while that is still to be done.
    pub applied: Option<i64>,
    pub paid: bool,
    pub answered_true: bool,
    /// The address that it was made from.
    pub origin: Option<String>,
    pub created_at: i64,
    pub expires_at: i64,
    pub changed_at: i64,
}

/// Where a claim came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Our own gateway module: signed, for one invoice.
    Gateway,
    /// The claim check of an unmodified module.
    Check,
    /// A claim that the shop's server signed.
    Signed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClaimState {
    Pending,
    Matched,
    Held,
    Credited,
    /// Its money was found by a store that only looks on: nothing is credited.
    Observed,
    /// The customer made another one for the same invoice.
    Replaced,
    Expired,
    /// A person decided that its transfer is not credited.
    Rejected,
    /// What was credited was taken back again.
    Reversed,
}

impl Source {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Check => "check",
            Self::Signed => "signed",
        }
    }

    fn read(text: &str) -> Result<Self, StoreError> {
        [Self::Gateway, Self::Check, Self::Signed]
            .into_iter()
            .find(|source| source.as_str() == text)
            .ok_or_else(|| unreadable("where a claim came from"))
    }
}

impl ClaimState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Matched => "matched",
            Self::Held => "held",
            Self::Credited => "credited",
            Self::Observed => "observed",
            Self::Replaced => "replaced",
            Self::Expired => "expired",
            Self::Rejected => "rejected",
            Self::Reversed => "reversed",
        }
    }

    fn read(text: &str) -> Result<Self, StoreError> {
        [
            Self::Pending,
            Self::Matched,
            Self::Held,
            Self::Credited,
            Self::Observed,
            Self::Replaced,
            Self::Expired,
            Self::Rejected,
            Self::Reversed,
        ]
        .into_iter()
        .find(|state| state.as_str() == text)
        .ok_or_else(|| unreadable("a claim's state"))
    }
}

impl Claim {
    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.try_get("id")?,
            key: row.try_get("claim_key")?,
            store: row.try_get("store")?,
            site: row.try_get("site")?,
            client: row.try_get("client")?,
            invoice: row.try_get("invoice")?,
            quote: row.try_get("quote")?,
            source: Source::read(row.try_get("source")?)?,
            phone: phone(row, "phone")?.ok_or_else(|| unreadable("a claim"))?,
            amount: row.try_get("amount")?,
            operator_id: row.try_get("operator_id")?,
            state: ClaimState::read(row.try_get("state")?)?,
            reason: row.try_get("reason")?,
            transfer: row.try_get("transfer")?,
            credited: row.try_get("credited")?,
            currency: currency(row, "currency")?,
            applied: row.try_get("applied")?,
            paid: row.try_get::<i64, _>("paid")? != 0,
            answered_true: row.try_get::<i64, _>("answered_true")? != 0,
            origin: row.try_get("origin")?,
            created_at: row.try_get("created_at")?,
            expires_at: row.try_get("expires_at")?,
            changed_at: row.try_get("updated_at")?,
        })
    }
}

/// `false`: a claim with this key exists.
pub(crate) async fn insert(db: &mut Db, claim: &Claim) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO payment_claims (id, claim_key, store, site, client, invoice, quote, source, phone, amount, \
         operator_id, state, paid, answered_true, origin, created_at, expires_at, updated_at, network, reason) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'pending', 0, 0, $12, $13, $14, $13, $15, $16) \
         ON CONFLICT (claim_key) DO NOTHING",
    )
    .bind(&claim.id)
    .bind(&claim.key)
    .bind(&claim.store)
    .bind(&claim.site)
    .bind(claim.client)
    .bind(claim.invoice)
    .bind(&claim.quote)
    .bind(claim.source.as_str())
    .bind(claim.phone.e164())
    .bind(claim.amount)
    .bind(&claim.operator_id)
    .bind(&claim.origin)
    .bind(claim.created_at)
    .bind(claim.expires_at)
    .bind(claim.origin.as_deref().and_then(network_of))
    .bind(&claim.reason)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What an address is counted by. Who has one of IPv6 has its whole network.
fn network_of(origin: &str) -> Option<String> {
    let address: IpAddr = origin.parse().ok()?;
    Some(match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let network = u128::from(address) & (u128::MAX << 64);
            format!("{}/64", Ipv6Addr::from(network))
        }
    })
}

pub(crate) async fn by_id(db: &mut Db, id: &str) -> Result<Option<Claim>, StoreError> {
    let row = sqlx::query("SELECT * FROM payment_claims WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(Claim::read).transpose()
}

pub(crate) async fn by_key(db: &mut Db, key: &str) -> Result<Option<Claim>, StoreError> {
    let row = sqlx::query("SELECT * FROM payment_claims WHERE claim_key = $1")
        .bind(key)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(Claim::read).transpose()
}

/// Claims that wait for money from a phone, oldest first.
pub(crate) async fn pending(
    db: &mut Db,
    store: &str,
    phone: &Phone,
    now: i64,
) -> Result<Vec<Claim>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM payment_claims WHERE store = $1 AND phone = $2 AND state = 'pending' AND expires_at >= $3 \
         ORDER BY created_at, id",
    )
    .bind(store)
    .bind(phone.e164())
    .bind(now)
    .fetch_all(db)
    .await?;
    rows.iter().map(Claim::read).collect()
}

/// The claims that may be about a transfer: those that wait for its phone or number, and those held for it.
pub(crate) async fn that_may_fit(
    db: &mut Db,
    transfer: &Transfer,
    now: i64,
) -> Result<Vec<Claim>, StoreError> {
    // A message may come when the claim has run out that was there when the money was sent.
    let now = now.min(transfer.happened_at);
    let mut claims = match &transfer.phone {
        Some(phone) => pending(db, &transfer.store, phone, now).await?,
        None => Vec::new(),
    };
    let rows = sqlx::query(
        "SELECT * FROM payment_claims WHERE store = $1 AND operator_id IN ($2, $3, $4) \
         AND state = 'pending' AND expires_at >= $5",
    )
    .bind(&transfer.store)
    .bind(&transfer.operator_id)
    .bind(transfer.operator_id.to_ascii_lowercase())
    .bind(transfer.operator_id.to_ascii_uppercase())
    .bind(now)
    .fetch_all(&mut *db)
    .await?;
    for row in &rows {
        claims.push(Claim::read(row)?);
    }
    let held = of_transfer(db, &transfer.id).await?;
    claims.extend(
        held.into_iter()
            .filter(|claim| claim.state == ClaimState::Held),
    );
    claims.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    claims.dedup_by(|a, b| a.id == b.id);
    Ok(claims)
}

/// The claims for a transfer's phone and amount that are held for other transfers.
pub(crate) async fn held_for_others(
    db: &mut Db,
    transfer: &Transfer,
) -> Result<Vec<Claim>, StoreError> {
    let Some(phone) = &transfer.phone else {
        return Ok(Vec::new());
    };
    let rows = sqlx::query(
        "SELECT * FROM payment_claims WHERE store = $1 AND phone = $2 AND state = 'held' AND amount = $3 \
         AND transfer <> $4 ORDER BY created_at, id",
    )
    .bind(&transfer.store)
    .bind(phone.e164())
    .bind(transfer.amount)
    .bind(&transfer.id)
    .fetch_all(db)
    .await?;
    rows.iter().map(Claim::read).collect()
}

/// The claims that a transfer was given to or is held for, oldest first.
pub(crate) async fn of_transfer(db: &mut Db, transfer: &str) -> Result<Vec<Claim>, StoreError> {
    let rows =
        sqlx::query("SELECT * FROM payment_claims WHERE transfer = $1 ORDER BY created_at, id")
            .bind(transfer)
            .fetch_all(db)
            .await?;
    rows.iter().map(Claim::read).collect()
}

/// The claims for an invoice that still matter, newest first.
pub(crate) async fn of_invoice(
    db: &mut Db,
    site: &str,
    client: i64,
    invoice: i64,
) -> Result<Vec<Claim>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM payment_claims WHERE site = $1 AND client = $2 AND invoice = $3 AND state <> 'replaced' \
         ORDER BY created_at DESC, id DESC LIMIT 20",
    )
    .bind(site)
    .bind(client)
    .bind(invoice)
    .fetch_all(db)
    .await?;
    rows.iter().map(Claim::read).collect()
}

/// The claims from the same source with the same figures, newest first.
pub(crate) async fn same(
    db: &mut Db,
    store: &str,
    check: &Check<'_>,
) -> Result<Vec<Claim>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM payment_claims WHERE store = $1 AND client = $2 AND phone = $3 AND amount = $4 \
         AND source = $5 AND COALESCE(invoice, 0) = $6 AND COALESCE(operator_id, '') = $7 \
         ORDER BY created_at DESC, id DESC",
    )
    .bind(store)
    .bind(check.client)
    .bind(check.phone.e164())
    .bind(check.amount)
    .bind(check.by.as_str())
    .bind(check.invoice.unwrap_or_default())
    .bind(check.operator_id.as_deref().unwrap_or_default())
    .fetch_all(db)
    .await?;
    rows.iter().map(Claim::read).collect()
}

/// The claim of the same client from another source that has found its money since a time, newest first: with the same
/// phone and amount, or with money of that phone and amount.
pub(crate) async fn paid_elsewhere(
    db: &mut Db,
    claim: &Claim,
    since: i64,
) -> Result<Option<Claim>, StoreError> {
    let row = sqlx::query(
        "SELECT c.* FROM payment_claims c JOIN payment_transfers t ON t.id = c.transfer \
         WHERE c.site = $7 AND c.store = $1 AND c.client = $2 AND c.source <> $5 AND c.updated_at >= $6 \
         AND (c.phone = $3 AND c.amount = $4 OR t.phone = $3 AND t.amount = $4) \
         AND (c.state IN ('matched', 'credited') OR c.state = 'held' AND COALESCE(c.reason, '') NOT IN ($8, $9)) \
         ORDER BY c.created_at DESC, c.id DESC LIMIT 1",
    )
    .bind(&claim.store)
    .bind(claim.client)
    .bind(claim.phone.e164())
    .bind(claim.amount)
    .bind(claim.source.as_str())
    .bind(since)
    .bind(&claim.site)
    .bind(OF_ANOTHER[0])
    .bind(OF_ANOTHER[1])
    .fetch_optional(db)
    .await?;
    row.as_ref().map(Claim::read).transpose()
}

/// The client's claim that got the transfer of this number.
pub(crate) async fn of_number(
    db: &mut Db,
    store: &str,
    client: i64,
    number: &str,
) -> Result<Option<Claim>, StoreError> {
    let row = sqlx::query(
        "SELECT c.* FROM payment_transfers t JOIN payment_claims c ON c.id = t.claim \
         WHERE t.store = $1 AND t.operator_id IN ($2, $3, $4) AND c.client = $5 \
         AND (c.state IN ('matched', 'credited', 'observed', 'reversed', 'rejected') OR t.state = 'review') \
         ORDER BY t.received_at DESC, t.id DESC LIMIT 1",
    )
    .bind(store)
    .bind(number)
    .bind(number.to_ascii_lowercase())
    .bind(number.to_ascii_uppercase())
    .bind(client)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(Claim::read).transpose()
}

/// Other claims for the same invoice at the same store give way to this one. At another store other money may be awaited.
pub(crate) async fn replace_others(db: &mut Db, claim: &Claim, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE payment_claims SET state = 'replaced', updated_at = $1 \
         WHERE site = $2 AND client = $3 AND invoice = $4 AND state = 'pending' AND id <> $5 AND store = $6",
    )
    .bind(now)
    .bind(&claim.site)
    .bind(claim.client)
    .bind(claim.invoice)
    .bind(&claim.id)
    .bind(&claim.store)
    .execute(db)
    .await?;
    Ok(())
}

/// Writes everything about a claim that may change.
pub(crate) async fn change(db: &mut Db, to: &Claim, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE payment_claims SET state = $1, reason = $2, transfer = $3, credited = $4, currency = $5, applied = $6, \
         paid = $7, operator_id = $8, expires_at = $9, updated_at = $10 WHERE id = $11",
    )
    .bind(to.state.as_str())
    .bind(&to.reason)
    .bind(&to.transfer)
    .bind(to.credited)
    .bind(to.currency.map(|currency| currency.as_str().to_owned()))
    .bind(to.applied)
    .bind(i64::from(to.paid))
    .bind(&to.operator_id)
    .bind(to.expires_at)
    .bind(now)
    .bind(&to.id)
    .execute(db)
    .await?;
    Ok(())
}

/// Takes the one `true` that a transfer may be answered with.
pub(crate) async fn take_true_answer(db: &mut Db, id: &str) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE payment_claims SET answered_true = 1 WHERE id = $1 AND answered_true = 0",
    )
    .bind(id)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A client, and where his claims come from.
#[derive(Clone, Copy)]
pub(crate) struct Claimer<'a> {
    pub site: &'a str,
    pub client: i64,
    pub by: Source,
}

/// Other claims of a client that found nothing, or what is another's, since either time; the second is the earlier
/// one. Only of the same source: what strangers ask must not keep a client from his own page.
pub(crate) async fn misses_of_client(
    db: &mut Db,
    claimer: Claimer<'_>,
    but: Option<&Claim>,
    soon: i64,
    since: i64,
) -> Result<(i64, i64), StoreError> {
    let row = sqlx::query(
        "SELECT COUNT(CASE WHEN created_at > $5 THEN 1 END), COUNT(*) FROM payment_claims \
         WHERE site = $1 AND client = $2 AND created_at > $3 AND id <> $4 AND source = $6 \
         AND (state IN ('pending', 'replaced', 'expired') OR reason IN ($7, $8))",
    )
    .bind(claimer.site)
    .bind(claimer.client)
    .bind(since)
    .bind(but.map_or("", |claim| claim.id.as_str()))
    .bind(soon)
    .bind(claimer.by.as_str())
    .bind(OF_ANOTHER[0])
    .bind(OF_ANOTHER[1])
    .fetch_one(db)
    .await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

/// As [`misses_of_client`], of the same phone since a time; those that several clients have made for one transfer too.
pub(crate) async fn misses_of_phone(
    db: &mut Db,
    claim: &Claim,
    since: i64,
) -> Result<i64, StoreError> {
    let row = sqlx::query(
        "SELECT COUNT(*) FROM payment_claims WHERE store = $1 AND phone = $2 AND created_at > $3 AND id <> $4 \
         AND source = $5 AND (state IN ('pending', 'replaced', 'expired') \
         OR reason IN ('no_such_client', 'two_claims', $6, $7))",
    )
    .bind(&claim.store)
    .bind(claim.phone.e164())
    .bind(since)
    .bind(&claim.id)
    .bind(claim.source.as_str())
    .bind(OF_ANOTHER[0])
    .bind(OF_ANOTHER[1])
    .fetch_one(db)
    .await?;
    Ok(row.try_get(0)?)
}

/// As [`misses_of_client`], at the same store from the same address, or its network.
pub(crate) async fn misses_of_source(
    db: &mut Db,
    claim: &Claim,
    origin: &str,
    since: i64,
) -> Result<i64, StoreError> {
    let row = sqlx::query(
        "SELECT COUNT(*) FROM payment_claims WHERE network = $1 AND created_at > $2 AND id <> $3 \
         AND store = $7 AND source = $6 AND (state IN ('pending', 'replaced', 'expired') \
         OR reason IN ('no_such_client', 'two_claims', $4, $5))",
    )
    .bind(network_of(origin))
    .bind(since)
    .bind(&claim.id)
    .bind(OF_ANOTHER[0])
    .bind(OF_ANOTHER[1])
    .bind(claim.source.as_str())
    .bind(&claim.store)
    .fetch_one(db)
    .await?;
    Ok(row.try_get(0)?)
}
