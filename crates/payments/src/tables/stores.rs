//! Stores, their wallets, rates and phones.

use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row as _};
use wharf_core::{Country, Currency, Money, Phone};
use wharf_store::StoreError;

use super::{Answers, Db, phone, unreadable};
use crate::rates::Rate;
use crate::settings::{Caution, Named};
use crate::setup::Place;
use crate::wallets::text::typed_amount;

#[derive(Clone, Debug)]
pub(crate) struct StoreRow {
    pub id: String,
    pub site: String,
    pub name: String,
    pub currency_label: String,
    pub quote_ms: i64,
    pub claim_ms: i64,
    pub answers: Answers,
    pub repeat_success: bool,
    pub settle_after_seconds: i64,
    pub enabled: bool,
    pub caution: Caution,
}

impl StoreRow {
    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        let answers: String = row.try_get("check_answers")?;
        Ok(Self {
            id: row.try_get("id")?,
            site: row.try_get("site")?,
            name: row.try_get("name")?,
            currency_label: row.try_get("currency_label")?,
            quote_ms: row.try_get::<i64, _>("quote_minutes")? * 60_000,
            claim_ms: row.try_get::<i64, _>("claim_hours")? * 3_600_000,
            answers: if answers == Answers::WhenCovered.as_str() {
                Answers::WhenCovered
            } else {
                Answers::CreditOnly
            },
            repeat_success: row.try_get::<i64, _>("repeat_success")? != 0,
            settle_after_seconds: row.try_get("settle_after_seconds")?,
            enabled: row.try_get::<i64, _>("enabled")? != 0,
            caution: caution(row)?,
        })
    }
}

impl StoreRow {
    pub fn place(&self) -> Place {
        Place {
            country: self.caution.country,
            currency: self.caution.currency,
        }
    }

    /// What its wallets hold.
    pub fn currency(&self) -> Currency {
        self.caution.currency
    }

    /// Of the currencies that have a rate, the one that the store shows its rate in.
    pub fn shown_currency(&self, with_rate: &[Currency]) -> Option<Currency> {
        shown(&self.currency_label, with_rate)
    }

    /// An amount in that.
    pub fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.caution.currency)
    }

    /// Reads an amount that somebody typed; nothing but more than nothing is one.
    pub fn typed(&self, text: &str) -> Option<i64> {
        typed_amount(text, self.currency().exponent()).filter(|amount| *amount > 0)
    }

    /// Far above any wallet's ceiling, far below any overflow.
    pub fn largest(&self) -> i64 {
        let units = if self.currency() == Currency::EGP {
            1_000_000
        } else {
            1_000_000_000
        };
        units * 10_i64.pow(self.currency().exponent())
    }

    /// Reads a mobile number of the store's country.
    pub fn phone(&self, text: &str) -> Option<Phone> {
        Phone::parse_in(self.caution.country, text).ok()
    }
}

fn shown(label: &str, with_rate: &[Currency]) -> Option<Currency> {
    // WHMCS may have a currency that is really called USDT; else a dollar of a kind is a dollar.
    let kind = (label == "USDT").then_some(Currency::USD);
    let labels = [label.parse().ok(), kind];
    let labelled = labels.into_iter().flatten();
    let mut shown = labelled.filter(|label| with_rate.contains(label));
    shown.next().or_else(|| with_rate.first().copied())
}

fn caution(row: &AnyRow) -> Result<Caution, StoreError> {
    let text = |column: &str| row.try_get::<String, _>(column);
    let number = |column: &str| row.try_get::<i64, _>(column);
    let country: Country = text("country")?
        .parse()
        .map_err(|_| unreadable("a store's country"))?;
    Ok(Caution {
        country,
        currency: match text("currency")?.as_str() {
            "" => country.currency(),
            code => code.parse().map_err(|_| unreadable("a store's currency"))?,
        },
        mode: Named::named(&text("mode")?),
        booking: Named::named(&text("booking")?),
        booking_gateway: text("booking_gateway")?,
        hold: Named::named(&text("hold")?),
        hold_above: number("hold_above")?,
        hold_days: number("hold_days")?,
        second_person_above: number("second_person_above")?,
        phone_binding: Named::named(&text("phone_binding")?),
        phones_per_client: number("phones_per_client")?,
        clients_per_phone: number("clients_per_phone")?,
        balance_check: number("balance_check")? != 0,
        unseeded_above: number("unseeded_above")?,
        ceiling_transfer: number("ceiling_transfer")?,
        ceiling_client_day: number("ceiling_client_day")?,
        ceiling_phone_day: number("ceiling_phone_day")?,
        ceiling_wallet_day: number("ceiling_wallet_day")?,
        ceiling_wallet_month: number("ceiling_wallet_month")?,
        stale_ms: number("stale_hours")? * 3_600_000,
        unsigned_checks: number("unsigned_checks")? != 0,
        check_sources: text("check_sources")?,
        check_key_hash: text("check_key_hash")?,
        misses_client: number("misses_client")?,
        misses_client_day: number("misses_client_day")?,
        misses_phone: number("misses_phone")?,
        misses_source: number("misses_source")?,
    })
}

