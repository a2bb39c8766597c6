//! What an operator decides about WHMCS's books, in a real browser: differences that a comparison finds, and credits
//! of which nobody else can tell whether they were booked.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail, in its helpers too"
)]

use std::time::Duration;

use serde_json::{Value, json};
use wharf_tests::browser::Browser;
use wharf_tests::{Sandbox, client, until};

struct Desk {
    sandbox: Sandbox,
    browser: Browser,
}

impl Desk {
    /// A shop with a client, and an operator who is logged in.
    async fn open() -> Self {
        let sandbox = Sandbox::start();
        tokio::task::block_in_place(|| sandbox.purchase(&[]));
        let browser = Browser::start().await;
        let desk = Self { sandbox, browser };
        desk.staff("reconcile").await;
        let staff = &desk.sandbox.at.staff;
        desk.browser.fill("#name", &staff.username).await;
        desk.browser.fill("#password", &staff.password).await;
        desk.browser.click(".log-in button").await;
        desk.browser.until_text("h1", "Reconcile").await;
        desk
    }

    async fn staff(&self, page: &str) {
        let url = format!("{}/staff/{page}", self.sandbox.at.daemon);
        self.browser.open(&url).await;
    }

    /// The client says that he sends money, and sends it.
    async fn pay(&self, amount: &str) {
        let at = &self.sandbox.at;
        let url = format!(
            "{}/api/payment_link_check?phone={}&amount={amount}&client_id=1&user_name=1&store_id=5&lang=en",
            at.daemon, at.payer
        );
        let answer = client().get(url).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let back = self.browser.open_tab(&format!("{}/", at.phone)).await;
        self.browser.fill("[name=to]", &at.store_wallet).await;
        self.browser.fill("[name=amount]", amount).await;
        self.browser.click("form.send button").await;
        self.browser.find(".alert.good").await;
        self.browser.close_tab(back).await;
    }

    /// The credits of the client in WHMCS for a payment of an amount, by what came in.
    async fn booked(&self, worth: &str) -> Vec<Value> {
        let mut rows = self.sandbox.rows("tblcredit").await;
        rows.retain(|row| {
            let said = row["description"].as_str().unwrap_or_default();
            said.contains("trans_id") && row["amount"] == worth
        });
        rows
    }

    async fn until_booked(&self, worth: &str) {
        until("it is booked", PATIENCE, async || {
            !self.booked(worth).await.is_empty()
        })
        .await;
    }

    async fn until_credited(&self, transfers: usize) {
        until("it is credited", PATIENCE, async || {
            self.staff("transfers?state=credited").await;
            self.rows_shown().await == transfers
        })
        .await;
    }

    async fn rows_shown(&self) -> usize {
        let rows = "return document.querySelectorAll('tbody tr').length";
        let rows = self.browser.run(rows).await;
        usize::try_from(rows.as_u64().unwrap()).unwrap()
    }

    /// What the daemon may do from now on in WHMCS.
    async fn role(&self, change: Value) {
        self.staff("sites/main").await;
        let identifier = self.browser.value("#set-identifier").await;
        self.credential(&identifier, change).await;
    }

    async fn credential(&self, identifier: &str, mut credential: Value) {
        credential["identifier"] = json!(identifier);
        let answer = client()
            .post(format!("{}/_sandbox/api", self.sandbox.at.host))
            .header("x-sandbox", "1")
            .json(&json!({ "credential": credential }))
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{:?}", answer.text().await);
    }

    /// The one item that waits, opened.
    async fn open_item(&self) {
        until("it is asked", PATIENCE, async || {
            self.staff("review").await;
            self.rows_shown().await == 1
        })
        .await;
        self.browser.click("tbody a[href^='/staff/review/']").await;
    }

