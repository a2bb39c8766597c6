//! What people look through: lists, one transfer's story, one review item with its evidence.

use std::collections::BTreeMap;

use wharf_store::StoreError;
use wharf_store::journal::Filter;

use crate::Payments;
use crate::PaymentsError;
use crate::balance;
use crate::credit::{self, CONFLICT, REFUSED, REMOVAL_REFUSED};
use crate::reopening::reopens;
use crate::settings::name_of;
use crate::stakes::Stakes;
use crate::tables::links::Position;
use crate::tables::reviews::{self, Review, Vote};
use crate::tables::stores::{self, StoreRow};
use crate::tables::{Db, bindings, links, lists, setup as set_up, transfers};
use crate::texts::Language;
use crate::views::{
    AuditFilter, AuditView, ClaimFilter, ClaimView, DecisionView, EffectView, LinkView,
    MessageFilter, MessageView, ReviewFilter, ReviewView, StoreView, TransferFilter, TransferStory,
    TransferView, WalletChoice, WalletView,
};

impl Payments {
    /// All stores, the switched-off ones too.
    pub async fn stores(&self) -> Result<Vec<StoreView>, PaymentsError> {
        let mut db = self.connection().await?;
        let now = self.store.clock().now_ms();
        let mut views = Vec::new();
        for store in stores::all(&mut db).await? {
            let rates = lists::rates(&mut db, &store.id, now).await?;
            let wallets = stores::wallets_with_state(&mut db, &store.id).await?;
            let open_reviews = reviews::count_open(&mut db, &store.id).await?;
            let caution = &store.caution;
            views.push(StoreView {
                country: caution.country.code().to_owned(),
                mode: name_of(caution.mode).to_owned(),
                booking: name_of(caution.booking).to_owned(),
                hold: name_of(caution.hold).to_owned(),
                second_person_above: caution.second_person_above,
                phone_binding: name_of(caution.phone_binding).to_owned(),
                balance_check: caution.balance_check,
                check_answers: store.answers.as_str().to_owned(),
                unsigned_checks: caution.unsigned_checks,
                check_key: !caution.check_key_hash.is_empty(),
                currency: caution.currency.to_string(),
                rates,
                wallets: i64::try_from(wallets.len()).unwrap_or(i64::MAX),
                open_reviews,
                id: store.id,
                site: store.site,
                name: store.name,
                enabled: store.enabled,
            });
        }
        Ok(views)
    }

    /// A store's wallets with their balances, the switched-off ones too.
    pub async fn wallets_of(&self, store: &str) -> Result<Vec<WalletView>, PaymentsError> {
        let devices = self.devices().await?;
        let mut db = self.connection().await?;
        let since = self.store.clock().now_ms() - A_DAY;
        let ceilings = match stores::by_id_in(&mut db, store).await? {
            Some(store) => self.ceilings_of(&mut db, &store).await?,
            None => Vec::new(),
        };
        let mut views = Vec::new();
        let wallets = self.wallets();
        for (wallet, enabled) in stores::wallets_with_state(&mut db, store).await? {
            let known = wallets.by_name(&wallet.operator);
            let footing = balance::footing_before(&mut db, &wallet.id, Position::END).await?;
            let mut own = ceilings.clone();
            own.retain(|ceiling| ceiling.wallet == wallet.id);
            views.push(WalletView {
                store: store.to_owned(),
                title: known.map_or_else(|| wallet.operator.clone(), |known| known.title.clone()),
                number: wallet.number.e164().to_owned(),
                enabled,
                currency: known
                    .map(|known| known.currency.to_string())
                    .unwrap_or_default(),
                balance: footing.last.as_ref().map(|link| link.balance),
                balance_at: footing.last.as_ref().map(|link| link.happened_at),
                seeded: footing.anchored,
                gaps: links::count_gaps(&mut db, &wallet.id).await?,
                gaps_since: links::first_gap(&mut db, &wallet.id).await?,
                ceilings: own,
                received_day: lists::received_since(&mut db, &wallet.id, since).await?,
                devices: devices
                    .iter()
                    .filter(|device| device.wallets.contains(&wallet.id))
                    .map(|device| device.id.clone())
                    .collect(),
                id: wallet.id,
                operator: wallet.operator,
            });
        }
        Ok(views)
    }

