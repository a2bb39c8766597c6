//! The public compatibility API: the claim check that existing WHMCS modules call, and the rate that their
//! pages fetch.
//!
//! Those modules mark an invoice paid when they read `true`, whatever was sent, and ask again without saying
//! for which invoice. So `true` is answered only after WHMCS confirmed the credit, once for a transfer, and
//! only where the store allows it and the balance covers every unpaid invoice.

use std::time::Duration;

use serde_json::{Map, Value, json};
use thiserror::Error;
use wharf_core::{Currency, Deadline, ErrorClass, Money};
use wharf_store::StoreError;

use crate::Payments;
use crate::callers::{Caller, Rules};
use crate::claiming::{Check, Claimed};
use crate::holds::{has_expired, is_of_another};
use crate::limits;
use crate::matching::AMOUNT_DIFFERS;
use crate::setup::Place;
use crate::tables::claims::{self, Claim, ClaimState, Claimer, Source};
use crate::tables::reviews::{self, Review};
use crate::tables::stores::{self, StoreRow};
use crate::tables::{Answers, transfers};
use crate::texts::{Language, Local};

/// A request that has no answer of its own.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct PublicError {
    pub why: Why,
    /// For the public.
    pub message: String,
    #[source]
    source: Option<StoreError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Not from here, or not without a key.
    NotAllowed,
    NotFound,
    /// It was asked before, and must not be repeated.
    Repeated,
    Class(ErrorClass),
}

impl PublicError {
    pub(crate) fn new(why: Why, message: impl Into<String>) -> Self {
        Self {
            why,
            message: message.into(),
            source: None,
        }
    }

    pub(crate) fn internal(error: StoreError, language: Language) -> Self {
        tracing::error!(%error, source = ?std::error::Error::source(&error), "a public request failed");
        Self {
            why: Why::Class(error.class()),
            message: language.text("internal").to_owned(),
            source: Some(error),
        }
    }
}

impl Payments {
    /// `GET /api/payment_link_check`. `fields` are the query's pairs. Every outcome that a customer can
    /// understand is an answer; an error is trouble between the shop's server and this one. After `by` nobody reads
    /// the answer.
    pub async fn payment_link_check(
        &self,
        fields: &[(String, String)],
        caller: &Caller,
        by: Deadline,
    ) -> Result<Value, PublicError> {
        let field = |name: &str| {
            let found = fields.iter().rev().find(|(field, _)| field == name);
            found
                .map(|(_, value)| value.trim())
                .filter(|value| !value.is_empty())
        };
        let language = Language::asked(field("lang"));
        let trouble = |error| PublicError::internal(error, language);
        let store = stores::by_id(self.store.pool(), field("store_id").unwrap_or_default())
            .await
            .map_err(trouble)?;
        let asked = Asked {
            phone: field("phone").unwrap_or_default(),
            amount: field("amount").unwrap_or_default(),
            client: client_of(field("client_id"), field("user_name")),
            caller,
            by,
        };
        let place = store.as_ref().map_or_else(Place::default, StoreRow::place);
        let answer = match store {
            None => Answer::no("store_unknown"),
            Some(store) => {
                if let Err(refused) = Rules::of(&store).admit(caller) {
                    let why = refused.as_str();
                    // The address is for who mends the allow-list, not for the customer who reads the answer.
                    tracing::warn!(store = %store.id, source = ?caller.source, why, "a claim check is not allowed");
                    metrics::counter!("wharf_payment_checks_total", "code" => "not_allowed")
                        .increment(1);
                    return Err(PublicError::new(
                        Why::NotAllowed,
                        language.text("not_allowed"),
                    ));
                }
                self.check(&store, &asked, language)
                    .await
                    .map_err(trouble)?
            }
        };
        metrics::counter!("wharf_payment_checks_total", "code" => answer.code).increment(1);
        Ok(answer.into_json(Local { language, place }))
    }

    /// `GET /api/public/store/{id}/rate`.
    pub async fn rate(&self, store: &str, language: Language) -> Result<Value, PublicError> {
        let found = self
            .public_rate(store)
            .await
            .map_err(|error| PublicError::internal(error, language))?;
        found.map_err(|code| PublicError::new(Why::NotFound, language.text(code)))
    }

