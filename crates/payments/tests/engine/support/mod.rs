//! A store on a throwaway database, with a till that can lose answers.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test support: what cannot be set up must fail the test"
)]

mod till;

use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, Mac as _};
use http::HeaderMap;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::Sha256;
use sqlx::AssertSqlSafe;
use wharf_core::{Clock, Deadline};
use wharf_payments::pages::{Language, Look};
use wharf_payments::setup::{DeviceSetup, StoreSetup, WalletSetup};
use wharf_payments::views::{Decision, Seen};
use wharf_payments::{Caller, IntakeOutcome, Payments, PaymentsConfig};
use wharf_store::testing::TestDb;
use wharf_store::{Backend, Store};
use wharf_whmcs::call::{ModuleCall, ModuleHandler as _, ModuleKind, Params};

pub use till::{FakeTill, Fault, usd};

pub const PAYER: &str = "01098765432";
pub const WALLET: &str = "01012345678";
pub const TOKEN: &str = "intake-token-0123456789";
pub const SIGNING_KEY: &str = "device signing key";

/// A store that credits whatever matches.
pub const TRUSTING: &str = "hold = \"off\"\nphone_binding = \"off\"\nphones_per_client = 0\nclients_per_phone = 0\nbalance_check = false";

/// A shop with one wallet and one phone, its rate 50.25, and its workers running.
pub struct Shop {
    pub store: Store,
    pub payments: Arc<Payments>,
    pub till: FakeTill,
    pub clock: Clock,
    workers: Vec<tokio::task::JoinHandle<()>>,
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.workers.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

impl Shop {
    pub async fn open(db: &TestDb) -> Self {
        Self::open_with(db, "").await
    }

    /// `more`: further lines of the store's set-up.
    pub async fn open_with(db: &TestDb, more: &str) -> Self {
        Self::open_at(db, FakeTill::default(), more).await
    }

    /// A new database for a WHMCS that has books already.
    pub async fn open_at(db: &TestDb, till: FakeTill, more: &str) -> Self {
        let clock = Clock::fixed("2026-09-03T11:26:09Z".parse::<Timestamp>().unwrap());
        let shop = Self::reopen(db, clock, till).await;
        // The cautions have tests of their own; here they would only be in the way.
        let trusting: String = TRUSTING
            .lines()
            .filter(|line| {
                let key = line.split(" = ").next().unwrap_or_default();
                !more.lines().any(|own| own.split(" = ").next() == Some(key))
            })
            .map(|line| format!("{line}\n"))
            .collect();
        let setup: StoreSetup = toml::from_str(&format!(
            "id = \"nile\"\nsite = \"main\"\nname = \"Nile\"\nsettle_after_seconds = 2\nrates = {{ USD = \"50.25\" }}\n{trusting}{more}"
        ))
        .unwrap();
        setup.apply(&shop.store).await.unwrap();
        let wallet: WalletSetup = toml::from_str(&format!(
            "id = \"vf1\"\nstore = \"nile\"\noperator = \"vodafone-cash\"\nnumber = \"{WALLET}\""
        ))
        .unwrap();
        wallet
            .apply(&shop.store, &shop.payments.wallets())
            .await
            .unwrap();
        let device: DeviceSetup = toml::from_str(&format!(
            "id = \"phone1\"\nstore = \"nile\"\ntoken = \"{TOKEN}\"\nformat = \"smsgate\"\nsigning_key = \"{SIGNING_KEY}\"\nwallets = [\"vf1\"]"
        ))
        .unwrap();
        device.apply(&shop.store).await.unwrap();
        shop
    }

    /// A wallet of e& money, whose messages print neither number nor time, with 1000 pounds in it.
    pub async fn with_e_and_money(&self) {
        let wallet: WalletSetup = toml::from_str(
            "id = \"ee\"\nstore = \"nile\"\noperator = \"e-and-money\"\nnumber = \"01155501234\"\nbalance = \"1000\"",
        )
        .unwrap();
        let known = self.payments.wallets();
        wallet.apply(&self.store, &known).await.unwrap();
        self.serve("nile", "ee").await;
    }

    /// A receipt of that wallet, which came to the phone at a time; epoch milliseconds.
    pub async fn deliver_e_and(&self, amount: &str, balance: &str, at: i64) {
        let text = format!(
            "تم إستلام مبلغ {amount} ج.م من رقم 01112345678 المسجل باسمNADIA F KAMEL   بنجاح. رصيد محفظتك الحالى {balance} ج.م."
        );
        let body = json!({ "from": "e& money", "text": text, "time": at }).to_string();
        self.receive("a-sample-token-ee", &HeaderMap::new(), body.as_bytes())
            .await;
    }

    /// Gives a wallet a phone of its own.
    pub async fn serve(&self, store: &str, wallet: &str) {
        let phone: DeviceSetup = toml::from_str(&format!(
            "id = \"of-{wallet}\"\nstore = \"{store}\"\ntoken = \"a-sample-token-{wallet}\"\nformat = \"generic\"\n\
             wallets = [\"{wallet}\"]"
        ))
        .unwrap();
        phone.apply(&self.store).await.unwrap();
    }

