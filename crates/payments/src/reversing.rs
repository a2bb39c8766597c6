//! Messages that say that money was taken back: a person decides what that means for the credit.
//!
//! A transfer has one open item of that kind. So news that means none for certain is asked about one transfer after the
//! other, never about one that other news is about; and it is about the message itself where none is left.

use serde_json::{Value, json};
use wharf_core::Clock;
use wharf_store::{Jobs, StoreError, Tx};

use crate::booking::ask_about;
use crate::holds::{Concern, money};
use crate::matching::{self, credit_job};
use crate::news::{A_MONTH, News};
use crate::review::REVERSAL;
use crate::tables::credits::{self, CreditState, Direction};
use crate::tables::messages::MessageRow;
use crate::tables::reviews::{self, NewReview, Review, ReviewState};
use crate::tables::stores::{self, StoreRow, WalletRow};
use crate::tables::transfers::{self, Meant, Transfer, TransferState};
use crate::tables::{Db, audit};
use crate::wallets::Reading;

/// Who asks people about news, for a store.
#[derive(Clone, Copy)]
pub(crate) struct Inquiry<'a> {
    pub jobs: &'a Jobs,
    pub clock: &'a Clock,
    pub store: &'a StoreRow,
}

impl Inquiry<'_> {
    /// Opens an item about the transfer that a reversal speaks of; about the message, where none fits. Of a wallet that is
    /// not known only what it names is looked for: it may come yet.
    pub(crate) async fn reversed(
        self,
        db: &mut Tx,
        wallet: Option<&str>,
        message: &MessageRow,
        reading: &Reading,
    ) -> Result<(), StoreError> {
        let news = News::of(db, self.store, wallet, message, reading).await?;
        let found = match wallet.is_some() || news.number.is_some() {
            true => find(db, self.store, &news).await?,
            false => Found::default(),
        };
        self.ask(db, &news, found).await
    }

    /// An item about a message that somebody has opened again: what it speaks of may have come since.
    pub(crate) async fn look_again(self, db: &mut Tx, item: &Review) -> Result<(), StoreError> {
        let news = News::kept(item);
        let found = find(db, self.store, &news).await?;
        if found.transfer.is_none() {
            return Ok(());
        }
        let open = Review {
            state: ReviewState::Open,
            first: None,
            second: None,
            ..item.clone()
        };
        self.release(db, &open).await?;
        self.ask(db, &news, found).await
    }

    /// Somebody has said that a transfer was not taken back. Where the news names none, the next one that it may mean is
    /// asked about: money was taken back all the same.
    pub(crate) async fn not_this_one(self, db: &mut Tx, item: &Review) -> Result<(), StoreError> {
        let news = News::kept(item);
        if news.number.is_some() || is_asked(db, &news).await? {
            return Ok(());
        }
        let mut found = find(db, self.store, &news).await?;
        // Who has said no so often need not say it of every transfer of a popular amount.
        if found.not.len() >= MOST_GUESSES {
            found.transfer = None;
        }
        if found.transfer.is_some() {
            return self.ask_of_transfer(db, &news, &found).await.map(|_| ());
        }
        // If it was said of another one before, it was that news again.
        let items = reviews::reversals_of(db, &news.store, &news.message).await?;
        if found.before.is_some() || items.iter().any(is_decided) {
            return Ok(());
        }
        self.ask_of_message(db, &news, &found).await
    }

    /// Somebody takes back that a transfer was not taken back: then the news is about no other one. One that was taken back
    /// by the same news meanwhile is told.
    pub(crate) async fn this_one_after_all(
        self,
        db: &mut Tx,
        item: &Review,
    ) -> Result<(), StoreError> {
        let news = News::kept(item);
        for other in reviews::reversals_of(db, &news.store, &news.message).await? {
            if other.id == item.id {
                continue;
            }
            let Some(transfer) = &other.transfer else {
                if other.is_undecided() {
                    self.release(db, &other).await?;
                }
                continue;
            };
            if other.is_undecided() {
                self.release(db, &other).await?;
                matching::settle_transfer(db, self.jobs, self.clock, self.store, transfer).await?;
                self.jobs.enqueue(db, credit_job(transfer).again()).await?;
            } else if other.took_back() {
                let before = transfers::by_id(db, transfer).await?;
                let evidence = news.evidence(self.store, before.as_ref(), &[]);
                let concern = Concern::new(REVERSAL, AGAIN, evidence);
                let about = (item.transfer.as_deref(), item.message.as_deref());
                reviews::renew_evidence(db, about, None, &concern).await?;
            }
        }
        Ok(())
    }

    /// Puts news before a person. What is certain takes the place of a guess, and the guess goes on to another transfer.
    async fn ask(self, db: &mut Tx, news: &News, found: Found) -> Result<(), StoreError> {
        let Some(transfer) = &found.transfer else {
            return self.ask_of_message(db, news, &found).await;
        };
        let guesses: Vec<Review> = reviews::of_transfer(db, &transfer.id)
            .await?
            .into_iter()
            .filter(|item| news.number.is_some() && News::kept(item).number.is_none())
            .collect();
        if is_taken_back(db, transfer).await? {
            // It is told again: nothing is left to take back. Unless somebody had guessed that.
            for item in guesses.iter().filter(|item| item.took_back()) {
                let guess = News::kept(item);
                let found = find(db, self.store, &guess).await?;
                let items = reviews::reversals_of(db, &guess.store, &guess.message).await?;
                let is_known = |other: &Review| {
                    other.id != item.id && (other.took_back() || is_decided(other))
                };
                if found.transfer.is_some() && !items.iter().any(is_known) {
                    self.ask_of_transfer(db, &guess, &found).await?;
                }
            }
            return Ok(());
        }
        let mut moved = Vec::new();
        for item in guesses.iter().filter(|item| item.says_gone()) {
            self.release(db, item).await?;
            moved.push(News::kept(item));
        }
        self.ask_of_transfer(db, news, &found).await?;
        for guess in moved {
            let found = find(db, self.store, &guess).await?;
            if !self.ask_of_transfer(db, &guess, &found).await? {
                self.ask_of_message(db, &guess, &found).await?;
            }
        }
        Ok(())
    }

    /// `false`: none was found.
    async fn ask_of_transfer(
        self,
        db: &mut Tx,
        news: &News,
        found: &Found,
    ) -> Result<bool, StoreError> {
        let Some(transfer) = &found.transfer else {
            return Ok(false);
        };
        let evidence = news.evidence(self.store, found.before.as_ref(), &found.not);
        self.open_on(db, transfer, news, found.reason(news), evidence)
            .await?;
        // One that nobody was credited for yet is not credited now.
        matching::settle_transfer(db, self.jobs, self.clock, self.store, &transfer.id).await?;
        Ok(true)
    }

    async fn ask_of_message(
        self,
        db: &mut Tx,
        news: &News,
        found: &Found,
    ) -> Result<(), StoreError> {
        let evidence = news.evidence(self.store, found.before.as_ref(), &found.not);
        let concern = Concern::new(REVERSAL, "reversal_unknown", evidence);
        ask_about(db, self.clock, &news.store, &news.message, &concern).await
    }

    /// Receipts may come after the news that they were taken back: who was asked about that is asked about the transfer
    /// instead, and what somebody approved of then is done now. `true`: it has ended by that.
    pub(crate) async fn told_before(
        self,
        db: &mut Tx,
        transfer: &Transfer,
    ) -> Result<bool, StoreError> {
        let now = self.clock.now_ms();
        let untold = untold(db, transfer).await?;
        let named: Vec<&Review> = untold
            .iter()
            .filter(|item| News::kept(item).names(transfer))
            .collect();
        let whole = |item: &&&Review| !News::kept(item).is_of_a_part(transfer);
        let Some(first) = named.iter().find(whole).or(named.first()) else {
            return self
                .told_perhaps(db, transfer, &untold)
                .await
                .map(|()| false);
        };
        for item in named.iter().filter(|item| item.is_undecided()) {
            reviews::close(db, item, ReviewState::Released, now).await?;
        }
        if named.iter().filter(whole).any(|item| item.took_back()) {
            let to = Transfer {
                state: TransferState::Rejected,
                reason: Some(REVERSED.to_owned()),
                ..transfer.clone()
            };
            transfers::change(db, transfer.state, &to, now).await?;
            let subject = format!("transfer/{}", transfer.id);
            audit::note(
                db,
                self.clock,
                &transfer.store,
                &subject,
                "rejected",
                REVERSED,
            )
            .await?;
            return Ok(true);
        }
        let others = named.iter().filter(|item| item.id != first.id);
        for item in std::iter::once(first).chain(others) {
            let (news, evidence) = (News::kept(item), item.evidence.clone());
            let reason = named_reason(&news, transfer);
            self.open_on(db, transfer, &news, reason, evidence).await?;
        }
        Ok(false)
    }

    /// As [`told_before`], of a transfer that waits again: news that names none may mean it.
    pub(crate) async fn told_meanwhile(
        self,
        db: &mut Tx,
        transfer: &Transfer,
    ) -> Result<(), StoreError> {
        let untold = untold(db, transfer).await?;
        self.told_perhaps(db, transfer, &untold).await
    }

    /// The oldest news that names no transfer, may mean this one and is not asked about another. The others wait for theirs.
    async fn told_perhaps(
        self,
        db: &mut Tx,
        transfer: &Transfer,
        untold: &[Review],
    ) -> Result<(), StoreError> {
        for item in untold {
            let news = News::kept(item);
            if !news.may_mean(transfer) || is_asked(db, &news).await? {
                continue;
            }
            let known = reviews::of_transfer(db, &transfer.id).await?;
            if known.iter().any(|known| is_denied(known, &news)) {
                continue;
            }
            // What somebody approved of stays so: here it is a guess.
            let opened = self
                .open_on(db, transfer, &news, GUESS, item.evidence.clone())
                .await?;
            if opened && item.is_undecided() {
                reviews::close(db, item, ReviewState::Released, self.clock.now_ms()).await?;
            }
            return Ok(());
        }
        Ok(())
    }

    /// Opens the item about a transfer. `true`: it is new.
    async fn open_on(
        self,
        db: &mut Tx,
        transfer: &Transfer,
        news: &News,
        reason: &str,
        mut evidence: Value,
    ) -> Result<bool, StoreError> {
        let decided = match news.number {
            Some(_) => decided_parts(db, transfer, news).await?,
            None => String::new(),
        };
        if let Value::Object(parts) = &mut evidence {
            let whole = money(self.store, transfer.amount);
            parts.insert("whole".to_owned(), whole.into());
            parts.insert("decided".to_owned(), decided.as_str().into());
        }
        let reason = if decided.is_empty() { reason } else { MORE };
        let new = NewReview {
            store: &news.store,
            transfer: Some(&transfer.id),
            message: Some(&news.message),
            claim: transfer.claim.as_deref(),
            kind: REVERSAL,
            reason,
            evidence,
        };
        let opened = reviews::open(db, self.clock, &new).await?;
        if opened {
            let subject = format!("transfer/{}", transfer.id);
            let (event, detail) = ("reversal told", format!("message/{}", news.message));
            audit::note(db, self.clock, &transfer.store, &subject, event, &detail).await?;
            metrics::counter!("wharf_payment_held_total", "kind" => REVERSAL).increment(1);
        } else if news.number.is_some() {
            self.tell_more(db, transfer, news, new.evidence).await?;
        }
        Ok(opened)
    }

    /// More news of a transfer that is asked about: the whole of it counts, else all the parts are told.
    async fn tell_more(
        self,
        db: &mut Tx,
        transfer: &Transfer,
        news: &News,
        mut evidence: Value,
    ) -> Result<(), StoreError> {
        let file = reviews::of_transfer(db, &transfer.id).await?;
        let Some(item) = file.iter().find(|item| item.says_gone()) else {
            return Ok(());
        };
        let told = |evidence: &Value| {
            let text = evidence.get("amount").and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let (before, now) = (told(&item.evidence), told(&evidence));
        let mut messages = match item.evidence.get("messages") {
            Some(Value::Array(messages)) => messages.clone(),
            _ => item.message.iter().map(|first| json!(first)).collect(),
        };
        let is_known = messages.contains(&json!(news.message));
        if is_known || !News::kept(item).is_of_a_part(transfer) {
            return Ok(());
        }
        messages.push(json!(news.message));
        if let Value::Object(parts) = &mut evidence {
            parts.insert("messages".to_owned(), messages.into());
            if news.is_of_a_part(transfer) {
                parts.insert("amount".to_owned(), format!("{before} + {now}").into());
            }
        }
        let subject = format!("transfer/{}", transfer.id);
        let (event, detail) = ("reversal told", format!("message/{}", news.message));
        audit::note(db, self.clock, &transfer.store, &subject, event, &detail).await?;
        let reason = match item.reason == MORE {
            true => MORE,
            false => named_reason(news, transfer),
        };
        let concern = Concern::new(REVERSAL, reason, evidence);
        let about = (Some(transfer.id.as_str()), None);
        reviews::renew_evidence(db, about, None, &concern).await
    }

    async fn release(self, db: &mut Tx, item: &Review) -> Result<bool, StoreError> {
        reviews::close(db, item, ReviewState::Released, self.clock.now_ms()).await
    }
}

