//! Making claims. A claim that was made before is the same claim: repeating it changes nothing.

use std::net::IpAddr;

use wharf_core::{Phone, id};
use wharf_store::{StoreError, Tx};

use crate::Payments;
use crate::gateway::is_unfound;
use crate::holds::is_of_another;
use crate::judge::{names, proves};
use crate::limits;
use crate::matching::{self, AMOUNT_DIFFERS, TWO_CLAIMS, UNFOUND};
use crate::review::REVERSAL;
use crate::tables::Db;
use crate::tables::claims::{self, Claim, ClaimState, Source};
use crate::tables::quotes::{self, Quote};
use crate::tables::reviews::{self, Review};
use crate::tables::stores::{self, StoreRow};
use crate::tables::transfers::{self, Transfer, TransferState};

/// What became of an attempt to claim.
pub(crate) enum Claimed {
    Is(Box<Claim>),
    /// The transfer of the number that was given is this client's, and was claimed for something else. How that stands.
    Used(ClaimState),
    /// The transfer that is held for the invoice has another number than was given on its page.
    Unproven,
    TooMany,
}

/// What a shop says of its customer: in a claim check, or signed.
pub(crate) struct Check<'a> {
    pub by: Source,
    pub client: i64,
    pub invoice: Option<i64>,
    pub phone: &'a Phone,
    /// Piastres.
    pub amount: i64,
    pub operator_id: Option<String>,
    pub source: Option<IpAddr>,
}

impl Payments {
    /// A claim from our own gateway module, for the quote that the customer saw.
    pub(crate) async fn claim_quote(
        &self,
        store: &StoreRow,
        quote: &Quote,
        phone: &Phone,
        operator_id: Option<String>,
        source: Option<IpAddr>,
    ) -> Result<Claimed, StoreError> {
        self.catch_up().await;
        let now = self.store.clock().now_ms();
        let mut tx = self.store.begin().await?;
        stores::take_turn(&mut tx, &store.id).await?;
        let earlier = claims::of_invoice(&mut tx, &quote.site, quote.client, quote.invoice).await?;
        let is_hidden = |claim: &&Claim| claim.state == ClaimState::Held && is_of_another(claim);
        let under_way = |claim: &&Claim| match claim.state {
            ClaimState::Matched => true,
            ClaimState::Held => !is_hidden(claim),
            ClaimState::Credited => {
                claim.applied.is_none() || claim.quote.as_ref() == Some(&quote.id)
            }
            _ => false,
        };
        // Money has arrived for this invoice: it must end before more can be asked for. What is held for a person may
        // only lack the number.
        let standing = earlier.iter().find(under_way);
        let named = |held: &Claim| {
            held.state == ClaimState::Held
                && held.store == store.id
                && operator_id.is_some()
                && operator_id != held.operator_id
        };
        let about = match standing.and_then(|claim| claim.transfer.as_ref()) {
            Some(id) => transfers::by_id(&mut tx, id).await?,
            None => None,
        };
        // Whose credit is asked for, or uncertain, needs no more proof.
        let is_given = about.as_ref().is_some_and(|about| {
            !matches!(about.state, TransferState::Received | TransferState::Held)
        });
        if let Some(claim) = standing.filter(|claim| is_given || !named(claim)) {
            return Ok(Claimed::Is(Box::new(claim.clone())));
        }
        if let Some(number) = &operator_id {
            let spent = claims::of_number(&mut tx, &store.id, quote.client, number).await?;
            if let Some(claim) = spent {
                return Ok(Claimed::Used(claim.state));
            }
        }
        let number = operator_id.as_deref().unwrap_or("-");
        let key = format!("gateway/{}/{}/{number}", quote.id, phone.e164());
        // After one that was turned down the same may be said again, of other money.
        let (mut free, mut times) = (key.clone(), 0);
        while let Some(earlier) = claims::by_key(&mut tx, &free).await?
            && matches!(earlier.state, ClaimState::Rejected | ClaimState::Reversed)
        {
            times += 1;
            free = format!("{key}/{times}");
        }
        // Who looks for what was not found by its number has not been told to send anything.
        let here = |claim: &&Claim| claim.store == store.id && claim.state != ClaimState::Replaced;
        let last = earlier.iter().find(here);
        let seeks = operator_id.is_some() && last.is_some_and(|claim| is_unfound(claim, now));
        let claim = Claim {
            id: id::new_id(self.store.clock()),
            key: free,
            store: store.id.clone(),
            site: quote.site.clone(),
            client: quote.client,
            invoice: Some(quote.invoice),
            quote: Some(quote.id.clone()),
            source: Source::Gateway,
            phone: phone.clone(),
            amount: quote.amount,
            operator_id,
            state: ClaimState::Pending,
            reason: seeks.then(|| UNFOUND.to_owned()),
            transfer: None,
            credited: None,
            currency: None,
            applied: None,
            paid: false,
            answered_true: false,
            origin: source_of(source),
            created_at: now,
            expires_at: now + store.claim_ms,
            changed_at: now,
        };
        if let Some(held) = standing {
            return self.prove(tx, store, held, about, claim).await;
        }
        // Another amount has arrived: a number that is not its own says nothing.
        if claim.operator_id.is_some()
            && let Some(waiting) = earlier
                .iter()
                .find(|claim| claim.store == store.id && differs(claim))
            && let Some(arrived) = arrived_for(&mut tx, waiting).await?
        {
            return self.prove(tx, store, waiting, Some(arrived), claim).await;
        }
        // Its customer was told that nothing was found: what is said now counts in its place.
        let hidden = earlier
            .iter()
            .find(|claim| is_hidden(claim) && claim.store == store.id);
        match hidden {
            Some(hidden) if hidden.key == claim.key => {
                quotes::set_problem(&mut tx, &quote.id, None).await?;
                tx.commit().await?;
                Ok(Claimed::Is(Box::new(hidden.clone())))
            }
            Some(hidden) => {
                give_way(&mut tx, hidden, now).await?;
                self.enter(tx, store, claim, hidden.transfer.as_deref())
                    .await
            }
            None => self.enter(tx, store, claim, None).await,
        }
    }

