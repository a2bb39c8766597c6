//! A visitor buys a domain and a security service, pays from a mobile wallet, and finds both active.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wharf_core::Clock;

use super::{Ending, Page, Step, StoryError, Timeline, Visitor, far_side};
use crate::Addresses;

/// Plays the purchase; `show` gets each step as soon as it is done.
pub async fn purchase(
    addresses: &Addresses,
    show: impl FnMut(&Step) + Send,
) -> Result<Ending, StoryError> {
    let customer = Customer::new(addresses)?;
    customer.wait_for_daemon().await?;
    let mut time = Timeline::new(addresses, show);

    time.step("visitor", customer.search()).await?;
    time.step("visitor", customer.fill_cart()).await?;
    let invoice = time.step("visitor", customer.check_out()).await?;
    let quote = time
        .step("customer", customer.choose_wallet(&invoice))
        .await?;
    time.step("customer", customer.claim(&invoice, &quote))
        .await?;
    let sent = time.step("phone", customer.send_money(&quote)).await?;
    let taken_at = time
        .step("phone", customer.wait_for_delivery(&sent))
        .await?;
    let active_at = time
        .step("wharf", customer.wait_until_active(&invoice))
        .await?;

    time.step("host", customer.prove_payment(&invoice, &quote, &sent))
        .await?;
    time.step("registry", customer.prove_domain()).await?;
    let service = time.step("supplier", customer.prove_service()).await?;
    time.step("customer", customer.see_domain()).await?;
    time.step("customer", customer.see_service(&service))
        .await?;
    let waited = u32::try_from((active_at - taken_at).max(0)).unwrap_or(u32::MAX);
    Ok(Ending {
        outcome: "active",
        seconds_from_sms_to_active: f64::from(waited) / 1_000.0,
        domain: customer.domain,
        client_email: customer.email,
        invoice: invoice.id,
    })
}

struct Customer<'a> {
    addresses: &'a Addresses,
    browser: Visitor,
    clock: Clock,
    domain: String,
    email: String,
    /// A phone of one's own: how often one phone may claim is limited.
    payer: String,
}

struct Invoice {
    url: String,
    id: String,
    client: String,
    total: String,
}

struct Quote {
    wallet: String,
    /// Pounds, as the customer types them into the phone.
    pounds: String,
    form: super::Form,
}

struct Sent {
    transaction: String,
    sms: String,
}

type Played<T> = Result<(String, T), StoryError>;

impl<'a> Customer<'a> {
    fn new(addresses: &'a Addresses) -> Result<Self, StoryError> {
        let mut bytes = [0_u8; 4];
        getrandom::fill(&mut bytes).map_err(|error| StoryError::wrong(error.to_string()))?;
        let word = hex::encode(bytes);
        Ok(Self {
            addresses,
            browser: Visitor::new()?,
            clock: addresses.clock(),
            domain: format!("nile-{word}.com"),
            email: format!("mona.{word}@example.com"),
            payer: format!("010{:08}", u32::from_be_bytes(bytes) % 100_000_000),
        })
    }

    fn host(&self, path: &str) -> String {
        format!("{}{path}", self.addresses.host)
    }

