//! Somebody who buys services, the staff that looks after them, and what the supplier has of it.

use serde_json::{Value, json};

use crate::story::shopper::{Invoice, Shopper, Staff, expect};
use crate::story::{Page, StoryError, far_side};

pub(super) struct Buyer<'a> {
    pub shopper: Shopper<'a>,
}

impl<'a> Buyer<'a> {
    pub fn new(shopper: Shopper<'a>) -> Self {
        Self { shopper }
    }

    /// Orders a product, for a domain if it is sold for one: the invoice, and the service's number.
    pub async fn order(
        &self,
        product: &str,
        domain: Option<&str>,
    ) -> Result<(Invoice, String), StoryError> {
        let shopper = &self.shopper;
        let pid = self.product(product).await?;
        let page = format!("/cart.php?a=add&pid={pid}");
        let page = shopper.browser.open(&shopper.host(&page)).await?;
        let mut form = page.form("#add-product")?;
        if let Some(domain) = domain {
            form = form.fill("domainname", domain);
        }
        shopper.browser.send(&form).await?;
        let invoice = shopper.check_out().await?;
        let service = match domain {
            Some(domain) => far_side::text(&self.row_of(domain).await?, "id"),
            None => self.newest().await?,
        };
        Ok((invoice, service.unwrap_or_default()))
    }

    /// The customer's newest service.
    async fn newest(&self) -> Result<Option<String>, StoryError> {
        let client = self.shopper.client_id().await?;
        let path = format!("tblhosting?userid={client}");
        let rows = far_side::rows(self.shopper.addresses, &path).await?;
        let ids = rows.as_array().into_iter().flatten();
        let ids = ids.filter_map(|row| far_side::text(row, "id")?.parse::<u64>().ok());
        Ok(ids.max().map(|id| id.to_string()))
    }

    /// Orders and pays another product in a service's place; what it cost.
    pub async fn upgrade(&self, service: &str, product: &str) -> Result<String, StoryError> {
        let shopper = &self.shopper;
        let url = shopper.host(&format!("/upgrade.php?type=package&id={service}"));
        let page = shopper.browser.open(&url).await?;
        let product = self.product(product).await?;
        let form = page.form(&format!("#upgrade-{product}"))?;
        shopper.browser.send(&form).await?;
        let unpaid = shopper.unpaid().await?;
        let [invoice] = unpaid.as_slice() else {
            return Err(StoryError::wrong("the upgrade made no single invoice"));
        };
        shopper.pay(invoice).await?;
        let package = far_side::text(&self.row(service).await?, "packageid");
        expect("WHMCS's product", &package.unwrap_or_default(), &product)?;
        Ok(invoice.total.clone())
    }

    /// The number of a product, by its name.
    pub async fn product(&self, name: &str) -> Result<String, StoryError> {
        let all = far_side::rows(self.shopper.addresses, "tblproducts").await?;
        all.as_array()
            .into_iter()
            .flatten()
            .find(|row| far_side::is(row, "name", name))
            .and_then(|row| far_side::text(row, "id"))
            .ok_or_else(|| StoryError::wrong(format!("the shop does not sell {name}")))
    }

    /// WHMCS's row of the one service for a domain.
    pub async fn row_of(&self, domain: &str) -> Result<Value, StoryError> {
        let path = format!("tblhosting?domain={domain}");
        let rows = far_side::rows(self.shopper.addresses, &path).await?;
        match rows.as_array().map(Vec::as_slice) {
            Some([row]) => Ok(row.clone()),
            _ => Err(StoryError::wrong(format!(
                "WHMCS has not one service for {domain}: {rows}"
            ))),
        }
    }

    pub async fn row(&self, service: &str) -> Result<Value, StoryError> {
        far_side::row(self.shopper.addresses, "tblhosting", service).await
    }

    pub async fn status(&self, service: &str) -> Result<String, StoryError> {
        let row = self.row(service).await?;
        Ok(far_side::text(&row, "domainstatus").unwrap_or_default())
    }

    /// What Wharf goes on with by itself takes a moment.
    pub async fn wait_for(&self, service: &str, status: &str) -> Result<(), StoryError> {
        let what = format!("service {service} becomes {status}");
        self.shopper
            .wait_until(&what, async || {
                Ok((self.status(service).await? == status).then_some(()))
            })
            .await
    }

