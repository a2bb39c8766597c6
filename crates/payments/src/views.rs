//! What people see of payments: plain values for pages, `--json` and CSV alike. Times are epoch milliseconds,
//! amounts minor units of the currency beside them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::tables::transfers::FINGERPRINT;

pub use crate::typed::visible;

#[derive(Clone, Debug, Default, Serialize)]
pub struct StoreView {
    pub id: String,
    pub site: String,
    pub name: String,
    pub enabled: bool,
    pub country: String,
    /// `credit` or `observe`.
    pub mode: String,
    pub booking: String,
    pub hold: String,
    /// Above it two people must approve, in the wallets' currency; 0: never.
    pub second_person_above: i64,
    pub phone_binding: String,
    pub balance_check: bool,
    /// What the claim check may answer: `credit-only` or `when-covered`.
    pub check_answers: String,
    pub unsigned_checks: bool,
    /// Whether callers of the claim check need a key.
    pub check_key: bool,
    /// In the wallets' currency.
    pub currency: String,
    /// The rates in force.
    pub rates: Vec<RateView>,
    pub wallets: i64,
    pub open_reviews: i64,
}

#[derive(Clone, Debug, Serialize)]
pub struct RateView {
    pub currency: String,
    pub rate: String,
    pub since: i64,
}

#[derive(Clone, Debug, Serialize)]
pub struct WalletView {
    pub id: String,
    pub store: String,
    pub operator: String,
    /// For people: `Vodafone Cash`.
    pub title: String,
    pub number: String,
    pub enabled: bool,
    pub currency: String,
    /// The last balance that is trusted.
    pub balance: Option<i64>,
    pub balance_at: Option<i64>,
    /// Whether its balance was ever confirmed.
    pub seeded: bool,
    /// Messages whose balance does not continue the chain, and by the operator's clock the first of them.
    pub gaps: i64,
    pub gaps_since: Option<i64>,
    /// Received within the last 24 hours.
    pub received_day: i64,
    /// What it may take in of late, and has, where its store says how much that is.
    pub ceilings: Vec<CeilingView>,
    pub devices: Vec<String>,
}

/// What a wallet has taken in of what it may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CeilingView {
    pub store: String,
    pub wallet: String,
    pub period: Period,
    /// Since the period began.
    pub received: i64,
    pub ceiling: i64,
    pub currency: String,
}

/// By the calendar and the clock of the wallet's country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    Day,
    Month,
}

