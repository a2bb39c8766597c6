//! What the daemon's database says at the end.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::Row as _;
use sqlx::any::AnyRow;
use wharf_core::Phone;
use wharf_store::Store;

#[derive(Debug, Default)]
pub struct Ledger {
    /// By wallet and number.
    pub transfers: BTreeMap<(String, String), Transfer>,
    pub claims: BTreeMap<String, Claim>,
    /// Effects that did not stay done.
    pub relapses: Vec<String>,
    /// The sum of the credits that the books have, less what was taken away again.
    pub credited: i64,
    /// Transfers about which a person is asked, and what.
    asked: BTreeSet<(String, String)>,
    now: i64,
}

#[derive(Clone, Debug)]
pub struct Transfer {
    pub id: String,
    pub state: String,
    pub client: Option<i64>,
    pub claim: Option<String>,
    pub happened_at: i64,
    /// How its credit's removal stands: `credited` is done.
    pub removal: Option<String>,
    store: String,
    operator_id: String,
    phone: Option<String>,
    amount: i64,
    received_at: i64,
    credit: Option<i64>,
    matched_at: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct Claim {
    pub store: String,
    pub client: i64,
    pub invoice: Option<i64>,
    pub source: String,
    /// As people write it.
    pub phone: String,
    pub amount: i64,
    pub number: Option<String>,
    pub created_at: i64,
    id: String,
    state: String,
    transfer: Option<String>,
    applied: Option<i64>,
    reason: Option<String>,
    expires_at: i64,
    updated_at: i64,
}

pub async fn read(store: &Store) -> Ledger {
    let pool = store.pool();
    let rows = async |text: &'static str| sqlx::query(text).fetch_all(pool).await.unwrap();
    let matched: BTreeMap<String, i64> =
        rows("SELECT subject, at FROM payment_audit WHERE event = 'matched' ORDER BY id")
            .await
            .iter()
            .map(|row| (row.get(0), row.get(1)))
            .collect();
    let removals: BTreeMap<String, String> =
        rows("SELECT transfer, state FROM payment_credits WHERE direction = 'remove'")
            .await
            .iter()
            .map(|row| (row.get(0), row.get(1)))
            .collect();
    let mut ledger = Ledger {
        now: store.clock().now_ms(),
        ..Ledger::default()
    };
    for row in rows("SELECT * FROM payment_transfers").await {
        let id: String = row.get("id");
        let transfer = Transfer {
            state: row.get("state"),
            client: row.get("client"),
            claim: row.get("claim"),
            happened_at: row.get("happened_at"),
            removal: removals.get(&id).cloned(),
            store: row.get("store"),
            operator_id: row.get("operator_id"),
            phone: row.get::<Option<String>, _>("phone").map(written),
            amount: row.get("amount"),
            received_at: row.get("received_at"),
            credit: row.get("credit"),
            matched_at: matched.get(&format!("transfer/{id}")).copied(),
            id,
        };
        ledger
            .transfers
            .insert((row.get("wallet"), row.get("operator_id")), transfer);
    }
    for row in rows("SELECT * FROM payment_claims").await {
        let claim = claim(&row);
        ledger.claims.insert(claim.id.clone(), claim);
    }
    let asked = rows(
        "SELECT transfer, kind FROM payment_reviews WHERE state IN ('open', 'expired') AND transfer IS NOT NULL",
    );
    ledger.asked = asked
        .await
        .iter()
        .map(|row| (row.get(0), row.get(1)))
        .collect();
    let relapsed = rows(
        "SELECT a.effect_id FROM effect_events a JOIN effect_events b ON b.effect_id = a.effect_id AND b.id > a.id \
         WHERE a.event IN ('done', 'found done', 'judged done')",
    );
    ledger.relapses = relapsed
        .await
        .iter()
        .map(|row| format!("effect {} was done, and went on", row.get::<String, _>(0)))
        .collect();
    let credits =
        rows("SELECT direction, amount FROM payment_credits WHERE state = 'credited'").await;
    ledger.credited = credits
        .iter()
        .map(|row| match row.get::<String, _>("direction").as_str() {
            "add" => row.get::<i64, _>("amount"),
            _ => -row.get::<i64, _>("amount"),
        })
        .sum();
    ledger
}

/// What the daemon itself has written down, for whoever looks for the reason.
pub async fn tell(store: &Store) {
    for text in [
        "SELECT e.effect_key, v.at, v.event, v.detail FROM effect_events v JOIN effects e ON e.id = v.effect_id ORDER BY v.id",
        "SELECT subject, at, event, detail FROM payment_audit ORDER BY id",
    ] {
        for row in sqlx::query(text).fetch_all(store.pool()).await.unwrap() {
            let at = jiff::Timestamp::from_millisecond(row.get(1)).unwrap();
            let texts: [String; 3] = [row.get(0), row.get(2), row.get(3)];
            eprintln!("  {at} {}", texts.join(" | "));
        }
    }
}

fn claim(row: &AnyRow) -> Claim {
    Claim {
        store: row.get("store"),
        client: row.get("client"),
        invoice: row.get("invoice"),
        source: row.get("source"),
        phone: written(row.get("phone")),
        amount: row.get("amount"),
        number: row.get("operator_id"),
        created_at: row.get("created_at"),
        id: row.get("id"),
        state: row.get("state"),
        transfer: row.get("transfer"),
        applied: row.get("applied"),
        reason: row.get("reason"),
        expires_at: row.get("expires_at"),
        updated_at: row.get("updated_at"),
    }
}

fn written(phone: String) -> String {
    Phone::parse(&phone).map_or(phone, |phone| phone.to_string())
}

impl Ledger {
    pub fn is_asked(&self, transfer: &str) -> bool {
        self.asked.iter().any(|(about, _)| about == transfer)
    }

