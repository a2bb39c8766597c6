//! One schedule: customers, a phone, people, WHMCS and the daemon's deaths in an order that chance gives, then
//! a fair end and the accounts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use wharf_core::Clock;

use crate::accounts;
use crate::dice::Dice;
use crate::life::{Gone, Life, buried, set_up};
use crate::messages::Sent;
use crate::rules::Rules;
use crate::whmcs::{Weather, Whmcs};

pub struct World {
    pub dice: Dice,
    pub clock: Clock,
    pub whmcs: Whmcs,
    pub sent: Vec<Sent>,
    /// Each store's rules, and from when they were in force.
    pub rules: BTreeMap<&'static str, Vec<(i64, Rules)>>,
    pub quotes: Vec<Quote>,
    pub people: People,
    /// How often the claim check said `true`.
    pub yes: u32,
    pub deaths: u32,
    /// What was wrong on the way.
    pub wrong: Vec<String>,
    /// Tells what happens.
    pub aloud: bool,
    life: Option<Life>,
    /// A node that sleeps in the middle of a call, while the next one works in its place.
    asleep: Option<Life>,
    node: u32,
    folder: std::path::PathBuf,
    /// What the operators' messages say next, by wallet.
    pub balances: BTreeMap<&'static str, i64>,
    /// Seconds by which a store's phone is wrong.
    pub skews: BTreeMap<&'static str, i64>,
    /// Wallets whose numbers are beginnings of each other.
    pub nested: BTreeSet<&'static str>,
    pub next_invoice: i64,
    pub next_delivery: u64,
}

/// What a customer was told on an invoice page.
#[derive(Clone, Debug)]
pub struct Quote {
    pub invoice: i64,
    pub at: i64,
    pub rate: i64,
    pub due: i64,
}

/// What people have said so far.
#[derive(Debug, Default)]
pub struct People {
    /// Transfers, and who approved them; whether or not it was heard.
    pub approvals: BTreeMap<String, BTreeSet<&'static str>>,
    /// Transfers whose reversal somebody approved, and of which everybody did who must.
    pub reversals: BTreeSet<String>,
    pub taken_back: BTreeSet<String>,
    pub rejected: BTreeSet<String>,
    /// Items that were decided for good.
    pub ended: Vec<String>,
}

pub struct WalletOf {
    pub store: &'static str,
    pub id: &'static str,
    pub number: &'static str,
    pub sim: &'static str,
    /// Whether its balance was told when it was set up.
    pub told: bool,
}

pub const STORES: [&str; 2] = ["nile", "delta"];
pub const WALLETS: [WalletOf; 3] = [
    WalletOf {
        store: "nile",
        id: "vf1",
        number: "01012345678",
        sim: "1",
        told: true,
    },
    WalletOf {
        store: "nile",
        id: "vf2",
        number: "01012345679",
        sim: "2",
        told: false,
    },
    WalletOf {
        store: "delta",
        id: "vf3",
        number: "01012345670",
        sim: "1",
        told: true,
    },
];
/// Piastres.
pub const FIRST_BALANCE: i64 = 100_000;
pub const PHONES: [&str; 3] = ["01098765432", "01198765432", "01298765432"];
pub const CLIENTS: [i64; 3] = [7, 8, 70];
/// How long a job is a node's own.
const LEASE_S: i64 = 181;
pub const AMOUNTS: [i64; 3] = [50_250, 10_000, 25_125];

