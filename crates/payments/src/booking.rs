//! From what a message says to what is kept of it: a transfer, where money came, and a link of its wallet's
//! balances.

use jiff::Timestamp;
use serde_json::{Value, json};
use wharf_core::{Clock, id};
use wharf_store::{Jobs, StoreError, Tx};

use crate::balance::{self, Word};
use crate::holding;
use crate::holds::{self, Concern};
use crate::keys::identity;
use crate::matching;
use crate::reversing::Inquiry;
use crate::tables::links::{Link, Standing};
use crate::tables::messages::MessageRow;
use crate::tables::reviews::{self, NewReview, Review, ReviewState};
use crate::tables::stores::{self, StoreRow, WalletRow};
use crate::tables::transfers::{self, FINGERPRINT, Transfer, TransferState};
use crate::tables::{Db, audit};
use crate::wallets::{Doubt, Kind, Reading};

/// What a message is read against.
pub(crate) struct Desk<'a> {
    pub jobs: &'a Jobs,
    pub clock: &'a Clock,
    pub store: &'a StoreRow,
    pub wallet: &'a WalletRow,
    /// Whether the very same words came shortly before, with nothing that tells the two apart.
    pub doubtful: bool,
    /// The transfer of another wallet that the same number, amount and payer were told of, in other words.
    pub elsewhere: Option<Transfer>,
}

impl Desk<'_> {
    fn inquiry(&self) -> Inquiry<'_> {
        Inquiry {
            jobs: self.jobs,
            clock: self.clock,
            store: self.store,
        }
    }
}

/// Books what a message tells. The answer is why the message itself must be looked at, if it must.
pub(crate) async fn book(
    db: &mut Tx,
    desk: &Desk<'_>,
    message: &MessageRow,
    reading: &Reading,
) -> Result<Option<&'static str>, StoreError> {
    if reading.kind != Kind::Received {
        enter_balance(db, desk, message, reading, None).await?;
        if reading.kind == Kind::Reversed {
            let wallet = Some(desk.wallet.id.as_str());
            desk.inquiry()
                .reversed(db, wallet, message, reading)
                .await?;
        }
        return Ok(None);
    }
    let Some(amount) = reading.amount else {
        let why = "the amount cannot be read";
        let evidence = json!({ "doubt": why });
        let concern = Concern::new("doubt", "doubt", evidence);
        ask_about(db, desk.clock, &message.store, &message.id, &concern).await?;
        return Ok(Some(why));
    };
    let transfer = transfer_of(desk, message, reading, amount);
    let own = match &transfer.phone {
        Some(phone) => stores::has_number(db, &desk.store.id, phone).await?,
        None => false,
    };
    if !transfers::insert(db, &transfer).await? {
        return again(db, desk, message, &transfer).await;
    }
    let mut is_copy = false;
    let subject = format!("transfer/{}", transfer.id);
    audit::note(db, desk.clock, &message.store, &subject, "received", "").await?;
    metrics::counter!("wharf_payment_transfers_total", "end" => "received").increment(1);
    if own {
        let to = Transfer {
            state: TransferState::Rejected,
            reason: Some("own_wallet".to_owned()),
            ..transfer.clone()
        };
        transfers::change(db, transfer.state, &to, desk.clock.now_ms()).await?;
        audit::note(
            db,
            desk.clock,
            &message.store,
            &subject,
            "rejected",
            "own_wallet",
        )
        .await?;
    } else {
        let ended = desk.inquiry().told_before(db, &transfer).await?;
        if !ended {
            let mut concerns = concerns(db, desk, message, reading, &transfer).await?;
            let cut = cut(db, desk, &transfer).await?;
            is_copy = cut.is_some();
            concerns.extend(cut);
            holding::put_before(db, desk.clock, &transfer, None, &concerns).await?;
        }
    }
    enter_balance(db, desk, message, reading, Some(&transfer)).await?;
    if is_copy {
        rule_out(db, desk.jobs, desk.clock, desk.store, &transfer).await?;
    }
    matching::settle_transfer(db, desk.jobs, desk.clock, desk.store, &transfer.id).await?;
    // A claim that this one took is no longer agreed otherwise.
    if let Some(phone) = &transfer.phone {
        for other in transfers::differing_from(db, &desk.store.id, phone).await? {
            matching::settle_transfer(db, desk.jobs, desk.clock, desk.store, &other).await?;
        }
    }
    Ok(None)
}

