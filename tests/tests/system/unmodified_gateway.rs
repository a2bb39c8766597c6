//! A public wallet module, as it is, in front of Wharf: what it may make of the answers that it gets.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wharf_tests::lone_host::{Browser, Page};
use wharf_tests::{Sandbox, until};

const PAYER: &str = "01055500011";

struct Shop {
    sandbox: Sandbox,
    customer: Browser,
    client: String,
}

fn text(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

impl Shop {
    /// A shop that has the module switched on, a logged-in customer, and a payer with money.
    async fn open(language: &str) -> Self {
        let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("independent/modules");
        let sandbox = Sandbox::start_with(Some(&modules));
        let at = &sandbox.at;
        let file = sandbox.path().join("store.toml");
        std::fs::write(&file, STORE).unwrap();
        let (code, _, err) = sandbox.wharf(&["apply", file.to_str().unwrap()]);
        assert_eq!(code, Some(0), "{err}");

        let staff = Browser::at(&at.host);
        let login = [
            ("username", at.staff.username.as_str()),
            ("password", &at.staff.password),
        ];
        staff.send("admin/login", "admin-login", &login).await;
        let settings = [
            ("field[systemUrl]", at.daemon.as_str()),
            ("field[storeId]", "5"),
        ];
        staff
            .send(
                "admin/modules/gateway/walletcheck",
                "module-settings",
                &settings,
            )
            .await
            .has("The settings were saved");

        let mut shop = Self {
            customer: Browser::at(&at.host),
            client: String::new(),
            sandbox,
        };
        let person = [
            ("firstname", "Mona"),
            ("lastname", "Farid (Nile)"),
            ("email", "mona@example.test"),
            ("address1", "1 Tahrir Sq"),
            ("city", "Cairo"),
            ("state", "Cairo"),
            ("postcode", "11511"),
            ("country", "EG"),
            ("phonenumber", "01012345678"),
            ("password2", "hunter22"),
            ("language", language),
        ];
        shop.client = text(&shop.api("AddClient", &person).await, "/clientid");
        let login = [("username", "mona@example.test"), ("password", "hunter22")];
        shop.customer
            .send("login.php", "login", &login)
            .await
            .has("logout");
        let wallet = json!({ "number": PAYER, "name": "Mona Sample", "balance_minor": 5_000_000 });
        let opened = wharf_tests::client()
            .post(format!("{}/_sandbox/wallets", shop.sandbox.at.phone))
            .json(&wallet)
            .send()
            .await
            .unwrap();
        assert!(opened.status().is_success());
        shop
    }

    async fn api(&self, action: &str, fields: &[(&str, &str)]) -> Value {
        let at = &self.sandbox.at;
        let mut all = vec![
            ("action", action),
            ("responsetype", "json"),
            ("identifier", at.inspector.identifier.as_str()),
            ("secret", &at.inspector.secret),
        ];
        all.extend_from_slice(fields);
        let answer = wharf_tests::client()
            .post(format!("{}/includes/api.php", at.host))
            .form(&all)
            .send()
            .await
            .unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(text(&answer, "/result"), "success", "{action}: {answer}");
        answer
    }

    async fn invoice(&self, amount: &str) -> String {
        let fields = [
            ("userid", self.client.as_str()),
            ("status", "Unpaid"),
            ("paymentmethod", "walletcheck"),
            ("itemdescription1", "Hosting"),
            ("itemamount1", amount),
            ("itemtaxed1", "0"),
        ];
        text(&self.api("CreateInvoice", &fields).await, "/invoiceid")
    }

    async fn status_of(&self, invoice: &str) -> String {
        text(
            &self.api("GetInvoice", &[("invoiceid", invoice)]).await,
            "/status",
        )
    }

    /// What was credited, and what was booked as payment on invoices.
    async fn booked(&self) -> (Vec<String>, usize) {
        let credits = self.api("GetCredits", &[("clientid", &self.client)]).await;
        let credits = credits
            .pointer("/credits/credit")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let amounts = credits
            .iter()
            .map(|row| text(row, "/amount"))
            .filter(|amount| !amount.starts_with('-'));
        let all = self
            .api("GetTransactions", &[("clientid", &self.client)])
            .await;
        let paid = all
            .pointer("/transactions/transaction")
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        (amounts.collect(), paid)
    }

    async fn send_money(&self, pounds: &str) {
        let order = json!({ "from": PAYER, "to": self.sandbox.at.store_wallet, "amount": pounds });
        let sent = wharf_tests::client()
            .post(format!("{}/api/send", self.sandbox.at.phone))
            .json(&order)
            .send()
            .await
            .unwrap();
        let sent: Value = sent.json().await.unwrap();
        let id = text(&sent, "/sms_id");
        assert!(!id.is_empty(), "{sent}");
        let messages = format!("{}/_sandbox/messages", self.sandbox.at.phone);
        until(
            "the message is delivered",
            Duration::from_secs(30),
            async || {
                let all = wharf_tests::json(&messages).await;
                all.as_array().into_iter().flatten().any(|message| {
                    text(message, "/sms_id") == id
                        && message
                            .pointer("/deliveries/0/taken_at_ms")
                            .is_some_and(Value::is_i64)
                })
            },
        )
        .await;
    }

    async fn page(&self, invoice: &str) -> Page {
        self.customer
            .get(&format!("viewinvoice.php?id={invoice}"))
            .await
    }

    /// The customer presses the module's button.
    async fn press(&self, page: &Page, amount: &str) -> Page {
        let typed = [("phone", PAYER), ("amount", amount)];
        self.customer
            .send_from(page, "id=\"walletcheck\"", &typed)
            .await
    }

    async fn check(&self, invoice: &str, amount: &str) -> Page {
        self.press(&self.page(invoice).await, amount).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_transfer_pays_once_whatever_the_module_is_made_to_ask() {
    let shop = Shop::open("english").await;
    let first = shop.invoice("10.00").await;
    // The page asks for whole pounds: ceil(10.00 × 50.25).
    let rate = wharf_tests::json(&format!(
        "{}/api/public/store/5/rate",
        shop.sandbox.at.daemon
    ))
    .await;
    assert_eq!(
        (text(&rate, "/rate"), text(&rate, "/currency_label")),
        ("50.25".into(), "USD".into())
    );

    shop.check(&first, "503")
        .await
        .has("id=\"bad\"")
        .has("has not arrived yet");
    shop.check(&first, "٥٠٣")
        .await
        .has("id=\"bad\"")
        .has("not an amount");
    shop.check(&first, "..503")
        .await
        .has("id=\"bad\"")
        .has("not an amount");
    assert_eq!(shop.status_of(&first).await, "Unpaid");

    shop.send_money("503").await;
    let unpaid = shop.page(&first).await;
    let paid = shop.press(&unpaid, "503").await;
    paid.has("id=\"good\"");
    assert!(!paid.between("data-transaction=\"", "\"").is_empty());
    assert_eq!(shop.status_of(&first).await, "Paid");
    assert_eq!(shop.booked().await.0, ["10.00"]);
    let payments = shop.booked().await.1;

    // Reloaded, and for another invoice of the same amount.
    let second = shop.invoice("10.00").await;
    for page in [&unpaid, &shop.page(&second).await] {
        let again = shop.press(page, "503").await;
        again.has("id=\"bad\"").has("already credited");
        assert_eq!(
            again.between("data-transaction=\"", "\""),
            paid.between("data-transaction=\"", "\"")
        );
    }
    assert_eq!(shop.status_of(&second).await, "Unpaid");
    assert_eq!(shop.booked().await, (vec!["10.00".to_owned()], payments));

    // Less than the invoice: the money is the customer's, the invoice stays unpaid.
    shop.send_money("201").await;
    shop.check(&second, "201")
        .await
        .has("id=\"bad\"")
        .has("4.00 USD");
    assert_eq!(shop.status_of(&second).await, "Unpaid");
    assert_eq!(
        shop.booked().await,
        (vec!["10.00".to_owned(), "4.00".to_owned()], payments)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_whmcs_is_never_reported_as_paid() {
    let shop = Shop::open("english").await;
    let invoice = shop.invoice("10.00").await;
    shop.send_money("503").await;
    let slowly = [
        "host",
        "latency",
        "--on",
        "AddCredit",
        "--ms",
        "13000",
        "--times",
        "1",
    ];
    shop.sandbox.arm(&slowly);
    let began = Instant::now();
    let told = shop.check(&invoice, "503").await;
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
    told.has("id=\"bad\"").has("on its way");
    assert_eq!(shop.status_of(&invoice).await, "Unpaid");
    until("it is credited", Duration::from_secs(40), async || {
        !shop.booked().await.0.is_empty()
    })
    .await;
    // Now it is true, and now it is said.
    shop.check(&invoice, "503").await.has("id=\"good\"");
    assert_eq!(shop.status_of(&invoice).await, "Paid");
    assert_eq!(shop.booked().await.0, ["10.00"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_arabic_customer_reads_arabic_and_a_closed_door_says_so() {
    let shop = Shop::open("arabic").await;
    let invoice = shop.invoice("10.00").await;
    shop.check(&invoice, "503")
        .await
        .has("id=\"bad\"")
        .has("لم يصل تحويلك بعد");
}

/// The sandbox's store, with answers that this module can pay from.
const STORE: &str = r#"
[[store]]
id = "5"
site = "main"
name = "Nile Hosting"
rates = { USD = "50.25" }
check_answers = "when-covered"
settle_after_seconds = 2
hold = "off"
phone_binding = "off"
phones_per_client = 0
clients_per_phone = 0
balance_check = false
misses_client = 0
misses_client_day = 0
misses_phone = 0
misses_source = 0
"#;
