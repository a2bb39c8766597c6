//! Thousands of small worlds, each with its own order of messages, claims, lost answers and deaths of the
//! daemon, on a real database. At the end the accounts must fit.
//!
//! The same two thousand are played in each test. `WHARF_SCHEDULES=…` says how many others, from the seed
//! `WHARF_FIRST=…` or one that chance gives, and `WHARF_MINUTES=…` for how long at most; `WHARF_SEED=…` plays one
//! again and tells what happened in it.
//!
//! It was seen to fail, within a few hundred schedules each, when these rules were broken: the token is never found, or
//! only on the log's first page; silence is believed at once; a lost answer counts as a refusal; a number matches
//! its beginning; credit and removal share a key; the match ignores the amount; of two claims the first wins; no
//! proof of phones; a gap in the balances is no concern; holds are forgotten; today's rate instead of the
//! transfer's; an invoice takes more than its transfer brought; decided items are decided again; one person is
//! enough; the job that follows a credit or its application is dropped; several changes of a client's credit at once;
//! a node writes down outcomes after another has taken over, or sends on a look from before.
//!
//! Where two rules guard the same thing it sees nothing of one that is broken. `crates/store/tests/takeover.rs` does:
//! the fence of a job, the lease of a call, and the time from which silence is believed after a lease has ended.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a simulation that cannot go on must fail, and tells its seed"
)]

mod accounts;
mod customers;
mod dice;
mod ledger;
mod life;
mod messages;
mod people;
mod phones;
mod rules;
mod schedule;
#[path = "../engine/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "it uses a part of it")]
mod support;
mod whmcs;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use wharf_core::Clock;

use life::{Shops, token_of};
use rules::{Rules, pounds};
use schedule::{FIRST_BALANCE, STORES, WALLETS, World};

#[test]
fn money_is_credited_once_whatever_happens() {
    let folder = tempfile::tempdir_in(life::scratch()).unwrap();
    let template = folder.path().join("template");
    std::fs::create_dir(&template).unwrap();
    let began = Clock::fixed("2026-09-03T11:00:00Z".parse::<Timestamp>().unwrap());
    life::template(&template, &began, &shops());

    if let Some(seed) = number("WHARF_SEED") {
        // A death between two statements may fall a statement earlier or later.
        for turn in 0..5 {
            let one = folder.path().join(turn.to_string());
            let (wrong, _) = play(seed, &template, &one, turn == 0);
            assert_eq!(wrong, Vec::<String>::new(), "seed {seed}");
        }
        return;
    }
    let deadline =
        number("WHARF_MINUTES").map(|minutes| Instant::now() + Duration::from_secs(60 * minutes));
    let (limit, first) = match (number("WHARF_SCHEDULES"), deadline) {
        (Some(count), _) => (count, by_chance()),
        (None, Some(_)) => (u64::MAX, by_chance()),
        (None, None) => (IN_A_TEST, 1),
    };
    let first = number("WHARF_FIRST").unwrap_or(first);
    let (next, failed) = (AtomicU64::new(0), AtomicBool::new(false));
    let (played, deaths) = (AtomicU64::new(0), AtomicU64::new(0));
    let started = Instant::now();
    std::thread::scope(|scope| {
        let workers = std::thread::available_parallelism().map_or(2, usize::from);
        for worker in 0..workers {
            let (next, failed, played, deaths) = (&next, &failed, &played, &deaths);
            let (template, own) = (&template, folder.path().join(worker.to_string()));
            scope.spawn(move || {
                keep_to_a_core(worker, workers);
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let over = deadline.is_some_and(|deadline| Instant::now() > deadline);
                    if at >= limit || over || failed.load(Ordering::Relaxed) {
                        return;
                    }
                    let seed = first + at;
                    match std::panic::catch_unwind(|| play(seed, template, &own, false)) {
                        Ok((wrong, world)) if wrong.is_empty() => {
                            deaths.fetch_add(u64::from(world.deaths), Ordering::Relaxed);
                        }
                        Ok((wrong, _)) => {
                            failed.store(true, Ordering::Relaxed);
                            eprintln!("seed {seed}: {wrong:#?}\n{}", again(seed));
                        }
                        Err(_) => {
                            failed.store(true, Ordering::Relaxed);
                            eprintln!("seed {seed} panicked\n{}", again(seed));
                        }
                    }
                    let count = played.fetch_add(1, Ordering::Relaxed) + 1;
                    if count % 1_000 == 0 && count < limit {
                        tell(count, limit, started.elapsed());
                    }
                }
            });
        }
    });
    let played = played.load(Ordering::Relaxed);
    assert!(played > 0, "there was no time for a single schedule");
    let per_second = played as f64 / started.elapsed().as_secs_f64();
    eprintln!(
        "{played} schedules were played, seeds {first} to {}, with {} deaths, {per_second:.0} a second",
        first + played - 1,
        deaths.load(Ordering::Relaxed)
    );
    assert!(
        !failed.load(Ordering::Relaxed),
        "the accounts do not fit; what to type to see it again stands above"
    );
}

