//! Each store that takes wallet payments: whether money can find its way, and whether a cheat cannot.

use wharf_payments::devices::DeviceView;
use wharf_payments::views::{CeilingView, Period, ReviewFilter, StoreView, WalletView};
use wharf_web::staff::{Operator, Operators, Role};

use super::Check;
use crate::commands::payments::words::money;
use crate::config::Config;
use crate::rooms::Rooms;
use crate::trouble::chain;

pub async fn all(rooms: &Rooms, config: &Config) -> Vec<Check> {
    let stores = match rooms.payments.stores().await {
        Ok(stores) => stores,
        Err(error) => {
            let mend = "check that the database runs";
            return vec![Check::wrong("stores", chain(&error), mend)];
        }
    };
    if stores.is_empty() {
        return Vec::new();
    }
    let mut checks = vec![public_address(config), templates(rooms)];
    let mut all = Vec::new();
    for store in stores.iter().filter(|store| store.enabled) {
        checks.push(rates(rooms, store));
        checks.push(caution(store));
        checks.push(callers(store));
        checks.push(people(rooms, store).await);
        let (wallets, found) = wallets(rooms, store).await;
        checks.extend(found);
        all.extend(wallets);
    }
    checks.push(deciders(rooms, &stores).await);
    checks.extend(twins(&all));
    checks.push(messages(rooms).await);
    checks.extend(ceilings(rooms).await);
    checks.extend(devices(rooms).await);
    checks
}

/// What came from wallets' senders and fits no template.
async fn messages(rooms: &Rooms) -> Check {
    let name = "messages";
    match rooms.payments.not_understood().await {
        Ok((0, days)) => Check::fine(name, format!("all of the last {days} days were understood")),
        Ok((count, days)) => Check::doubtful(
            name,
            format!("{count} of wallets' senders were not understood in the last {days} days"),
            "see them with \"wharf payments messages --state unknown\"; one that tells of money needs a template in its wallet file",
        ),
        Err(error) => Check::wrong(name, chain(&error), "check that the database runs"),
    }
}

/// From before such were refused.
fn twins(wallets: &[WalletView]) -> Vec<Check> {
    let taken = |wallet: &&WalletView| wallet.enabled || !wallet.devices.is_empty();
    let mut found = Vec::new();
    for (place, wallet) in wallets.iter().enumerate() {
        let earlier = wallets.iter().take(place).filter(taken);
        let same = |other: &&WalletView| {
            (&other.operator, &other.number) == (&wallet.operator, &wallet.number)
        };
        if let Some(other) = earlier.into_iter().find(same)
            && taken(&wallet)
        {
            found.push(Check::wrong(
                format!("wallet {}", wallet.id),
                format!(
                    "wallet {} has the same number: what is sent there may be credited twice",
                    other.id
                ),
                "switch one of them off, and take it from its phones",
            ));
        }
    }
    found
}

fn public_address(config: &Config) -> Check {
    let (name, url) = ("public address", &config.public_url);
    let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    if url.starts_with("https://") {
        return Check::fine(name, url.clone());
    }
    if local.iter().any(|start| url.starts_with(start)) {
        return Check::doubtful(
            name,
            format!("{url}: only this machine reaches it"),
            "for phones and shops elsewhere, put a proxy with TLS before it and set public_url",
        );
    }
    Check::wrong(
        name,
        format!("{url}: messages and claims would travel unencrypted"),
        "put a proxy with TLS before it, and set public_url to its https address",
    )
}

fn templates(rooms: &Rooms) -> Check {
    let name = "wallet files";
    match rooms.payments.wallets_trouble() {
        Some(trouble) => Check::wrong(
            name,
            trouble,
            "mend the file; \"wharf payments parse --check\" tries it. The last good ones are in force",
        ),
        None => {
            let known = rooms.payments.wallets().names().count();
            Check::fine(name, format!("{known} wallets are understood"))
        }
    }
}

fn rates(rooms: &Rooms, store: &StoreView) -> Check {
    let name = format!("store {}, rates", store.id);
    let mend = format!("wharf payments stores rate {} USD RATE", store.id);
    if store.rates.is_empty() {
        let detail = format!(
            "none: only clients with {} accounts can pay",
            store.currency
        );
        return Check::doubtful(name, detail, mend);
    }
    let now = rooms.store.clock().now_ms();
    let old: Vec<String> = store
        .rates
        .iter()
        .filter(|rate| now - rate.since > OLD_RATE)
        .map(|rate| format!("{} for {} days", rate.currency, (now - rate.since) / A_DAY))
        .collect();
    let known: Vec<String> = store
        .rates
        .iter()
        .map(|rate| format!("1 {} = {} {}", rate.currency, rate.rate, store.currency))
        .collect();
    if old.is_empty() {
        Check::fine(name, known.join(", "))
    } else {
        let detail = format!("{}; unchanged: {}", known.join(", "), old.join(", "));
        Check::doubtful(name, detail, mend)
    }
}

