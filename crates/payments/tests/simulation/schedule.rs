//! One schedule: customers, a phone, people, WHMCS and the daemon's deaths in an order that chance gives, then
//! a fair end and the accounts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use wharf_core::Clock;
use wharf_payments::{Caller, IntakeOutcome};
use wharf_whmcs::api::Invoice;
use wharf_whmcs::call::{ModuleCall, ModuleHandler as _, ModuleKind, Params};

use crate::accounts;
use crate::dice::Dice;
use crate::life::{Gone, Life, buried, set_up, token_of};
use crate::messages::{Kind, Sent, reversal, webhook};
use crate::rules::{Rules, pounds};
use crate::support::{SIGNING_KEY, signed_at, token_in};
use crate::whmcs::{Weather, Whmcs, usd};

pub struct World {
    pub dice: Dice,
    pub clock: Clock,
    pub whmcs: Whmcs,
    pub sent: Vec<Sent>,
    /// Each store's rules, and from when they were in force.
    pub rules: BTreeMap<&'static str, Vec<(i64, Rules)>>,
    pub quotes: Vec<Quote>,
    pub people: People,
    /// Whether the role could not look into clients' credits for a while.
    pub was_blind: bool,
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
    balances: BTreeMap<&'static str, i64>,
    /// Seconds by which a store's phone is wrong.
    skews: BTreeMap<&'static str, i64>,
    /// Wallets whose numbers are beginnings of each other.
    nested: BTreeSet<&'static str>,
    next_invoice: i64,
    next_delivery: u64,
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
const AMOUNTS: [i64; 3] = [50_250, 10_000, 25_125];
/// One is the beginning of another, and they grow.
const NESTED: [&str; 6] = [
    "023123456",
    "0231234560",
    "02312345601",
    "02312345602",
    "023123456020",
    "0231234560200",
];

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
            was_blind: false,
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
            self.was_blind = true;
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

    fn send(&mut self) {
        let wallet = self.dice.pick(&WALLETS);
        let before = self.events_of(wallet.id);
        let nested = self.nested.contains(wallet.id);
        let id = match NESTED.get(before) {
            Some(id) if nested => (*id).to_owned(),
            None if nested => return,
            _ => format!("0231234560{before:02}"),
        };
        let piastres = *self.dice.pick(&AMOUNTS);
        let [first, second, _] = PHONES;
        let phone = if self.dice.percent(50) { first } else { second };
        let balance = self.balances[wallet.id];
        let (kind, balance) = match self.dice.below(10) {
            0 if !nested && balance > piastres + 100 => (Kind::Sent, balance - piastres - 100),
            1 if !nested => (Kind::Enquiry, balance),
            _ => (Kind::Received, balance + piastres),
        };
        self.balances.insert(wallet.id, balance);
        let sent = Sent {
            kind,
            store: wallet.store,
            wallet: wallet.id,
            sim: wallet.sim,
            number: wallet.number,
            id,
            phone,
            piastres,
            balance,
            at: self.clock.now_ms(),
            deliveries: 0,
            forged: false,
        };
        self.note(format_args!("{sent:?}"));
        self.sent.push(sent);
    }

    fn events_of(&self, wallet: &str) -> usize {
        let own = |sent: &&Sent| sent.wallet == wallet && !sent.forged;
        self.sent.iter().filter(own).count()
    }

    fn deliver(&mut self) {
        if self.sent.is_empty() {
            self.send();
        }
        let at = usize::try_from(self.dice.below(self.sent.len() as u64)).unwrap_or(0);
        if at < self.sent.len() {
            self.deliver_one(at, self.sent[at].at);
        }
    }

    /// A phone is set up anew and sends everything once more, some of it with the time of the export.
    fn export_again(&mut self) {
        let store = *self.dice.pick(&STORES);
        let now = self.clock.now_ms();
        for at in 0..self.sent.len() {
            if self.sent[at].store == store && self.sent[at].deliveries > 0 {
                let time = if self.dice.percent(50) {
                    now
                } else {
                    self.sent[at].at
                };
                self.deliver_one(at, time);
            }
        }
    }

