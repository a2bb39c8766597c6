//! A store on a throwaway database, with a till that can lose answers.
#![expect(dead_code, reason = "each test file uses a part of it")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test support: what cannot be set up must fail the test"
)]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hmac::{Hmac, Mac as _};
use http::HeaderMap;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::Sha256;
use sqlx::AssertSqlSafe;
use wharf_core::{Clock, Currency, Money};
use wharf_payments::setup::{DeviceSetup, StoreSetup, WalletSetup};
use wharf_payments::{Asking, Caller, IntakeOutcome, Payments, PaymentsConfig, Till};
use wharf_store::testing::TestDb;
use wharf_store::{Backend, Store};
use wharf_whmcs::ApiError;
use wharf_whmcs::api::{
    ClientDetails, CreditAdded, CreditApplied, CreditRow, DateFormat, Invoice, NewCredit,
    NewTransaction, TransactionRow,
};
use wharf_whmcs::call::{ModuleCall, ModuleHandler as _, ModuleKind, Params};

pub const PAYER: &str = "01098765432";
pub const WALLET: &str = "01012345678";
pub const TOKEN: &str = "intake-token-0123456789";
pub const SIGNING_KEY: &str = "device signing key";

/// A store that credits whatever matches.
pub const TRUSTING: &str = "hold = \"off\"\nphone_binding = \"off\"\nphones_per_client = 0\nclients_per_phone = 0\nbalance_check = false";

/// What the next call of the till does.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// Books, but the answer is lost.
    LoseAnswer,
    /// The connection breaks before anything is booked.
    LoseRequest,
    NotSent,
    Refuse(&'static str),
}

#[derive(Default)]
pub struct Books {
    pub credits: Vec<(i64, CreditRow)>,
    pub invoices: Vec<Invoice>,
    pub add_credit_calls: usize,
    pub apply_credit_calls: usize,
    pub on_add: VecDeque<Fault>,
    pub on_apply: VecDeque<Fault>,
    /// What every call ends in, until it is mended.
    pub always: Option<Fault>,
    /// Actions that the role lacks.
    pub forbidden: Vec<&'static str>,
    pub transactions: Vec<TransactionRow>,
    pub calls: usize,
}

#[derive(Clone, Default)]
pub struct FakeTill(pub Arc<Mutex<Books>>);

impl FakeTill {
    pub fn books<T>(&self, look: impl FnOnce(&mut Books) -> T) -> T {
        look(&mut self.0.lock().unwrap())
    }

    /// How a call that is not told otherwise ends.
    fn standing(&self, action: &'static str) -> Result<(), ApiError> {
        let (always, forbidden) = self.books(|books| {
            books.calls += 1;
            (books.always.clone(), books.forbidden.contains(&action))
        });
        before(always.as_ref(), action)?;
        if forbidden {
            let message = format!("Invalid Permissions: API action \"{action}\" is not allowed");
            return Err(ApiError::Refused { action, message });
        }
        Ok(())
    }

    fn enter(&self, client: i64, description: String, amount: Money) {
        self.books(|books| {
            let id = i64::try_from(books.credits.len()).unwrap() + 1;
            let row = CreditRow {
                id,
                date: "2026-09-03".parse().ok(),
                description,
                amount,
                related: None,
            };
            books.credits.push((client, row));
        });
    }

    pub fn invoice_of(&self, id: i64, client: i64, minor: i64) {
        let invoice = Invoice {
            id,
            client,
            status: "Unpaid".into(),
            total: usd(minor),
            balance: usd(minor),
            credit: None,
            due: None,
            payment_method: None,
        };
        self.books(|books| books.invoices.push(invoice));
    }

    /// Positive rows of a client: what was credited.
    pub fn credited(&self, client: i64) -> Vec<i64> {
        self.books(|books| {
            books
                .credits
                .iter()
                .filter(|(of, row)| *of == client && row.amount.minor > 0)
                .map(|(_, row)| row.amount.minor)
                .collect()
        })
    }