fn caution(store: &StoreView) -> Check {
    let name = format!("store {}, caution", store.id);
    let mut open = Vec::new();
    if !store.balance_check {
        open.push("balances are not checked, so a forged message may pass");
    }
    if store.phone_binding == "off" {
        open.push("whoever knows a payer's phone and amount may claim the money");
    }
    if store.mode == "observe" {
        open.push("it only observes: nothing is credited");
    }
    if open.is_empty() {
        let detail = format!("balances are checked, phones bound, holds: {}", store.hold);
        return Check::fine(name, detail);
    }
    Check::doubtful(
        name,
        open.join("; "),
        "see balance_check, phone_binding and mode in docs/configure.md",
    )
}

fn callers(store: &StoreView) -> Check {
    let name = format!("store {}, claim check", store.id);
    match (store.unsigned_checks, store.check_key) {
        (false, _) => Check::fine(name, "only signed claims are taken"),
        (true, true) => Check::fine(name, "callers need a key"),
        (true, false) => Check::doubtful(
            name,
            "anybody on the Internet may ask it, within limits",
            "set check_sources to the addresses of the shop's server, or check_key",
        ),
    }
}

/// Who may decide what waits.
async fn deciders(rooms: &Rooms, stores: &[StoreView]) -> Check {
    match Operators::new(rooms.store.clone()).list().await {
        Ok(operators) => enough_deciders(&operators, stores),
        Err(error) => Check::wrong("reviewers", chain(&error), "check that the database runs"),
    }
}

fn enough_deciders(operators: &[Operator], stores: &[StoreView]) -> Check {
    let name = "reviewers";
    let may_decide = |operator: &&Operator| !operator.disabled && operator.role >= Role::Reviewer;
    let deciders: Vec<&str> = operators
        .iter()
        .filter(may_decide)
        .map(|operator| operator.name.as_str())
        .collect();
    let mend = "wharf operators add NAME --role reviewer";
    let two = stores
        .iter()
        .find(|store| store.enabled && store.second_person_above > 0);
    match (deciders.as_slice(), two) {
        ([], None) => {
            let detail = "none: what waits for a person is decided at the command line only";
            Check::doubtful(name, detail, mend)
        }
        ([] | [_], Some(store)) => {
            let above = money(store.second_person_above, &store.currency);
            let who = deciders
                .first()
                .map_or_else(|| "nobody".to_owned(), |only| format!("only {only}"));
            let detail = format!(
                "above {above} two people must approve for store {}, and {who} may",
                store.id
            );
            Check::wrong(name, detail, mend)
        }
        (deciders, _) => Check::fine(name, deciders.join(", ")),
    }
}

/// What waits for a person, and since when.
async fn people(rooms: &Rooms, store: &StoreView) -> Check {
    let name = format!("store {}, review", store.id);
    let filter = ReviewFilter {
        store: Some(store.id.clone()),
        limit: 1_000,
        ..ReviewFilter::default()
    };
    let open = match rooms.payments.reviews(&filter).await {
        Ok(open) => open,
        Err(error) => return Check::wrong(name, chain(&error), "check that the database runs"),
    };
    let now = rooms.store.clock().now_ms();
    let oldest = open.iter().map(|review| now - review.opened_at).max();
    match oldest {
        None => Check::fine(name, "nothing waits for a person"),
        Some(age) => Check::doubtful(
            name,
            match age / AN_HOUR {
                0 => format!("{} wait, for less than an hour", open.len()),
                1 => format!("{} wait, the oldest for an hour", open.len()),
                hours => format!("{} wait, the oldest for {hours} hours", open.len()),
            },
            format!("wharf payments review --store {}", store.id),
        ),
    }
}

async fn wallets(rooms: &Rooms, store: &StoreView) -> (Vec<WalletView>, Vec<Check>) {
    let about = format!("store {}, wallets", store.id);
    let wrong = |what: String, mend: &str| (Vec::new(), vec![Check::wrong(about, what, mend)]);
    match rooms.payments.wallets_of(&store.id).await {
        Err(error) => wrong(chain(&error), "check that the database runs"),
        Ok(wallets) if wallets.is_empty() => wrong(
            "it has none: nobody can pay".to_owned(),
            "add a [[wallet]] with \"wharf apply\"",
        ),
        Ok(wallets) => {
            let used = wallets.iter().filter(|wallet| wallet.enabled);
            let checks = used.map(|wallet| one_wallet(store, wallet)).collect();
            (wallets, checks)
        }
    }
}