    fn deliver_one(&mut self, at: usize, time: i64) {
        let sent = self.sent[at].clone();
        self.note(format_args!("deliver {} to {}", sent.id, sent.wallet));
        self.post(&sent, &sent.text(), time);
        self.sent[at].deliveries += 1;
    }

    /// As a phone does: again and again until it is accepted.
    fn post(&mut self, sent: &Sent, text: &str, time: i64) {
        self.next_delivery += 1;
        let skew = self.skews.get(sent.store).copied().unwrap_or(0);
        let body = webhook(text, sent.sim, time + skew * 1_000, self.next_delivery);
        let headers = signed_at(&body, self.clock.now().as_second() + skew, SIGNING_KEY);
        let token = token_of(sent.store);
        self.alive(|life| {
            life.run(async |payments, _| {
                let outcome = payments.receive(&token, &headers, body.as_bytes()).await;
                assert_eq!(
                    outcome,
                    IntakeOutcome::Accepted,
                    "an intake refused its phone"
                );
            })
        });
    }

    /// The operator takes money back, and says so.
    fn reverse(&mut self) {
        let taken: Vec<Sent> = self
            .sent
            .iter()
            .filter(|sent| sent.is_money() && sent.deliveries > 0)
            .cloned()
            .collect();
        if taken.is_empty() {
            return;
        }
        let sent = self.dice.pick(&taken).clone();
        self.note(format_args!("{} of {} is taken back", sent.id, sent.wallet));
        let now = self.clock.now_ms();
        self.post(&sent, &reversal(&sent), now);
    }

    /// Somebody who knows form, amount and a likely number, but not the balance, writes a receipt himself. It is
    /// of no use where balances are not looked at, so nobody tries there.
    fn forge(&mut self) {
        let wallet = self.dice.pick(&WALLETS);
        if !self.rules_of(wallet.store).checks_balances {
            return;
        }
        let [.., phone] = PHONES;
        let next = self.events_of(wallet.id) + usize::try_from(self.dice.below(3)).unwrap() + 20;
        let piastres = *self.dice.pick(&AMOUNTS);
        let wrong_by = self.dice.between(1, 50_000);
        let sent = Sent {
            kind: Kind::Received,
            store: wallet.store,
            wallet: wallet.id,
            sim: wallet.sim,
            number: wallet.number,
            id: format!("0231234560{next}"),
            phone,
            piastres,
            balance: self.balances[wallet.id] + piastres + wrong_by,
            at: self.clock.now_ms(),
            deliveries: 0,
            forged: true,
        };
        if self
            .sent
            .iter()
            .any(|known| known.forged && known.id == sent.id)
        {
            return;
        }
        self.note(format_args!("{sent:?}"));
        self.sent.push(sent.clone());
        self.deliver_one(self.sent.len() - 1, sent.at);
        let [.., client] = CLIENTS;
        self.ask(sent.store, phone, piastres, client);
    }

    fn check(&mut self) {
        let (store, phone, piastres) = self.some_payment();
        let client = self.some_client(phone);
        self.ask(store, phone, piastres, client);
    }

    fn ask(&mut self, store: &str, phone: &str, piastres: i64, client: i64) {
        self.note(format_args!(
            "check {store} {phone} {piastres} for {client}"
        ));
        let fields: Vec<(String, String)> = [
            ("store_id", store),
            ("phone", phone),
            ("amount", &pounds(piastres)),
            ("client_id", &client.to_string()),
        ]
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
        // Whoever dies in the middle of a check never answers it.
        let answer = self.once(|life| {
            life.run(async |payments, _| {
                payments
                    .payment_link_check(&fields, &Caller::default())
                    .await
                    .unwrap()
            })
        });
        if answer.is_some_and(|answer| answer["status"] == json!(true)) {
            self.yes += 1;
        }
    }

