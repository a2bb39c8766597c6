//! A service from its order to its end: bought, opened, used, upgraded, given a password, suspended, paid for, ended.

use serde_json::{Value, json};

use super::buyer::Buyer;
use crate::story::shopper::{Played, expect};
use crate::story::{StoryError, Timeline, Told, far_side, told};

pub(super) async fn play(buyer: &Buyer<'_>, mut time: Timeline<'_>) -> Result<Told, StoryError> {
    let domain = format!("shield-{}.com", buyer.shopper.word);
    let life = Life { buyer, domain };
    let service = time.step("customer", life.buy()).await?;
    let held = time.step("supplier", life.is_there()).await?;
    time.step("customer", life.look(&service, &held)).await?;
    time.step("customer", life.sign_on(&service)).await?;
    time.step("customer", life.scan(&service)).await?;
    time.step("time", life.use_it(&service, &held)).await?;
    time.step("customer", life.upgrade(&service)).await?;
    time.step("customer", life.set_password(&service)).await?;
    time.step("time", life.fall_behind(&service)).await?;
    time.step("customer", life.pay(&service)).await?;
    time.step("staff", life.compare(&service)).await?;
    time.step("staff", life.end(&service)).await?;
    Ok(told(
        format!(
            "The service for {} was made once, lived, and was ended",
            life.domain
        ),
        json!({ "domain": life.domain, "service": service }),
    ))
}

struct Life<'a> {
    buyer: &'a Buyer<'a>,
    domain: String,
}