fn one_wallet(store: &StoreView, wallet: &WalletView) -> Check {
    let name = format!("wallet {}", wallet.id);
    if wallet.devices.is_empty() {
        return Check::wrong(
            name,
            "no phone forwards its messages",
            format!(
                "wharf payments devices add PHONE --store {} --wallet {} --format APP",
                store.id, wallet.id
            ),
        );
    }
    if store.balance_check && !wallet.seeded {
        return Check::doubtful(
            name,
            "its balance was never confirmed: larger receipts are held until it is",
            "set balance in its [[wallet]], or ask the operator for the balance by phone",
        );
    }
    if store.balance_check && wallet.gaps > 0 {
        return Check::doubtful(
            name,
            format!("{} messages do not continue its balance", wallet.gaps),
            format!(
                "wharf payments review --store {} --kind balance_gap",
                store.id
            ),
        );
    }
    Check::fine(
        name,
        format!(
            "{} {}, phones {}",
            wallet.title,
            wallet.number,
            wallet.devices.join(", ")
        ),
    )
}

/// Wallets that have taken in almost what their operator lets them.
async fn ceilings(rooms: &Rooms) -> Vec<Check> {
    let near = match rooms.payments.near_ceilings().await {
        Ok(near) => near,
        Err(error) => {
            let mend = "check that the database runs";
            return vec![Check::wrong("ceilings", chain(&error), mend)];
        }
    };
    near.iter().map(near_ceiling).collect()
}

fn near_ceiling(near: &CeilingView) -> Check {
    let (name, since) = match near.period {
        Period::Day => ("day", "today"),
        Period::Month => ("month", "this month"),
    };
    Check::doubtful(
        format!("wallet {}, ceiling of the {name}", near.wallet),
        format!(
            "{} came in {since}, and its operator allows {}: what customers send beyond that fails",
            money(near.received, &near.currency),
            money(near.ceiling, &near.currency)
        ),
        format!(
            "offer another wallet of store {} until the {name} is over",
            near.store
        ),
    )
}

async fn devices(rooms: &Rooms) -> Vec<Check> {
    let devices = match rooms.payments.devices().await {
        Ok(devices) => devices,
        Err(error) => {
            let mend = "check that the database runs";
            return vec![Check::wrong("phones", chain(&error), mend)];
        }
    };
    let now = rooms.store.clock().now_ms();
    devices.iter().map(|device| phone(device, now)).collect()
}

fn phone(device: &DeviceView, now: i64) -> Check {
    let name = format!("phone {}", device.id);
    let app = "see docs/forwarders.md: network, battery optimisation, the address in the app";
    let hours = (now - device.seen_at.unwrap_or(now)) / AN_HOUR;
    match device.state {
        "ok" => Check::fine(name, format!("{}, heard of lately", device.format)),
        "new" => Check::doubtful(name, "never heard of", "send a test message to it"),
        "silent" => Check::wrong(name, "silent for longer than it may be", app),
        "quiet" => Check::doubtful(
            name,
            format!(
                "not heard of for {hours} hours, and it sends no heartbeats: the shop may be quiet, or the phone off"
            ),
            "have its app send a test, and switch its heartbeats on if it has any",
        ),
        "unheard" => Check::wrong(
            name,
            format!(
                "not heard of for {} days, and it sends no heartbeats",
                hours / 24
            ),
            app,
        ),
        "battery" => Check::doubtful(name, "its battery is low", "plug it in"),
        "unreadable" => Check::wrong(
            name,
            "its last delivery was kept, but nobody can read it",
            "mend the app's template: docs/forwarders.md tells what each must send",
        ),
        _ => Check::wrong(
            name,
            format!(
                "its deliveries are refused: {}",
                device.refused_why.as_deref().unwrap_or("no reason is kept")
            ),
            "compare address and signing key with the app's, and the phone's clock with this machine's",
        ),
    }
}

