//! The accounts at the end of a schedule. They know the rules, not the code: rates and amounts are worked out
//! anew.

use std::collections::BTreeMap;

use wharf_store::Store;
use wharf_whmcs::api::CreditRow;

use crate::ledger::{self, Claim, Ledger, Transfer};
use crate::messages::{Kind, Sent};
use crate::schedule::{CLIENTS, World};

/// What went wrong, if anything did.
pub fn check(world: &mut World) -> Vec<String> {
    let ledger = world.alive(|life| life.run(async |_, store| ledger::read(store).await));
    let rows = world.whmcs.books(|books| books.rows.clone());
    let mut wrong = std::mem::take(&mut world.wrong);
    wrong.extend(world.whmcs.books(|books| std::mem::take(&mut books.wrong)));
    wrong.dedup();
    if world.aloud {
        world.alive(|life| life.run(async |_, store| ledger::tell(store).await));
    }

    let mut all = 0;
    for sent in world.sent.iter().filter(|sent| sent.kind == Kind::Received) {
        let ours: Vec<&(i64, CreditRow)> = rows
            .iter()
            .filter(|(_, row)| row.amount.minor > 0 && sent.is_named_in(&row.description))
            .collect();
        all += ours.len();
        if ours.len() > 1 {
            wrong.push(format!("{} was credited {} times", sent.id, ours.len()));
        }
        let transfer = ledger
            .transfers
            .get(&(sent.wallet.to_owned(), sent.id.clone()));
        let problem = match transfer {
            None if sent.deliveries > 0 => Err("was delivered and is not known".to_owned()),
            None => Ok(()),
            Some(transfer) => fate(world, &ledger, sent, transfer, &ours),
        };
        let problem =
            problem.and_then(|()| taken_back(world, &ledger, sent, transfer, &ours, &rows));
        if let Err(why) = problem {
            wrong.push(format!("{} of {} {why}", sent.id, sent.wallet));
        }
    }
    let about_transfers = |row: &&(i64, CreditRow)| {
        let text = row.1.description.to_ascii_lowercase();
        row.1.amount.minor > 0 && (text.contains("trans_id") || text.contains("trans id"))
    };
    if rows.iter().filter(about_transfers).count() != all {
        wrong.push("WHMCS has credits of transfers that never were".to_owned());
    }
    wrong.extend(ledger.meetings());
    wrong.extend(ledger.relapses.iter().cloned());
    let credited = ledger.count("credited") + ledger.count("reversed");
    if usize::try_from(world.yes).unwrap_or(usize::MAX) > credited {
        wrong.push(format!("{} times true for {credited} credits", world.yes));
    }
    invoices(world, &ledger, &mut wrong);
    compared(world, &ledger, &mut wrong);
    wrong
}

/// How a transfer may have ended.
fn fate(
    world: &World,
    ledger: &Ledger,
    sent: &Sent,
    transfer: &Transfer,
    booked: &[&(i64, CreditRow)],
) -> Result<(), String> {
    if world.people.rejected.contains(&transfer.id) && !booked.is_empty() {
        return Err("was rejected and credited".to_owned());
    }
    if !booked.is_empty() && !world.ever(sent.store, |rules| !rules.observes) {
        return Err("was credited by a store that only looks on".to_owned());
    }
    match (transfer.state.as_str(), booked) {
        ("credited" | "reversed", [(client, row)]) => {
            if Some(*client) != transfer.client {
                return Err(format!("went to client {client}"));
            }
            let claim = transfer.claim.as_ref().and_then(|id| ledger.claims.get(id));
            let claim = claim.ok_or("went to nobody's claim")?;
            if claim.client != *client || claim.store != sent.store {
                return Err(format!("went to {client}, who never claimed it"));
            }
            rightly(world, ledger, sent, transfer, claim)?;
            let worth = worths(world, sent, claim);
            if !worth.contains(&row.amount.minor) {
                return Err(format!("became {}; it is worth {worth:?}", row.amount));
            }
            Ok(())
        }
        ("credited" | "reversed", []) => Err("counts as credited and is not".to_owned()),
        ("held", []) if ledger.is_asked(&transfer.id) => Ok(()),
        ("held", []) => Err("is held, and nobody is asked".to_owned()),
        ("review", []) if ledger.is_asked(&transfer.id) => Ok(()),
        // It is said to be taken back, and nobody has decided.
        ("matched" | "blocked", []) if ledger.is_asked_of(&transfer.id, "reversal") => Ok(()),
        ("received" | "rejected", []) => Ok(()),
        ("observed", []) if world.ever(sent.store, |rules| rules.observes) => Ok(()),
        // The answer was lost, and nobody could look.
        ("review", [_]) if ledger.is_asked(&transfer.id) && !world.may_look() => Ok(()),
        (state, booked) => Err(format!("is {state} and has {} credits", booked.len())),
    }
}