    pub fn is_paid(&self, invoice: i64) -> bool {
        self.books(|books| {
            books
                .invoices
                .iter()
                .any(|known| known.id == invoice && known.is_paid())
        })
    }

    fn balance(&self, client: i64) -> i64 {
        self.books(|books| {
            books
                .credits
                .iter()
                .filter(|(of, _)| *of == client)
                .map(|(_, row)| row.amount.minor)
                .sum()
        })
    }
}

pub fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

fn lost(action: &'static str) -> ApiError {
    ApiError::Unknown {
        action,
        why: "the connection broke".into(),
    }
}

fn before(fault: Option<&Fault>, action: &'static str) -> Result<(), ApiError> {
    match fault {
        Some(Fault::LoseRequest) => Err(lost(action)),
        Some(Fault::NotSent) => Err(ApiError::NotSent {
            action,
            why: "connection refused".into(),
        }),
        Some(Fault::Refuse(message)) => Err(ApiError::Refused {
            action,
            message: (*message).into(),
        }),
        _ => Ok(()),
    }
}

impl Till for FakeTill {
    fn add_credit<'a>(&'a self, _: &'a str, credit: NewCredit) -> Asking<'a, CreditAdded> {
        Box::pin(async move {
            let fault = self.books(|books| {
                books.add_credit_calls += 1;
                books.on_add.pop_front()
            });
            before(fault.as_ref(), "AddCredit")?;
            self.standing("AddCredit")?;
            self.books(|books| {
                let id = i64::try_from(books.credits.len()).unwrap() + 1;
                let date = "2026-09-03".parse().ok();
                let row = CreditRow {
                    id,
                    date,
                    description: credit.description,
                    amount: credit.amount,
                    related: None,
                };
                books.credits.push((credit.client, row));
            });
            if fault == Some(Fault::LoseAnswer) {
                return Err(lost("AddCredit"));
            }
            Ok(CreditAdded {
                new_balance: Some(usd(self.balance(credit.client))),
            })
        })
    }

    fn remove_credit<'a>(&'a self, _: &'a str, credit: NewCredit) -> Asking<'a, CreditAdded> {
        Box::pin(async move {
            let fault = self.books(|books| books.on_add.pop_front());
            before(fault.as_ref(), "AddCredit")?;
            self.standing("AddCredit")?;
            self.enter(credit.client, credit.description, usd(-credit.amount.minor));
            if fault == Some(Fault::LoseAnswer) {
                return Err(lost("AddCredit"));
            }
            let new_balance = Some(usd(self.balance(credit.client)));
            Ok(CreditAdded { new_balance })
        })
    }