    /// A claim whose number may be what a person waits for who looks at the one that is held.
    async fn prove(
        &self,
        mut tx: Tx,
        store: &StoreRow,
        held: &Claim,
        transfer: Option<Transfer>,
        claim: Claim,
    ) -> Result<Claimed, StoreError> {
        if let Some(transfer) = transfer {
            if proves(held, &transfer) {
                return Ok(Claimed::Is(Box::new(held.clone())));
            }
            // Of this one, or of other money that has come. Another amount than the one agreed takes the whole number.
            let number = claim.operator_id.as_deref().unwrap_or_default();
            let is_shown = match claim.amount == transfer.amount {
                true => proves(&claim, &transfer),
                false => names(&claim, &transfer),
            };
            if is_shown
                || !transfers::waiting_by_number(&mut tx, &store.id, number, claim.amount)
                    .await?
                    .is_empty()
            {
                give_way(&mut tx, held, claim.created_at).await?;
                return self.enter(tx, store, claim, Some(&transfer.id)).await;
            }
        }
        // A guess counts as what it is: a claim that found nothing.
        if claims::insert(&mut tx, &claim).await? {
            if self.is_too_many(&mut tx, store, &claim).await? {
                return Ok(Claimed::TooMany);
            }
            give_way(&mut tx, &claim, claim.created_at).await?;
        }
        tx.commit().await?;
        Ok(Claimed::Unproven)
    }