fn transfer_of(desk: &Desk<'_>, message: &MessageRow, reading: &Reading, amount: i64) -> Transfer {
    // The message's identity holds sender, text and time, as far as they are known.
    let fingerprint = || {
        let parts: [&str; 3] = [&message.store, &desk.wallet.id, &message.identity];
        format!("{FINGERPRINT}{}", identity(&parts))
    };
    Transfer {
        id: id::new_id(desk.clock),
        store: message.store.clone(),
        wallet: desk.wallet.id.clone(),
        operator_id: reading.operator_id.clone().unwrap_or_else(fingerprint),
        message: message.id.clone(),
        amount,
        phone: reading.phone.clone(),
        payer: reading
            .payer
            .as_ref()
            .map(|payer| payer.chars().take(80).collect()),
        balance: reading.balance,
        happened_at: happened_at(message, reading),
        dated: reading.happened_at.is_some(),
        received_at: message.stored_at,
        state: TransferState::Received,
        reason: None,
        claim: None,
        client: None,
        currency: None,
        rate: None,
        credit: None,
    }
}

/// By the operator's clock, else by the phone's, which may be wrong but not ahead of ours.
fn happened_at(message: &MessageRow, reading: &Reading) -> i64 {
    let received = message.sent_at.min(message.stored_at);
    reading
        .happened_at
        .map_or(received, Timestamp::as_millisecond)
}

/// When the money came, where its age is asked. The operator's date tells it, whatever the phone's clock, which may have
/// been set back by years. But a date without its year is read as the one nearest to the arrival, and a replay arrives
/// when it likes: there the older of it and the phone's time counts.
fn came_at(message: &MessageRow, reading: &Reading) -> i64 {
    match reading.dated {
        Some((from, until)) => message
            .sent_at
            .clamp(from.as_millisecond(), until.as_millisecond()),
        None => happened_at(message, reading).min(message.sent_at),
    }
}

/// What is odd about the message itself.
async fn concerns(
    db: &mut Db,
    desk: &Desk<'_>,
    message: &MessageRow,
    reading: &Reading,
    transfer: &Transfer,
) -> Result<Vec<Concern>, StoreError> {
    let caution = &desk.store.caution;
    let mut concerns = Vec::new();
    let age = message.stored_at - came_at(message, reading);
    let stale = age > caution.stale_ms;
    if stale {
        let evidence = json!({ "hours": age / AN_HOUR });
        concerns.push(Concern::new("stale", "stale", evidence));
    }
    let doubt = reading.doubts.iter().find(|doubt| {
        // An old date is a matter of age.
        let early = reading
            .happened_at
            .is_some_and(|told| told.as_millisecond() > message.stored_at);
        **doubt != Doubt::Date || reading.happened_at.is_none() || early
    });
    if let Some(doubt) = doubt {
        let evidence = json!({ "doubt": doubt.words() });
        concerns.push(Concern::new("doubt", "doubt", evidence));
    }
    concerns.extend(holds::of_amount(desk.store, transfer.amount));
    if caution.balance_check && !reading.doubts.contains(&Doubt::Number) {
        concerns.extend(balance::odd_number(db, transfer).await?);
    }
    if desk.doubtful {
        concerns.push(Concern::new("duplicate", "duplicate", json!({})));
    }
    if let Some(other) = &desk.elsewhere {
        let evidence = json!({
            "number": other.operator_id,
            "wallet": other.wallet,
            "transfer": other.id,
        });
        concerns.push(Concern::new("duplicate", "duplicate_elsewhere", evidence));
    }
    Ok(concerns)
}

/// The same money told once more, and one of the two numbers was cut: that one is asked about, or whichever waits. Of a
/// whole number it does not matter what became of its cut one that somebody has rejected.
async fn cut(
    db: &mut Tx,
    desk: &Desk<'_>,
    transfer: &Transfer,
) -> Result<Option<Concern>, StoreError> {
    let mut concern = None;
    for other in transfers::cut_from(db, transfer).await? {
        let is_whole = other.operator_id.len() < transfer.operator_id.len();
        match other.state {
            TransferState::Received | TransferState::Held if is_whole => {
                ask_about_copy(db, desk.jobs, desk.clock, desk.store, &other, transfer).await?;
            }
            TransferState::Rejected if is_whole => {}
            _ => concern = Some(cut_of(&other)),
        }
    }
    Ok(concern)
}

