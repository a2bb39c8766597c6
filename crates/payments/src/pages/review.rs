//! What waits for a person: the evidence side by side, and the decision.

use askama::Template;

use super::decided::{back_to_reviews, in_list, list_asked};
use super::list::Cell;
use super::parts::{Facts, chain_table, message_facts, transfer_facts};
use super::reconcile::{in_whmcs, told};
use super::tables::{amount_text, claims_table, detail, event, phone_text, why};
use super::{Fragment, Look, PageError, Words, rendered};
use crate::Payments;
use crate::credit::{CONFLICT, REFUSED, REMOVAL_REFUSED, REMOVAL_UNKNOWN, UNKNOWN};
use crate::review::{REVERSAL, ReviewError};
use crate::typed::visible;
use crate::views::{Decided, Decision, ReviewFilter, ReviewView, Seen, TransferView};

/// What a person may say about an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Say {
    Approve,
    Reject,
    /// A rejection is taken back.
    Reopen,
}

impl Payments {
    /// `/staff/review/{id}`
    pub async fn review_page(&self, id: &str, look: &Look<'_>) -> Result<Fragment, PageError> {
        self.review_page_with(id, look, "").await
    }

    /// Decides, and says in a word what was noted; a refusal is shown on the item's own page, what was typed is kept.
    pub async fn decide(
        &self,
        id: &str,
        say: Say,
        look: &Look<'_>,
    ) -> Result<Result<&'static str, Fragment>, PageError> {
        let decision = Decision {
            actor: look.actor.to_owned(),
            reason: visible(look.field("reason")),
            claim: look.given("claim"),
            wallet: look.given("wallet"),
            // A page without it shows nothing that still stands.
            seen: Seen::Shown(look.field("seen").to_owned()),
        };
        let decided = match say {
            Say::Approve => self.approve(id, decision).await,
            Say::Reject => self.reject(id, decision).await,
            Say::Reopen => {
                let reopened = self.reopen(id, decision).await;
                reopened.map(|()| Decided::Done)
            }
        };
        match decided {
            Ok(decided) => Ok(Ok(self.noted(id, say, decided).await?)),
            Err(ReviewError::NotFound) => Err(PageError::NotFound),
            Err(ReviewError::Ended(_)) if self.was_his(id, say, look).await? => {
                Ok(Ok(self.noted(id, say, Decided::Done).await?))
            }
            Err(ReviewError::Store(error)) => Err(error.into()),
            Err(error) => {
                let words = look.words();
                let text = words
                    .known(&format!("refused_{}", word_of(&error)))
                    .map_or_else(|| error.to_string(), str::to_owned);
                Ok(Err(self.review_page_with(id, look, &text).await?))
            }
        }
    }

    /// Of money that waits and that the operator is said to have taken back, the item that asks about that.
    async fn reversal_beside(&self, view: &ReviewView) -> Result<Option<String>, PageError> {
        let waits = |of: &&TransferView| ["received", "held"].contains(&of.state.as_str());
        let transfer = view.transfer.as_ref().filter(waits);
        let Some(transfer) = transfer.filter(|_| view.kind != REVERSAL && is_undecided(view))
        else {
            return Ok(None);
        };
        let filter = ReviewFilter {
            transfer: Some(transfer.id.clone()),
            kind: Some(REVERSAL.to_owned()),
            state: Some("all".to_owned()),
            ..ReviewFilter::default()
        };
        let mut items = self.reviews(&filter).await?.into_iter();
        Ok(items.find(is_undecided).map(|item| item.id))
    }

    /// Whether it is decided as he says, by himself: his form came twice.
    async fn was_his(&self, id: &str, say: Say, look: &Look<'_>) -> Result<bool, PageError> {
        let Some(view) = self.review(id).await? else {
            return Ok(false);
        };
        let state = match say {
            Say::Approve => "approved",
            Say::Reject => "rejected",
            Say::Reopen => return Ok(false),
        };
        let mut votes = [&view.first, &view.second].into_iter().flatten();
        Ok(view.state == state && votes.any(|vote| is_his(&vote.actor, look)))
    }

    async fn review_page_with(
        &self,
        id: &str,
        look: &Look<'_>,
        problem: &str,
    ) -> Result<Fragment, PageError> {
        let view = self.review(id).await?.ok_or(PageError::NotFound)?;
        let words = self.words(look, Some(&view.store)).await?;
        let title = words.of("kind", &view.kind);
        let own = is_own_first(&view, look);
        let reversal = self.reversal_beside(&view).await?;
        let page = ReviewPage {
            t: words,
            csrf: look.csrf,
            title: &title,
            problem,
            why: why(words, &view),
            typed: look.field("reason"),
            facts: view
                .transfer
                .as_ref()
                .map(|transfer| transfer_facts(words, transfer).html())
                .unwrap_or_default(),
            message: view
                .message
                .as_ref()
                .map(|message| message_facts(words, message).html())
                .unwrap_or_default(),
            body: view.message.as_ref().map_or("", |message| &message.body),
            claims: if view.claims.is_empty() {
                String::new()
            } else {
                claims_table(words, &view.claims).html(look)
            },
            chain: if view.chain.is_empty() {
                String::new()
            } else {
                chain_table(words, &view.chain, &view.currency).html(look)
            },
            payers: payers(words, &view),
            choices: if own {
                Vec::new()
            } else {
                claim_choices(words, &view)
            },
            wallets: if own {
                Vec::new()
            } else {
                wallet_choices(words, &view)
            },
            printed: printed_balance(words, &view),
            picked_wallet: look.field("wallet"),
            picked: match look.field("claim") {
                "" => view.first_claim.as_deref().unwrap_or_default(),
                picked => picked,
            },
            back: back_to_reviews(look, None),
            list: list_asked(look),
            beside: view
                .beside
                .iter()
                .map(|other| (other.id.clone(), words.of("kind", &other.kind)))
                .collect(),
            state: Cell::tag(words, "decision", &view.state),
            decisions: decisions(words, &view),
            open: is_undecided(&view),
            expired: view.state == "expired",
            may: look.may_decide,
            reopens: view.reopens,
            awaits: awaits_second(words, &view, look),
            own,
            judge: Judging::of(&view.kind),
            settle: view.kind == CONFLICT,
            books: books_facts(words, &view).html(),
            by_hand: evidence(&view, "description"),
            effect: if own || reversal.is_some() {
                String::new()
            } else {
                effect_of_approval(words, &view)
            },
            reversal,
            view: &view,
        };
        Ok(Fragment {
            html: rendered(&page),
            title,
        })
    }
}