    /// The rate, or the code of why there is none.
    async fn public_rate(&self, store: &str) -> Result<Result<Value, &'static str>, StoreError> {
        let Some(store) = stores::by_id(self.store.pool(), store).await? else {
            return Ok(Err("store_unknown"));
        };
        let currencies = stores::currencies(self.store.pool(), &store.id).await?;
        let Some(currency) = store.shown_currency(&currencies) else {
            return Ok(Err(RATE_UNKNOWN));
        };
        let mut db = self.store.pool().acquire().await?;
        let rate = stores::rate_at(&mut db, &store, currency, self.store.clock().now_ms()).await?;
        let label = &store.currency_label;
        let shown = rate.map(
            |rate| json!({ "status": true, "rate": rate.to_string(), "currency_label": label }),
        );
        Ok(shown.ok_or(RATE_UNKNOWN))
    }

    async fn check(
        &self,
        store: &StoreRow,
        asked: &Asked<'_>,
        language: Language,
    ) -> Result<Answer, StoreError> {
        let Some(phone) = store.phone(asked.phone) else {
            return Ok(Answer::no("phone_invalid"));
        };
        let Some(amount) = store.typed(asked.amount) else {
            return Ok(Answer::no("amount_invalid"));
        };
        if amount > store.largest() {
            return Ok(Answer::no("amount_limits"));
        }
        let Some(client) = asked.client else {
            return Ok(Answer::no("client_invalid"));
        };
        let check = Check {
            by: Source::Check,
            client,
            invoice: None,
            phone: &phone,
            amount,
            operator_id: None,
            source: asked.caller.source,
        };
        let claim = match self.claim_check(store, &check).await? {
            Claimed::Is(claim) => *claim,
            Claimed::Used(state) => return Ok(Answer::no(used(state))),
            Claimed::TooMany | Claimed::Unproven => {
                return Ok(Answer {
                    verify: true,
                    ..Answer::no(self.too_many(store, client, Source::Check).await?)
                });
            }
        };
        let claim = self.awaited(claim, asked.by).await?;
        self.answer(store, &claim, language, asked.by).await
    }

    /// The code for who was turned away.
    pub(crate) async fn too_many(
        &self,
        store: &StoreRow,
        client: i64,
        by: Source,
    ) -> Result<&'static str, StoreError> {
        let mut db = self.store.pool().acquire().await?;
        let site = &store.site;
        let claimer = Claimer { site, client, by };
        let now = self.store.clock().now_ms();
        let day = limits::has_used_up_day(&mut db, store, claimer, now).await?;
        Ok(if day { "too_many_day" } else { "too_many" })
    }

    /// Where a transfer was found, waits for its credit, as long as there is still time for a look at the balance.
    pub(crate) async fn awaited(&self, claim: Claim, by: Deadline) -> Result<Claim, StoreError> {
        let (ClaimState::Matched, Some(transfer)) = (claim.state, &claim.transfer) else {
            return Ok(claim);
        };
        let patience = by.remaining().saturating_sub(LOOKING);
        // Of many who wait for the same credit one carries it on; the others look again then.
        let work = async {
            let name = format!("credit/{transfer}");
            if let Some(_lead) = self.gate.lead(&name).await {
                self.bring_on(transfer, Deadline::after(patience)).await?;
            }
            Ok::<_, StoreError>(())
        };
        if let Ok(Err(error)) = tokio::time::timeout(patience, work).await {
            tracing::warn!(claim = %claim.id, %error, "a credit goes on in the background");
        }
        let mut db = self.store.pool().acquire().await?;
        Ok(claims::by_id(&mut db, &claim.id).await?.unwrap_or(claim))
    }

    async fn answer(
        &self,
        store: &StoreRow,
        claim: &Claim,
        language: Language,
        by: Deadline,
    ) -> Result<Answer, StoreError> {
        let mut db = self.store.pool().acquire().await?;
        match claim.state {
            ClaimState::Pending | ClaimState::Replaced | ClaimState::Expired => {
                // Told only to who has paid from this phone before: to others it would tell of a stranger's money.
                let differs = self.amount_differs(&mut db, store, claim).await?;
                let since = self.store.clock().now_ms() - store.claim_ms;
                let elsewhere = claims::paid_elsewhere(&mut db, claim, since).await?;
                drop(db);
                Ok(match elsewhere.map(|claim| claim.state) {
                    _ if differs => Answer::no(AMOUNT_DIFFERS),
                    // On our own page, where it is used. No number of it: this endpoint knows nobody.
                    Some(ClaimState::Credited) => Answer::no("already_credited"),
                    Some(ClaimState::Held) => Answer::held(),
                    Some(_) => Answer::no("on_its_way"),
                    None => Answer::no(self.missing(store).await?),
                })
            }
            // Somebody else's transfer: no more is told than of none.
            ClaimState::Held | ClaimState::Rejected if is_of_another(claim) => {
                drop(db);
                Ok(Answer::no(self.missing(store).await?))
            }
            ClaimState::Rejected => Ok(Answer::no("rejected")),
            ClaimState::Reversed => Ok(Answer::no("reversed")),
            ClaimState::Held if has_expired(claim) => Ok(Answer {
                message: Some(language.text("held_expired").to_owned()),
                ..Answer::held()
            }),
            ClaimState::Held => Ok(Answer::held()),
            ClaimState::Matched => Ok(Answer::no("on_its_way")),
            ClaimState::Observed => Ok(Answer::no("observed")),
            ClaimState::Credited => {
                let transfer = match &claim.transfer {
                    Some(id) => transfers::by_id(&mut db, id).await?,
                    None => None,
                };
                let number = transfer.map(|transfer| transfer.operator_id);
                let credit = claim
                    .currency
                    .zip(claim.credited)
                    .map(|(currency, minor)| Money::new(minor, currency));
                drop(db);
                let answer = self.credited(store, claim, credit, language, by).await?;
                Ok(Answer { number, ..answer })
            }
        }
    }

    async fn credited(
        &self,
        store: &StoreRow,
        claim: &Claim,
        credit: Option<Money>,
        language: Language,
        by: Deadline,
    ) -> Result<Answer, StoreError> {
        // What the operator says was taken back pays for nothing more.
        if let Some(id) = &claim.transfer {
            let mut db = self.store.pool().acquire().await?;
            let items = reviews::of_transfer(&mut db, id).await?;
            drop(db);
            if items.iter().any(Review::took_back) {
                return Ok(Answer::no("reversed"));
            }
            if items.iter().any(Review::says_gone) {
                return Ok(Answer::held());
            }
        }
        if claim.answered_true {
            // Another invoice may have come since.
            let repeats = match claim.currency {
                Some(currency) if store.repeat_success && store.answers == Answers::WhenCovered => {
                    self.covers(claim, currency, by).await == Some(true)
                }
                _ => false,
            };
            return Ok(if repeats {
                Answer::yes()
            } else {
                Answer::no("already_credited")
            });
        }
        let amount = credit.map(|credit| credit.to_string()).unwrap_or_default();
        let with_amount = |code: &'static str| Answer {
            message: Some(language.fill(code, &[("amount", &amount)])),
            ..Answer::no(code)
        };
        let allowed = match (store.answers, claim.currency) {
            (Answers::WhenCovered, Some(currency)) => self.covers(claim, currency, by).await,
            _ => None,
        };
        if allowed == Some(false) {
            return Ok(with_amount("credited_short"));
        }
        let mut tx = self.store.begin().await?;
        if !claims::take_true_answer(&mut tx, &claim.id).await? {
            return Ok(Answer::no("already_credited"));
        }
        // Who asked has been told something else by now: it stays for the next time.
        if by.is_over() {
            return Ok(with_amount("credited"));
        }
        tx.commit().await?;
        Ok(if allowed == Some(true) {
            Answer::yes()
        } else {
            with_amount("credited")
        })
    }

    /// Whether the client's balance pays all that the module could mark as paid. `None`: nobody knows now, or there is an
    /// invoice that takes no credit.
    async fn covers(&self, claim: &Claim, currency: Currency, by: Deadline) -> Option<bool> {
        let asking = async {
            // The balance last: what is spent on an invoice in between then counts on neither side.
            let open = self
                .till
                .open_invoices(&claim.site, claim.client, currency)
                .await?;
            let client = self.till.client(&claim.site, claim.client).await?;
            Ok::<_, wharf_whmcs::ApiError>(open.covered_by(client.credit))
        };
        match tokio::time::timeout(by.remaining().min(LOOKING), asking).await {
            Ok(Ok(covered)) => covered,
            Ok(Err(error)) => {
                tracing::warn!(claim = %claim.id, %error, "the balance could not be compared with the invoices");
                None
            }
            Err(_) => None,
        }
    }

    /// The code for money that has not arrived: the same for whoever asks.
    pub(crate) async fn missing(&self, store: &StoreRow) -> Result<&'static str, StoreError> {
        let delayed = self.is_forwarding_delayed(&store.id).await?;
        Ok(if delayed { "delayed" } else { "not_found" })
    }

    async fn amount_differs(
        &self,
        db: &mut crate::tables::Db,
        store: &StoreRow,
        claim: &Claim,
    ) -> Result<bool, StoreError> {
        let waiting = transfers::free(db, &store.id, &claim.phone).await?;
        if waiting
            .iter()
            .all(|transfer| transfer.amount == claim.amount)
        {
            return Ok(false);
        }
        transfers::known_payer(db, &store.id, &claim.phone, claim.client).await
    }
}