    pub async fn transfers(
        &self,
        filter: &TransferFilter,
    ) -> Result<Vec<TransferView>, PaymentsError> {
        let mut db = self.connection().await?;
        let mut views = lists::transfers(&mut db, filter).await?;
        self.name_currencies(&mut db, &mut views).await?;
        Ok(views)
    }

    pub async fn claims(&self, filter: &ClaimFilter) -> Result<Vec<ClaimView>, PaymentsError> {
        let mut db = self.connection().await?;
        Ok(self.claims_in(&mut db, filter).await?)
    }

    pub async fn messages(
        &self,
        filter: &MessageFilter,
    ) -> Result<Vec<MessageView>, PaymentsError> {
        let mut db = self.connection().await?;
        Ok(lists::messages(&mut db, filter).await?)
    }

    pub async fn message(&self, id: &str) -> Result<Option<MessageView>, PaymentsError> {
        let mut db = self.connection().await?;
        Ok(lists::message_of(&mut db, id).await?)
    }

    pub async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditView>, PaymentsError> {
        let mut db = self.connection().await?;
        Ok(lists::audit(&mut db, filter).await?)
    }

    /// Review items, newest first, each with its transfer, message and claims.
    pub async fn reviews(&self, filter: &ReviewFilter) -> Result<Vec<ReviewView>, PaymentsError> {
        let mut db = self.connection().await?;
        let mut views = Vec::new();
        for review in lists::reviews(&mut db, filter).await? {
            views.push(self.review_view(&mut db, review).await?);
        }
        Ok(views)
    }

    pub async fn review(&self, id: &str) -> Result<Option<ReviewView>, PaymentsError> {
        let mut db = self.connection().await?;
        let Some(review) = reviews::by_id(&mut db, id).await? else {
            return Ok(None);
        };
        let (subject, message) = (review.subject.clone(), review.message.clone());
        let mut view = self.review_view(&mut db, review).await?;
        let about = AuditFilter {
            subject: Some(subject),
            limit: 1_000,
            ..AuditFilter::default()
        };
        view.history = lists::audit(&mut db, &about).await?;
        view.history
            .retain(|line| DECIDED.contains(&line.event.as_str()));
        view.history.reverse();
        if let (None, Some(message)) = (&view.transfer, message) {
            view.made = transfers::of_message(&mut db, &message).await?;
        }
        Ok(Some(view))
    }

    /// Everything about a transfer.
    pub async fn transfer_story(&self, id: &str) -> Result<Option<TransferStory>, PaymentsError> {
        let mut db = self.connection().await?;
        let Some(transfer) = self.transfer_view(&mut db, id).await? else {
            return Ok(None);
        };
        let message = lists::message_of(&mut db, &transfer.message).await?;
        let about = ClaimFilter {
            transfer: Some(id.to_owned()),
            ..ClaimFilter::default()
        };
        let claims = self.claims_in(&mut db, &about).await?;
        let mut views = Vec::new();
        for review in reviews::of_transfer(&mut db, id).await? {
            views.push(self.review_view(&mut db, review).await?);
        }
        let chain = chain_around(&mut db, Some(id), None).await?;
        let mut audit = Vec::new();
        let claimed = claims.iter().map(|claim| format!("claim/{}", claim.id));
        for subject in std::iter::once(format!("transfer/{id}")).chain(claimed) {
            let about = AuditFilter {
                subject: Some(subject),
                limit: 1_000,
                ..AuditFilter::default()
            };
            audit.extend(lists::audit(&mut db, &about).await?);
        }
        audit.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        drop(db);
        let credit = self.effects_of(&transfer, &claims).await?;
        Ok(Some(TransferStory {
            transfer,
            message,
            claims,
            reviews: views,
            chain,
            credit,
            audit,
        }))
    }