    /// A claim check, or a signed claim. With the same figures it is the same claim, unless another such transfer has come.
    pub(crate) async fn claim_check(
        &self,
        store: &StoreRow,
        check: &Check<'_>,
    ) -> Result<Claimed, StoreError> {
        self.catch_up().await;
        // A page that asks again and again, or a thousand at once, costs a look each.
        let (phone, amount) = (check.phone.e164(), check.amount);
        let name = format!("claim/{}/{}/{phone}/{amount}", store.id, check.client);
        let mut lead = None;
        loop {
            if let Some(known) = self.known_claim(store, check).await? {
                return Ok(known);
            }
            if lead.is_some() {
                break;
            }
            lead = self.gate.lead(&name).await;
        }
        let now = self.store.clock().now_ms();
        let mut tx = self.store.begin().await?;
        stores::take_turn(&mut tx, &store.id).await?;
        let same = claims::same(&mut tx, &store.id, check).await?;
        if let Some(known) = answered(&mut tx, store, &same, check, now).await? {
            return Ok(known);
        }
        let about = match (check.invoice, &check.operator_id) {
            (None, None) => String::new(),
            (invoice, number) => format!(
                "{}/{}/",
                invoice.unwrap_or_default(),
                number.as_deref().unwrap_or("-")
            ),
        };
        let key = |found: usize| {
            format!(
                "{}/{}/{}/{}/{}/{about}{found}",
                check.by.as_str(),
                store.id,
                check.client,
                check.phone.e164(),
                check.amount
            )
        };
        // One of those that found money may have lost it again since: its key is free, those after it are not.
        let spent: Vec<&Claim> = same.iter().filter(|claim| has_found(claim)).collect();
        let mut found = spent.len();
        while spent.iter().any(|claim| claim.key == key(found)) {
            found += 1;
        }
        let claim = Claim {
            id: id::new_id(self.store.clock()),
            key: key(found),
            store: store.id.clone(),
            site: store.site.clone(),
            client: check.client,
            invoice: check.invoice,
            quote: None,
            source: check.by,
            phone: check.phone.clone(),
            amount: check.amount,
            operator_id: check.operator_id.clone(),
            state: ClaimState::Pending,
            reason: None,
            transfer: None,
            credited: None,
            currency: None,
            applied: None,
            paid: false,
            answered_true: false,
            origin: source_of(check.source),
            created_at: now,
            expires_at: now + store.claim_ms,
            changed_at: now,
        };
        self.enter(tx, store, claim, None).await
    }

    /// The claim that is there already, where entering it again would change nothing.
    async fn known_claim(
        &self,
        store: &StoreRow,
        check: &Check<'_>,
    ) -> Result<Option<Claimed>, StoreError> {
        let now = self.store.clock().now_ms();
        let mut db = self.store.pool().acquire().await?;
        let same = claims::same(&mut db, &store.id, check).await?;
        let fresh = same.first().filter(|claim| {
            claim.state == ClaimState::Pending
                && claim.expires_at > now + store.claim_ms - FRESH
                && claim.created_at <= now
        });
        match fresh {
            // What waits meets its transfer when that comes; asking only makes it wait longer.
            Some(claim) => Ok(Some(Claimed::Is(Box::new(claim.clone())))),
            None => answered(&mut db, store, &same, check, now).await,
        }
    }

    /// Enters a claim, or finds it, and lets it meet the transfers that are there; also the one that the claim was held
    /// for which gave way to it.
    async fn enter(
        &self,
        mut tx: Tx,
        store: &StoreRow,
        claim: Claim,
        freed: Option<&str>,
    ) -> Result<Claimed, StoreError> {
        let now = self.store.clock().now_ms();
        let mut entered = claim;
        if claims::insert(&mut tx, &entered).await? {
            if self.is_too_many(&mut tx, store, &entered).await? {
                return Ok(Claimed::TooMany);
            }
            metrics::counter!("wharf_payment_claims_total", "end" => "entered").increment(1);
        } else if let Some(mut earlier) = claims::by_key(&mut tx, &entered.key).await? {
            let again = matches!(
                earlier.state,
                ClaimState::Pending | ClaimState::Replaced | ClaimState::Expired
            );
            if again {
                earlier.state = ClaimState::Pending;
                if earlier.reason.as_deref() != Some(AMOUNT_DIFFERS) {
                    earlier.reason.clone_from(&entered.reason);
                }
                earlier.expires_at = entered.expires_at;
                claims::change(&mut tx, &earlier, now).await?;
            }
            entered = earlier;
        }
        if entered.invoice.is_some() {
            claims::replace_others(&mut tx, &entered, now).await?;
        }
        if let Some(quote) = &entered.quote {
            quotes::set_problem(&mut tx, quote, None).await?;
        }
        if entered.state == ClaimState::Pending {
            let (jobs, clock) = (self.store.jobs(), self.store.clock());
            matching::settle_claim(&mut tx, jobs, clock, store, &entered).await?;
        }
        if let Some(freed) = freed {
            let (jobs, clock) = (self.store.jobs(), self.store.clock());
            matching::settle_transfer(&mut tx, jobs, clock, store, freed).await?;
        }
        let entered = claims::by_id(&mut tx, &entered.id)
            .await?
            .unwrap_or(entered);
        tx.commit().await?;
        self.store.jobs().wake();
        tracing::info!(claim = %entered.id, store = %store.id, state = entered.state.as_str(), "claim");
        Ok(Claimed::Is(Box::new(entered)))
    }