    /// A daemon that an earlier story had killed may still be on its way back.
    async fn wait_for_daemon(&self) -> Result<(), StoryError> {
        let limit = Instant::now() + PATIENCE;
        while super::json(&format!("{}/healthz", self.addresses.daemon))
            .await
            .is_err()
        {
            if Instant::now() > limit {
                return Err(StoryError::wrong("the daemon does not become healthy"));
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// 1. Availability comes from the registry, through the lookup registrar's PHP module.
    async fn search(&self) -> Played<()> {
        let shop = self.browser.open(&self.host("/")).await?;
        let form = shop.form("#domain-search")?.fill("query", &self.domain);
        let found = self.browser.send(&form).await?;
        found.form(&self.add_form())?;
        Ok((format!("searches {}: available", self.domain), ()))
    }

    /// 2. Domain and security product into the cart.
    async fn fill_cart(&self) -> Played<()> {
        let shop = self.browser.open(&self.host("/")).await?;
        let found = self
            .browser
            .send(&shop.form("#domain-search")?.fill("query", &self.domain))
            .await?;
        self.browser.send(&found.form(&self.add_form())?).await?;

        let product = shop.attribute("article a.button[href*='pid=']", "href")?;
        let page = self.browser.open(&self.host(&product)).await?;
        self.browser
            .send(&page.form("#add-product")?.fill("domainname", &self.domain))
            .await?;
        let cart = self.browser.open(&self.host("/cart.php?a=view")).await?;
        cart.must_show(&self.domain)?;
        cart.must_show("SiteShield Pro")?;
        Ok((
            "puts the domain and SiteShield Pro in the cart".to_owned(),
            (),
        ))
    }

    /// Signs up and orders: an order, and an unpaid invoice.
    async fn check_out(&self) -> Played<Invoice> {
        let page = self
            .browser
            .open(&self.host("/cart.php?a=checkout"))
            .await?;
        let mut form = page.form("#checkout")?;
        for (field, value) in [
            ("custtype", "new"),
            ("firstname", "Mona"),
            ("lastname", "Sample"),
            ("email", &self.email),
            ("phonenumber", "01012345678"),
            ("address1", "1 Sample Street"),
            ("city", "Cairo"),
            ("state", "Cairo"),
            ("postcode", "11511"),
            ("country", "EG"),
            ("password", "A-sample-pass-4-Mona"),
            ("password2", "A-sample-pass-4-Mona"),
            ("accepttos", "on"),
        ] {
            form = form.fill(field, value);
        }
        let invoice = self.browser.send(&form).await?;
        let status = invoice.text("#invoice-status")?;
        if status != "Unpaid" {
            return Err(StoryError::wrong(format!(
                "the new invoice is {status}, not Unpaid"
            )));
        }
        let id = query_value(&invoice, "id")?;
        let row = far_side::row(self.addresses, "tblinvoices", &id).await?;
        let invoice = Invoice {
            url: invoice.url.to_string(),
            client: far_side::text(&row, "userid").unwrap_or_default(),
            total: far_side::text(&row, "total").unwrap_or_default(),
            id,
        };
        Ok((
            format!(
                "signs up and orders: invoice {} over {} USD, unpaid",
                invoice.id, invoice.total
            ),
            invoice,
        ))
    }

    /// 3. The invoice page shows what to send where.
    async fn choose_wallet(&self, invoice: &Invoice) -> Played<Quote> {
        let page = self.browser.open(&invoice.url).await?;
        let page = self.browser.send(&page.form("#choose-gateway")?).await?;
        let minor: i64 = page
            .attribute("[data-amount-egp-minor]", "data-amount-egp-minor")?
            .parse()
            .map_err(|_| StoryError::wrong("the quoted amount is no number"))?;
        let quote = Quote {
            wallet: page.attribute("[data-wallet]", "data-wallet")?,
            pounds: format!("{}.{:02}", minor / 100, minor % 100),
            form: page.form("#wharf-claim")?,
        };
        if quote.wallet != self.addresses.store_wallet {
            return Err(StoryError::wrong(format!(
                "the page names the wallet {}, not the store's",
                quote.wallet
            )));
        }
        let expires: i64 = page
            .attribute("[data-expires]", "data-expires")?
            .parse()
            .map_err(|_| StoryError::wrong("the quote's expiry is no time"))?;
        let minutes = (expires - self.clock.now_ms() + 30_000) / 60_000;
        if minutes < 1 {
            return Err(StoryError::wrong(
                "the quote has expired before it was read",
            ));
        }
        let says = format!(
            "is quoted {} EGP to {}, for {minutes} minutes",
            quote.pounds, quote.wallet
        );
        Ok((says, quote))
    }

    async fn claim(&self, invoice: &Invoice, quote: &Quote) -> Played<()> {
        let page = self
            .browser
            .send(&quote.form.clone().fill("phone", &self.payer))
            .await?;
        let state = page.attribute("[data-state]", "data-state")?;
        if state != "waiting" {
            let text: String = page
                .text("#payment")
                .unwrap_or_default()
                .chars()
                .take(200)
                .collect();
            return Err(StoryError::wrong(format!(
                "after the claim invoice {} is {state}, not waiting; the page says: {text}",
                invoice.id
            )));
        }
        Ok((format!("says that the money comes from {}", self.payer), ()))
    }

    /// 4. The operator moves the money and writes both sides an SMS.
    async fn send_money(&self, quote: &Quote) -> Played<Sent> {
        let wallet =
            json!({ "number": self.payer, "name": "Mona Sample", "balance_minor": 1_000_000 });
        let opened = super::client()?
            .post(format!("{}/_sandbox/wallets", self.addresses.phone))
            .json(&wallet)
            .send()
            .await?;
        if !opened.status().is_success() {
            let status = opened.status();
            return Err(StoryError::wrong(format!(
                "the phone opens no wallet: {status}"
            )));
        }
        let order = json!({ "from": self.payer, "to": quote.wallet, "amount": quote.pounds });
        let answer = super::client()?
            .post(format!("{}/api/send", self.addresses.phone))
            .json(&order)
            .send()
            .await?;
        let status = answer.status();
        let answer: Value = answer.json().await?;
        let field = |name| far_side::text(&answer, name);
        match (field("transaction_id"), field("sms_id")) {
            (Some(transaction), Some(sms)) => {
                let says = format!("sends {} EGP, operation {transaction}", quote.pounds);
                Ok((says, Sent { transaction, sms }))
            }
            _ => Err(StoryError::wrong(format!(
                "the phone answered {status}: {answer}"
            ))),
        }
    }

    /// The forwarder app has Wharf's word that the message is kept; when.
    async fn wait_for_delivery(&self, sent: &Sent) -> Played<i64> {
        let limit = Instant::now() + PATIENCE;
        loop {
            let messages =
                super::json(&format!("{}/_sandbox/messages", self.addresses.phone)).await?;
            let message = messages
                .as_array()
                .into_iter()
                .flatten()
                .find(|m| far_side::is(m, "sms_id", &sent.sms));
            let delivery = message.and_then(|message| message.pointer("/deliveries/0"));
            if let Some(at) = delivery.and_then(|delivery| delivery.get("taken_at_ms")?.as_i64()) {
                return Ok((
                    "the operator's message is forwarded and accepted by Wharf".to_owned(),
                    at,
                ));
            }
            if Instant::now() > limit {
                let state = delivery.map(Value::to_string).unwrap_or_default();
                return Err(StoryError::wrong(format!(
                    "the message did not reach Wharf: {state}"
                )));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// 5., 6. Paid, accepted, registered, created; when the last of it was seen.
    async fn wait_until_active(&self, invoice: &Invoice) -> Played<i64> {
        let limit = Instant::now() + PATIENCE;
        loop {
            let at = self.clock.now_ms();
            let missing = self.not_yet(invoice).await?;
            let Some(missing) = missing else {
                let says =
                    "matched, credited, invoice paid, order accepted, domain and service active";
                return Ok((says.to_owned(), at));
            };
            if Instant::now() > limit {
                return Err(StoryError::wrong(format!(
                    "after {} s {missing}",
                    PATIENCE.as_secs()
                )));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// What the host still waits for.
    async fn not_yet(&self, invoice: &Invoice) -> Result<Option<String>, StoryError> {
        let client = &invoice.client;
        for (table, owner, column, wanted) in [
            ("tblhosting", "userid", "domainstatus", "Active"),
            ("tbldomains", "userid", "status", "Active"),
            ("tblinvoices", "userid", "status", "Paid"),
            ("tblorders", "userid", "status", "Active"),
        ] {
            let rows = far_side::rows(self.addresses, &format!("{table}?{owner}={client}")).await?;
            let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
            if rows.len() != 1 {
                return Err(StoryError::wrong(format!(
                    "the client has {} rows in {table}, not 1",
                    rows.len()
                )));
            }
            let state = rows
                .first()
                .and_then(|row| far_side::text(row, column))
                .unwrap_or_default();
            if state != wanted {
                return Ok(Some(format!("{table} says {state}, not {wanted}")));
            }
        }
        Ok(None)
    }

    async fn prove_payment(&self, invoice: &Invoice, quote: &Quote, sent: &Sent) -> Played<()> {
        let credit = far_side::credit(self.addresses, &invoice.client, &sent.transaction).await?;
        let amount = far_side::text(&credit, "amount").unwrap_or_default();
        if amount != invoice.total {
            return Err(StoryError::wrong(format!(
                "{amount} was credited for {} EGP, not {}",
                quote.pounds, invoice.total
            )));
        }
        let row = far_side::row(self.addresses, "tblinvoices", &invoice.id).await?;
        if !far_side::is(&row, "credit", &invoice.total) && !far_side::is(&row, "total", "0.00") {
            return Err(StoryError::wrong(format!(
                "the invoice was not paid by the credit: {row}"
            )));
        }
        let client = far_side::row(self.addresses, "tblclients", &invoice.client).await?;
        let left = far_side::text(&client, "credit").unwrap_or_default();
        if left.parse::<f64>().unwrap_or(1.0) != 0.0 {
            return Err(StoryError::wrong(format!(
                "the client has {left} of credit left"
            )));
        }
        Ok((
            format!("shows one credit of {amount} USD for the transfer, all of it on the invoice"),
            (),
        ))
    }

    async fn prove_domain(&self) -> Played<()> {
        let record = far_side::domain(self.addresses, &self.domain).await?;
        let servers = record
            .get("nameservers")
            .and_then(Value::as_array)
            .map(Vec::len)
            .unwrap_or_default();
        if servers < 2 {
            return Err(StoryError::wrong(format!(
                "the registry has {servers} name servers for the domain"
            )));
        }
        if !record.to_string().contains(&self.email) {
            return Err(StoryError::wrong(
                "the registry's record does not name the customer as owner",
            ));
        }
        Ok((
            format!(
                "has {} once, for the customer, with {servers} name servers",
                self.domain
            ),
            (),
        ))
    }

    async fn prove_service(&self) -> Played<Value> {
        let user = far_side::user(self.addresses, &self.email).await?;
        let service = far_side::service(self.addresses, &user, &self.domain).await?;
        if !far_side::is(&service, "status", "active") {
            return Err(StoryError::wrong(format!(
                "the supplier's service is not active: {service}"
            )));
        }
        Ok((
            "has one user, one active service and one licence".to_owned(),
            service,
        ))
    }

    /// 7. The client area.
    async fn see_domain(&self) -> Played<()> {
        let list = self
            .browser
            .open(&self.host("/clientarea.php?action=domains"))
            .await?;
        let link = list.attribute("a[href*='action=domaindetails']", "href")?;
        let page = self
            .reload_while(&self.host(&link), |page| page.has("#registry-trouble"))
            .await?;
        if page.text("#domain-status")? != "Active" {
            return Err(StoryError::wrong(
                "the client area does not show the domain as Active",
            ));
        }
        let servers = page.text("#nameserver-list")?;
        if servers.split_whitespace().count() < 2 {
            return Err(StoryError::wrong(format!(
                "the client area shows these name servers: {servers}"
            )));
        }
        Ok((format!("sees the domain Active with {servers}"), ()))
    }

    async fn see_service(&self, service: &Value) -> Played<()> {
        let list = self
            .browser
            .open(&self.host("/clientarea.php?action=services"))
            .await?;
        let link = list.attribute("a[href*='action=productdetails']", "href")?;
        let key = service
            .pointer("/licences/0/key")
            .and_then(Value::as_str)
            .unwrap_or("no key");
        let page = self
            .reload_while(&self.host(&link), |page| !page.all_text().contains(key))
            .await?;
        if page.text("#service-status")? != "Active" {
            return Err(StoryError::wrong(
                "the client area does not show the service as Active",
            ));
        }
        page.must_show(key)?;
        let dashboard = service
            .get("dashboard_url")
            .and_then(Value::as_str)
            .unwrap_or("no link");
        let link = page.attribute(&format!("a[href='{dashboard}']"), "href")?;
        self.browser.open(&link).await?;
        Ok((
            format!("sees SiteShield Pro Active with its licence key, and opens {link}"),
            (),
        ))
    }

    /// Opens a page, again if need be: a daemon that was killed takes a moment to come back, and the page says so
    /// meanwhile.
    async fn reload_while(
        &self,
        url: &str,
        not_yet: impl Fn(&Page) -> bool,
    ) -> Result<Page, StoryError> {
        let limit = Instant::now() + PATIENCE;
        loop {
            let page = self.browser.open(url).await?;
            if !not_yet(&page) || Instant::now() > limit {
                return Ok(page);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    fn add_form(&self) -> String {
        format!("#add-domain-{}", self.domain.replace('.', "-"))
    }
}

fn query_value(page: &Page, name: &str) -> Result<String, StoryError> {
    page.url
        .query_pairs()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
        .ok_or_else(|| StoryError::wrong(format!("{} names no {name}", page.url)))
}

/// Long enough for a killed daemon to come back and settle.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(10);