/// What only a look into WHMCS tells, and the words for the two answers.
struct Judging {
    lead: &'static str,
    happened: &'static str,
    did_not: &'static str,
}

impl Judging {
    fn of(kind: &str) -> Option<Self> {
        let (lead, happened, did_not) = match kind {
            UNKNOWN => ("judge_text", "booked", "not_booked"),
            REMOVAL_UNKNOWN => ("judge_removal_text", "taken_back", "not_taken_back"),
            _ => return None,
        };
        Some(Self {
            lead,
            happened,
            did_not,
        })
    }
}

/// What a comparison of the books found; nothing for items of other origin.
fn books_facts(words: Words, view: &ReviewView) -> Facts {
    let text = |name| Cell::code(evidence(view, name));
    let number = |name| {
        let number = view.evidence.get(name).and_then(serde_json::Value::as_i64);
        Cell::code(number.map(|number| number.to_string()).unwrap_or_default())
    };
    if evidence(view, "found").is_empty() {
        return Facts::new();
    }
    let rows = view.evidence.get("rows").cloned().unwrap_or_default();
    let rows: Vec<(i64, String)> = serde_json::from_value(rows).unwrap_or_default();
    let row = if rows.is_empty() {
        number("row")
    } else {
        Cell::default()
    };
    let amount = |name| Some(evidence(view, name)).filter(|amount| !amount.is_empty());
    Facts::new()
        .and(words, "client", number("client"))
        .and(words, "site", text("site"))
        .and(words, "operator_id", text("number"))
        .and(words, "in_whmcs", in_whmcs(words, amount("whmcs"), &rows))
        .and(words, "in_wharf", told(amount("wharf")))
        .and(words, "row", row)
}

fn evidence<'a>(view: &'a ReviewView, name: &str) -> &'a str {
    let value = view.evidence.get(name);
    value
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default()
}

/// Something to choose, what it is, and what speaks for it.
struct Choice {
    id: String,
    text: String,
    note: String,
}