impl World {
    pub fn new(seed: u64, folder: &Path, aloud: bool) -> Self {
        let clock = Clock::fixed("2026-09-03T11:26:09Z".parse::<Timestamp>().unwrap());
        let mut dice = Dice::new(seed);
        let whmcs = Whmcs::new(dice.fork(), clock.clone());
        whmcs.books(|books| books.aloud = aloud);
        let mut world = Self {
            life: Some(Life::begin(folder, 1, &clock, &whmcs)),
            asleep: None,
            node: 1,
            dice,
            clock,
            whmcs,
            sent: Vec::new(),
            rules: STORES
                .iter()
                .map(|store| (*store, vec![(0, Rules::trusting(store))]))
                .collect(),
            quotes: Vec::new(),
            people: People::default(),
            yes: 0,
            deaths: 0,
            wrong: Vec::new(),
            aloud,
            folder: folder.to_owned(),
            balances: WALLETS
                .iter()
                .map(|wallet| (wallet.id, FIRST_BALANCE))
                .collect(),
            skews: BTreeMap::new(),
            nested: BTreeSet::new(),
            next_invoice: 100,
            next_delivery: 0,
        };
        for store in STORES {
            let rules = Rules::drawn(store, &mut world.dice);
            world.obey(rules);
            let skew = *world.dice.pick(&[0, 0, 0, -90, 150, -240]);
            world.skews.insert(store, skew);
        }
        let stalls = world.dice.percent(25);
        world.whmcs.books(|books| books.stalls = stalls);
        for wallet in &WALLETS {
            if !world.rules_of(wallet.store).checks_balances && world.dice.percent(70) {
                world.nested.insert(wallet.id);
            }
        }
        world
    }

    /// Everything that chance makes happen.
    pub fn play(&mut self) {
        let steps = self.dice.between(8, 30);
        if self.dice.percent(10) {
            self.whmcs.books(|books| books.may_look = false);
        }
        for _ in 0..steps {
            match self.dice.below(100) {
                0..15 => self.send(),
                15..34 => self.deliver(),
                34..52 => self.check(),
                52..60 => self.claim_for_an_invoice(),
                60..70 => {
                    let seconds = self.dice.between(1, 100);
                    self.pass(seconds);
                }
                70..74 => {
                    let minutes = self.dice.between(2, 90);
                    self.pass(minutes * 60);
                }
                74..82 => self.weather(),
                82..84 => self.restart(),
                84..91 => self.decide(),
                91..93 => self.reverse(),
                93..95 => self.forge(),
                95..97 => self.think_again(),
                97..98 => self.export_again(),
                98..99 => self.change_role(),
                _ => {}
            }
            if self.dice.percent(60) {
                self.work();
            }
            if self.asleep.is_some() && self.dice.percent(20) {
                self.wake();
            }
        }
    }

    /// Everything heals: what was sent is delivered, WHMCS is well, and time passes. At the end of some
    /// schedules people answer whatever is asked, too.
    pub fn heal(&mut self) {
        self.note(format_args!("heal"));
        let may_look = self.dice.percent(50);
        self.whmcs.books(|books| {
            books.weather = Weather::Fine;
            books.deadly = false;
            books.stalls = false;
            books.may_look |= may_look;
        });
        self.wake();
        for at in 0..self.sent.len() {
            self.deliver_one(at, self.sent[at].at);
        }
        if self.dice.percent(25) {
            self.watch();
        }
        self.settle();
        if self.dice.percent(40) {
            self.note(format_args!("everything is decided"));
            for _ in 0..6 {
                if !self.decide_all() {
                    break;
                }
                self.settle();
            }
        }
    }

    /// Looks often: what WHMCS is known to have must be seen at once, not when somebody asks the next time.
    fn watch(&mut self) {
        // What a node that is gone was at waits for the end of its lease.
        if self.node > 1 {
            self.pass(LEASE_S);
        }
        for look in 0..14 {
            self.pass(10);
            self.alive(|life| life.work());
            // A door that was found closed is tried again after a minute.
            if look > 7 {
                self.see();
            }
        }
    }

    fn see(&mut self) {
        let late = self.alive(|life| life.run(async |_, store| accounts::unbooked(store).await));
        self.wrong.extend(late);
    }

    /// Lets time pass until there is nothing left to do.
    fn settle(&mut self) {
        let mut passes = 0;
        let mut any = true;
        while any {
            // Longer than anything waits for its turn.
            self.pass(650);
            any = self.alive(|life| life.work());
            passes += 1;
            // Whoever may not look into a client's credits asks again and again.
            if passes > 30 {
                if self.may_look() {
                    self.wrong.push("it never comes to rest".to_owned());
                }
                return;
            }
            if passes > 2 {
                self.see();
            }
        }
    }