/// Somebody has approved of a transfer in spite of another one under a number that begins alike: now that one is asked
/// about, if it waits still.
pub(crate) async fn cut_is_approved(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    transfer: &Transfer,
) -> Result<(), StoreError> {
    let approved = |item: &Review| item.reason == CUT && item.state == ReviewState::Approved;
    for item in reviews::of_transfer(db, &transfer.id).await? {
        let other = item.evidence.get("transfer").and_then(Value::as_str);
        let (true, Some(id)) = (approved(&item), other) else {
            continue;
        };
        if let Some(other) = transfers::by_id(db, id).await?
            && matches!(other.state, TransferState::Received | TransferState::Held)
        {
            ask_about_copy(db, jobs, clock, store, &other, transfer).await?;
        }
    }
    Ok(())
}

/// Asks about a transfer that is `another` one told again, by a number that one of the two lost a part of.
async fn ask_about_copy(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    copy: &Transfer,
    another: &Transfer,
) -> Result<(), StoreError> {
    holding::put_before(db, clock, copy, None, &[cut_of(another)]).await?;
    rule_out(db, jobs, clock, store, copy).await?;
    matching::settle_transfer(db, jobs, clock, store, &copy.id).await
}

/// A copy's balance is that of the transfer that it tells of again: one of them counts.
async fn rule_out(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    copy: &Transfer,
) -> Result<(), StoreError> {
    balance::vouch(db, jobs, clock, store, &copy.id, Word::Rejects("duplicate")).await
}

fn cut_of(other: &Transfer) -> Concern {
    let evidence = json!({ "number": other.operator_id, "transfer": other.id });
    Concern::new("duplicate", CUT, evidence)
}

/// A number that is known already: the same news, or another story.
async fn again(
    db: &mut Db,
    desk: &Desk<'_>,
    message: &MessageRow,
    transfer: &Transfer,
) -> Result<Option<&'static str>, StoreError> {
    let known =
        transfers::by_number(db, &transfer.store, &transfer.wallet, &transfer.operator_id).await?;
    let same = known.as_ref().is_some_and(|known| {
        let agree = |one: Option<i64>, other: Option<i64>| {
            one.zip(other).is_none_or(|(one, other)| one == other)
        };
        let phones = known.phone.as_ref().zip(transfer.phone.as_ref());
        known.amount == transfer.amount
            && agree(known.balance, transfer.balance)
            && phones.is_none_or(|(one, other)| one == other)
    });
    if same {
        return Ok(None);
    }
    let evidence = json!({
        "number": transfer.operator_id,
        "transfer": known.map(|known| known.id),
        "amount": holds::money(desk.store, transfer.amount),
        "amount_minor": transfer.amount,
    });
    let concern = Concern::new("forged", "forged_repeat", evidence);
    ask_about(db, desk.clock, &message.store, &message.id, &concern).await?;
    Ok(Some("its transaction number was used before"))
}

/// Enters what a message printed of its wallet's balance.
async fn enter_balance(
    db: &mut Tx,
    desk: &Desk<'_>,
    message: &MessageRow,
    reading: &Reading,
    transfer: Option<&Transfer>,
) -> Result<(), StoreError> {
    let Some(balance) = reading.balance else {
        return Ok(());
    };
    let link = Link {
        id: message.id.clone(),
        store: message.store.clone(),
        wallet: desk.wallet.id.clone(),
        message: Some(message.id.clone()),
        transfer: transfer.map(|transfer| transfer.id.clone()),
        seq: 0,
        rank: 0,
        happened_at: happened_at(message, reading),
        kind: reading.kind.as_str().to_owned(),
        amount: reading.amount.unwrap_or_default(),
        fee: reading.fee,
        balance,
        standing: Standing::Gap,
        expected: None,
    };
    // One that was cut is no place in the operator's order.
    let number = reading.operator_id.as_deref();
    let number = number.filter(|_| !reading.doubts.contains(&Doubt::Number));
    balance::enter(db, desk.jobs, desk.clock, desk.store, link, number).await
}

/// Puts a message that made no transfer before a person.
pub(crate) async fn ask_about(
    db: &mut Db,
    clock: &Clock,
    store: &str,
    message: &str,
    concern: &Concern,
) -> Result<(), StoreError> {
    let new = NewReview {
        store,
        transfer: None,
        message: Some(message),
        claim: None,
        kind: concern.kind,
        reason: concern.reason,
        evidence: concern.evidence.clone(),
    };
    if reviews::open(db, clock, &new).await? {
        let subject = format!("message/{message}");
        audit::note(db, clock, store, &subject, "held", concern.reason).await?;
    }
    Ok(())
}

const CUT: &str = "duplicate_cut";
const AN_HOUR: i64 = 3_600_000;
