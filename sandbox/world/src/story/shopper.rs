//! A customer of the shop, what staff and time do around him, and what is to be seen of it.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::{Form, Page, StoryError, Visitor, far_side};
use crate::Addresses;

/// What a step says of itself, and what the next ones need of it.
pub(super) type Played<T> = Result<(String, T), StoryError>;

/// One customer with an account of his own.
pub(super) struct Shopper<'a> {
    pub addresses: &'a Addresses,
    pub browser: Visitor,
    /// Drawn; makes the names of this story its own.
    pub word: String,
    pub email: String,
    password: String,
}

/// An invoice that was made out to him.
#[derive(Clone, Debug)]
pub(super) struct Invoice {
    pub id: String,
    pub total: String,
}

impl<'a> Shopper<'a> {
    pub fn new(addresses: &'a Addresses) -> Result<Self, StoryError> {
        let mut bytes = [0_u8; 4];
        getrandom::fill(&mut bytes).map_err(|error| StoryError::wrong(error.to_string()))?;
        let word = hex::encode(bytes);
        Ok(Self {
            addresses,
            browser: Visitor::new()?,
            email: format!("mona.{word}@example.com"),
            password: format!("A-sample-pass-4-{word}"),
            word,
        })
    }

    pub fn host(&self, path: &str) -> String {
        format!("{}{path}", self.addresses.host)
    }

    /// The shop's answer to a search.
    pub async fn search(&self, name: &str) -> Result<Page, StoryError> {
        let shop = self.browser.open(&self.host("/")).await?;
        self.browser
            .send(&shop.form("#domain-search")?.fill("query", name))
            .await
    }

    pub async fn add_registration(&self, name: &str) -> Result<Page, StoryError> {
        let found = self.search(name).await?;
        let form = found.form(&format!("#add-domain-{}", name.replace('.', "-")))?;
        self.in_cart(name, &form).await
    }

    pub async fn add_transfer(&self, name: &str, code: &str) -> Result<Page, StoryError> {
        let page = self.transfer_page(name).await?;
        let form = page.form("#add-transfer")?.fill("epp", code);
        self.in_cart(name, &form).await
    }

    /// Tries to put a transfer into the cart; what the shop says against it.
    pub async fn refused_transfer(&self, name: &str, code: &str) -> Result<String, StoryError> {
        let page = self.transfer_page(name).await?;
        let page = self
            .browser
            .send(&page.form("#add-transfer")?.fill("epp", code))
            .await?;
        if page
            .url
            .query()
            .is_some_and(|query| query.contains("a=view"))
        {
            return Err(StoryError::wrong(format!(
                "the transfer of {name} was taken into the cart"
            )));
        }
        page.text(".note.bad, .bad")
    }

    async fn transfer_page(&self, name: &str) -> Result<Page, StoryError> {
        let path = format!("/cart.php?a=add&domain=transfer&query={name}");
        self.browser.open(&self.host(&path)).await
    }

    async fn in_cart(&self, name: &str, form: &Form) -> Result<Page, StoryError> {
        self.browser.send(form).await?;
        let cart = self.browser.open(&self.host("/cart.php?a=view")).await?;
        cart.must_show(name)?;
        Ok(cart)
    }

    /// Orders what is in the cart: signs up the first time, is known afterwards.
    pub async fn check_out(&self) -> Result<Invoice, StoryError> {
        let page = self
            .browser
            .open(&self.host("/cart.php?a=checkout"))
            .await?;
        let mut form = page.form("#checkout")?.fill("accepttos", "on");
        if page.has("input[name=firstname]") {
            for (field, value) in [
                ("custtype", "new"),
                ("firstname", "Mona"),
                ("lastname", "Sample"),
                ("email", self.email.as_str()),
                ("phonenumber", "01012345678"),
                ("address1", "1 Sample Street"),
                ("city", "Cairo"),
                ("state", "Cairo"),
                ("postcode", "11511"),
                ("country", "EG"),
                ("password", &self.password),
                ("password2", &self.password),
            ] {
                form = form.fill(field, value);
            }
        }
        let page = self.browser.send(&form).await?;
        invoice_of(&page)
    }

    pub fn domain_url(&self, id: &str) -> String {
        self.host(&format!("/clientarea.php?action=domaindetails&id={id}"))
    }

