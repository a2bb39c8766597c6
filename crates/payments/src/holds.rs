//! Why a transfer waits for a person before it is credited: what is asked of every match. (What is odd about a
//! message itself is found when it is read.)

use serde_json::{Value, json};
use wharf_store::StoreError;

use crate::claimed_again;
use crate::judge::Owner;
use crate::matching::{AMOUNT_DIFFERS, TWO_CLAIMS};
use crate::settings::{Hold, PhoneBinding};
use crate::tables::claims::{Claim, ClaimState};
use crate::tables::stores::StoreRow;
use crate::tables::transfers::{self, Transfer};
use crate::tables::{Db, bindings, reviews};

/// One reason, with what a person needs to judge it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Concern {
    pub kind: &'static str,
    pub reason: &'static str,
    pub evidence: Value,
}

/// How a client has shown to be the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// The operator's transaction number.
    Number,
    /// Its last digits, with the right phone and amount.
    Tail,
}

impl Concern {
    pub(crate) fn new(kind: &'static str, reason: &'static str, evidence: Value) -> Self {
        Self {
            kind,
            reason,
            evidence,
        }
    }

    /// The word that a transfer and its claims carry.
    pub(crate) fn word(&self) -> &'static str {
        match self.kind {
            CONTEST if self.reason == CONTEST => TWO_CLAIMS,
            DIFFERS => AMOUNT_DIFFERS,
            _ => self.reason,
        }
    }
}

/// Whether a reason lies in the match: it goes away with its claim.
pub(crate) fn is_about_claims(kind: &str, reason: &str) -> bool {
    matches!(
        kind,
        CONTEST | DIFFERS | BINDING | "first_payment" | "above" | "always"
    ) || (kind == CEILING && reason != CEILING)
}

/// What speaks against crediting a transfer to a claim without a person.
pub(crate) async fn of_match(
    db: &mut Db,
    store: &StoreRow,
    transfer: &Transfer,
    claim: &Claim,
    proof: Option<Proof>,
    owners: &[Owner],
    now: i64,
) -> Result<Vec<Concern>, StoreError> {
    let caution = &store.caution;
    let mut concerns = Vec::new();
    let binding = of_binding(db, store, transfer, claim, proof, owners).await?;
    let is_new = binding.is_some();
    concerns.extend(binding);
    match caution.hold {
        Hold::Off => {}
        Hold::Always => concerns.push(Concern::new("always", "always", json!({}))),
        Hold::Above if transfer.amount > caution.hold_above => {
            let evidence = limit(store, transfer.amount, caution.hold_above);
            concerns.push(Concern::new("above", "above", evidence));
        }
        Hold::Above => {}
        // Who looks at a new phone sees that it is the first payment, too.
        Hold::FirstPayment if is_new => {}
        Hold::FirstPayment => {
            if !transfers::has_paid(db, transfer, &claim.site, claim.client).await? {
                let evidence = json!({ "proof": proof.map(Proof::as_str) });
                concerns.push(Concern::new("first_payment", "first_payment", evidence));
            }
        }
    }
    let since = now - A_DAY;
    for (reason, ceiling, before) in [
        (
            "ceiling_client",
            caution.ceiling_client_day,
            transfers::paid_by_client(db, transfer, &claim.site, claim.client, since).await?,
        ),
        (
            "ceiling_phone",
            caution.ceiling_phone_day,
            transfers::paid_by_phone(db, transfer, since).await?,
        ),
    ] {
        let sum = before.saturating_add(transfer.amount);
        // One that is too large in itself waits for that already.
        let too_large = of_amount(store, transfer.amount).is_some();
        if ceiling > 0 && sum > ceiling && !too_large {
            concerns.push(Concern::new(CEILING, reason, limit(store, sum, ceiling)));
            break;
        }
    }
    Ok(concerns)
}

/// Whether the client may be believed to own the phone.
async fn of_binding(
    db: &mut Db,
    store: &StoreRow,
    transfer: &Transfer,
    claim: &Claim,
    proof: Option<Proof>,
    owners: &[Owner],
) -> Result<Option<Concern>, StoreError> {
    let caution = &store.caution;
    let me = (claim.site.clone(), claim.client);
    // Without a phone the number was quoted, which is all that can be asked.
    if transfer.phone.is_none() || owners.contains(&me) {
        return Ok(None);
    }
    let clients = json!(
        owners
            .iter()
            .map(|(_, client)| format!("#{client}"))
            .collect::<Vec<_>>()
            .join(", ")
    );
    let count = i64::try_from(owners.len()).unwrap_or(i64::MAX);
    if caution.clients_per_phone > 0 && count >= caution.clients_per_phone {
        let evidence =
            json!({ "count": count, "limit": caution.clients_per_phone, "clients": clients });
        return Ok(Some(Concern::new(BINDING, BINDING_CLIENTS, evidence)));
    }
    let phones = bindings::phones_of(db, &store.id, &claim.site, claim.client).await?;
    if caution.phones_per_client > 0 && phones >= caution.phones_per_client {
        let evidence = json!({ "count": phones, "limit": caution.phones_per_client });
        return Ok(Some(Concern::new(BINDING, "binding_phones", evidence)));
    }
    if caution.phone_binding == PhoneBinding::Off || proof.is_some() {
        return Ok(None);
    }
    let reason = if owners.is_empty() {
        BINDING
    } else {
        BINDING_OTHER
    };
    Ok(Some(Concern::new(
        BINDING,
        reason,
        json!({ "clients": clients }),
    )))
}