    pub fn is_asked_of(&self, transfer: &str, kind: &str) -> bool {
        self.asked.contains(&(transfer.to_owned(), kind.to_owned()))
    }

    pub fn count(&self, state: &str) -> usize {
        let transfers = self.transfers.values();
        transfers.filter(|known| known.state == state).count()
    }

    /// Money and claims that fit and have not met.
    pub fn meetings(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for transfer in self.transfers.values().filter(|it| it.state == "received") {
            for claim in self.claims.values().filter(|it| it.state == "pending") {
                let alike = claim.number.is_none()
                    && Some(&claim.phone) == transfer.phone.as_ref()
                    && claim.amount == transfer.amount;
                let named = claim.number.as_ref() == Some(&transfer.operator_id);
                let in_time = claim.expires_at >= self.now
                    && transfer.received_at >= claim.created_at - A_DAY;
                if claim.store == transfer.store && (alike || named) && in_time {
                    wrong.push(format!(
                        "{} and claim {} wait for each other",
                        transfer.operator_id, claim.id
                    ));
                }
            }
        }
        wrong
    }

    /// Whether this client had money of that phone before, here.
    pub fn has_paid_before(&self, transfer: &Transfer, claim: &Claim) -> bool {
        self.transfers.values().any(|other| {
            other.id != transfer.id
                && other.store == transfer.store
                && other.phone == transfer.phone
                && other.client == Some(claim.client)
                && other.matched_at <= transfer.matched_at
                && other.matched_at.is_some()
        })
    }

    /// Whether another client's claim, just as good, was waiting when it was given away, and waits for ever.
    pub fn is_contested(&self, transfer: &Transfer, winner: &Claim) -> bool {
        let at = transfer.matched_at.unwrap_or(i64::MAX);
        self.claims.values().any(|other| {
            other.client != winner.client
                && other.store == winner.store
                && other.phone == winner.phone
                && other.amount == winner.amount
                && other.number.is_none()
                && other.transfer.as_ref().is_none_or(|it| *it == transfer.id)
                && matches!(other.state.as_str(), "pending" | "held")
                && other.created_at < at
                && other.updated_at < at
                && transfer.received_at <= other.expires_at
                && transfer.received_at >= other.created_at - A_DAY
        })
    }

    /// What the transfers of each invoice's claims brought.
    pub fn brought(&self) -> BTreeMap<i64, i64> {
        let mut brought = BTreeMap::new();
        let credited = |it: &&Transfer| ["credited", "reversed"].contains(&it.state.as_str());
        for transfer in self.transfers.values().filter(credited) {
            let claim = transfer.claim.as_ref().and_then(|id| self.claims.get(id));
            if let (Some(invoice), Some(credit)) =
                (claim.and_then(|claim| claim.invoice), transfer.credit)
            {
                *brought.entry(invoice).or_insert(0) += credit;
            }
        }
        brought
    }

    /// Whether a person has said that its credit is to be taken back.
    fn is_given_up(&self, transfer: Option<&str>) -> bool {
        let mut all = self.transfers.values();
        all.any(|known| Some(known.id.as_str()) == transfer && known.removal.is_some())
    }

    /// Whether a claim for this invoice says why its credit is not applied.
    pub fn is_unsettled(&self, invoice: i64) -> bool {
        let mut own = self
            .claims
            .values()
            .filter(|claim| claim.invoice == Some(invoice));
        own.any(|claim| {
            let may_be_gone = |id: &String| self.is_asked_of(id, "reversal");
            let told = claim.reason.is_some()
                || self.is_given_up(claim.transfer.as_deref())
                || claim.transfer.as_ref().is_some_and(may_be_gone);
            claim.state == "credited" && claim.applied.is_none() && told
        })
    }
}

const A_DAY: i64 = 24 * 3_600_000;
