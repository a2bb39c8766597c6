//! A domain's life: registered, renewed, not renewed, fetched back, and gone to another registrar.

use serde_json::json;

use super::shopper::{Invoice, Played, Shopper, Staff, day, expect, facts, is_locked, years_after};
use super::{StoryError, Timeline, Told};

pub(super) async fn play(
    customer: Shopper<'_>,
    mut time: Timeline<'_>,
) -> Result<Told, StoryError> {
    let name = format!("life-{}.com", customer.word);
    let life = Life { customer, name };
    let first = time.step("customer", life.register()).await?;
    let invoice = time.step("time", life.first_year()).await?;
    let second = time.step("customer", life.renew(&invoice, &first)).await?;
    let invoice = time.step("time", life.lapse()).await?;
    let third = time
        .step("customer", life.restore(&invoice, &second))
        .await?;
    let code = time.step("customer", life.unlock()).await?;
    time.step("other registrar", life.ask_for_it(&code)).await?;
    time.step("staff", life.approve()).await?;
    time.step("whmcs", life.see_it_gone()).await?;
    Ok(Told {
        outcome: "transferred away",
        says: format!(
            "{} lived until {third}, and went to another registrar",
            life.name
        ),
        facts: facts([("domain", json!(life.name)), ("expires", json!(third))]),
    })
}

struct Life<'a> {
    customer: Shopper<'a>,
    name: String,
}