    /// After a restart of the daemon: what the one before was about to do, nobody does.
    pub async fn restarted(self, db: &TestDb) -> Self {
        self.restarted_with(db, PaymentsConfig::default()).await
    }

    pub async fn restarted_with(self, db: &TestDb, config: PaymentsConfig) -> Self {
        let (clock, till) = (self.clock.clone(), self.till.clone());
        drop(self);
        Self::reopen_with(db, clock, till, config).await
    }

    /// Another daemon on the same data.
    pub async fn reopen(db: &TestDb, clock: Clock, till: FakeTill) -> Self {
        Self::reopen_with(db, clock, till, PaymentsConfig::default()).await
    }

    async fn reopen_with(
        db: &TestDb,
        clock: Clock,
        till: FakeTill,
        config: PaymentsConfig,
    ) -> Self {
        let store = db.open(&clock).await;
        let payments = Payments::with_till(store.clone(), Arc::new(till.clone()), config).unwrap();
        store.journal().recover().await.unwrap();
        store.jobs().recover().await.unwrap();
        let (jobs, journal) = (store.jobs().clone(), store.journal().clone());
        let reader = payments.clone();
        let workers = vec![
            tokio::spawn(async move { reader.watch_messages().await }),
            tokio::spawn(jobs.work()),
            tokio::spawn(async move { journal.work().await }),
        ];
        Self {
            store,
            payments,
            till,
            clock,
            workers,
        }
    }

    pub async fn deliver(&self, id: &str, phone: &str, amount: &str) -> IntakeOutcome {
        self.deliver_text(&receipt(id, phone, amount), "2026-09-03T14:26:00+03:00")
            .await
    }

    pub async fn deliver_text(&self, text: &str, received_at: &str) -> IntakeOutcome {
        let body = webhook(text, received_at);
        self.receive(TOKEN, &signed(&body, &self.clock), body.as_bytes())
            .await
    }

    /// Delivers, and lets be read what was delivered.
    pub async fn receive(&self, token: &str, headers: &HeaderMap, body: &[u8]) -> IntakeOutcome {
        let outcome = self.payments.receive(token, headers, body).await;
        self.payments.read_unread().await.unwrap();
        outcome
    }

    pub async fn check(&self, fields: &[(&str, &str)]) -> Value {
        self.check_by(fields, soon()).await
    }

    pub async fn check_by(&self, fields: &[(&str, &str)], by: Deadline) -> Value {
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        self.payments
            .payment_link_check(&fields, &Caller::default(), by)
            .await
            .unwrap()
    }

    pub async fn call(&self, function: &str, params: Value) -> Value {
        let Value::Object(map) = params else {
            panic!("parameters are a map")
        };
        let call = ModuleCall {
            site: "main".into(),
            kind: ModuleKind::Gateway,
            module: "wharf".into(),
            function: function.into(),
            params: Params::new(map),
        };
        self.payments.call(call).await.unwrap().value
    }

    /// The payment box of an invoice.
    pub async fn box_of(&self, client: i64, invoice: i64, amount: &str) -> String {
        self.box_at("nile", client, invoice, amount).await
    }