const AN_HOUR: i64 = 3_600_000;
const A_DAY: i64 = 24 * AN_HOUR;
const OLD_RATE: i64 = 30 * A_DAY;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::Verdict;

    #[test]
    fn two_wallets_of_one_number_are_wrong_while_both_are_used() {
        let wallet = |id: &str, operator: &str, enabled: bool, devices: &[&str]| WalletView {
            id: id.to_owned(),
            store: "shop".to_owned(),
            operator: operator.to_owned(),
            title: "Example".to_owned(),
            number: "+201000000001".to_owned(),
            enabled,
            currency: "EGP".to_owned(),
            balance: None,
            balance_at: None,
            seeded: false,
            gaps: 0,
            gaps_since: None,
            received_day: 0,
            ceilings: Vec::new(),
            devices: devices.iter().map(|&id| id.to_owned()).collect(),
        };
        let first = wallet("one", "vodafone", true, &["phone"]);
        for (second, wrong) in [
            (wallet("two", "vodafone", true, &[]), true),
            // Its phone still forwards what comes.
            (wallet("two", "vodafone", false, &["phone"]), true),
            (wallet("two", "vodafone", false, &[]), false),
            (wallet("two", "etisalat", true, &["phone"]), false),
        ] {
            let found = twins(&[first.clone(), second.clone()]);
            let told: Vec<&str> = found.iter().map(|check| check.name.as_str()).collect();
            let wanted: &[&str] = if wrong { &["wallet two"] } else { &[] };
            assert_eq!(told, wanted, "{second:?}");
        }
    }

    #[test]
    fn a_wallet_near_its_ceiling_is_told_with_sum_and_ceiling() {
        let near = CeilingView {
            store: "shop".to_owned(),
            wallet: "one".to_owned(),
            period: Period::Month,
            received: 16_050_000,
            ceiling: 20_000_000,
            currency: "EGP".to_owned(),
        };
        let check = near_ceiling(&near);
        assert_eq!(check.name, "wallet one, ceiling of the month");
        assert_eq!(
            check.detail,
            "160500.00 EGP came in this month, and its operator allows 200000.00 EGP: what customers send beyond that fails"
        );
    }

    #[test]
    fn a_phone_that_is_not_heard_of_is_told_with_how_long() {
        let at = |state: &'static str, hours: i64| {
            let device = DeviceView {
                id: "one".to_owned(),
                store: "shop".to_owned(),
                format: "smsgate".to_owned(),
                wallets: Vec::new(),
                sims: std::collections::BTreeMap::new(),
                sources: Vec::new(),
                heartbeat_minutes: None,
                set_heartbeat: None,
                seen_at: Some(0),
                beat_at: None,
                message_at: None,
                battery: None,
                charging: None,
                refused_since: None,
                refused_at: None,
                refused_why: None,
                state,
                alarms: Vec::new(),
            };
            let check = phone(&device, hours * AN_HOUR);
            (check.verdict, check.detail)
        };
        assert_eq!(at("ok", 1).0, Verdict::Fine);
        let (verdict, detail) = at("quiet", 30);
        assert_eq!(verdict, Verdict::Doubtful);
        assert!(detail.starts_with("not heard of for 30 hours"), "{detail}");
        let (verdict, detail) = at("unheard", 15 * 24 + 2);
        assert_eq!(verdict, Verdict::Wrong);
        assert!(detail.starts_with("not heard of for 15 days"), "{detail}");
    }

    #[test]
    fn who_may_decide_must_be_enough() {
        let operator = |name: &str, role: Role, disabled: bool| Operator {
            id: name.to_owned(),
            name: name.to_owned(),
            role,
            disabled,
            created_at: 0,
        };
        let store = |above: i64, enabled: bool| StoreView {
            id: "shop".to_owned(),
            site: "main".to_owned(),
            name: "Example".to_owned(),
            enabled,
            country: "EG".to_owned(),
            mode: "credit".to_owned(),
            booking: "add_credit".to_owned(),
            hold: "first_payment".to_owned(),
            second_person_above: above,
            phone_binding: "prove".to_owned(),
            balance_check: true,
            check_answers: "credit-only".to_owned(),
            unsigned_checks: true,
            check_key: false,
            currency: "EGP".to_owned(),
            rates: Vec::new(),
            wallets: 0,
            open_reviews: 0,
        };
        let nobody = [
            operator("vera", Role::Viewer, false),
            operator("gone", Role::Admin, true),
        ];
        let one = [
            nobody.clone().as_slice(),
            &[operator("mona", Role::Reviewer, false)],
        ]
        .concat();
        let two = [one.as_slice(), &[operator("sami", Role::Admin, false)]].concat();
        for (operators, above, enabled, verdict) in [
            (&nobody[..], 0, true, Verdict::Doubtful),
            (&nobody, 50_000, true, Verdict::Wrong),
            (&one, 0, true, Verdict::Fine),
            (&one, 50_000, true, Verdict::Wrong),
            (&one, 50_000, false, Verdict::Fine),
            (&two, 50_000, true, Verdict::Fine),
        ] {
            let check = enough_deciders(operators, &[store(above, enabled)]);
            assert_eq!(check.verdict, verdict, "{check:?}");
        }
        let check = enough_deciders(&one, &[store(50_000, true)]);
        assert_eq!(
            check.detail,
            "above 500.00 EGP two people must approve for store shop, and only mona may"
        );
    }
}