/// The news of money that nobody knew, which may be a transfer's. It comes after the money, but clocks may be wrong.
async fn untold(db: &mut Db, transfer: &Transfer) -> Result<Vec<Review>, StoreError> {
    let since = transfer.happened_at - A_MONTH;
    reviews::untold_reversals(db, &transfer.store, since).await
}

/// The wallet that a reversal is about which tells none, of those that it can be: the one with a transfer that it may
/// mean, else the one where such a transfer was taken back before; of several the newest one's.
pub(crate) async fn wallet_of(
    db: &mut Tx,
    store: &StoreRow,
    message: &MessageRow,
    reading: &Reading,
    among: &[WalletRow],
) -> Result<Option<About>, StoreError> {
    let mut news = News::of(db, store, None, message, reading).await?;
    let mut best: Option<((bool, bool, i64), &WalletRow)> = None;
    for wallet in among {
        news.wallet = Some(wallet.id.clone());
        let found = find(db, store, &news).await?;
        let rank = match (&found.transfer, &found.before) {
            (Some(transfer), _) => (transfer.wallet == wallet.id, true, transfer.received_at),
            (None, Some(before)) => (false, false, before.received_at),
            (None, None) => continue,
        };
        if best.is_none_or(|(known, _)| known < rank) {
            best = Some((rank, wallet));
        }
    }
    Ok(best.map(|((own, ..), wallet)| About {
        wallet: wallet.clone(),
        is_sure: own && news.number.is_some(),
    }))
}