    /// As [`box_of`](Self::box_of), of a gateway of another store.
    pub async fn box_at(&self, store: &str, client: i64, invoice: i64, amount: &str) -> String {
        let params = json!({
            "invoiceid": invoice, "amount": amount, "currency": "USD", "systemurl": "https://shop.example.com/",
            "clientdetails": { "userid": client, "language": "english" }, "store": store,
        });
        self.call("link", params).await["html"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub async fn post(&self, uid: Option<i64>, fields: &[(&str, &str)]) -> Value {
        let post: Map<String, Value> = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        self.call(
            "callback",
            json!({ "uid": uid, "method": "POST", "post": post, "query": {} }),
        )
        .await
    }

    pub async fn status(&self, uid: i64, token: &str) -> Value {
        self.call(
            "callback",
            json!({ "uid": uid, "method": "GET", "query": { "status": token } }),
        )
        .await
    }

    /// From now on the database takes no new rows of a table.
    pub async fn refuse_inserts(&self, table: &str) {
        let how = match self.store.backend() {
            Backend::Sqlite => format!(
                "CREATE TRIGGER refuse_{table} BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'refused'); END"
            ),
            Backend::Postgres => format!(
                "CREATE FUNCTION refuse_{table}() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RAISE EXCEPTION 'refused'; END $$; \
                 CREATE TRIGGER refuse_{table} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_{table}()"
            ),
        };
        self.run(how).await;
    }

    pub async fn allow_inserts(&self, table: &str) {
        let how = match self.store.backend() {
            Backend::Sqlite => format!("DROP TRIGGER refuse_{table}"),
            Backend::Postgres => {
                format!("DROP TRIGGER refuse_{table} ON {table}; DROP FUNCTION refuse_{table}()")
            }
        };
        self.run(how).await;
    }

    async fn run(&self, statements: String) {
        sqlx::raw_sql(AssertSqlSafe(statements))
            .execute(self.store.pool())
            .await
            .unwrap();
    }

    pub async fn count(&self, from: &'static str) -> i64 {
        sqlx::query_scalar(from)
            .fetch_one(self.store.pool())
            .await
            .unwrap()
    }

    /// Hours in which the workers do whatever is due.
    pub async fn hours(&self, hours: u32) {
        for _ in 0..hours * 60 {
            self.clock.advance(Duration::from_secs(60));
            self.store.journal().work_due().await.unwrap();
            self.store.jobs().wake();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Until it holds, while the shop's clock goes on; fails after two real minutes: a minute of that clock is three hundred
    /// looks, which a busy machine takes its time for.
    pub async fn until(&self, what: &str, mut holds: impl AsyncFnMut(&Self) -> bool) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(120);
        while !holds(self).await {
            assert!(
                tokio::time::Instant::now() < deadline,
                "not in time: {what}"
            );
            self.clock.advance(Duration::from_millis(200));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// The operators' first page.
pub async fn dashboard(shop: &Shop) -> String {
    let look = Look {
        language: Language::English,
        csrf: "",
        actor: "mona",
        may_decide: false,
        may_set_up: false,
        query: &[],
    };
    let page = shop.payments.dashboard_page(&look, Vec::new()).await;
    page.unwrap().html
}

/// An item's page, as a reviewer sees it.
pub async fn review_page(shop: &Shop, id: &str, language: Language) -> String {
    let look = Look {
        language,
        csrf: "",
        actor: "mona",
        may_decide: true,
        may_set_up: false,
        query: &[],
    };
    shop.payments.review_page(id, &look).await.unwrap().html
}

/// By when the edge wants an answer.
pub fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(9))
}

/// Somebody's word that names no claim.
pub fn by(actor: &str) -> Decision {
    Decision {
        actor: actor.into(),
        reason: "looked at the screenshot".into(),
        claim: None,
        wallet: None,
        seen: Seen::Nothing,
    }
}

/// The newest Arabic receipt.
pub fn receipt(id: &str, phone: &str, amount: &str) -> String {
    format!(
        "تم استلام مبلغ {amount} جنيه من {phone}؛\nالمسجل بإسم منى ع*** السيد\nعلى رقم محفظتك {WALLET} بتاريخ 14:26 26-09-03.\nرصيدك الحالي: 1540.75 جنيه\nرقم العملية: {id}"
    )
}

pub fn webhook(text: &str, received_at: &str) -> String {
    json!({
        "deviceId": "d1", "event": "sms:received", "id": uuid(), "webhookId": "w1",
        "payload": { "messageId": "c0ffee", "message": text, "sender": "VF-Cash", "phoneNumber": "VF-Cash", "simNumber": 1, "receivedAt": received_at },
    })
    .to_string()
}

fn uuid() -> String {
    wharf_core::id::new_id(&Clock::system())
}

pub fn signed(body: &str, clock: &Clock) -> HeaderMap {
    signed_at(body, clock.now().as_second(), SIGNING_KEY)
}

pub fn signed_at(body: &str, second: i64, key: &str) -> HeaderMap {
    let tag = hmac_hex(key, &[body, &second.to_string()]);
    let mut headers = HeaderMap::new();
    headers.insert("x-signature", tag.parse().unwrap());
    headers.insert("x-timestamp", second.to_string().parse().unwrap());
    headers
}

/// HMAC-SHA256 over texts, one after the other.
pub fn hmac_hex(key: &str, parts: &[&str]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    for part in parts {
        mac.update(part.as_bytes());
    }
    hex::encode(mac.finalize().into_bytes())
}

/// The value of a form field or attribute in a page.
pub fn cut<'a>(page: &'a str, before: &str) -> &'a str {
    let (_, rest) = page
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before} in {page}"));
    rest.split('"').next().unwrap()
}

pub fn token_in(page: &str) -> String {
    cut(page, "name=\"token\" value=\"").to_owned()
}

/// Of the form that pays anew, where the page has folded it away.
pub fn token_anew(page: &str) -> String {
    let (_, form) = page.split_once("id=\"wharf-claim-anew\"").unwrap();
    token_in(form)
}

pub fn state_of(page: &str) -> &str {
    cut(page, "data-state=\"")
}

/// Heading and text of how it stands.
pub fn notice(page: &str) -> String {
    let (_, rest) = page.split_once("<div class=\"wharf-notice\">").unwrap();
    let (notice, _) = rest.split_once("</div>").unwrap();
    let mut text = String::new();
    let mut inside = false;
    for c in notice.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            // Marks that keep numbers in order.
            '\u{2066}' | '\u{2069}' => {}
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}