/// Which transfers. Empty fields do not narrow.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TransferFilter {
    pub store: Option<String>,
    pub wallet: Option<String>,
    pub state: Option<String>,
    /// A transaction number, a phone in any form, or a transfer's id; else the end of a number, or a part of a payer's
    /// name.
    pub text: Option<String>,
    pub client: Option<i64>,
    /// When the money arrived: from (included) and until (excluded).
    pub since: Option<i64>,
    pub until: Option<i64>,
    /// At most so many; 100 when 0.
    pub limit: i64,
    /// Those that come after this id in the list, newest first.
    pub after: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct TransferView {
    pub id: String,
    pub store: String,
    pub wallet: String,
    pub operator_id: String,
    pub message: String,
    pub amount_minor: i64,
    pub currency: String,
    pub phone: Option<String>,
    pub payer: Option<String>,
    pub balance_minor: Option<i64>,
    pub happened_at: i64,
    pub received_at: i64,
    pub state: String,
    pub reason: Option<String>,
    pub claim: Option<String>,
    pub client: Option<i64>,
    pub rate: Option<String>,
    pub credit_minor: Option<i64>,
    pub credit_currency: Option<String>,
    pub updated_at: i64,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ClaimFilter {
    pub store: Option<String>,
    pub state: Option<String>,
    pub site: Option<String>,
    pub client: Option<i64>,
    pub transfer: Option<String>,
    /// A transaction number, a phone in any form, or a claim's id.
    pub text: Option<String>,
    /// Epoch milliseconds.
    pub since: Option<i64>,
    pub until: Option<i64>,
    pub limit: i64,
    pub after: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ClaimView {
    pub id: String,
    pub store: String,
    pub site: String,
    pub client: i64,
    pub invoice: Option<i64>,
    /// `gateway` or `check`.
    pub source: String,
    pub phone: String,
    pub amount_minor: i64,
    pub currency: String,
    pub operator_id: Option<String>,
    pub state: String,
    pub reason: Option<String>,
    pub transfer: Option<String>,
    pub credited_minor: Option<i64>,
    pub applied_minor: Option<i64>,
    pub credit_currency: Option<String>,
    pub paid: bool,
    pub origin: Option<String>,
    pub created_at: i64,
    pub expires_at: i64,
    pub updated_at: i64,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct MessageFilter {
    pub store: Option<String>,
    pub device: Option<String>,
    pub wallet: Option<String>,
    pub state: Option<String>,
    /// Epoch milliseconds.
    pub since: Option<i64>,
    pub until: Option<i64>,
    pub limit: i64,
    pub after: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct MessageView {
    pub id: String,
    pub store: String,
    pub device: String,
    pub sender: String,
    pub body: String,
    pub sent_at: i64,
    pub stored_at: i64,
    pub deliveries: i64,
    pub state: String,
    pub template: Option<String>,
    pub kind: Option<String>,
    pub wallet: Option<String>,
    pub amount_minor: Option<i64>,
    pub balance_minor: Option<i64>,
    pub operator_id: Option<String>,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AuditFilter {
    pub store: Option<String>,
    /// As it begins, in large or small letters.
    pub actor: Option<String>,
    /// `transfer/…`, `claim/…`, `message/…`, …
    pub subject: Option<String>,
    /// As [`subject`](Self::subject), but only how it begins, in large or small letters.
    pub about: Option<String>,
    pub event: Option<String>,
    /// Epoch milliseconds.
    pub since: Option<i64>,
    pub until: Option<i64>,
    pub limit: i64,
    pub after: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct AuditView {
    pub id: String,
    pub at: i64,
    pub store: String,
    pub actor: String,
    pub subject: String,
    pub event: String,
    pub detail: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReviewFilter {
    pub store: Option<String>,
    /// `open` when empty; `all` for every one.
    pub state: Option<String>,
    pub kind: Option<String>,
    pub transfer: Option<String>,
    /// Epoch milliseconds.
    pub since: Option<i64>,
    pub until: Option<i64>,
    pub limit: i64,
    pub after: Option<String>,
}

/// One thing that waits for a person, with what there is to decide by.
#[derive(Clone, Debug, Serialize)]
pub struct ReviewView {
    pub id: String,
    pub store: String,
    /// Of its store's wallets.
    pub currency: String,
    pub kind: String,
    /// The machine's word for the reason.
    pub reason: String,
    /// The reason in words.
    pub reason_en: String,
    pub reason_ar: String,
    pub evidence: Value,
    /// open | approved | rejected | released | expired
    pub state: String,
    pub opened_at: i64,
    pub closed_at: Option<i64>,
    pub first: Option<DecisionView>,
    pub second: Option<DecisionView>,
    /// Whether a second person must confirm the first one's approval.
    pub needs_second: bool,
    /// The claim that the first approval is for, while a second one is waited for.
    pub first_claim: Option<String>,
    /// The claims of which one gets the money when it is approved; none: it is for the one that comes.
    pub candidates: Vec<String>,
    /// Whether an approval must say which claim gets the money.
    pub needs_claim: bool,
    /// Says what a decision now would be about: whoever decides hands it back, and is refused if that is something else
    /// by then.
    pub seen: String,
    /// Whether the decision can be taken back.
    pub reopens: bool,
    /// Of a message that does not tell its wallet: the ones that it can be.
    pub wallets: Vec<WalletChoice>,
    pub transfer: Option<TransferView>,
    pub message: Option<MessageView>,
    /// Those that this is about, of who is known to pay from the phone first: more than one where they contend.
    pub claims: Vec<ClaimView>,
    /// Of what is undecided: who is known to pay from the transfer's phone.
    pub payers: Vec<PayerView>,
    /// The links around it in its wallet's balances, oldest first.
    pub chain: Vec<LinkView>,
    /// What else is open about the same transfer; one decision ends them all.
    pub beside: Vec<Beside>,
    /// What people have said about it so far, oldest first; only of one that is asked for by itself.
    pub history: Vec<AuditView>,
    /// The transfer that its message has made since; only of one that is asked for by itself.
    pub made: Option<String>,
}

/// A client who is known to pay from a phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PayerView {
    pub site: String,
    pub client: i64,
    /// How often such money was credited to him.
    pub paid: i64,
}

impl PayerView {
    /// Whether a claim is his.
    pub fn claims(&self, claim: &ClaimView) -> bool {
        (&self.site, self.client) == (&claim.site, claim.client)
    }
}

/// Another item about the same transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Beside {
    pub id: String,
    pub kind: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct DecisionView {
    pub actor: String,
    pub at: i64,
    pub reason: String,
}

/// A message's balance in its wallet's chain.
#[derive(Clone, Debug, Serialize)]
pub struct LinkView {
    pub message: Option<String>,
    pub transfer: Option<String>,
    pub kind: String,
    pub operator_id: Option<String>,
    pub happened_at: i64,
    pub amount_minor: i64,
    pub fee_minor: Option<i64>,
    pub balance_minor: i64,
    /// What it should have been.
    pub expected_minor: Option<i64>,
    /// good | gap | vouched | out
    pub standing: String,
    /// Whether the review is about this one.
    pub is_subject: bool,
}

/// A transfer from its message to its credit.
#[derive(Clone, Debug, Serialize)]
pub struct TransferStory {
    pub transfer: TransferView,
    pub message: Option<MessageView>,
    pub claims: Vec<ClaimView>,
    pub reviews: Vec<ReviewView>,
    pub chain: Vec<LinkView>,
    /// The journal's entries, oldest first.
    pub credit: Vec<EffectView>,
    pub audit: Vec<AuditView>,
}

#[derive(Clone, Debug, Serialize)]
pub struct EffectView {
    pub id: String,
    pub kind: String,
    pub key: String,
    pub state: String,
    pub attempt: i64,
    pub reason: Option<String>,
    pub result: Option<Value>,
    pub updated_at: i64,
}

/// A wallet that a message may be about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WalletChoice {
    pub id: String,
    pub number: String,
    /// The last one that is trusted.
    pub balance_minor: Option<i64>,
    pub balance_at: Option<i64>,
}

/// What a person decides about a review item.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Who decides.
    pub actor: String,
    pub reason: String,
    /// Which of several claims gets the money.
    pub claim: Option<String>,
    /// Which of the phone's wallets the message is about.
    pub wallet: Option<String>,
    pub seen: Seen,
}

/// What whoever decides had before him.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The [`seen`](ReviewView::seen) of the item that was shown.
    Shown(String),
    /// A program that shows nobody anything decides about whatever stands then.
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decided {
    Done,
    /// Kept; another person must approve too.
    NeedsSecond,
}

/// An operator's transaction number for people: what stands in the place of one that was never told is long and says
/// nothing.
pub fn number_text(operator_id: &str) -> String {
    match operator_id.strip_prefix(FINGERPRINT) {
        Some(hash) => format!("{FINGERPRINT}{}…", hash.get(..8).unwrap_or(hash)),
        None => operator_id.to_owned(),
    }
}

/// What filters may ask for.
pub const TRANSFER_STATES: [&str; 9] = [
    "received", "held", "matched", "credited", "blocked", "review", "rejected", "observed",
    "reversed",
];
pub const CLAIM_STATES: [&str; 9] = [
    "pending", "matched", "held", "credited", "observed", "replaced", "rejected", "expired",
    "reversed",
];
pub const MESSAGE_STATES: [&str; 6] = ["new", "read", "repeat", "ignored", "unknown", "review"];
/// Also a filter of messages: those that tell no sender, so that no wallet's template can read them.
pub const UNREADABLE: &str = "unreadable";
pub const REVIEW_STATES: [&str; 4] = ["approved", "rejected", "released", "expired"];
/// What a review item can be about.
pub const REVIEW_KINDS: [&str; 23] = [
    "contest",
    "differs",
    "binding",
    "balance_gap",
    "unseeded",
    "first_payment",
    "above",
    "always",
    "ceiling",
    "stale",
    "doubt",
    "duplicate",
    "forged",
    "wallet",
    "unread",
    "reversal",
    "no_rate",
    "worth_nothing",
    "credit_unknown",
    "credit_refused",
    "removal_unknown",
    "removal_refused",
    "credit_conflict",
];
/// The words for why a transfer, a claim or an item waits, or has ended. What else stands there is a sentence.
pub const REASONS: [&str; 58] = [
    "contest_again",
    "reversal_more",
    "duplicate_elsewhere",
    "duplicate_cut",
    "unfound",
    "reversal_next",
    "review",
    "too_old",
    "rejected",
    "reversed",
    "own_wallet",
    "hold_expired",
    "no_such_client",
    "two_claims",
    "amount_differs",
    "contest",
    "differs",
    "binding",
    "binding_other",
    "binding_phones",
    "binding_clients",
    "first_payment",
    "above",
    "always",
    "ceiling",
    "ceiling_client",
    "ceiling_phone",
    "balance_gap",
    "balance_contradicted",
    "unseeded",
    "stale",
    "doubt",
    "duplicate",
    "forged",
    "forged_repeat",
    "wallet",
    "unread",
    "no_rate",
    "worth_nothing",
    "reversal",
    "reversal_guess",
    "reversal_again",
    "reversal_differs",
    "reversal_unknown",
    "credit_unknown",
    "credit_refused",
    "removal_unknown",
    "removal_refused",
    "credit_conflict",
    "books_missing",
    "books_double",
    "books_unknown",
    "books_differing",
    "books_removal_missing",
    "books_removal_double",
    "books_removal_unknown",
    "books_removal_differing",
    "observed",
];
/// What the audit log can tell of.
pub const AUDIT_EVENTS: [&str; 39] = [
    "claimed again",
    "received",
    "unread",
    "doubtful",
    "waiting",
    "matched",
    "held",
    "review",
    "approved first",
    "approved",
    "rejected",
    "reopened",
    "released",
    "expired",
    "free again",
    "credited",
    "observed",
    "blocked",
    "found booked",
    "found not booked",
    "applied",
    "not applied",
    "reversal told",
    "reversed",
    "credit removed",
    "credit perhaps removed",
    "credit not removed",
    "found taken back",
    "found not taken back",
    "balance told",
    "reconciled",
    "differs from WHMCS",
    "connection",
    "added",
    "changed",
    "address_changed",
    "rate",
    "removed",
    "rate removed",
];
