//! `POST /api/claims`: the trusted form of a claim. The shop's server signs the bytes of the body with the
//! store's key, so nobody can change client, invoice, amount or phone on the way, nor send it again.
//!
//! Asking is claiming: the same claim under a new nonce answers how it stands.

use std::net::IpAddr;

use serde::Deserialize;
use serde_json::{Value, json};
use wharf_core::{Deadline, ErrorClass, Money};
use wharf_store::StoreError;

use crate::Payments;
use crate::callers::Rules;
use crate::claiming::{Check, Claimed};
use crate::holds::is_of_another;
use crate::keys;
use crate::public::{PublicError, Why, used};
use crate::tables::claims::{Claim, ClaimState, Source};
use crate::tables::stores::StoreRow;
use crate::tables::{nonces, stores, transfers};
use crate::texts::{Language, Local};
use crate::typed::transaction_number;

/// What is signed. Unknown fields are refused: they would be signed and mean nothing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    store: String,
    client: i64,
    /// The credit is applied to it, up to what is due. Without one it stays on the account.
    #[serde(default)]
    invoice: Option<i64>,
    /// In what the store's wallets hold, as text.
    amount: String,
    phone: String,
    /// The operator's transaction number.
    #[serde(default)]
    transaction: Option<String>,
    #[serde(default)]
    language: Option<String>,
    /// A text that this store has not sent before.
    nonce: String,
    /// Unix seconds.
    time: i64,
}

impl Payments {
    /// `signature`: HMAC-SHA256 over the body's bytes with the store's key, hexadecimal. Every outcome of a
    /// claim that is really the shop's is an answer. After `by` nobody reads it.
    pub async fn signed_claim(
        &self,
        bytes: &[u8],
        signature: &str,
        source: Option<IpAddr>,
        by: Deadline,
    ) -> Result<Value, PublicError> {
        let body: Body = serde_json::from_slice(bytes)
            .map_err(|error| PublicError::new(MISUSE, format!("this is no claim: {error}")))?;
        let language = Language::of(body.language.as_deref());
        let trouble = |error: StoreError| PublicError::internal(error, language);
        let store = stores::by_id(self.store.pool(), &body.store)
            .await
            .map_err(trouble)?;
        let Some(store) = store else {
            return Err(not_allowed());
        };
        let key = keys::claim_key(&self.store, &store.id)
            .await
            .map_err(trouble)?;
        let signed = key.is_some_and(|key| keys::verify(&key, &[PURPOSE, bytes], signature));
        if !signed || Rules::of(&store).admit_source(source).is_err() {
            tracing::warn!(store = %store.id, signed, "a claim with a wrong signature, or from elsewhere");
            return Err(not_allowed());
        }
        self.fresh(&store, &body).await?;
        let claim = match self
            .claim_of(&store, &body, source)
            .await
            .map_err(trouble)?
        {
            Ok(claim) => claim,
            Err(code) => {
                let local = Local {
                    language,
                    place: store.place(),
                };
                metrics::counter!("wharf_payment_checks_total", "code" => code).increment(1);
                let message = local.text(code);
                return Ok(json!({ "status": false, "code": code, "message": message }));
            }
        };
        let claim = self.awaited(claim, by).await.map_err(trouble)?;
        self.standing_of(&store, &claim, language)
            .await
            .map_err(trouble)
    }

    /// A claim is taken near its time, and once.
    async fn fresh(&self, store: &StoreRow, body: &Body) -> Result<(), PublicError> {
        let now = self.store.clock().now_ms();
        let off = body.time.saturating_mul(1_000).saturating_sub(now);
        if off.unsigned_abs() > WINDOW_MS.unsigned_abs() {
            let text =
                "the claim's time is more than five minutes off; look at this server's clock";
            return Err(PublicError::new(Why::NotAllowed, text));
        }
        let well_formed = (16..=100).contains(&body.nonce.len())
            && body.nonce.bytes().all(|b| b.is_ascii_graphic());
        if !well_formed {
            let text = "a nonce has 16 to 100 ASCII characters without blanks";
            return Err(PublicError::new(MISUSE, text));
        }
        let internal = |error| PublicError::internal(error, Language::English);
        let taking = async {
            let mut tx = self.store.begin().await?;
            let taken =
                nonces::take(&mut tx, &store.id, &body.nonce, now, now - 2 * WINDOW_MS).await?;
            tx.commit().await?;
            Ok::<_, StoreError>(taken)
        };
        if taking.await.map_err(internal)? {
            return Ok(());
        }
        let text = "a claim with this nonce was taken before; sign it again with a new one";
        Err(PublicError::new(Why::Repeated, text))
    }