/// The wallet that a reversal is about.
pub(crate) struct About {
    pub wallet: WalletRow,
    /// Whether it names a transfer of this wallet: else it is a guess, and no balance is proven by one.
    pub is_sure: bool,
}

/// What a reversal may speak of.
#[derive(Default)]
struct Found {
    transfer: Option<Transfer>,
    /// Where no number tells: another one of that amount that was taken back, or is said to be. This may be the same
    /// news again.
    before: Option<Transfer>,
    /// The numbers of those of which somebody has said that this news does not mean them.
    not: Vec<String>,
}

impl Found {
    /// How sure it is that the message means this transfer.
    fn reason(&self, news: &News) -> &'static str {
        match (&news.number, &self.before) {
            (Some(_), _) => {
                let found = self.transfer.as_ref();
                found.map_or(REVERSAL, |found| named_reason(news, found))
            }
            (None, Some(_)) => AGAIN,
            (None, None) if self.not.is_empty() => GUESS,
            (None, None) => "reversal_next",
        }
    }
}

/// Why it is asked about a transfer that the news names.
fn named_reason(news: &News, transfer: &Transfer) -> &'static str {
    match news.is_of_a_part(transfer) {
        true => "reversal_differs",
        false => REVERSAL,
    }
}

/// The parts of a transfer about which somebody has decided already; empty where there are none.
async fn decided_parts(
    db: &mut Db,
    transfer: &Transfer,
    news: &News,
) -> Result<String, StoreError> {
    let file = reviews::of_transfer(db, &transfer.id).await?;
    let is_decided = |item: &&Review| {
        let of_a_part = News::kept(item).is_of_a_part(transfer);
        item.kind == REVERSAL
            && matches!(item.state, ReviewState::Rejected | ReviewState::Approved)
            && item.message.as_ref() != Some(&news.message)
            && of_a_part
            && item.evidence.get("number").is_some_and(Value::is_string)
    };
    let told = |item: &Review| Some(item.evidence.get("amount")?.as_str()?.to_owned());
    let parts: Vec<String> = file.iter().filter(is_decided).filter_map(told).collect();
    Ok(parts.join(" + "))
}