/// Whether the claim may have had it: by its number, by phone and amount, or by a person's word; and where the
/// store asks more, that was shown too.
fn rightly(
    world: &World,
    ledger: &Ledger,
    sent: &Sent,
    transfer: &Transfer,
    claim: &Claim,
) -> Result<(), String> {
    if world.people.approvals.contains_key(&transfer.id) {
        return Ok(());
    }
    if sent.forged {
        return Err("was forged".to_owned());
    }
    let named = claim.number.as_ref() == Some(&sent.id);
    let alike = claim.phone == sent.phone && claim.amount == sent.piastres;
    let tail = claim.number.as_ref();
    let tail = alike && tail.is_some_and(|tail| tail.len() >= 5 && sent.id.ends_with(tail));
    let plain = alike && claim.number.is_none();
    if !(named || tail || plain) {
        return Err(format!("went to a claim for something else: {claim:?}"));
    }
    let never = |rule: fn(&crate::rules::Rules) -> bool| !world.ever(sent.store, rule);
    if never(|rules| rules.hold != "always") {
        return Err("was credited, and all are held".to_owned());
    }
    if never(|rules| rules.hold != "above") && sent.piastres > 20_000 {
        return Err("was credited, and large ones are held".to_owned());
    }
    if never(|rules| !rules.low_ceiling) && sent.piastres > 40_000 {
        return Err("was credited above the ceiling".to_owned());
    }
    let known = ledger.has_paid_before(transfer, claim);
    if never(|rules| !rules.proves_phones) && !(named || tail || known) {
        return Err("went to somebody who showed nothing".to_owned());
    }
    if never(|rules| rules.hold != "first_payment") && !known {
        return Err("was credited, and first payments are held".to_owned());
    }
    let early = claim.source == "gateway" && claim.created_at + 60_000 <= transfer.happened_at;
    if plain && !early && ledger.is_contested(transfer, claim) {
        return Err("went to one of two who claimed it alike".to_owned());
    }
    Ok(())
}

/// Cents, rounded down: at the rate of the time, or at that of a quote that held.
fn worths(world: &World, sent: &Sent, claim: &Claim) -> Vec<i64> {
    let at = |rate: i64| sent.piastres * 100 / rate;
    let mut worths = Vec::new();
    let rules = &world.rules[sent.store];
    for (index, (since, rule)) in rules.iter().enumerate() {
        let until = rules.get(index + 1).map_or(i64::MAX, |(next, _)| *next);
        // The operator's time has no seconds.
        if *since <= sent.at && until > sent.at - 60_000 {
            worths.push(at(rule.rate));
        }
    }
    let quoted = |invoice: i64| {
        world
            .quotes
            .iter()
            .filter(move |quote| quote.invoice == invoice)
    };
    for quote in claim.invoice.into_iter().flat_map(quoted) {
        let held = quote.at - 60_000 <= sent.at && sent.at <= quote.at + QUOTED + 60_000;
        if held {
            let asked = (quote.due * quote.rate + 99) / 100;
            worths.push(if asked == sent.piastres {
                quote.due
            } else {
                at(quote.rate)
            });
        }
    }
    worths
}

