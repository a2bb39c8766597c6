//! A domain that nobody pays for is taken off the net when it ends, and put back when somebody does.

use serde_json::{Value, json};

use super::shopper::{Invoice, Played, Shopper, Staff, day, expect, facts, years_after};
use super::{StoryError, Timeline, Told};

pub(super) async fn play(
    customer: Shopper<'_>,
    mut time: Timeline<'_>,
) -> Result<Told, StoryError> {
    let name = format!("quiet-{}.com", customer.word);
    let story = Suspension { customer, name };
    time.step("staff", story.choose()).await?;
    let end = time.step("customer", story.register()).await?;
    let invoice = time.step("time", story.lapse()).await?;
    time.step("customer", story.pay(&invoice, &end)).await?;
    Ok(Told {
        outcome: "back on the net",
        says: format!(
            "{} was off the net while nobody paid for it, and is back",
            story.name
        ),
        facts: facts([("domain", json!(story.name))]),
    })
}

struct Suspension<'a> {
    customer: Shopper<'a>,
    name: String,
}

impl Suspension<'_> {
    async fn choose(&self) -> Played<()> {
        let staff = Staff::log_in(self.customer.addresses).await?;
        staff.choose("wharf", "SuspendOnExpiration", "on").await?;
        Ok((
            "switches on \"Suspend after expiration\" in the registrar module's settings"
                .to_owned(),
            (),
        ))
    }

    /// The registry's day for its end.
    async fn register(&self) -> Played<String> {
        self.customer.buy(&self.name).await?;
        let record = self.customer.held(&self.name).await?;
        let end = day(&record, "expires");
        Ok((format!("buys {}, until {end}", self.name), end))
    }

    /// On the net to its last day, off it the day after: WHMCS's daily cron alone sees to it.
    async fn lapse(&self) -> Played<Invoice> {
        let customer = &self.customer;
        customer.days(350, 50).await?;
        customer.days(12, 2).await?;
        if is_held(&customer.held(&self.name).await?) {
            return Err(StoryError::wrong("it is off the net before its end"));
        }
        customer.days(5, 1).await?;
        customer
            .wait_until("the registry has it off the net", async || {
                let record = customer.held(&self.name).await?;
                Ok(is_held(&record).then_some(()))
            })
            .await?;
        let status = customer.status(&self.name).await?;
        expect("WHMCS's status", &status, "Grace")?;
        let unpaid = customer.unpaid().await?;
        let [invoice] = unpaid.as_slice() else {
            return Err(StoryError::wrong(format!(
                "there are {} unpaid invoices, not 1",
                unpaid.len()
            )));
        };
        let today = customer.today().await?;
        Ok((
            format!("goes by until {today}: not paid, and taken off the net (clientHold)"),
            invoice.clone(),
        ))
    }

    async fn pay(&self, invoice: &Invoice, before: &str) -> Played<()> {
        let customer = &self.customer;
        customer.pay(invoice).await?;
        let wanted = years_after(before, 1)?;
        customer
            .wait_until("it is renewed and on the net again", async || {
                let record = customer.held(&self.name).await?;
                let back = day(&record, "expires") == wanted && !is_held(&record);
                Ok(back.then_some(()))
            })
            .await?;
        // The crons of the next days leave it there.
        customer.days(3, 1).await?;
        if is_held(&customer.held(&self.name).await?) {
            return Err(StoryError::wrong("it is off the net again, though paid"));
        }
        let status = customer.status(&self.name).await?;
        expect("WHMCS's status", &status, "Active")?;
        Ok((
            format!("pays: renewed until {wanted}, and on the net again"),
            (),
        ))
    }
}

fn is_held(record: &Value) -> bool {
    let statuses = record.get("status").and_then(Value::as_array);
    statuses.is_some_and(|all| all.contains(&json!("clientHold")))
}