/// Who has paid from the transfer's phone before.
fn payers(words: Words, view: &ReviewView) -> Vec<String> {
    let transfer = view.transfer.as_ref();
    let phone = transfer.and_then(|transfer| transfer.phone.as_deref());
    let phone = phone_text(phone);
    if view.payers.is_empty() && view.kind == "contest" && is_undecided(view) && !phone.is_empty() {
        return vec![words.fill("payer_none", &[("phone", &phone)])];
    }
    view.payers
        .iter()
        .map(|payer| {
            let name = if payer.paid > 0 {
                "payer_paid"
            } else {
                "payer_known"
            };
            let (client, count) = (payer.client.to_string(), payer.paid.to_string());
            words.fill(
                name,
                &[("client", &client), ("phone", &phone), ("count", &count)],
            )
        })
        .collect()
}

/// The claims to choose from; none where there is nothing to choose.
fn claim_choices(words: Words, view: &ReviewView) -> Vec<Choice> {
    if !view.needs_claim {
        return Vec::new();
    }
    view.claims
        .iter()
        .filter(|claim| view.candidates.contains(&claim.id))
        .map(|claim| {
            let text = words.fill(
                "claim_choice",
                &[
                    ("client", &claim.client.to_string()),
                    ("phone", &phone_text(Some(&claim.phone))),
                    ("amount", &amount_text(claim.amount_minor, &claim.currency)),
                    ("time", &words.time(claim.created_at)),
                ],
            );
            let payer = view.payers.iter().find(|payer| payer.claims(claim));
            let note = match payer.map(|payer| payer.paid) {
                Some(paid @ 1..) => words.fill("choice_paid", &[("count", &paid.to_string())]),
                Some(_) => words.text("choice_known").to_owned(),
                None => words.text("choice_new").to_owned(),
            };
            Choice {
                id: claim.id.clone(),
                text,
                note,
            }
        })
        .collect()
}

/// The wallets that a message can be about, each with its balance before and, with this money, after.
fn wallet_choices(words: Words, view: &ReviewView) -> Vec<Choice> {
    let message = view.message.as_ref();
    let received = message.and_then(|message| message.amount_minor);
    view.wallets
        .iter()
        .map(|wallet| {
            let money = |minor| amount_text(minor, &view.currency);
            let note = match (wallet.balance_minor, wallet.balance_at) {
                (Some(balance), Some(at)) => {
                    let after = balance.saturating_add(received.unwrap_or_default());
                    words.fill(
                        "wallet_balance",
                        &[
                            ("balance", &money(balance)),
                            ("time", &words.time(at)),
                            ("after", &money(after)),
                        ],
                    )
                }
                _ => words.text("wallet_unknown").to_owned(),
            };
            Choice {
                id: wallet.id.clone(),
                text: format!("{} · {}", wallet.id, phone_text(Some(&wallet.number))),
                note,
            }
        })
        .collect()
}

fn printed_balance(words: Words, view: &ReviewView) -> String {
    let message = view.message.as_ref();
    match message.and_then(|message| message.balance_minor) {
        Some(minor) => words.fill(
            "wallet_printed",
            &[("balance", &amount_text(minor, &view.currency))],
        ),
        None => String::new(),
    }
}

pub(super) fn is_undecided(view: &ReviewView) -> bool {
    view.state == "open" || view.state == "expired"
}

/// What happens when it is approved, in words.
fn effect_of_approval(words: Words, view: &ReviewView) -> String {
    let name = match view.kind.as_str() {
        "reversal"
            if view.transfer.as_ref().is_some_and(|transfer| {
                ["received", "held", "matched", "blocked"].contains(&transfer.state.as_str())
            }) =>
        {
            "approve_reversal_free"
        }
        "reversal" if view.transfer.is_none() => "approve_reversal_unknown",
        "reversal" => "approve_reversal",
        CONFLICT => "settle_text",
        REFUSED => "approve_refused",
        REMOVAL_REFUSED => "approve_removal",
        "balance_gap" if view.transfer.is_none() => "approve_balance",
        _ if view.transfer.is_none() => "approve_message",
        _ if view.needs_second && view.first.is_none() => "approve_first",
        _ if !view.candidates.is_empty() => "approve_credit",
        _ => "approve_free",
    };
    words.text(name).to_owned()
}

fn is_own_first(view: &ReviewView, look: &Look<'_>) -> bool {
    let first = view.first.as_ref();
    first.is_some_and(|first| view.state == "open" && is_his(&first.actor, look))
}