/// Whether news is asked about a transfer, or somebody has said that it means one.
async fn is_asked(db: &mut Db, news: &News) -> Result<bool, StoreError> {
    let items = reviews::reversals_of(db, &news.store, &news.message).await?;
    let stands = |item: &Review| item.is_undecided() || item.took_back();
    Ok(items
        .iter()
        .any(|item| item.transfer.is_some() && stands(item)))
}

/// Whether somebody has decided about news itself.
fn is_decided(item: &Review) -> bool {
    item.transfer.is_none() && item.state != ReviewState::Released
}

/// Whether somebody has said that news does not mean the transfer of an item.
fn is_denied(item: &Review, news: &News) -> bool {
    item.kind == REVERSAL
        && item.state == ReviewState::Rejected
        && item.message.as_ref() == Some(&news.message)
}

/// Whether nothing is left to take back: it ended by that, or its credit is being taken back.
async fn is_taken_back(db: &mut Db, transfer: &Transfer) -> Result<bool, StoreError> {
    if has_gone(transfer) {
        return Ok(true);
    }
    let removal = credits::of_transfer(db, &transfer.id, Direction::Remove).await?;
    Ok(transfer.state == TransferState::Credited
        && removal.is_some_and(|removal| removal.state != CreditState::Left))
}

fn has_gone(transfer: &Transfer) -> bool {
    match transfer.state {
        TransferState::Reversed => true,
        TransferState::Rejected => transfer.reason.as_deref() == Some(REVERSED),
        _ => false,
    }
}