    /// The claim, or what is wrong with it.
    async fn claim_of(
        &self,
        store: &StoreRow,
        body: &Body,
        source: Option<IpAddr>,
    ) -> Result<Result<Claim, &'static str>, StoreError> {
        if !(1..=LARGEST_ID).contains(&body.client) {
            return Ok(Err("client_invalid"));
        }
        if body
            .invoice
            .is_some_and(|invoice| !(1..=LARGEST_ID).contains(&invoice))
        {
            return Ok(Err("invoice_invalid"));
        }
        let Some(phone) = store.phone(&body.phone) else {
            return Ok(Err("phone_invalid"));
        };
        let mut db = self.store.pool().acquire().await?;
        if stores::has_number(&mut db, &store.id, &phone).await? {
            return Ok(Err("own_number"));
        }
        drop(db);
        let Some(amount) = store.typed(&body.amount) else {
            return Ok(Err("amount_invalid"));
        };
        if amount > store.largest() {
            return Ok(Err("amount_limits"));
        }
        let typed = body.transaction.as_deref().unwrap_or_default();
        let Ok(number) = transaction_number(typed) else {
            return Ok(Err("problem_transaction"));
        };
        let check = Check {
            by: Source::Signed,
            client: body.client,
            invoice: body.invoice,
            phone: &phone,
            amount,
            operator_id: number,
            source,
        };
        Ok(match self.claim_check(store, &check).await? {
            Claimed::Is(claim) => Ok(*claim),
            Claimed::Used(state) => Err(used(state)),
            Claimed::TooMany | Claimed::Unproven => {
                Err(self.too_many(store, body.client, Source::Signed).await?)
            }
        })
    }

    async fn standing_of(
        &self,
        store: &StoreRow,
        claim: &Claim,
        language: Language,
    ) -> Result<Value, StoreError> {
        let mut db = self.store.pool().acquire().await?;
        let transfer = match &claim.transfer {
            Some(id) => transfers::by_id(&mut db, id).await?,
            None => None,
        };
        drop(db);
        let credited = claim
            .currency
            .zip(claim.credited)
            .map(|(currency, minor)| Money::new(minor, currency));
        let code = match claim.state {
            ClaimState::Pending | ClaimState::Replaced | ClaimState::Expired => {
                self.missing(store).await?
            }
            ClaimState::Held | ClaimState::Rejected if is_of_another(claim) => {
                self.missing(store).await?
            }
            ClaimState::Held => "held",
            ClaimState::Rejected => "rejected",
            ClaimState::Reversed => "reversed",
            ClaimState::Matched => "on_its_way",
            ClaimState::Observed => "observed",
            ClaimState::Credited if claim.paid => "ok",
            ClaimState::Credited => "credited",
        };
        metrics::counter!("wharf_payment_checks_total", "code" => code).increment(1);
        let amount = credited
            .map(|credit| credit.to_string())
            .unwrap_or_default();
        let applied = claim
            .currency
            .zip(claim.applied)
            .map(|(currency, minor)| Money::new(minor, currency).amount());
        let standing = credited.filter(|_| claim.state == ClaimState::Credited);
        Ok(json!({
            "status": claim.state == ClaimState::Credited,
            "code": code,
            "message": language.fill(code, &[("amount", &amount)]),
            "claim": claim.id,
            // Before that it could be another's.
            "transaction_id": credited.and(transfer).map(|transfer| transfer.operator_id),
            "credited": standing.map(|credit| credit.amount()),
            "currency": standing.map(|credit| credit.currency.as_str().to_owned()),
            "applied": applied,
            "paid": claim.paid,
        }))
    }
}

/// The same for an unknown store, one without a key, and a wrong signature.
fn not_allowed() -> PublicError {
    PublicError::new(
        Why::NotAllowed,
        "this claim is not signed with the key of a store, or does not come from one of its shops",
    )
}

const MISUSE: Why = Why::Class(ErrorClass::Misuse);
/// In front of the bytes that are signed: a signature made for something else is none here.
const PURPOSE: &[u8] = b"wharf claim 1\n";
/// Ids have at most ten digits, as in the claim check.
const LARGEST_ID: i64 = 9_999_999_999;
/// How far the shop's clock may be off.
const WINDOW_MS: i64 = 5 * 60_000;