    fn claim_for_an_invoice(&mut self) {
        let (store, phone, _) = self.some_payment();
        let client = self.some_client(phone);
        let (invoice, minor) = self.some_invoice(client);
        let number = self.some_number(store, phone);
        self.note(format_args!(
            "claim {store} {phone} {number:?} invoice {invoice} of {minor} for {client}"
        ));
        let params = json!({
            "invoiceid": invoice, "amount": usd(minor).amount(), "currency": "USD",
            "systemurl": "https://shop.example.com/", "store": store,
            "clientdetails": { "userid": client, "language": "english" },
        });
        let (at, rate) = (self.clock.now_ms(), self.rules_of(store).rate);
        let page =
            self.once(|life| life.run(async |payments, _| call(payments, "link", params).await));
        self.quotes.push(Quote {
            invoice,
            at,
            rate,
            due: minor,
        });
        let Some(page) = page else { return };
        let html = page["html"].as_str().unwrap_or_default();
        if !html.contains("name=\"token\"") {
            return;
        }
        let posted = json!({
            "uid": client, "method": "POST", "query": {},
            "post": { "token": token_in(html), "phone": phone, "transaction": number.unwrap_or_default() },
        });
        self.once(|life| life.run(async |payments, _| call(payments, "callback", posted).await));
    }

    /// A new one, or one of the client's that is not paid.
    fn some_invoice(&mut self, client: i64) -> (i64, i64) {
        let open = self.whmcs.books(|books| {
            let own = |known: &&Invoice| known.client == client && known.is_unpaid();
            books
                .invoices
                .iter()
                .find(own)
                .map(|known| (known.id, known.balance.minor))
        });
        if let Some(open) = open
            && self.dice.percent(40)
        {
            return open;
        }
        let invoice = self.next_invoice;
        self.next_invoice += 1;
        let minor = *self.dice.pick(&[1_000, 500, 199]);
        self.whmcs.books(|books| {
            books.invoices.push(Invoice {
                id: invoice,
                client,
                status: "Unpaid".into(),
                total: usd(minor),
                balance: usd(minor),
                credit: None,
                due: None,
                payment_method: None,
            });
        });
        (invoice, minor)
    }

    /// What a customer types of a transaction number: mostly nothing, else that of a transfer of his, or its
    /// last digits, or something wrong.
    fn some_number(&mut self, store: &str, phone: &str) -> Option<String> {
        let own: Vec<String> = self
            .sent
            .iter()
            .filter(|sent| sent.is_money() && sent.store == store && sent.phone == phone)
            .map(|sent| sent.id.clone())
            .collect();
        match self.dice.below(10) {
            0..6 => None,
            6 => Some("023123999999".to_owned()),
            _ if own.is_empty() => None,
            7 => {
                let id = self.dice.pick(&own);
                Some(id[id.len() - 6..].to_owned())
            }
            _ => Some(self.dice.pick(&own).clone()),
        }
    }

    /// Mostly one that was sent; sometimes one that never will be.
    fn some_payment(&mut self) -> (&'static str, &'static str, i64) {
        if !self.sent.is_empty() && self.dice.percent(80) {
            let sent = self.dice.pick(&self.sent);
            return (sent.store, sent.phone, sent.piastres);
        }
        let store = *self.dice.pick(&STORES);
        let phone = *self.dice.pick(&PHONES);
        (store, phone, *self.dice.pick(&AMOUNTS))
    }

    /// Mostly the phone's own.
    fn some_client(&mut self, phone: &str) -> i64 {
        if self.dice.percent(85) {
            return owner(phone);
        }
        *self.dice.pick(&CLIENTS)
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

/// Whose phone it is.
pub fn owner(phone: &str) -> i64 {
    let own = PHONES.iter().position(|known| *known == phone).unwrap_or(0);
    CLIENTS[own]
}

async fn call(payments: &wharf_payments::Payments, function: &str, params: Value) -> Value {
    let params: Map<String, Value> = params.as_object().cloned().unwrap_or_default();
    let call = ModuleCall {
        site: "main".into(),
        kind: ModuleKind::Gateway,
        module: "wharf".into(),
        function: function.into(),
        params: Params::new(params),
    };
    payments.call(call).await.unwrap().value
}