impl Life<'_> {
    /// The registry's day for its end.
    async fn register(&self) -> Played<String> {
        self.customer.buy(&self.name).await?;
        let record = self.customer.held(&self.name).await?;
        expect(
            "the renewal mode",
            &super::far_side::text(&record, "renewal_mode").unwrap_or_default(),
            "AUTOEXPIRE",
        )?;
        let end = day(&record, "expires");
        Ok((
            format!(
                "buys {}: registered until {end}, and nothing renews it unpaid",
                self.name
            ),
            end,
        ))
    }

    /// Until WHMCS makes the renewal's invoice.
    async fn first_year(&self) -> Played<Invoice> {
        self.customer.days(350, 50).await?;
        self.customer.days(6, 1).await?;
        let invoice = self.one_invoice().await?;
        let today = self.customer.today().await?;
        Ok((
            format!(
                "goes by until {today}: invoice {} for the renewal",
                invoice.id
            ),
            invoice,
        ))
    }

    async fn one_invoice(&self) -> Result<Invoice, StoryError> {
        match self.customer.unpaid().await?.as_slice() {
            [invoice] => Ok(invoice.clone()),
            other => Err(StoryError::wrong(format!(
                "there are {} unpaid invoices, not 1",
                other.len()
            ))),
        }
    }

    /// Paid, renewed by exactly one year, charged once.
    async fn renew(&self, invoice: &Invoice, before: &str) -> Played<String> {
        let customer = &self.customer;
        let balance = customer.balance().await?;
        customer.pay(invoice).await?;
        let wanted = years_after(before, 1)?;
        self.until_expires(&wanted).await?;
        let charged = difference(&balance, &customer.balance().await?)?;
        // The cron looks at everything again, and nothing is done twice.
        customer.days(2, 1).await?;
        let record = customer.held(&self.name).await?;
        expect("the registry's day", &day(&record, "expires"), &wanted)?;
        let again = difference(&balance, &customer.balance().await?)?;
        expect("what was charged", &again, &charged)?;
        expect(
            "WHMCS's status",
            &customer.status(&self.name).await?,
            "Active",
        )?;
        let books = day(&customer.domain(&self.name).await?, "expirydate");
        Ok((
            format!("pays: renewed until {wanted} for {charged}, once; WHMCS says {books}"),
            wanted,
        ))
    }

    async fn until_expires(&self, wanted: &str) -> Result<(), StoryError> {
        let what = format!("{} is renewed until {wanted}", self.name);
        self.customer
            .wait_until(&what, async || {
                let record = self.customer.record(&self.name).await?;
                Ok(record
                    .filter(|record| day(record, "expires") == wanted)
                    .map(|_| ()))
            })
            .await
    }

    /// Nobody pays: grace, deletion, redemption.
    async fn lapse(&self) -> Played<Invoice> {
        let customer = &self.customer;
        customer.days(350, 50).await?;
        customer.days(25, 5).await?;
        expect(
            "the day after its end WHMCS's status",
            &customer.status(&self.name).await?,
            "Grace",
        )?;
        customer.held(&self.name).await?;
        customer.days(42, 3).await?;
        expect(
            "six weeks later WHMCS's status",
            &customer.status(&self.name).await?,
            "Redemption",
        )?;
        if customer.record(&self.name).await?.is_some() {
            return Err(StoryError::wrong(
                "the registry has not deleted the domain that nobody paid for",
            ));
        }
        let invoice = self.one_invoice().await?;
        Ok((
            format!(
                "goes by until {}: not paid, Grace, deleted by the registry, Redemption; invoice {} with its fee: {}",
                customer.today().await?,
                invoice.id,
                invoice.total
            ),
            invoice,
        ))
    }

    async fn restore(&self, invoice: &Invoice, before: &str) -> Played<String> {
        let customer = &self.customer;
        customer.pay(invoice).await?;
        let wanted = years_after(before, 1)?;
        self.until_expires(&wanted).await?;
        customer.wait_for(&self.name, "Active").await?;
        customer.days(1, 1).await?;
        expect(
            "WHMCS's status",
            &customer.status(&self.name).await?,
            "Active",
        )?;
        Ok((
            format!("pays after all: restored at the registry, until {wanted}"),
            wanted,
        ))
    }

    async fn unlock(&self) -> Played<String> {
        let customer = &self.customer;
        let id = customer.domain_id(&self.name).await?;
        let record = customer.held(&self.name).await?;
        if is_locked(&record) {
            customer.change_domain(&id, "#lock", &[]).await?;
        }
        let page = customer.change_domain(&id, "#get-auth-code", &[]).await?;
        let code = page.text("#auth-code")?;
        let record = customer.held(&self.name).await?;
        if is_locked(&record) {
            return Err(StoryError::wrong("the registry still has it locked"));
        }
        Ok((
            "unlocks it and is shown its auth code in the client area".to_owned(),
            code,
        ))
    }

    async fn ask_for_it(&self, code: &str) -> Played<()> {
        let customer = &self.customer;
        let wrong = json!({ "domain": self.name, "auth": "not-the-code" });
        if customer.outside("request", &wrong).await.is_ok() {
            return Err(StoryError::wrong(
                "the registry lets it go for a wrong code",
            ));
        }
        let order = json!({ "domain": self.name, "auth": code, "registrar": "Other Names Ltd" });
        customer.outside("request", &order).await?;
        Ok(("asks for it with that code".to_owned(), ()))
    }

    async fn approve(&self) -> Played<()> {
        let staff = Staff::log_in(self.customer.addresses).await?;
        let id = self.customer.domain_id(&self.name).await?;
        // A page may have been looked at a minute ago.
        self.customer.step(120, false).await?;
        staff.domain(&id).await?.must_show("Outgoing")?;
        staff.press(&id, "ApproveTransfer").await?;
        self.customer
            .wait_until("the registry lets it go", async || {
                let record = self.customer.record(&self.name).await?;
                Ok(record.is_none().then_some(()))
            })
            .await?;
        Ok((
            "sees the outgoing transfer on the domain's page, and approves it".to_owned(),
            (),
        ))
    }

    async fn see_it_gone(&self) -> Played<()> {
        self.customer.days(1, 1).await?;
        self.customer
            .wait_for(&self.name, "Transferred Away")
            .await?;
        Ok((
            "finds out with the next synchronisation: Transferred Away".to_owned(),
            (),
        ))
    }
}

/// Of two amounts, in cents and back: no rounding.
fn difference(before: &str, after: &str) -> Result<String, StoryError> {
    let cents = |text: &str| {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        digits
            .parse::<i64>()
            .map_err(|_| StoryError::wrong(format!("\"{text}\" is no balance")))
    };
    let spent = cents(before)? - cents(after)?;
    Ok(format!("{}.{:02}", spent / 100, spent % 100))
}
