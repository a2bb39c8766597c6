//! The accounts at the end of a schedule. They know the rules, not the code: rates and amounts are worked out
//! anew.

use std::collections::BTreeMap;

use sqlx::Row as _;
use wharf_store::Store;

use crate::schedule::{Sent, World};

/// What went wrong, if anything did.
pub fn check(world: &mut World) -> Vec<String> {
    let mut wrong = Vec::new();
    let (transfers, waiting) = world
        .alive(|life| life.run(async |_, store| (transfers(store).await, waiting(store).await)));
    let rows = world.whmcs.books(|books| books.rows.clone());

    let mut all = 0;
    for sent in &world.sent {
        let ours: Vec<_> = rows
            .iter()
            .filter(|(_, row)| row.amount.minor > 0 && sent.is_named_in(&row.description))
            .collect();
        all += ours.len();
        let Some(transfer) = transfers.get(&(sent.wallet.to_owned(), sent.id.clone())) else {
            if sent.deliveries > 0 {
                wrong.push(format!("{} was delivered and is not known", sent.id));
            }
            continue;
        };
        if ours.len() > 1 {
            wrong.push(format!(
                "{} of {} was credited {} times",
                sent.id,
                sent.wallet,
                ours.len()
            ));
        }
        match (transfer.state.as_str(), ours.as_slice()) {
            ("credited", [(client, row)]) => {
                if Some(*client) != transfer.client {
                    wrong.push(format!("{} went to client {client}", sent.id));
                }
                if Some(row.amount.minor) != sent.worth() {
                    wrong.push(format!("{} became {}", sent.id, row.amount));
                }
                if !transfer.claimants.contains(client) {
                    wrong.push(format!(
                        "{} went to {client}, who never claimed it",
                        sent.id
                    ));
                }
            }
            ("credited", []) => wrong.push(format!("{} counts as credited and is not", sent.id)),
            ("review" | "held", []) | ("received", []) => {}
            // The answer was lost, and nobody may look.
            ("review", [_]) if !world.whmcs.books(|books| books.may_look) => {}
            (state, booked) => wrong.push(format!(
                "{} of {} is {state} and has {} credits",
                sent.id,
                sent.wallet,
                booked.len()
            )),
        }
    }
    let named = rows
        .iter()
        .filter(|(_, row)| row.amount.minor > 0 && row.description.contains("trans_id: "));
    if named.count() != all {
        wrong.push("WHMCS has credits of transfers that never were".to_owned());
    }
    for (transfer, claim) in waiting {
        wrong.push(format!(
            "transfer {transfer} and claim {claim} wait for each other"
        ));
    }
    let credited = transfers.values().filter(|t| t.state == "credited").count();
    if usize::try_from(world.yes).unwrap_or(usize::MAX) > credited {
        wrong.push(format!("{} times true for {credited} credits", world.yes));
    }
    invoices(world, &mut wrong);
    wrong
}

/// An invoice is paid by as much as left the client's credit for it, and never by more than it was.
fn invoices(world: &World, wrong: &mut Vec<String>) {
    world.whmcs.books(|books| {
        for invoice in &books.invoices {
            let spent: i64 = books
                .rows
                .iter()
                .filter(|(_, row)| row.related == Some(invoice.id))
                .map(|(_, row)| -row.amount.minor)
                .sum();
            if spent != invoice.total.minor - invoice.balance.minor || invoice.balance.minor < 0 {
                wrong.push(format!("invoice {} does not add up", invoice.id));
            }
        }
        for client in [7, 8, 70] {
            if books.balance(client) < 0 {
                wrong.push(format!("client {client} has less than nothing"));
            }
        }
    });
}

struct Transfer {
    state: String,
    client: Option<i64>,
    claimants: Vec<i64>,
}

async fn transfers(store: &Store) -> BTreeMap<(String, String), Transfer> {
    let rows = sqlx::query(
        "SELECT t.wallet, t.operator_id, t.state, t.client, t.store, t.phone FROM payment_transfers t",
    )
    .fetch_all(store.pool())
    .await
    .unwrap();
    let mut all = BTreeMap::new();
    for row in rows {
        let (shop, phone): (String, Option<String>) = (row.get("store"), row.get("phone"));
        let claimants =
            sqlx::query("SELECT client FROM payment_claims WHERE store = $1 AND phone = $2")
                .bind(shop)
                .bind(phone)
                .fetch_all(store.pool())
                .await
                .unwrap();
        let transfer = Transfer {
            state: row.get("state"),
            client: row.get("client"),
            claimants: claimants.iter().map(|row| row.get("client")).collect(),
        };
        all.insert((row.get("wallet"), row.get("operator_id")), transfer);
    }
    all
}

/// Money and claims that fit and have not met.
async fn waiting(store: &Store) -> Vec<(String, String)> {
    let now = store.clock().now_ms();
    let rows = sqlx::query(
        "SELECT t.operator_id, c.id FROM payment_transfers t JOIN payment_claims c ON c.store = t.store \
         AND c.phone = t.phone AND c.amount = t.amount WHERE t.state = 'received' AND c.state = 'pending' \
         AND c.expires_at >= $1 AND t.received_at >= c.created_at - 86400000",
    )
    .bind(now)
    .fetch_all(store.pool())
    .await
    .unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

impl Sent {
    /// Its own number of its own wallet, and no other.
    fn is_named_in(&self, description: &str) -> bool {
        description
            == format!(
                "VodafoneCash payment - trans_id: {} [b:{}/{}]",
                self.id, self.store, self.wallet
            )
    }

    /// Cents, rounded down: 50.25 EGP for a dollar at the one store, 40 at the other.
    fn worth(&self) -> Option<i64> {
        let rate = if self.store == "nile" { 5_025 } else { 4_000 };
        self.piastres.checked_mul(100)?.checked_div(rate)
    }
}