struct Asked<'a> {
    phone: &'a str,
    amount: &'a str,
    client: Option<i64>,
    caller: &'a Caller,
    by: Deadline,
}

struct Answer {
    status: bool,
    code: &'static str,
    message: Option<String>,
    /// The operator's transaction number.
    number: Option<String>,
    verify: bool,
}

impl Answer {
    fn no(code: &'static str) -> Self {
        Self {
            status: false,
            code,
            message: None,
            number: None,
            verify: false,
        }
    }

    /// A person must look.
    fn held() -> Self {
        Self {
            verify: true,
            ..Self::no("held")
        }
    }

    fn yes() -> Self {
        Self {
            status: true,
            ..Self::no("ok")
        }
    }

    fn into_json(self, local: Local) -> Value {
        let mut body = Map::new();
        body.insert("status".to_owned(), Value::Bool(self.status));
        body.insert("code".to_owned(), Value::from(self.code));
        let message = self.message.unwrap_or_else(|| local.text(self.code));
        body.insert("message".to_owned(), Value::from(message));
        if let Some(number) = self.number {
            body.insert("transaction_id".to_owned(), Value::from(number));
        }
        if self.verify {
            body.insert("requires_verification".to_owned(), Value::Bool(true));
        }
        Value::Object(body)
    }
}

