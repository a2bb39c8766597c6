//! One schedule: customers, a phone, WHMCS and the daemon's deaths in an order that chance gives, then a fair
//! end and the accounts.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde_json::{Map, Value, json};
use wharf_core::Clock;
use wharf_payments::{Caller, IntakeOutcome};
use wharf_whmcs::api::Invoice;
use wharf_whmcs::call::{ModuleCall, ModuleHandler as _, ModuleKind, Params};

use crate::dice::Dice;
use crate::life::{Died, Life, buried, token_of};
use crate::support::{signed, token_in, webhook};
use crate::whmcs::{Weather, Whmcs, usd};

/// Money that really was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    pub store: &'static str,
    pub wallet: &'static str,
    pub number: &'static str,
    pub id: String,
    pub phone: &'static str,
    pub piastres: i64,
    pub balance: i64,
    pub at: i64,
    pub deliveries: u32,
}

pub struct World {
    pub dice: Dice,
    pub clock: Clock,
    pub whmcs: Whmcs,
    pub sent: Vec<Sent>,
    /// How often the claim check said `true`.
    pub yes: u32,
    pub deaths: u32,
    /// Tells what happens.
    pub aloud: bool,
    life: Option<Life>,
    folder: std::path::PathBuf,
    balances: Vec<i64>,
    next_invoice: i64,
}