/// A world and its database's thread take turns all the time: on one core they need not wake each other's. Where
/// less of the machine is ours than its cores, others may have any of them.
fn keep_to_a_core(worker: usize, workers: usize) {
    let ours = Pid::from_raw(0);
    let Ok(allowed) = sched_getaffinity(ours) else {
        return;
    };
    let is_ours = |core: &usize| allowed.is_set(*core).unwrap_or(false);
    let cores: Vec<usize> = (0..CpuSet::count()).filter(is_ours).collect();
    if cores.len() == workers {
        let mut one = CpuSet::new();
        let _ = one
            .set(cores[worker])
            .and_then(|()| sched_setaffinity(ours, &one));
    }
}

fn again(seed: u64) -> String {
    format!(
        "to see it again: WHARF_SEED={seed} cargo test -p wharf-payments --test simulation -- --nocapture"
    )
}

/// How far it is, and how long it will take.
fn tell(played: u64, limit: u64, since: Duration) {
    let left = match limit {
        u64::MAX => String::new(),
        limit => {
            let left = since.as_secs_f64() / played as f64 * (limit - played) as f64;
            format!(" of {limit}, {:.0} minutes to go", left / 60.0)
        }
    };
    eprintln!("{played} schedules{left}");
}

fn play(seed: u64, template: &Path, folder: &Path, aloud: bool) -> (Vec<String>, World) {
    let folder = &folder.join(seed.to_string());
    std::fs::create_dir_all(folder).unwrap();
    life::copy(template, folder);
    let mut world = World::new(seed, folder, aloud);
    world.play();
    world.heal();
    let wrong = accounts::check(&mut world);
    world.end();
    let _ = std::fs::remove_dir_all(folder);
    (wrong, world)
}

fn shops() -> Shops {
    let device = |store: &str, cards: &[(&str, &str)]| {
        let wallets: Vec<String> = cards.iter().map(|(_, id)| format!("\"{id}\"")).collect();
        let sims: Vec<String> = cards
            .iter()
            .map(|(sim, id)| format!("{sim} = [\"{id}\"]"))
            .collect();
        format!(
            "id = \"phone-{store}\"\nstore = \"{store}\"\ntoken = \"{}\"\nformat = \"smsgate\"\n\
             signing_key = \"{}\"\nwallets = [{}]\nsims = {{ {} }}",
            token_of(store),
            support::SIGNING_KEY,
            wallets.join(", "),
            sims.join(", ")
        )
    };
    let cards = |store: &str| -> Vec<(&str, &str)> {
        let own = WALLETS.iter().filter(|wallet| wallet.store == store);
        own.map(|wallet| (wallet.sim, wallet.id)).collect()
    };
    Shops {
        stores: STORES.iter().map(|store| Rules::trusting(store)).collect(),
        wallets: WALLETS
            .iter()
            .map(|wallet| {
                let balance = match wallet.told {
                    true => format!("\nbalance = \"{}\"", pounds(FIRST_BALANCE)),
                    false => String::new(),
                };
                format!(
                    "id = \"{}\"\nstore = \"{}\"\noperator = \"vodafone-cash\"\nnumber = \"{}\"{balance}",
                    wallet.id, wallet.store, wallet.number
                )
            })
            .collect(),
        devices: STORES.iter().map(|store| device(store, &cards(store))).collect(),
    }
}

fn by_chance() -> u64 {
    Clock::system().now_ms().unsigned_abs() << 20
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// A number and no time: on a busy machine they take longer, and are no fewer.
const IN_A_TEST: u64 = 2_000;