/// By the number that the message names, else the newest of that amount (and phone, where it tells one) that no other
/// news is about.
async fn find(db: &mut Db, store: &StoreRow, news: &News) -> Result<Found, StoreError> {
    let mut result = Found::default();
    if let Some(number) = &news.number {
        result.transfer = by_number(db, store, news, number).await?;
        return Ok(result);
    }
    let Some(amount) = news.amount else {
        return Ok(result);
    };
    let mut meant = Meant {
        store: &news.store,
        wallet: news.wallet.as_deref(),
        amount,
        phones: &news.phones,
        since: news.told_at - A_MONTH,
        until: news.told_at,
        before: None,
    };
    loop {
        let page = transfers::newest_meant(db, &meant).await?;
        meant.before = page.last().map(|last| last.id.clone());
        for transfer in page {
            let items = reviews::of_transfer(db, &transfer.id).await?;
            let own = |item: &Review| item.message.as_ref() == Some(&news.message);
            let tells = |item: &Review| item.took_back() || (item.says_gone() && !own(item));
            if items.iter().any(|item| is_denied(item, news)) {
                result.not.push(transfer.operator_id.clone());
            } else if has_gone(&transfer) || items.iter().any(tells) {
                result.before.get_or_insert(transfer);
            } else {
                result.transfer.get_or_insert(transfer);
            }
        }
        if result.transfer.is_some() || meant.before.is_none() {
            return Ok(result);
        }
    }
}

/// In the wallet that the news came to, else in another of its operator: the phone's set-up may have changed since.
async fn by_number(
    db: &mut Db,
    store: &StoreRow,
    news: &News,
    number: &str,
) -> Result<Option<Transfer>, StoreError> {
    if let Some(wallet) = &news.wallet
        && let Some(found) = transfers::by_number(db, &store.id, wallet, number).await?
    {
        return Ok(Some(found));
    }
    let wallets = stores::wallets_with_state(db, &store.id).await?;
    let operator = |id: &str| {
        let of = wallets.iter().find(|(wallet, _)| wallet.id == id);
        of.map(|(wallet, _)| wallet.operator.clone())
    };
    let operator = news.wallet.as_deref().and_then(operator);
    for (wallet, _) in &wallets {
        if operator
            .as_ref()
            .is_some_and(|operator| *operator != wallet.operator)
        {
            continue;
        }
        let found = transfers::by_number(db, &store.id, &wallet.id, number).await?;
        if let Some(found) = found.filter(|found| news.names(found)) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Parts of it were taken back before, and somebody has decided about those.
const MORE: &str = "reversal_more";
const GUESS: &str = "reversal_guess";
/// Another transfer was taken back by it, or by the like of it.
const AGAIN: &str = "reversal_again";
/// Why a transfer is rejected that was taken back before anybody was credited.
const REVERSED: &str = "reversed";
/// So many transfers of an amount are asked about, one after the other; then the message is.
const MOST_GUESSES: usize = 5;