    /// Whether too many claims before this one, which was just entered, found nothing.
    async fn is_too_many(
        &self,
        tx: &mut Tx,
        store: &StoreRow,
        claim: &Claim,
    ) -> Result<bool, StoreError> {
        let Some(whose) = limits::exceeded(tx, store, claim).await? else {
            return Ok(false);
        };
        let whose = whose.as_str();
        metrics::counter!("wharf_payment_claims_total", "end" => "too_many", "whose" => whose)
            .increment(1);
        tracing::warn!(store = %store.id, client = claim.client, whose, "too many claims that found nothing");
        Ok(true)
    }
}

/// Whether its customer was told that another amount has arrived.
fn differs(claim: &Claim) -> bool {
    claim.state == ClaimState::Pending && claim.reason.as_deref() == Some(AMOUNT_DIFFERS)
}

/// What has arrived in the place of the amount that was agreed, and waits for a person.
pub(crate) async fn arrived_for(
    db: &mut Db,
    claim: &Claim,
) -> Result<Option<Transfer>, StoreError> {
    for id in transfers::differing_from(db, &claim.store, &claim.phone).await? {
        let items = reviews::of_transfer(db, &id).await?;
        let about = |item: &Review| item.is_undecided() && item.claim.as_ref() == Some(&claim.id);
        if items.iter().any(about) {
            return transfers::by_id(db, &id).await;
        }
    }
    Ok(None)
}

/// Another claim of the same customer counts in its place.
async fn give_way(tx: &mut Tx, claim: &Claim, now: i64) -> Result<(), StoreError> {
    let to = Claim {
        state: ClaimState::Replaced,
        reason: None,
        transfer: None,
        ..claim.clone()
    };
    claims::change(tx, &to, now).await
}

/// What answers a check where a new claim could only wait for money that nobody spoke of: the claim that got the
/// transfer of the number that was given, or the newest one with the same figures.
async fn answered(
    db: &mut Db,
    store: &StoreRow,
    same: &[Claim],
    check: &Check<'_>,
    now: i64,
) -> Result<Option<Claimed>, StoreError> {
    if let Some(number) = &check.operator_id
        && let Some(claim) = claims::of_number(db, &store.id, check.client, number).await?
    {
        let own =
            claim.invoice == check.invoice && (claim.invoice.is_some() || claim.source == check.by);
        return Ok(Some(match own {
            true => Claimed::Is(Box::new(claim)),
            false => Claimed::Used(claim.state),
        }));
    }
    match same.first() {
        Some(claim) if is_answer(db, store, claim, check, now).await? => {
            Ok(Some(Claimed::Is(Box::new(claim.clone()))))
        }
        _ => Ok(None),
    }
}

/// Whether asking again can change nothing: money was found for it, and no other such money has come.
async fn is_answer(
    db: &mut Db,
    store: &StoreRow,
    claim: &Claim,
    check: &Check<'_>,
    now: i64,
) -> Result<bool, StoreError> {
    let has_ended = match claim.state {
        // Whose a contested transfer is decides about the others too.
        ClaimState::Held if claim.reason.as_deref() == Some(TWO_CLAIMS) => return Ok(true),
        ClaimState::Matched | ClaimState::Held => false,
        _ if has_found(claim) => true,
        _ => return Ok(false),
    };
    // Who pays the same each month may ask before the message comes.
    if has_ended && check.by == Source::Check && claim.changed_at + store.claim_ms < now {
        return Ok(false);
    }
    let free = transfers::free(db, &claim.store, check.phone).await?;
    // That a new claim could get.
    let other = |transfer: &Transfer| {
        transfer.amount == check.amount
            && Some(&transfer.id) != claim.transfer.as_ref()
            && transfer.received_at >= now - store.claim_ms
            && transfer.reason.as_deref() != Some(REVERSAL)
    };
    Ok(!free.iter().any(other))
}

/// Whether a claim has found its money: the next one with the same figures is another one.
fn has_found(claim: &Claim) -> bool {
    match claim.state {
        ClaimState::Matched
        | ClaimState::Held
        | ClaimState::Credited
        | ClaimState::Observed
        | ClaimState::Rejected
        | ClaimState::Reversed => true,
        ClaimState::Pending | ClaimState::Replaced | ClaimState::Expired => false,
    }
}

/// How old a waiting claim's last renewal may be.
const FRESH: i64 = 60_000;

fn source_of(source: Option<IpAddr>) -> Option<String> {
    source.map(|source| source.to_canonical().to_string())
}