    async fn effects_of(
        &self,
        transfer: &TransferView,
        claims: &[ClaimView],
    ) -> Result<Vec<EffectView>, StoreError> {
        let bound = claims
            .iter()
            .find(|claim| Some(&claim.id) == transfer.claim.as_ref());
        let Some(claim) = bound else {
            return Ok(Vec::new());
        };
        let mut filter = Filter {
            subject: Some(format!("client/{}/{}", claim.site, claim.client)),
            limit: 1_000,
            ..Filter::default()
        };
        // A client may have paid very often since.
        let mut entries = Vec::new();
        loop {
            let older = self.store.journal().list(&filter).await?;
            let last = older
                .last()
                .filter(|last| last.created_at >= transfer.received_at);
            filter.before = last.map(|last| last.id.clone());
            entries.extend(older.into_iter().filter(|entry| {
                let of = entry.input.get("transfer");
                of.and_then(serde_json::Value::as_str) == Some(transfer.id.as_str())
            }));
            if filter.before.is_none() {
                break;
            }
        }
        entries.sort_by_key(|entry| entry.created_at);
        Ok(entries
            .into_iter()
            .map(|entry| EffectView {
                state: serde_json::to_value(entry.state)
                    .ok()
                    .and_then(|state| state.as_str().map(str::to_owned))
                    .unwrap_or_default(),
                id: entry.id,
                kind: entry.kind,
                key: entry.key,
                attempt: entry.attempt,
                reason: entry.reason.map(|reason| credit::plain(&reason).to_owned()),
                result: entry.result,
                updated_at: entry.updated_at,
            })
            .collect())
    }

    async fn review_view(&self, db: &mut Db, review: Review) -> Result<ReviewView, StoreError> {
        // Before what is shown: what changes meanwhile is refused, not decided unseen.
        let stakes = Stakes::of(db, &review).await?;
        let transfer = match &review.transfer {
            Some(id) => self.transfer_view(db, id).await?,
            None => None,
        };
        let about = review
            .message
            .clone()
            .or_else(|| transfer.as_ref().map(|transfer| transfer.message.clone()));
        let message = match &about {
            Some(id) => lists::message_of(db, id).await?,
            None => None,
        };
        let mut claims = match &review.transfer {
            Some(transfer) => self.claims_about(db, transfer, &review).await?,
            None => Vec::new(),
        };
        let payers = match &transfer {
            Some(of) if review.is_undecided() => {
                let phone = of.phone.as_deref().unwrap_or_default();
                bindings::payers(db, &of.store, phone, &of.id).await?
            }
            _ => Vec::new(),
        };
        claims.sort_by_key(|claim| !payers.iter().any(|payer| payer.claims(claim)));
        let chain = chain_around(db, review.transfer.as_deref(), review.message.as_deref()).await?;
        let store: Option<StoreRow> = stores::by_id_in(db, &review.store).await?;
        let currency = store.as_ref().map(|store| store.currency().to_string());
        let above = store.map_or(0, |store| store.caution.second_person_above);
        let amount = transfer
            .as_ref()
            .map_or(0, |transfer| transfer.amount_minor);
        let waits = review.state == reviews::ReviewState::Open;
        // To approve these sends nothing that nobody was asked about.
        let once = [REFUSED, REMOVAL_REFUSED, CONFLICT];
        let unclear = match (&review.message, review.kind.as_str()) {
            (Some(message), "wallet") if review.is_undecided() => {
                self.wallet_in_question(db, message).await?
            }
            _ => None,
        };
        let mut wallets = Vec::new();
        for wallet in unclear.into_iter().flat_map(|unclear| unclear.among) {
            let footing = balance::footing_before(db, &wallet.id, Position::END).await?;
            wallets.push(WalletChoice {
                number: wallet.number.to_string(),
                id: wallet.id,
                balance_minor: footing.last.as_ref().map(|link| link.balance),
                balance_at: footing.last.as_ref().map(|link| link.happened_at),
            });
        }
        let state = match &review.transfer {
            Some(id) => transfers::by_id(db, id).await?.map(|known| known.state),
            None => None,
        };
        Ok(ReviewView {
            reopens: reopens(&review.kind, review.state, state),
            wallets,
            payers,
            history: Vec::new(),
            made: None,
            reason_en: Language::English.reason(&review.kind, &review.reason, &review.evidence),
            reason_ar: Language::Arabic.reason(&review.kind, &review.reason, &review.evidence),
            state: review.state.as_str().to_owned(),
            opened_at: review.opened_at,
            closed_at: review.closed_at,
            first_claim: review
                .claim
                .filter(|_| waits && review.first.is_some() && review.transfer.is_some()),
            first: review.first.map(decision),
            second: review.second.map(decision),
            needs_second: above > 0 && amount > above && !once.contains(&review.kind.as_str()),
            seen: stakes.word(),
            beside: stakes
                .items
                .into_iter()
                .filter(|item| item.id != review.id)
                .collect(),
            needs_claim: stakes.claims.len() > 1,
            candidates: stakes.claims,
            id: review.id,
            store: review.store,
            currency: currency.unwrap_or_default(),
            kind: review.kind,
            reason: review.reason,
            evidence: review.evidence,
            transfer,
            message,
            claims,
            chain,
        })
    }