    /// The daemon is gone, and all that it had open.
    pub fn end(&mut self) {
        self.life = None;
        // Its transactions are gone with it.
        if let Some(life) = self.asleep.take() {
            life.wake();
        }
        buried(&self.folder);
    }

    /// Mostly only after its leases have ended, and somebody else has taken over.
    fn wake(&mut self) {
        if self.asleep.is_some() {
            let (least, most) = *self.dice.pick(&[(0, 1), (5, 55), (101, 400), (101, 400)]);
            let seconds = self.dice.between(least, most);
            self.pass(seconds);
            self.work();
        }
        self.alive(|life| life.run(async |_, _| life.let_go().await));
        if let Some(life) = self.asleep.take() {
            self.note(format_args!("the stalled node goes on"));
            life.wake();
        }
    }

    pub fn life(&self) -> &Life {
        self.life.as_ref().unwrap()
    }

    pub fn rules_of(&self, store: &str) -> &Rules {
        &self.rules[store].last().unwrap().1
    }

    /// Whether a store's rules had something in force at any time.
    pub fn ever(&self, store: &str, had: impl Fn(&Rules) -> bool) -> bool {
        self.rules[store]
            .iter()
            .skip(1)
            .any(|(_, rules)| had(rules))
    }

    pub fn may_look(&self) -> bool {
        self.whmcs.books(|books| books.may_look)
    }

    fn obey(&mut self, rules: Rules) {
        self.note(format_args!("rules {rules:?}"));
        let now = self.clock.now_ms();
        self.alive(|life| life.run(async |_, store| set_up(store, &rules).await));
        let known = self.rules.entry(rules.store).or_default();
        known.push((now, rules));
    }

    fn think_again(&mut self) {
        let store = *self.dice.pick(&STORES);
        let rules = self.rules_of(store).clone().changed(&mut self.dice);
        self.obey(rules);
    }

    fn weather(&mut self) {
        let weather = match self.dice.below(10) {
            0..3 => Weather::Fine,
            3..8 => Weather::Rough(self.dice.below(60) + 10),
            8 => Weather::Down,
            _ => Weather::Refusing,
        };
        self.note(format_args!("weather {weather:?}"));
        self.whmcs.books(|books| books.weather = weather);
    }

    /// Somebody forbids GetCredits, or allows it again.
    fn change_role(&mut self) {
        self.whmcs.books(|books| books.may_look = !books.may_look);
        self.note(format_args!("may look: {}", self.may_look()));
    }

    fn pass(&mut self, seconds: i64) {
        self.note(format_args!("pass {seconds} s"));
        self.clock
            .advance(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)));
    }

    fn work(&mut self) {
        self.once(|life| life.work());
    }

    fn restart(&mut self) {
        self.note(format_args!("restart"));
        self.deaths += 1;
        self.end();
        self.begin();
    }

    fn begin(&mut self) {
        let life = Life::begin(&self.folder, self.node, &self.clock, &self.whmcs);
        self.life = Some(life);
    }

    /// `None`: the daemon died or stalled of it, and lives again, or another one does.
    pub fn once<T>(&mut self, act: impl FnOnce(&Life) -> Result<T, Gone>) -> Option<T> {
        if self.whmcs.books(|books| books.deadly) && self.dice.percent(3) {
            let fuse = self.dice.below(60);
            self.life().light(Some(u32::try_from(fuse).unwrap_or(0)));
        }
        match act(self.life()) {
            Ok(done) => {
                self.life().light(None);
                Some(done)
            }
            Err(Gone::Died) => {
                self.restart();
                None
            }
            Err(Gone::Stalled) => {
                self.note(format_args!("node {} stalls", self.node));
                self.asleep = self.life.take();
                self.node += 1;
                self.begin();
                None
            }
        }
    }

    /// Again until the daemon survives it.
    pub fn alive<T>(&mut self, act: impl Fn(&Life) -> Result<T, Gone>) -> T {
        loop {
            if let Some(done) = self.once(&act) {
                return done;
            }
        }
    }

    pub fn note(&self, what: std::fmt::Arguments<'_>) {
        let at = self.clock.now();
        if self.aloud {
            eprintln!("{at} {what}");
        }
    }
}