#[derive(Clone, Debug)]
pub(crate) struct WalletRow {
    pub id: String,
    pub operator: String,
    pub number: Phone,
}

/// The enabled store of that id.
pub(crate) async fn by_id(pool: &AnyPool, id: &str) -> Result<Option<StoreRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM payment_stores WHERE id = $1")
        .bind(id)
        .fetch_optional(pool)
        .await?;
    let store = row.as_ref().map(StoreRow::read).transpose()?;
    Ok(store.filter(|store| store.enabled))
}

/// The countries of a store, or of all.
pub(crate) async fn countries(
    pool: &AnyPool,
    store: Option<&str>,
) -> Result<Vec<Country>, StoreError> {
    let rows = sqlx::query(
        "SELECT DISTINCT country FROM payment_stores WHERE $1 IS NULL OR id = $1 ORDER BY country",
    )
    .bind(store)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let code: String = row.try_get(0)?;
            code.parse().map_err(|_| unreadable("a store's country"))
        })
        .collect()
}

/// As [`by_id`], switched-off stores included.
pub(crate) async fn by_id_in(db: &mut Db, id: &str) -> Result<Option<StoreRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM payment_stores WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(StoreRow::read).transpose()
}

/// All of them, by id.
pub(crate) async fn all(db: &mut Db) -> Result<Vec<StoreRow>, StoreError> {
    let rows = sqlx::query("SELECT * FROM payment_stores ORDER BY id")
        .fetch_all(db)
        .await?;
    rows.iter().map(StoreRow::read).collect()
}

/// The enabled stores of a site.
pub(crate) async fn of_site(pool: &AnyPool, site: &str) -> Result<Vec<StoreRow>, StoreError> {
    let rows =
        sqlx::query("SELECT * FROM payment_stores WHERE site = $1 AND enabled = 1 ORDER BY id")
            .bind(site)
            .fetch_all(pool)
            .await?;
    rows.iter().map(StoreRow::read).collect()
}

/// Waits for this store's turn: from here to the end of the transaction nobody else matches for it.
pub(crate) async fn take_turn(db: &mut Db, store: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE payment_stores SET turn = turn + 1 WHERE id = $1")
        .bind(store)
        .execute(db)
        .await?;
    Ok(())
}

/// As [`take_turn`], once a store's own turn is taken: of those who look into all stores, one at a time. The first store's
/// turn stands for that; whoever has it waits for no other.
pub(crate) async fn take_turn_of_all(db: &mut Db, own: &str) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE payment_stores SET turn = turn + 1 WHERE id = (SELECT MIN(id) FROM payment_stores) AND id <> $1",
    )
    .bind(own)
    .execute(db)
    .await?;
    Ok(())
}

/// The rate in force at a time; the first one ever for times before it.
pub(crate) async fn rate_at(
    db: &mut Db,
    store: &StoreRow,
    currency: Currency,
    at: i64,
) -> Result<Option<Rate>, StoreError> {
    if currency == store.currency() {
        return Ok(Some(Rate::ONE));
    }
    rate_set_at(db, &store.id, currency, at).await
}

/// As [`rate_at`], of those that were entered.
pub(crate) async fn rate_set_at(
    db: &mut Db,
    store: &str,
    currency: Currency,
    at: i64,
) -> Result<Option<Rate>, StoreError> {
    let before = sqlx::query(
        "SELECT rate FROM payment_rates WHERE store = $1 AND currency = $2 AND since <= $3 ORDER BY since DESC LIMIT 1",
    )
    .bind(store)
    .bind(currency.as_str())
    .bind(at)
    .fetch_optional(&mut *db)
    .await?;
    let row = match before {
        Some(row) => Some(row),
        None => {
            sqlx::query("SELECT rate FROM payment_rates WHERE store = $1 AND currency = $2 ORDER BY since LIMIT 1")
                .bind(store)
                .bind(currency.as_str())
                .fetch_optional(&mut *db)
                .await?
        }
    };
    row.map(|row| {
        row.try_get::<String, _>(0)?
            .parse()
            .map_err(|_| unreadable("a rate"))
    })
    .transpose()
}

/// The currencies that have a rate.
pub(crate) async fn currencies(pool: &AnyPool, store: &str) -> Result<Vec<Currency>, StoreError> {
    let rows = sqlx::query(
        "SELECT DISTINCT currency FROM payment_rates WHERE store = $1 ORDER BY currency",
    )
    .bind(store)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            row.try_get::<String, _>(0)?
                .parse()
                .map_err(|_| unreadable("a currency"))
        })
        .collect()
}