fn is_his(actor: &str, look: &Look<'_>) -> bool {
    actor.to_lowercase() == look.actor.to_lowercase()
}

/// What the second person confirms: who approved, and for whom.
fn awaits_second(words: Words, view: &ReviewView, look: &Look<'_>) -> String {
    let Some(first) = view.first.as_ref().filter(|_| view.state == "open") else {
        return String::new();
    };
    let said = if is_own_first(view, look) {
        words.text("own_first").to_owned()
    } else {
        words.fill("first_approved", &[("actor", &first.actor)])
    };
    let chosen = view.first_claim.as_ref();
    let chosen = chosen.and_then(|id| view.claims.iter().find(|claim| claim.id == *id));
    let Some(claim) = chosen else {
        return said;
    };
    let whom = words.fill(
        "first_for",
        &[
            ("client", &claim.client.to_string()),
            ("amount", &amount_text(claim.amount_minor, &claim.currency)),
            ("phone", &phone_text(Some(&claim.phone))),
        ],
    );
    format!("{said} {whom}")
}

/// What people have said about it, this time and before it was opened again.
fn decisions(words: Words, view: &ReviewView) -> Vec<(String, String)> {
    view.history
        .iter()
        .map(|line| {
            let who = words.fill(
                "decided_by",
                &[
                    ("event", &event(words, &line.event)),
                    ("actor", &line.actor),
                    ("time", &words.time(line.at)),
                ],
            );
            let of_this = line.detail.strip_prefix(&format!("{}: ", view.kind));
            let why = of_this.map_or_else(|| detail(words, &line.detail), str::to_owned);
            (who, why)
        })
        .collect()
}

fn word_of(error: &ReviewError) -> &'static str {
    match error {
        ReviewError::Ended("released") => "released",
        ReviewError::Ended(_) => "ended",
        ReviewError::UnderWay => "under_way",
        ReviewError::OtherTerms => "other_terms",
        ReviewError::NoActor => "no_actor",
        ReviewError::NoReason => "no_reason",
        ReviewError::SameActor => "same_actor",
        ReviewError::Changed => "changed",
        ReviewError::ChooseClaim => "choose_claim",
        ReviewError::NoClaimAsked => "no_claim_asked",
        ReviewError::NoWalletAsked => "no_wallet_asked",
        ReviewError::NotItsClaim => "not_its_claim",
        ReviewError::ChooseWallet => "choose_wallet",
        ReviewError::NotItsWallet => "not_its_wallet",
        ReviewError::NoWallet => "no_wallet",
        ReviewError::OtherClaim => "other_claim",
        ReviewError::InFlight => "in_flight",
        ReviewError::OnlyRejected => "only_rejected",
        ReviewError::StillWorthless => "still_worthless",
        ReviewError::NotRejected => "not_rejected",
        ReviewError::ReversalOpen => "reversal_open",
        ReviewError::NotFound | ReviewError::Store(_) => "",
    }
}

#[derive(Template)]
#[template(path = "staff/review.html")]
struct ReviewPage<'a> {
    t: Words,
    csrf: &'a str,
    title: &'a str,
    problem: &'a str,
    why: String,
    typed: &'a str,
    facts: String,
    message: String,
    body: &'a str,
    claims: String,
    chain: String,
    payers: Vec<String>,
    choices: Vec<Choice>,
    wallets: Vec<Choice>,
    /// The balance that a message of unknown wallet prints.
    printed: String,
    picked: &'a str,
    picked_wallet: &'a str,
    /// To the list as it was asked for, and how that was.
    back: String,
    list: String,
    beside: Vec<(String, String)>,
    state: Cell,
    decisions: Vec<(String, String)>,
    open: bool,
    expired: bool,
    may: bool,
    reopens: bool,
    /// Who has approved first, and for whom.
    awaits: String,
    own: bool,
    judge: Option<Judging>,
    settle: bool,
    /// Of a difference to WHMCS's books: what is there, and what is here.
    books: String,
    /// What a credit booked by hand must say.
    by_hand: &'a str,
    effect: String,
    /// The item that asks first whether the money was taken back.
    reversal: Option<String>,
    view: &'a ReviewView,
}

impl ReviewPage<'_> {
    fn item(&self, id: &str) -> String {
        in_list(id, &self.list)
    }
}