impl Life<'_> {
    async fn buy(&self) -> Played<String> {
        let (invoice, service) = self
            .buyer
            .order("SiteShield Pro", Some(&self.domain))
            .await?;
        self.buyer.shopper.pay(&invoice).await?;
        self.buyer.wait_for(&service, "Active").await?;
        let says = format!("buys SiteShield Pro for {}: active", self.domain);
        Ok((says, service))
    }

    async fn is_there(&self) -> Played<Value> {
        let held = self.buyer.expect_held(&self.domain, "active").await?;
        let plan = far_side::text(&held, "plan_id").unwrap_or_default();
        expect("the plan", &plan, "pro")?;
        let says = "has one user, one active service of plan pro, one licence".to_owned();
        Ok((says, held))
    }

    async fn look(&self, service: &str, held: &Value) -> Played<()> {
        let page = self.buyer.page(service).await?;
        let key = held.pointer("/licences/0/key").and_then(Value::as_str);
        page.must_show(key.unwrap_or("no key"))?;
        for wanted in [
            "#module-output .wharf-state",
            "#single-sign-on",
            "#change-password",
        ] {
            page.text(wanted)?;
        }
        Ok((
            "sees status, plan and licence key on the service's page".to_owned(),
            (),
        ))
    }

    /// Through WHMCS to the supplier, whose link works once.
    async fn sign_on(&self, service: &str) -> Played<()> {
        let url = format!("{}&dosinglesignon=1", self.buyer.page_url(service));
        let page = self.buyer.shopper.browser.open(&url).await?;
        let supplier = &self.buyer.shopper.addresses.supplier;
        if !page.url.as_str().starts_with(supplier.as_str()) {
            return Err(StoryError::wrong(format!(
                "signing on led to {}, not to {supplier}",
                page.url
            )));
        }
        page.must_show(&self.domain)?;
        page.must_show("Your site is protected")?;
        let again = crate::story::client()?
            .get(page.url.as_str())
            .send()
            .await?;
        expect("the used link", again.status().as_str(), "410")?;
        let says = "signs on at the supplier's dashboard; the link worked once";
        Ok((says.to_owned(), ()))
    }

    async fn scan(&self, service: &str) -> Played<()> {
        let page = self.buyer.page(service).await?;
        let button = "#module-output button.wharf-press";
        let function = page.attribute(button, "value")?;
        let form = page.form("#module-output form")?.fill("a", &function);
        let page = self.buyer.shopper.browser.send(&form).await?;
        if let Ok(complaint) = page.text(".note.bad") {
            return Err(StoryError::wrong(complaint));
        }
        let held = self.buyer.held(&self.domain).await?;
        let scans = far_side::text(&held, "scans").unwrap_or_default();
        expect("the supplier's count of scans", &scans, "1")?;
        Ok(("presses the button for a scan: one scan".to_owned(), ()))
    }

    /// The daily cron writes what the supplier counted.
    async fn use_it(&self, service: &str, held: &Value) -> Played<()> {
        let id = far_side::text(held, "id").unwrap_or_default();
        let used = json!({ "storage_mb": 1200, "traffic_mb": 34_000, "requests": 56_789 });
        let path = format!("/_sandbox/services/{id}/usage");
        self.buyer.put(&path, &used).await?;
        self.buyer.shopper.days(1, 1).await?;
        let row = self.buyer.row(service).await?;
        for (column, wanted) in [
            ("diskusage", "1200"),
            ("disklimit", "5000"),
            ("bwusage", "34000"),
            ("bwlimit", "50000"),
        ] {
            let found = far_side::text(&row, column).unwrap_or_default();
            expect(&format!("WHMCS's {column}"), &found, wanted)?;
        }
        let path = format!("tblmetric_usage?rel_id={service}");
        let metrics = far_side::rows(self.buyer.shopper.addresses, &path).await?;
        let requests = metrics
            .get(0)
            .and_then(|row| far_side::text(row, "value"))
            .unwrap_or_default();
        expect("the metric of requests", &requests, "56789")?;
        let bar = self
            .buyer
            .page(service)
            .await?
            .attribute("#module-output progress", "value")?;
        expect("the bar of traffic", &bar, "34000")?;
        let says = "goes by, a day: WHMCS has the supplier's usage, and the metric for billing";
        Ok((says.to_owned(), ()))
    }

    async fn upgrade(&self, service: &str) -> Played<()> {
        let shopper = &self.buyer.shopper;
        let total = self.buyer.upgrade(service, "SiteShield Business").await?;
        shopper
            .wait_until("the supplier has the new plan", async || {
                let held = self.buyer.held(&self.domain).await?;
                Ok(far_side::is(&held, "plan_id", "business").then_some(()))
            })
            .await?;
        let says = format!("pays {total} and has SiteShield Business");
        Ok((says, ()))
    }

    /// Too short for the supplier first; then one that it takes.
    async fn set_password(&self, service: &str) -> Played<()> {
        let shopper = &self.buyer.shopper;
        let change = async |new: &str| {
            let page = self.buyer.page(service).await?;
            let form = page.form("#change-password")?.fill("newpw", new);
            shopper.browser.send(&form.fill("confirmpw", new)).await
        };
        let refused = change("short").await?.text(".note.bad")?;
        if !refused.contains("8 characters") {
            return Err(StoryError::wrong(format!(
                "the page says \"{refused}\", not what the supplier said"
            )));
        }
        let new = format!("New-sample-pass-{}", shopper.word);
        change(&new).await?.text(".note.good")?;
        let url = format!("{}/sign-in", shopper.addresses.supplier);
        let form = [
            ("email", shopper.email.as_str()),
            ("password", new.as_str()),
        ];
        let answer = crate::story::client()?
            .post(&url)
            .form(&form)
            .send()
            .await?;
        expect("signing in with it", answer.status().as_str(), "200")?;
        let says = "is told what is wrong with a short password; signs in with the next one";
        Ok((says.to_owned(), ()))
    }

    async fn fall_behind(&self, service: &str) -> Played<()> {
        let shopper = &self.buyer.shopper;
        shopper.days(345, 69).await?;
        shopper.days(28, 2).await?;
        expect(
            "WHMCS's status",
            &self.buyer.status(service).await?,
            "Suspended",
        )?;
        let held = self.buyer.expect_held(&self.domain, "suspended").await?;
        let reason = far_side::text(&held, "suspend_reason").unwrap_or_default();
        expect("the reason", &reason, "Overdue on Payment")?;
        let page = self.buyer.page(service).await?;
        if page.has("#single-sign-on") || page.has("#change-password") {
            return Err(StoryError::wrong("a suspended service can still be used"));
        }
        let today = shopper.today().await?;
        let says = format!("goes by until {today}: nobody paid, suspended at the supplier too");
        Ok((says, ()))
    }

    async fn pay(&self, service: &str) -> Played<()> {
        let unpaid = self.buyer.shopper.unpaid().await?;
        let [invoice] = unpaid.as_slice() else {
            return Err(StoryError::wrong(format!(
                "there are {} unpaid invoices, not 1",
                unpaid.len()
            )));
        };
        self.buyer.shopper.pay(invoice).await?;
        self.buyer.wait_for(service, "Active").await?;
        self.buyer.expect_held(&self.domain, "active").await?;
        let queued = self.buyer.queued(service).await?;
        if !queued.is_empty() {
            return Err(StoryError::wrong(format!("the queue holds {queued:?}")));
        }
        let says = format!("pays {}: active again, at the supplier too", invoice.total);
        Ok((says, ()))
    }

    /// WHMCS's server sync agrees.
    async fn compare(&self, service: &str) -> Played<()> {
        let staff = crate::story::shopper::Staff::log_in(self.buyer.shopper.addresses).await?;
        let row = self.buyer.row(service).await?;
        let server = far_side::text(&row, "server").unwrap_or_default();
        let page = staff
            .page(&format!("/admin/servers/{server}/accounts"))
            .await?;
        let text = page.text("#accounts")?;
        let here = text.rsplit(&self.domain).next().unwrap_or_default();
        let wanted = format!("Active {service} Active");
        if !here.contains(&wanted) {
            return Err(StoryError::wrong(format!(
                "the server's list does not say \"{wanted}\": {text}"
            )));
        }
        let page = staff.page(&format!("/admin/services/{service}")).await?;
        page.must_show("POST /")?;
        let says = "finds the account on the server's list, and the steps on the service's page";
        Ok((says.to_owned(), ()))
    }

    async fn end(&self, service: &str) -> Played<()> {
        for _ in 0..2 {
            // The second time nothing is there any more, which is what was wanted.
            let said = self.buyer.staff_does(service, "Terminate").await?;
            said.map_err(StoryError::wrong)?;
            self.buyer.expect_held(&self.domain, "terminated").await?;
        }
        let status = self.buyer.status(service).await?;
        expect("WHMCS's status", &status, "Terminated")?;
        let welcomes = self.buyer.welcomes("SiteShield Pro").await?;
        expect("welcome mails", &welcomes.to_string(), "1")?;
        let says = "terminates it, twice: ended once; one welcome mail in all that time";
        Ok((says.to_owned(), ()))
    }
}