/// An amount that no wallet of that kind can receive.
pub(crate) fn of_amount(store: &StoreRow, amount: i64) -> Option<Concern> {
    let ceiling = store.caution.ceiling_transfer;
    (ceiling > 0 && amount > ceiling)
        .then(|| Concern::new(CEILING, CEILING, limit(store, amount, ceiling)))
}

pub(crate) fn contest(claims: &[Claim]) -> Concern {
    let mut clients: Vec<String> = claims
        .iter()
        .map(|claim| format!("#{}", claim.client))
        .collect();
    clients.dedup();
    let evidence = json!({
        "clients": clients.join(", "),
        "claims": claims.iter().map(|claim| claim.id.as_str()).collect::<Vec<_>>(),
    });
    Concern::new(CONTEST, CONTEST, evidence)
}

pub(crate) fn differs(store: &StoreRow, transfer: &Transfer, claim: &Claim) -> Concern {
    let evidence = json!({
        "agreed": money(store, claim.amount),
        "agreed_minor": claim.amount,
        "arrived": money(store, transfer.amount),
        "arrived_minor": transfer.amount,
    });
    Concern::new(DIFFERS, DIFFERS, evidence)
}

/// Whether a claim is held because its phone is another client's. Its customer is told no more than that nothing
/// was found.
pub(crate) fn is_of_another(claim: &Claim) -> bool {
    claim
        .reason
        .as_deref()
        .is_some_and(|reason| OF_ANOTHER.contains(&reason))
}

pub(crate) fn same_client(one: &Claim, other: &Claim) -> bool {
    one.client == other.client && one.site == other.site
}

/// Whether the transfer's number would do what a person is asked to do for the claim: tell whose the money is.
pub(crate) async fn lacks_proof(
    db: &mut Db,
    store: &StoreRow,
    transfer: &Transfer,
    claim: &Claim,
    now: i64,
) -> Result<bool, StoreError> {
    let is_asked = claim.state == ClaimState::Held
        && claim.store == store.id
        && claim.operator_id.is_none()
        && transfer.has_number()
        && matches!(
            claim.reason.as_deref(),
            Some(BINDING | TWO_CLAIMS | HOLD_EXPIRED)
        );
    let (true, Some(phone)) = (is_asked, &transfer.phone) else {
        return Ok(false);
    };
    let file = reviews::of_transfer(db, &transfer.id).await?;
    if claimed_again::concern(&file, claim).is_some() {
        return Ok(false);
    }
    let owners = bindings::owners(db, &store.id, phone).await?;
    let proof = Some(Proof::Number);
    let others = of_match(db, store, transfer, claim, proof, &owners, now).await?;
    Ok(others.is_empty())
}

/// Whether nobody has decided in the store's time about what it is held for.
pub(crate) fn has_expired(claim: &Claim) -> bool {
    claim.state == ClaimState::Held && claim.reason.as_deref() == Some(HOLD_EXPIRED)
}

/// An amount in the wallets' currency, in words.
pub(crate) fn money(store: &StoreRow, minor: i64) -> String {
    store.money(minor).to_string()
}

pub(crate) fn limit(store: &StoreRow, amount: i64, limit: i64) -> Value {
    json!({
        "amount": money(store, amount),
        "amount_minor": amount,
        "limit": money(store, limit),
        "limit_minor": limit,
    })
}

impl Proof {
    fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Tail => "last digits",
        }
    }
}

const CONTEST: &str = "contest";
const DIFFERS: &str = "differs";
const BINDING: &str = "binding";
pub(crate) const CEILING: &str = "ceiling";
pub(crate) const BINDING_OTHER: &str = "binding_other";
const BINDING_CLIENTS: &str = "binding_clients";
/// Why a claim is held whose customer is told that nothing was found.
pub(crate) const OF_ANOTHER: [&str; 2] = [BINDING_OTHER, BINDING_CLIENTS];
pub(crate) const HOLD_EXPIRED: &str = "hold_expired";
const A_DAY: i64 = 24 * 3_600_000;