    fn add_transaction<'a>(
        &'a self,
        _: &'a str,
        new: NewTransaction,
        format: DateFormat,
    ) -> Asking<'a, ()> {
        Box::pin(async move {
            assert!(format.write(new.day).is_some());
            let fault = self.books(|books| books.on_add.pop_front());
            before(fault.as_ref(), "AddTransaction")?;
            self.standing("AddTransaction")?;
            let row = TransactionRow {
                id: 1,
                client: new.client,
                number: new.number.clone(),
                amount_in: new.amount,
                amount_out: usd(0),
                invoice: None,
            };
            self.books(|books| books.transactions.push(row));
            let text = format!("{} Trans ID {}", new.gateway, new.number);
            self.enter(new.client, text, new.amount);
            if fault == Some(Fault::LoseAnswer) {
                return Err(lost("AddTransaction"));
            }
            Ok(())
        })
    }

    fn transactions<'a>(
        &'a self,
        _: &'a str,
        number: &'a str,
        _: Currency,
    ) -> Asking<'a, Vec<TransactionRow>> {
        Box::pin(async move {
            self.standing("GetTransactions")?;
            Ok(self.books(|books| {
                let rows = books.transactions.iter();
                rows.filter(|row| row.number == number).cloned().collect()
            }))
        })
    }

    fn date_format<'a>(&'a self, _: &'a str) -> Asking<'a, DateFormat> {
        Box::pin(async move {
            self.standing("GetConfigurationValue")?;
            Ok(DateFormat::from("DD/MM/YYYY"))
        })
    }

    fn credits<'a>(&'a self, _: &'a str, client: i64, _: Currency) -> Asking<'a, Vec<CreditRow>> {
        Box::pin(async move {
            self.standing("GetCredits")?;
            Ok(self.books(|books| {
                books
                    .credits
                    .iter()
                    .filter(|(of, _)| *of == client)
                    .map(|(_, row)| row.clone())
                    .collect()
            }))
        })
    }

    fn apply_credit<'a>(
        &'a self,
        _: &'a str,
        invoice: i64,
        amount: Money,
    ) -> Asking<'a, CreditApplied> {
        Box::pin(async move {
            let fault = self.books(|books| {
                books.apply_credit_calls += 1;
                books.on_apply.pop_front()
            });
            before(fault.as_ref(), "ApplyCredit")?;
            self.standing("ApplyCredit")?;
            let paid = self.books(|books| {
                let id = i64::try_from(books.credits.len()).unwrap() + 1;
                let known = books
                    .invoices
                    .iter_mut()
                    .find(|known| known.id == invoice)
                    .unwrap();
                known.balance = known.balance.checked_sub(amount).unwrap();
                if known.balance.minor == 0 {
                    known.status = "Paid".into();
                }
                let row = CreditRow {
                    id,
                    date: None,
                    description: format!("Credit Applied to Invoice #{invoice}"),
                    amount: usd(-amount.minor),
                    related: Some(invoice),
                };
                let (client, paid) = (known.client, known.is_paid());
                books.credits.push((client, row));
                paid
            });
            if fault == Some(Fault::LoseAnswer) {
                return Err(lost("ApplyCredit"));
            }
            Ok(CreditApplied {
                amount: Some(amount),
                invoice_paid: paid,
            })
        })
    }

    fn invoice<'a>(&'a self, _: &'a str, invoice: i64, _: Currency) -> Asking<'a, Invoice> {
        Box::pin(async move {
            self.standing("GetInvoice")?;
            let found = self.books(|books| {
                books
                    .invoices
                    .iter()
                    .find(|known| known.id == invoice)
                    .cloned()
            });
            found.ok_or(ApiError::Refused {
                action: "GetInvoice",
                message: "Invoice ID Not Found".into(),
            })
        })
    }

    fn client<'a>(&'a self, _: &'a str, client: i64) -> Asking<'a, ClientDetails> {
        Box::pin(async move {
            self.standing("GetClientsDetails")?;
            Ok(ClientDetails {
                id: client,
                currency: Currency::USD,
                credit: usd(self.balance(client)),
                language: None,
                email: None,
                status: None,
            })
        })
    }

    fn unpaid_total<'a>(&'a self, _: &'a str, client: i64, _: Currency) -> Asking<'a, Money> {
        Box::pin(async move {
            let unpaid = |invoice: &&Invoice| invoice.client == client && invoice.is_unpaid();
            Ok(usd(self.books(|books| {
                books
                    .invoices
                    .iter()
                    .filter(unpaid)
                    .map(|invoice| invoice.total.minor)
                    .sum()
            })))
        })
    }
}

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

    /// As after a restart of the daemon.
    pub async fn reopen(db: &TestDb, clock: Clock, till: FakeTill) -> Self {
        Self::reopen_with(db, clock, till, PaymentsConfig::default()).await
    }

    pub async fn reopen_with(
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
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        self.payments
            .payment_link_check(&fields, &Caller::default())
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
        let params = json!({
            "invoiceid": invoice, "amount": amount, "currency": "USD", "systemurl": "https://shop.example.com/",
            "clientdetails": { "userid": client, "language": "english" }, "store": "nile",
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

    /// Until it holds, while the shop's clock goes on; fails after thirty real seconds.
    pub async fn until(&self, what: &str, mut holds: impl AsyncFnMut(&Self) -> bool) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
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

pub fn state_of(page: &str) -> &str {
    cut(page, "data-state=\"")
}