pub const WALLETS: [(&str, &str, &str); 3] = [
    ("nile", "vf1", "01012345678"),
    ("nile", "vf2", "01012345679"),
    ("delta", "vf3", "01012345670"),
];
const PHONES: [&str; 3] = ["01098765432", "01198765432", "01298765432"];
const CLIENTS: [i64; 3] = [7, 8, 70];
const AMOUNTS: [i64; 3] = [50_250, 10_000, 25_125];
/// One is the beginning of another, and they grow.
const NUMBERS: [&str; 6] = [
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
        Self {
            dice,
            life: Some(Life::begin(folder, &clock, &whmcs)),
            clock,
            whmcs,
            sent: Vec::new(),
            yes: 0,
            deaths: 0,
            aloud,
            folder: folder.to_owned(),
            balances: vec![100_000; WALLETS.len()],
            next_invoice: 100,
        }
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
                15..35 => self.deliver(),
                35..55 => self.check(),
                55..63 => self.claim_for_an_invoice(),
                63..75 => {
                    let seconds = self.dice.between(1, 100);
                    self.pass(seconds);
                }
                75..80 => {
                    let minutes = self.dice.between(2, 90);
                    self.pass(minutes * 60);
                }
                80..90 => self.weather(),
                90..95 => self.restart(),
                _ => {}
            }
            if self.dice.percent(60) {
                self.work();
            }
        }
    }

    /// Everything heals: what was sent is delivered, WHMCS is well, and time passes.
    pub fn heal(&mut self) {
        self.note(format_args!("heal"));
        self.whmcs.books(|books| {
            books.weather = Weather::Fine;
            books.deadly = false;
        });
        for at in 0..self.sent.len() {
            self.deliver_one(at);
        }
        let mut quiet = 0;
        while quiet < 5 {
            self.pass(180);
            let any = self.alive(|life| life.work());
            quiet = if any { 0 } else { quiet + 1 };
        }
    }

    /// The daemon is gone, and all that it had open.
    pub fn end(&mut self) {
        self.life = None;
        buried(&self.folder);
    }

    pub fn life(&self) -> &Life {
        self.life.as_ref().unwrap()
    }

    fn send(&mut self) {
        let at = usize::try_from(self.dice.below(WALLETS.len() as u64)).unwrap();
        let (store, wallet, number) = WALLETS[at];
        let before = self
            .sent
            .iter()
            .filter(|sent| sent.wallet == wallet)
            .count();
        let Some(id) = NUMBERS.get(before) else {
            return;
        };
        let piastres = *self.dice.pick(&AMOUNTS);
        let [first, second, _] = PHONES;
        let phone = if self.dice.percent(50) { first } else { second };
        self.balances[at] += piastres;
        let sent = Sent {
            store,
            wallet,
            number,
            id: (*id).to_owned(),
            phone,
            piastres,
            balance: self.balances[at],
            at: self.clock.now_ms(),
            deliveries: 0,
        };
        self.note(format_args!("send {sent:?}"));
        self.sent.push(sent);
    }

    fn deliver(&mut self) {
        if self.sent.is_empty() {
            self.send();
        }
        let at = usize::try_from(self.dice.below(self.sent.len() as u64)).unwrap_or(0);
        if at < self.sent.len() {
            self.deliver_one(at);
        }
    }

    /// As a phone does: again and again until it is accepted.
    fn deliver_one(&mut self, at: usize) {
        let sent = self.sent[at].clone();
        self.note(format_args!("deliver {} to {}", sent.id, sent.wallet));
        let body = webhook(&sent.text(), &iso(sent.at));
        let headers = signed(&body, &self.clock);
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
        self.sent[at].deliveries += 1;
    }

    fn check(&mut self) {
        let (store, phone, piastres) = self.some_payment();
        let client = self.some_client(phone);
        self.note(format_args!(
            "check {store} {phone} {piastres} for {client}"
        ));
        let amount = format!("{}.{:02}", piastres / 100, piastres % 100);
        let fields: Vec<(String, String)> = [
            ("store_id", store),
            ("phone", phone),
            ("amount", &amount),
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
        let invoice = self.next_invoice;
        self.next_invoice += 1;
        let minor = *self.dice.pick(&[1_000, 500, 199]);
        self.note(format_args!(
            "claim {store} {phone} invoice {invoice} of {minor} for {client}"
        ));
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
        let params = json!({
            "invoiceid": invoice, "amount": usd(minor).amount(), "currency": "USD",
            "systemurl": "https://shop.example.com/", "store": store,
            "clientdetails": { "userid": client, "language": "english" },
        });
        let page =
            self.once(|life| life.run(async |payments, _| call(payments, "link", params).await));
        let Some(page) = page else { return };
        let html = page["html"].as_str().unwrap_or_default();
        if !html.contains("name=\"token\"") {
            return;
        }
        let posted = json!({
            "uid": client, "method": "POST", "query": {},
            "post": { "token": token_in(html), "phone": phone },
        });
        self.once(|life| life.run(async |payments, _| call(payments, "callback", posted).await));
    }

    /// Mostly one that was sent; sometimes one that never will be.
    fn some_payment(&mut self) -> (&'static str, &'static str, i64) {
        if !self.sent.is_empty() && self.dice.percent(80) {
            let sent = self.dice.pick(&self.sent);
            return (sent.store, sent.phone, sent.piastres);
        }
        let (store, ..) = *self.dice.pick(&WALLETS);
        let phone = *self.dice.pick(&PHONES);
        (store, phone, *self.dice.pick(&AMOUNTS))
    }

    /// Mostly the phone's own.
    fn some_client(&mut self, phone: &str) -> i64 {
        let own = PHONES.iter().position(|known| *known == phone).unwrap_or(0);
        if self.dice.percent(85) {
            return CLIENTS[own];
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
        self.life = Some(Life::begin(&self.folder, &self.clock, &self.whmcs));
    }

    /// `None`: the daemon died of it, and lives again.
    pub fn once<T>(&mut self, act: impl FnOnce(&Life) -> Result<T, Died>) -> Option<T> {
        match act(self.life()) {
            Ok(done) => Some(done),
            Err(Died) => {
                self.restart();
                None
            }
        }
    }

    /// Again until the daemon survives it.
    pub fn alive<T>(&mut self, act: impl Fn(&Life) -> Result<T, Died>) -> T {
        loop {
            if let Some(done) = self.once(&act) {
                return done;
            }
        }
    }

    fn note(&mut self, what: std::fmt::Arguments<'_>) {
        let at = self.clock.now();
        if self.aloud {
            eprintln!("{at} {what}");
        }
    }
}

impl Sent {
    fn text(&self) -> String {
        let amount = |piastres: i64| format!("{}.{:02}", piastres / 100, piastres % 100);
        let at = cairo(self.at);
        format!(
            "تم استلام مبلغ {} جنيه من {}؛\nالمسجل بإسم منى ع*** السيد\nعلى رقم محفظتك {} بتاريخ {}.\nرصيدك الحالي: {} جنيه\nرقم العملية: {}",
            amount(self.piastres),
            self.phone,
            self.number,
            at.strftime("%H:%M %y-%m-%d"),
            amount(self.balance),
            self.id
        )
    }
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

fn cairo(ms: i64) -> jiff::Zoned {
    let summer = TimeZone::fixed(Offset::constant(3));
    Timestamp::from_millisecond(ms).unwrap().to_zoned(summer)
}

fn iso(ms: i64) -> String {
    cairo(ms).strftime("%Y-%m-%dT%H:%M:%S+03:00").to_string()
}