/// The store's wallets that customers are offered, by id: those in use whose messages a phone forwards. Nobody would see
/// the money that is sent to another.
pub(crate) async fn offered(pool: &AnyPool, store: &str) -> Result<Vec<WalletRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM payment_wallets w WHERE store = $1 AND enabled = 1 \
         AND EXISTS (SELECT 1 FROM payment_device_wallets d WHERE d.wallet = w.id) ORDER BY id",
    )
    .bind(store)
    .fetch_all(pool)
    .await?;
    rows.iter().map(read_wallet).collect()
}

/// All wallets of a store, and whether they are switched on.
pub(crate) async fn wallets_with_state(
    db: &mut Db,
    store: &str,
) -> Result<Vec<(WalletRow, bool)>, StoreError> {
    let rows = sqlx::query("SELECT * FROM payment_wallets WHERE store = $1 ORDER BY id")
        .bind(store)
        .fetch_all(db)
        .await?;
    rows.iter()
        .map(|row| Ok((read_wallet(row)?, row.try_get::<i64, _>("enabled")? != 0)))
        .collect()
}

/// The other wallet, of any store, that takes in what is sent to this operator's number: it is in use, or on a phone.
pub(crate) async fn twin(
    db: &mut Db,
    id: &str,
    operator: &str,
    number: &Phone,
) -> Result<Option<String>, StoreError> {
    let row = sqlx::query(
        "SELECT id FROM payment_wallets w WHERE operator = $1 AND number = $2 AND id <> $3 \
         AND (enabled = 1 OR EXISTS (SELECT 1 FROM payment_device_wallets d WHERE d.wallet = w.id)) ORDER BY id LIMIT 1",
    )
    .bind(operator)
    .bind(number.e164())
    .bind(id)
    .fetch_optional(db)
    .await?;
    row.map(|row| Ok(row.try_get(0)?)).transpose()
}

/// As [`twin`], of a wallet that is set up.
pub(crate) async fn twin_of(db: &mut Db, id: &str) -> Result<Option<String>, StoreError> {
    let row = sqlx::query("SELECT * FROM payment_wallets WHERE id = $1")
        .bind(id)
        .fetch_optional(&mut *db)
        .await?;
    match row.as_ref().map(read_wallet).transpose()? {
        Some(wallet) => twin(db, id, &wallet.operator, &wallet.number).await,
        None => Ok(None),
    }
}

/// Whether a phone forwards a wallet's messages.
pub(crate) async fn is_on_a_phone(db: &mut Db, wallet: &str) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT device FROM payment_device_wallets WHERE wallet = $1 LIMIT 1")
        .bind(wallet)
        .fetch_optional(db)
        .await?;
    Ok(row.is_some())
}

/// Whether a phone number is one of the store's own wallets.
pub(crate) async fn has_number(
    db: &mut Db,
    store: &str,
    number: &Phone,
) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT id FROM payment_wallets WHERE store = $1 AND number = $2")
        .bind(store)
        .bind(number.e164())
        .fetch_optional(db)
        .await?;
    Ok(row.is_some())
}

/// Whether the store has any wallet of an operator, switched-off ones included.
pub(crate) async fn has_operator(
    db: &mut Db,
    store: &str,
    operator: &str,
) -> Result<bool, StoreError> {
    let found =
        sqlx::query("SELECT id FROM payment_wallets WHERE store = $1 AND operator = $2 LIMIT 1")
            .bind(store)
            .bind(operator)
            .fetch_optional(db)
            .await?;
    Ok(found.is_some())
}

/// The wallets whose messages a phone gets, switched-off ones included: their money is money too.
pub(crate) async fn device_wallets(
    db: &mut Db,
    device: &str,
) -> Result<Vec<WalletRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT w.* FROM payment_wallets w JOIN payment_device_wallets d ON d.wallet = w.id \
         WHERE d.device = $1 ORDER BY w.id",
    )
    .bind(device)
    .fetch_all(db)
    .await?;
    rows.iter().map(read_wallet).collect()
}

fn read_wallet(row: &AnyRow) -> Result<WalletRow, StoreError> {
    Ok(WalletRow {
        id: row.try_get("id")?,
        operator: row.try_get("operator")?,
        number: phone(row, "number")?.ok_or_else(|| unreadable("a wallet"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shown_currency_is_the_label_s_own_before_any_other() {
        for (label, with_rate, wanted) in [
            ("USDT", "EUR USD USDT", Some("USDT")),
            ("USDT", "EUR USD", Some("USD")),
            ("USD", "EUR USD USDT", Some("USD")),
            ("USD", "EUR USDT", Some("EUR")),
            ("عملة", "EUR USD", Some("EUR")),
            ("USDT", "", None),
        ] {
            let with_rate: Vec<Currency> = with_rate
                .split_whitespace()
                .map(|code| code.parse().unwrap())
                .collect();
            let found = shown(label, &with_rate);
            assert_eq!(
                found.map(|found| found.to_string()).as_deref(),
                wanted,
                "{label}"
            );
        }
    }
}