    /// Sends one of the forms of a domain's page.
    pub async fn change_domain(
        &self,
        id: &str,
        form: &str,
        fields: &[(&str, &str)],
    ) -> Result<Page, StoryError> {
        let page = self.browser.open(&self.domain_url(id)).await?;
        let mut form = page.form(form)?;
        for (field, value) in fields {
            form = form.fill(field, value);
        }
        self.browser.send(&form).await
    }

    /// The customer pays at the bank, and staff books it. Whatever was bought is done on the way.
    pub async fn pay(&self, invoice: &Invoice) -> Result<(), StoryError> {
        self.api(
            "AddInvoicePayment",
            &[
                ("invoiceid", invoice.id.as_str()),
                ("transid", &format!("bank-{}-{}", self.word, invoice.id)),
                ("gateway", "wharf"),
            ],
        )
        .await?;
        let row = far_side::row(self.addresses, "tblinvoices", &invoice.id).await?;
        expect(
            &format!("invoice {}", invoice.id),
            &far_side::text(&row, "status").unwrap_or_default(),
            "Paid",
        )
    }

    /// A call of WHMCS's API, as staff's own programs make them.
    pub async fn api(&self, action: &str, fields: &[(&str, &str)]) -> Result<Value, StoryError> {
        let inspector = &self.addresses.inspector;
        let mut all = vec![
            ("action", action),
            ("responsetype", "json"),
            ("identifier", &inspector.identifier),
            ("secret", &inspector.secret),
        ];
        all.extend_from_slice(fields);
        let answer: Value = super::client()?
            .post(self.host("/includes/api.php"))
            .form(&all)
            .send()
            .await?
            .json()
            .await?;
        if !far_side::is(&answer, "result", "success") {
            let text = far_side::text(&answer, "message").unwrap_or_else(|| answer.to_string());
            return Err(StoryError::wrong(format!("{action}: {text}")));
        }
        Ok(answer)
    }

    /// WHMCS's row of a domain.
    pub async fn domain(&self, name: &str) -> Result<Value, StoryError> {
        let rows = far_side::rows(self.addresses, &format!("tbldomains?domain={name}")).await?;
        match rows.as_array().map(Vec::as_slice) {
            Some([row]) => Ok(row.clone()),
            Some(rows) => Err(StoryError::wrong(format!(
                "WHMCS has {name} {} times, not once",
                rows.len()
            ))),
            None => Err(StoryError::wrong("the host shows no list of its domains")),
        }
    }

    pub async fn domain_id(&self, name: &str) -> Result<String, StoryError> {
        Ok(far_side::text(&self.domain(name).await?, "id").unwrap_or_default())
    }

    pub async fn status(&self, name: &str) -> Result<String, StoryError> {
        Ok(far_side::text(&self.domain(name).await?, "status").unwrap_or_default())
    }