    pub fn page_url(&self, service: &str) -> String {
        let path = format!("/clientarea.php?action=productdetails&id={service}");
        self.shopper.host(&path)
    }

    pub async fn page(&self, service: &str) -> Result<Page, StoryError> {
        self.shopper.browser.open(&self.page_url(service)).await
    }

    /// Everything that the supplier ever had for a domain.
    pub async fn ever(&self, domain: &str) -> Result<Vec<Value>, StoryError> {
        let url = format!("{}/_sandbox/services", self.shopper.addresses.supplier);
        let all = crate::story::json(&url).await?;
        let mine = all.as_array().into_iter().flatten();
        Ok(mine
            .filter(|service| far_side::is(service, "domain", domain))
            .cloned()
            .collect())
    }

    /// The supplier's one service for a domain: one that ever was, with one licence, of this customer.
    pub async fn held(&self, domain: &str) -> Result<Value, StoryError> {
        let addresses = self.shopper.addresses;
        let ever = self.ever(domain).await?;
        if ever.len() != 1 {
            return Err(StoryError::wrong(format!(
                "the supplier has had {} services for {domain}, not 1",
                ever.len()
            )));
        }
        let user = far_side::user(addresses, &self.shopper.email).await?;
        far_side::service(addresses, &user, domain).await
    }

    /// The supplier has it in this state.
    pub async fn expect_held(&self, domain: &str, status: &str) -> Result<Value, StoryError> {
        let held = self.held(domain).await?;
        let found = far_side::text(&held, "status").unwrap_or_default();
        expect(&format!("{domain} at the supplier"), &found, status)?;
        Ok(held)
    }

    /// Switches of the supplier's: what it refuses.
    pub async fn supplier_refuses(&self, licences: bool, token: bool) -> Result<(), StoryError> {
        let switches = json!({ "licences": licences, "token": token });
        self.put("/_sandbox/refuses", &switches).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Result<(), StoryError> {
        let url = format!("{}{path}", self.shopper.addresses.supplier);
        let answer = crate::story::client()?.put(&url).json(body).send().await?;
        if answer.status().is_success() {
            return Ok(());
        }
        let status = answer.status();
        Err(StoryError::wrong(format!("{url} answered {status}")))
    }

    pub async fn put_back(&self) {
        let _ = self.supplier_refuses(false, false).await;
        let _ = self.no_faults().await;
    }

    pub async fn no_faults(&self) -> Result<(), StoryError> {
        let url = format!("{}/_sandbox/faults", self.shopper.addresses.supplier);
        crate::story::client()?.delete(&url).send().await?;
        Ok(())
    }

    /// Staff has the module do something; what the page says against it.
    pub async fn staff_does(
        &self,
        service: &str,
        what: &str,
    ) -> Result<Result<(), String>, StoryError> {
        let staff = Staff::log_in(self.shopper.addresses).await?;
        let path = format!("/admin/services/{service}");
        let page = staff.page(&path).await?;
        let form = page.form("#service-action")?.fill("do", what);
        let page = staff.send(&form).await?;
        Ok(page.text(".note.bad").map_or(Ok(()), Err))
    }

    /// What waits in WHMCS's module queue for a service.
    pub async fn queued(&self, service: &str) -> Result<Vec<Value>, StoryError> {
        let path = format!("tblmodulequeue?service_id={service}");
        let rows = far_side::rows(self.shopper.addresses, &path).await?;
        let open = rows.as_array().into_iter().flatten();
        Ok(open
            .filter(|row| {
                far_side::is(row, "service_type", "service") && far_side::is(row, "completed", "0")
            })
            .cloned()
            .collect())
    }

    /// How often the customer was mailed that something of this product is active.
    pub async fn welcomes(&self, product: &str) -> Result<usize, StoryError> {
        let client = self.shopper.client_id().await?;
        let path = format!("tblemails?userid={client}");
        let rows = far_side::rows(self.shopper.addresses, &path).await?;
        let subject = format!("Welcome: {product} is active");
        let mails = rows.as_array().into_iter().flatten();
        Ok(mails
            .filter(|row| far_side::is(row, "subject", &subject))
            .count())
    }
}