    async fn claims_about(
        &self,
        db: &mut Db,
        transfer: &str,
        review: &Review,
    ) -> Result<Vec<ClaimView>, StoreError> {
        let about = ClaimFilter {
            transfer: Some(transfer.to_owned()),
            ..ClaimFilter::default()
        };
        let mut claims = self.claims_in(db, &about).await?;
        if let Some(id) = &review.claim
            && !claims.iter().any(|claim| claim.id == *id)
        {
            let one = ClaimFilter {
                text: Some(id.clone()),
                ..ClaimFilter::default()
            };
            claims.extend(self.claims_in(db, &one).await?);
        }
        claims.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(claims)
    }

    async fn claims_in(
        &self,
        db: &mut Db,
        filter: &ClaimFilter,
    ) -> Result<Vec<ClaimView>, StoreError> {
        let mut claims = lists::claims(db, filter).await?;
        let mut currencies = BTreeMap::new();
        for claim in &mut claims {
            if !currencies.contains_key(&claim.store) {
                let store = stores::by_id_in(db, &claim.store).await?;
                let currency = store.map(|store| store.currency().to_string());
                currencies.insert(claim.store.clone(), currency.unwrap_or_default());
            }
            claim.currency = currencies.get(&claim.store).cloned().unwrap_or_default();
        }
        Ok(claims)
    }

    async fn transfer_view(
        &self,
        db: &mut Db,
        id: &str,
    ) -> Result<Option<TransferView>, StoreError> {
        let mut views = Vec::from_iter(lists::transfer_of(db, id).await?);
        self.name_currencies(db, &mut views).await?;
        Ok(views.pop())
    }

    /// A transfer's money is that of its wallet's operator.
    async fn name_currencies(
        &self,
        db: &mut Db,
        views: &mut [TransferView],
    ) -> Result<(), StoreError> {
        let operators = set_up::operators(db).await?;
        let wallets = self.wallets();
        for view in views {
            let operator = operators.get(&view.wallet);
            let wallet = operator.and_then(|operator| wallets.by_name(operator));
            view.currency = wallet
                .map(|wallet| wallet.currency.to_string())
                .unwrap_or_default();
        }
        Ok(())
    }

    pub(crate) async fn connection(
        &self,
    ) -> Result<sqlx::pool::PoolConnection<sqlx::Any>, StoreError> {
        Ok(self.store.pool().acquire().await?)
    }
}

/// Some links before and after the one of a transfer or message.
async fn chain_around(
    db: &mut Db,
    transfer: Option<&str>,
    message: Option<&str>,
) -> Result<Vec<LinkView>, StoreError> {
    let Some(link) = links::about(db, transfer, message).await? else {
        return Ok(Vec::new());
    };
    let mut views = Vec::new();
    for other in links::around(db, &link, AROUND).await? {
        views.push(LinkView {
            is_subject: other.id == link.id,
            operator_id: links::number_of(db, &other).await?,
            message: other.message,
            transfer: other.transfer,
            kind: other.kind,
            happened_at: other.happened_at,
            amount_minor: other.amount,
            fee_minor: other.fee,
            balance_minor: other.balance,
            expected_minor: other.expected,
            standing: other.standing.as_str().to_owned(),
        });
    }
    Ok(views)
}

fn decision(vote: Vote) -> DecisionView {
    DecisionView {
        actor: vote.actor,
        at: vote.at,
        reason: vote.reason,
    }
}

const A_DAY: i64 = 24 * 3_600_000;
/// What a person's word on an item is called in the audit log.
const DECIDED: [&str; 8] = [
    "approved first",
    "approved",
    "rejected",
    "reopened",
    "found booked",
    "found not booked",
    "found taken back",
    "found not taken back",
];
/// Links shown to each side.
const AROUND: i64 = 4;