    /// Waits until WHMCS has the domain in this status: what Wharf does in the background takes a moment.
    pub async fn wait_for(&self, name: &str, status: &str) -> Result<(), StoryError> {
        let limit = Instant::now() + PATIENCE;
        loop {
            let now = self.status(name).await?;
            if now == status {
                return Ok(());
            }
            if Instant::now() > limit {
                return Err(StoryError::wrong(format!(
                    "WHMCS has {name} as {now}, not {status}"
                )));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until a look at the world finds what it looks for.
    pub async fn wait_until<T>(
        &self,
        what: &str,
        mut look: impl AsyncFnMut() -> Result<Option<T>, StoryError>,
    ) -> Result<T, StoryError> {
        let limit = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            if Instant::now() > limit {
                return Err(StoryError::wrong(format!("waited in vain: {what}")));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// The invoices of this customer that are not paid, newest first.
    pub async fn unpaid(&self) -> Result<Vec<Invoice>, StoryError> {
        let client = self.client_id().await?;
        let path = format!("tblinvoices?userid={client}");
        let rows = far_side::rows(self.addresses, &path).await?;
        let mut unpaid: Vec<Invoice> = rows
            .as_array()
            .into_iter()
            .flatten()
            .filter(|row| far_side::is(row, "status", "Unpaid"))
            .map(|row| Invoice {
                id: far_side::text(row, "id").unwrap_or_default(),
                total: far_side::text(row, "total").unwrap_or_default(),
            })
            .collect();
        unpaid.reverse();
        Ok(unpaid)
    }

    pub async fn client_id(&self) -> Result<String, StoryError> {
        let path = format!("tblclients?email={}", self.email);
        let rows = far_side::rows(self.addresses, &path).await?;
        rows.get(0)
            .and_then(|row| far_side::text(row, "id"))
            .ok_or_else(|| StoryError::wrong(format!("WHMCS has no client {}", self.email)))
    }

    /// Time goes by in steps of so many days, with WHMCS's cron after each.
    pub async fn days(&self, days: u64, step: u64) -> Result<(), StoryError> {
        let mut left = days;
        while left > 0 {
            let now = left.min(step.max(1));
            self.step(now * 86_400, true).await?;
            left -= now;
        }
        Ok(())
    }

    /// Orders a registration, pays it, and waits until it is active.
    pub async fn buy(&self, name: &str) -> Result<Invoice, StoryError> {
        self.add_registration(name).await?;
        let invoice = self.check_out().await?;
        self.pay(&invoice).await?;
        self.wait_for(name, "Active").await?;
        Ok(invoice)
    }

    /// The registry's record of a domain that must be there.
    pub async fn held(&self, name: &str) -> Result<Value, StoryError> {
        self.record(name)
            .await?
            .ok_or_else(|| StoryError::wrong(format!("the registry has no {name}")))
    }

    /// What the account has left at the registrar.
    pub async fn balance(&self) -> Result<String, StoryError> {
        let url = format!("{}/_sandbox/accounts", self.addresses.registry);
        let all = super::json(&url).await?;
        let mine = all
            .as_array()
            .into_iter()
            .flatten()
            .find(|account| far_side::is(account, "login", &self.addresses.registrar.username));
        mine.and_then(|account| far_side::text(account, "balance"))
            .ok_or_else(|| StoryError::wrong("the registry does not show the account"))
    }

    /// One step of time.
    pub async fn step(&self, seconds: u64, cron: bool) -> Result<(), StoryError> {
        let step = json!({ "seconds": seconds, "cron": cron });
        control(self.addresses, "clock.json", &step)
            .await
            .map(|_| ())
    }

    /// The sandbox's day.
    pub async fn today(&self) -> Result<String, StoryError> {
        let clock = super::json(&format!("{}/clock.json", self.addresses.control)).await?;
        let now = far_side::text(&clock, "now").unwrap_or_default();
        Ok(now.chars().take(10).collect())
    }

    /// Somebody else does something at the registry.
    pub async fn outside(&self, path: &str, body: &Value) -> Result<Value, StoryError> {
        let url = format!("{}/_sandbox/{path}", self.addresses.registry);
        let answer = super::client()?.post(&url).json(body).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            return Err(StoryError::wrong(format!(
                "{url} answered {status}: {text}"
            )));
        }
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    /// The registry's record of a domain; `None` when it has none.
    pub async fn record(&self, name: &str) -> Result<Option<Value>, StoryError> {
        let all = super::json(&format!("{}/_sandbox/domains", self.addresses.registry)).await?;
        let mut mine = all
            .as_array()
            .into_iter()
            .flatten()
            .filter(|domain| far_side::is(domain, "domain", name));
        match (mine.next(), mine.count()) {
            (one, 0) => Ok(one.cloned()),
            (_, more) => Err(StoryError::wrong(format!(
                "the registry has {name} {} times",
                more + 1
            ))),
        }
    }

    /// A daemon that an earlier story had killed may still be on its way back.
    pub async fn wait_for_daemon(&self) -> Result<(), StoryError> {
        let health = format!("{}/healthz", self.addresses.daemon);
        self.wait_until("the daemon becomes healthy", async || {
            Ok(super::json(&health).await.ok())
        })
        .await
        .map(|_| ())
    }
}

/// A member of staff with a browser.
pub(super) struct Staff<'a> {
    addresses: &'a Addresses,
    browser: Visitor,
}

impl<'a> Staff<'a> {
    pub async fn log_in(addresses: &'a Addresses) -> Result<Self, StoryError> {
        let browser = Visitor::new()?;
        let page = browser
            .open(&format!("{}/admin/login", addresses.host))
            .await?;
        let form = page
            .form("#admin-login")?
            .fill("username", &addresses.staff.username)
            .fill("password", &addresses.staff.password);
        browser.send(&form).await?;
        Ok(Self { addresses, browser })
    }

    /// Saves one of a registrar module's settings.
    pub async fn choose(&self, module: &str, field: &str, value: &str) -> Result<(), StoryError> {
        let url = format!("{}/admin/modules/registrar/{module}", self.addresses.host);
        let form = self.browser.open(&url).await?.form("#module-settings")?;
        let form = form.fill(&format!("field[{field}]"), value);
        let page = self.browser.send(&form).await?;
        match page.text(".note.bad") {
            Ok(complaint) => Err(StoryError::wrong(complaint)),
            Err(_) => Ok(()),
        }
    }

    pub async fn domain(&self, id: &str) -> Result<Page, StoryError> {
        self.page(&format!("/admin/domains/{id}")).await
    }

    pub async fn page(&self, path: &str) -> Result<Page, StoryError> {
        let url = format!("{}{path}", self.addresses.host);
        self.browser.open(&url).await
    }

    pub async fn send(&self, form: &Form) -> Result<Page, StoryError> {
        self.browser.send(form).await
    }

    /// Presses one of the buttons that Wharf gives the page; it must be there, and it must work.
    pub async fn press(&self, id: &str, function: &str) -> Result<(), StoryError> {
        let page = self.domain(id).await?;
        let button = format!("#custom-action button[value={function}]");
        page.attribute(&button, "value")?;
        let form = page.form("#custom-action")?.fill("custom", function);
        let page = self.browser.send(&form).await?;
        match page.text(".note.bad") {
            Ok(complaint) => Err(StoryError::wrong(format!("{function}: {complaint}"))),
            Err(_) => Ok(()),
        }
    }
}

/// Posts to the sandbox's control, as its commands do.
pub(super) async fn control(
    addresses: &Addresses,
    path: &str,
    body: &Value,
) -> Result<Value, StoryError> {
    let url = format!("{}/{path}", addresses.control);
    let answer = super::client()?
        .post(&url)
        .header("x-sandbox", "1")
        .json(body)
        .send()
        .await?;
    let status = answer.status();
    let text = answer.text().await?;
    if !status.is_success() {
        return Err(StoryError::wrong(format!(
            "{url} answered {status}: {text}"
        )));
    }
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

pub(super) fn expect(what: &str, found: &str, wanted: &str) -> Result<(), StoryError> {
    if found == wanted {
        return Ok(());
    }
    Err(StoryError::wrong(format!(
        "{what} is {found}, not {wanted}"
    )))
}

pub(super) fn facts<const N: usize>(facts: [(&str, Value); N]) -> Map<String, Value> {
    facts
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

pub(super) fn is_locked(record: &Value) -> bool {
    record.get("transfer_lock") == Some(&Value::Bool(true))
}

/// The day of a moment as the registry or WHMCS writes it.
pub(super) fn day(record: &Value, field: &str) -> String {
    let text = far_side::text(record, field).unwrap_or_default();
    text.chars().take(10).collect()
}

/// The same day, so many years later.
pub(super) fn years_after(day: &str, years: i64) -> Result<String, StoryError> {
    let date: jiff::civil::Date = day
        .parse()
        .map_err(|_| StoryError::wrong(format!("\"{day}\" is no day")))?;
    let later = date
        .checked_add(jiff::Span::new().years(years))
        .map_err(|error| StoryError::wrong(error.to_string()))?;
    Ok(later.to_string())
}

fn invoice_of(page: &Page) -> Result<Invoice, StoryError> {
    let status = page.text("#invoice-status")?;
    expect("the new invoice", &status, "Unpaid")?;
    let id = page
        .url
        .query_pairs()
        .find(|(key, _)| key == "id")
        .map(|(_, value)| value.into_owned())
        .ok_or_else(|| StoryError::wrong(format!("{} names no invoice", page.url)))?;
    Ok(Invoice {
        id,
        total: page.text("#invoice-total").unwrap_or_default(),
    })
}

const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);