    async fn decide(&self, reason: &str, button: &str) {
        self.browser.fill("#reason", reason).await;
        self.browser.click(button).await;
        self.browser.find(".flash").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_difference_leads_to_a_decision_and_is_told_no_more() {
    let desk = Desk::open().await;
    let browser = &desk.browser;
    desk.pay("502.50").await;
    desk.until_booked("10.00").await;
    desk.until_credited(2).await;

    // A colleague deletes a credit of Wharf's in WHMCS, and books one by hand that only looks like one.
    let ours = desk.booked("10.00").await.remove(0);
    let back = browser
        .open_tab(&format!("{}/admin/login", desk.sandbox.at.host))
        .await;
    let staff = &desk.sandbox.at.staff;
    browser.fill("[name=username]", &staff.username).await;
    browser.fill("[name=password]", &staff.password).await;
    browser.click("#admin-login button").await;
    browser.find("#queue-count").await;
    browser
        .open(&format!(
            "{}/admin/clients/{}",
            desk.sandbox.at.host, ours["clientid"]
        ))
        .await;
    browser
        .click(&format!("[aria-label='Delete credit {}']", ours["id"]))
        .await;
    browser
        .until_text("#message", "The credit was deleted.")
        .await;
    assert!(desk.booked("10.00").await.is_empty());
    browser.close_tab(back).await;
    desk.book_by_hand("3.00", "VodafoneCash payment - trans_id: 099000000001")
        .await;

    desk.staff("reconcile").await;
    browser.click("main form button").await;
    browser.find("#findings").await;
    browser.look("reconcile-differences").await;
    let told = browser.text("section[aria-labelledby=findings]").await;
    for part in [
        "WHMCS does not have it",
        "10.00 USD",
        "Wharf did not credit it",
        "3.00 USD",
        "099000000001",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }

    // The one that is missing is booked by hand, with the words that the item gives.
    browser
        .click("tbody tr:nth-child(1) a[href^='/staff/review/']")
        .await;
    browser.look("reconcile-missing").await;
    browser
        .until_text("h1", "The books differ from WHMCS")
        .await;
    let words = browser.text(".decide code").await;
    assert_eq!(words, ours["description"].as_str().unwrap());
    desk.book_by_hand("10.00", &words).await;
    desk.decide("Booked again by hand.", ".decide button").await;
    // The other one stays as it is.
    desk.staff("reconcile").await;
    browser
        .click("tbody tr:nth-child(2) a[href^='/staff/review/']")
        .await;
    browser.look("reconcile-unknown").await;
    desk.decide("A refund for a ticket, agreed.", ".decide button")
        .await;

    desk.staff("reconcile?lang=ar").await;
    browser.look("reconcile-settled-arabic").await;
    browser
        .click("tbody tr:nth-child(2) a[href^='/staff/review/']")
        .await;
    browser.look("reconcile-unknown-arabic").await;
    desk.staff("reconcile?lang=en").await;
    let before = desk.sandbox.rows("tblcredit").await.len();
    browser.click("main form button").await;
    browser
        .until_text(
            ".lead ~ p.flash",
            "The last comparison found no difference.",
        )
        .await;
    browser.look("reconcile-clean").await;
    assert!(!browser.has("#findings").await);
    assert_eq!(desk.sandbox.rows("tblcredit").await.len(), before);
    desk.browser.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credit_that_nobody_can_tell_of_is_ended_by_a_person_either_way() {
    let desk = Desk::open().await;
    let browser = &desk.browser;
    desk.role(json!({ "deny": ["GetCredits"] })).await;

    // WHMCS booked it, and its answer was lost.
    desk.sandbox
        .arm(&["host", "cut-after-commit", "--on", "AddCredit"]);
    desk.pay("502.50").await;
    desk.open_item().await;
    browser.until_text("h1", "Credit is not known").await;
    browser.look("credit-not-known").await;
    assert_eq!(desk.booked("10.00").await.len(), 1);
    desk.decide(
        "It stands under Manage Credits.",
        ".decide button:not(.danger)",
    )
    .await;
    desk.until_credited(2).await;
    assert_eq!(desk.booked("10.00").await.len(), 1, "it is not sent again");

    // The connection broke before WHMCS looked at it.
    desk.sandbox.arm(&["host", "refuse", "--on", "AddCredit"]);
    desk.pay("1005").await;
    desk.open_item().await;
    let address = browser.run("return location.pathname").await;
    desk.staff(&format!(
        "{}?lang=ar",
        address.as_str().unwrap().trim_start_matches("/staff/")
    ))
    .await;
    browser.look("credit-not-known-arabic").await;
    assert!(desk.booked("20.00").await.is_empty());
    desk.decide("It is not there.", ".decide button.danger")
        .await;
    desk.until_credited(3).await;
    assert_eq!(desk.booked("20.00").await.len(), 1, "it is sent once");
    assert_eq!(desk.booked("10.00").await.len(), 1);

    // Nothing is left to decide, and WHMCS's books agree once they may be read.
    desk.role(json!({ "allow": ["GetCredits"] })).await;
    desk.staff("reconcile?lang=en").await;
    browser.click("main form button").await;
    browser
        .until_text(
            ".lead ~ p.flash",
            "The last comparison found no difference.",
        )
        .await;
    desk.browser.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_nobody_can_tell_of_is_ended_by_a_person_either_way() {
    let desk = Desk::open().await;
    let browser = &desk.browser;

    // WHMCS took it away, and its answer was lost.
    desk.pay("502.50").await;
    desk.until_credited(2).await;
    desk.role(json!({ "deny": ["GetCredits"] })).await;
    desk.take_back("cut-after-commit").await;
    browser.look("removal-not-known").await;
    let words = browser.text(".decide code").await;
    assert_eq!(desk.taken_back(&words).await, ["-10.00"]);
    desk.decide(
        "It stands under Manage Credits.",
        ".decide button:not(.danger)",
    )
    .await;
    desk.until_reversed(1).await;
    browser.look("reversed").await;
    assert_eq!(
        desk.taken_back(&words).await,
        ["-10.00"],
        "it is not taken again"
    );

    // The connection broke before WHMCS looked at it.
    desk.role(json!({ "allow": ["GetCredits"] })).await;
    desk.pay("1005").await;
    desk.until_credited(2).await;
    desk.role(json!({ "deny": ["GetCredits"] })).await;
    desk.take_back("refuse").await;
    let address = browser.run("return location.pathname").await;
    let item = address.as_str().unwrap().trim_start_matches("/staff/");
    desk.staff(&format!("{item}?lang=ar")).await;
    browser.look("removal-not-known-arabic").await;
    let words = browser.text(".decide code").await;
    assert!(desk.taken_back(&words).await.is_empty());
    desk.decide("It is not there.", ".decide button.danger")
        .await;
    desk.until_reversed(2).await;
    assert_eq!(
        desk.taken_back(&words).await,
        ["-20.00"],
        "it is taken once"
    );

    // Nothing is left to decide, and WHMCS's books agree once they may be read.
    desk.role(json!({ "allow": ["GetCredits"] })).await;
    desk.staff("reconcile?lang=en").await;
    browser.click("main form button").await;
    browser
        .until_text(
            ".lead ~ p.flash",
            "The last comparison found no difference.",
        )
        .await;
    desk.browser.end();
}

impl Desk {
    /// The operator takes the newest transfer back, and somebody approves that; what WHMCS is asked then ends in a
    /// fault. Opens the item that asks what became of it.
    async fn take_back(&self, fault: &str) {
        let phone = format!("{}/", self.sandbox.at.phone);
        let back = self.browser.open_tab(&phone).await;
        self.browser.click("form[action='/reverse'] button").await;
        self.browser.find("#messages").await;
        self.browser.close_tab(back).await;
        self.open_item().await;
        self.browser
            .until_text("h1", "Taken back by the operator")
            .await;
        self.sandbox.arm(&["host", fault, "--on", "AddCredit"]);
        self.decide("The customer has the money.", ".decide button:not(.danger)")
            .await;
        self.open_item().await;
        self.browser
            .until_text("h1", "Taking back is not known")
            .await;
    }

    /// The rows of WHMCS that have taken a credit away, by their description.
    async fn taken_back(&self, description: &str) -> Vec<String> {
        let rows = self.sandbox.rows("tblcredit").await.into_iter();
        rows.filter(|row| row["description"] == description)
            .map(|row| row["amount"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    async fn until_reversed(&self, transfers: usize) {
        until("it is taken back", PATIENCE, async || {
            self.staff("transfers?state=reversed").await;
            self.rows_shown().await == transfers
        })
        .await;
    }

    /// As a colleague does in WHMCS, or another tool.
    async fn book_by_hand(&self, amount: &str, description: &str) {
        let inspector = &self.sandbox.at.inspector;
        let may = json!({ "allow": ["AddCredit"] });
        self.credential(&inspector.identifier, may).await;
        let form = [
            ("identifier", inspector.identifier.as_str()),
            ("secret", &inspector.secret),
            ("responsetype", "json"),
            ("action", "AddCredit"),
            ("clientid", "1"),
            ("description", description),
            ("amount", amount),
        ];
        let answer = client()
            .post(format!("{}/includes/api.php", self.sandbox.at.host))
            .form(&form)
            .send()
            .await
            .unwrap();
        let said: Value = answer.json().await.unwrap();
        assert_eq!(said["result"], "success", "{said}");
    }
}

/// Long enough on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