/// What is told of a transfer that was claimed for something else.
pub(crate) fn used(state: ClaimState) -> &'static str {
    match state {
        ClaimState::Reversed => "reversed",
        ClaimState::Rejected => "rejected",
        ClaimState::Observed => "observed",
        _ => "already_credited",
    }
}

/// Whom to credit. `user_name` meant three things in five days: the id, `First Last (email)`,
/// `First Last (id)`. Nobody is ever found by name.
fn client_of(client_id: Option<&str>, user_name: Option<&str>) -> Option<i64> {
    let id = |text: &str| {
        let digits = (1..=10).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        digits
            .then(|| text.parse::<i64>().ok())
            .flatten()
            .filter(|id| *id > 0)
    };
    let named = user_name.and_then(|name| {
        let in_brackets = name
            .strip_suffix(')')
            .and_then(|rest| rest.rsplit_once('('))
            .map(|(_, last)| last.trim());
        id(name).or_else(|| in_brackets.and_then(id))
    });
    match (client_id.map(id), named) {
        (Some(Some(client)), Some(named)) if client != named => None,
        (Some(client), _) => client,
        (None, named) => named,
    }
}

const RATE_UNKNOWN: &str = "rate_unknown";
const LOOKING: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_found_by_id_or_not_at_all() {
        assert_eq!(client_of(Some("42"), None), Some(42));
        assert_eq!(client_of(Some("42"), Some("Mona El Sayed (42)")), Some(42));
        assert_eq!(client_of(Some("42"), Some("Mona El Sayed (43)")), None);
        assert_eq!(
            client_of(Some("42"), Some("Mona (mona@example.com)")),
            Some(42)
        );
        assert_eq!(client_of(None, Some("42")), Some(42));
        assert_eq!(client_of(None, Some("Mona (Nile) (42)")), Some(42));
        for wrong in [
            "Mona (42) El Sayed",
            "Mona (mona@example.com)",
            "Mona",
            "()",
            "(0)",
            "(12345678901)",
            "(٤٢)",
            "-1",
        ] {
            assert_eq!(client_of(None, Some(wrong)), None, "{wrong}");
        }
        for wrong in ["0", "", "4 2", "12345678901", "x"] {
            assert_eq!(client_of(Some(wrong), Some("Mona (42)")), None, "{wrong}");
        }
        assert_eq!(client_of(None, None), None);
    }
}