/// Credit is taken away again once, whole, and when somebody said so.
fn taken_back(
    world: &World,
    ledger: &Ledger,
    sent: &Sent,
    transfer: Option<&Transfer>,
    booked: &[&(i64, CreditRow)],
    rows: &[(i64, CreditRow)],
) -> Result<(), String> {
    let text = format!(
        "VodafoneCash reversal - trans_id: {} {}",
        sent.id,
        sent.origin()
    );
    let taken: Vec<i64> = rows
        .iter()
        .filter(|(_, row)| row.description == text)
        .map(|(_, row)| -row.amount.minor)
        .collect();
    let Some(known) = transfer else {
        return Ok(());
    };
    let said = world.people.reversals.contains(&known.id);
    let whole =
        matches!((taken.as_slice(), booked), ([minor], [(_, row)]) if *minor == row.amount.minor);
    let asked = ledger.is_asked_of(&known.id, "removal_unknown");
    match known.removal.as_deref() {
        Some("credited") if whole && said && known.state == "reversed" => Ok(()),
        // The answer was lost, and nobody may look.
        Some("review") if said && asked && !world.may_look() && (whole || taken.is_empty()) => {
            Ok(())
        }
        Some("blocked") if said && taken.is_empty() => {
            let asked = ledger.is_asked_of(&known.id, "removal_refused");
            asked
                .then_some(())
                .ok_or("cannot be taken away, and nobody is asked".to_owned())
        }
        Some("left") if said && taken.is_empty() => Ok(()),
        None if world.people.taken_back.contains(&known.id) && !booked.is_empty() => {
            Err("should have been taken away again".to_owned())
        }
        None if taken.is_empty() && known.state != "reversed" => Ok(()),
        state => Err(format!(
            "was taken away again: {taken:?}, which is {state:?}"
        )),
    }
}

/// An invoice is paid by as much as left the client's credit for it, never by more than it was, and never by
/// more than its own transfers brought.
fn invoices(world: &World, ledger: &Ledger, wrong: &mut Vec<String>) {
    let brought: BTreeMap<i64, i64> = ledger.brought();
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
            let brought = brought.get(&invoice.id).copied().unwrap_or(0);
            if spent > brought {
                wrong.push(format!(
                    "invoice {} was paid {spent} of {brought}",
                    invoice.id
                ));
            }
            // Who had credit taken away after it was spent owes it.
            let owes = books.rows.iter().any(|(client, row)| {
                *client == invoice.client && row.description.contains("reversal")
            });
            let left = spent < brought && invoice.balance.minor > 0;
            if left && !owes && !ledger.is_unsettled(invoice.id) {
                wrong.push(format!(
                    "invoice {} waits for {} of its {brought}",
                    invoice.id, invoice.balance
                ));
            }
        }
    });
}

/// Where nothing is left open, a comparison finds nothing.
fn compared(world: &mut World, ledger: &Ledger, wrong: &mut Vec<String>) {
    if !world.may_look() || ledger.count("review") > 0 {
        return;
    }
    let found =
        world.alive(|life| life.run(async |payments, _| payments.reconcile(None).await.unwrap()));
    if !found.is_clean() {
        wrong.push(format!("the books differ: {found:?}"));
    }
    let sums: i64 = world.whmcs.books(|books| {
        CLIENTS
            .iter()
            .map(|client| books.brought_by_us(*client))
            .sum()
    });
    if sums != ledger.credited {
        wrong.push(format!(
            "{} was credited, and WHMCS has {sums}",
            ledger.credited
        ));
    }
}

/// What WHMCS is known to have done and nobody is told.
pub async fn unbooked(store: &Store) -> Vec<String> {
    let rows = async |text: &'static str| -> Vec<String> {
        let rows = sqlx::query_scalar(text).fetch_all(store.pool());
        rows.await.unwrap()
    };
    let credited = rows(
        "SELECT t.operator_id FROM payment_transfers t JOIN effects e ON e.effect_key = 'payments.credit/' || t.store \
         || '/' || t.wallet || '/in/' || t.operator_id WHERE e.state = 'done' AND t.state IN ('matched', 'blocked')",
    )
    .await;
    let applied = rows(
        "SELECT t.operator_id FROM payment_transfers t JOIN payment_claims c ON c.id = t.claim JOIN effects e \
         ON e.effect_key = 'payments.credit/' || t.store || '/' || t.wallet || '/in/' || t.operator_id \
         || '/invoice/' || c.invoice WHERE e.state = 'done' AND c.state = 'credited' AND c.applied IS NULL",
    )
    .await;
    let told = |ids: Vec<String>, what: &'static str| {
        ids.into_iter()
            .map(move |id| format!("{id} is {what} in WHMCS, and nobody is told"))
    };
    told(credited, "credited")
        .chain(told(applied, "applied"))
        .collect()
}

impl Sent {
    /// Its own number of its own wallet, and no other.
    pub fn is_named_in(&self, description: &str) -> bool {
        let number = format!("{} {}", self.id, self.origin());
        description == format!("VodafoneCash payment - trans_id: {number}")
            || description == format!("wharf Trans ID {number}")
    }

    fn origin(&self) -> String {
        format!("[b:{}/{}]", self.store, self.wallet)
    }
}

/// How long a quote holds, as the stores are set up.
const QUOTED: i64 = 30 * 60_000;
