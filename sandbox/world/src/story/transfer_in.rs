//! Transfers from another registrar: refused in the cart, approved, rejected, taken back.

use serde_json::json;

use super::shopper::{Played, Shopper, Staff, expect, facts, is_locked};
use super::{StoryError, Timeline, Told};

pub(super) async fn play(
    customer: Shopper<'_>,
    mut time: Timeline<'_>,
) -> Result<Told, StoryError> {
    let word = &customer.word;
    let names =
        ["approved", "rejected", "withdrawn"].map(|fate| format!("transfer-{fate}-{word}.com"));
    let locked = format!("transfer-locked-{word}.com");
    let story = TransferIn { customer };
    let [approved, rejected, withdrawn] = &names;
    time.step("customer", story.enter_a_wrong_code(approved))
        .await?;
    time.step("customer", story.try_a_locked_one(&locked))
        .await?;
    time.step("customer", story.order(&names)).await?;
    time.step("staff", story.see_and_withdraw(withdrawn))
        .await?;
    time.step("other registrar", story.answer(approved, rejected))
        .await?;
    time.step("whmcs", story.learn(&names)).await?;
    time.step("registry", story.prove(&names)).await?;
    let [approved, rejected, withdrawn] = names;
    Ok(Told {
        outcome: "transferred",
        says: format!("{approved} has come; {rejected} and {withdrawn} have not, and WHMCS knows"),
        facts: facts([
            ("domain", json!(approved)),
            ("rejected", json!(rejected)),
            ("withdrawn", json!(withdrawn)),
        ]),
    })
}

struct TransferIn<'a> {
    customer: Shopper<'a>,
}

impl TransferIn<'_> {
    async fn enter_a_wrong_code(&self, name: &str) -> Played<()> {
        let said = self.customer.refused_transfer(name, "not-the-code").await?;
        Ok((
            format!("enters a wrong auth code; the cart says: {said}"),
            (),
        ))
    }

    async fn try_a_locked_one(&self, name: &str) -> Played<()> {
        let said = self.customer.refused_transfer(name, &code(name)).await?;
        if !said.to_lowercase().contains("lock") {
            return Err(StoryError::wrong(format!(
                "the cart does not say that {name} is locked: {said}"
            )));
        }
        Ok((format!("tries a locked domain; the cart says: {said}"), ()))
    }

    async fn order(&self, names: &[String; 3]) -> Played<()> {
        for name in names {
            self.customer.add_transfer(name, &code(name)).await?;
        }
        let invoice = self.customer.check_out().await?;
        self.customer.pay(&invoice).await?;
        for name in names {
            self.customer.wait_for(name, "Pending Transfer").await?;
        }
        Ok((
            format!(
                "orders and pays three transfers, invoice {}: all requested",
                invoice.id
            ),
            (),
        ))
    }

    async fn see_and_withdraw(&self, name: &str) -> Played<()> {
        let staff = Staff::log_in(self.customer.addresses).await?;
        let id = self.customer.domain_id(name).await?;
        let page = staff.domain(&id).await?;
        page.must_show("Incoming")?;
        page.attribute("#custom-action button[value=ResendTransferMail]", "value")?;
        staff.press(&id, "CancelTransfer").await?;
        Ok((
            format!("sees the transfer's log, and takes the request for {name} back"),
            (),
        ))
    }

    async fn answer(&self, approved: &str, rejected: &str) -> Played<()> {
        let customer = &self.customer;
        customer
            .outside("approve", &json!({ "domain": approved }))
            .await?;
        let no = json!({ "domain": rejected, "reason": "The customer objects" });
        customer.outside("reject", &no).await?;
        Ok(("approves one and rejects one".to_owned(), ()))
    }

    async fn learn(&self, names: &[String; 3]) -> Played<()> {
        self.customer.step(3_600, true).await?;
        for (name, status) in names.iter().zip(["Active", "Cancelled", "Cancelled"]) {
            self.customer.wait_for(name, status).await?;
        }
        Ok((
            "has them an hour later as Active, Cancelled and Cancelled".to_owned(),
            (),
        ))
    }

    /// What a transfer does not bring is set afterwards.
    async fn prove(&self, names: &[String; 3]) -> Played<()> {
        let [approved, rejected, withdrawn] = names;
        let customer = &self.customer;
        let record = customer
            .wait_until(
                "the domain has the shop's nameservers and a lock",
                async || {
                    let record = customer.record(approved).await?;
                    Ok(record.filter(|record| {
                        record.to_string().contains("nile-hosting.example") && is_locked(record)
                    }))
                },
            )
            .await?;
        if !record.to_string().contains(&customer.email) {
            return Err(StoryError::wrong(
                "the registry's record does not name the customer as owner",
            ));
        }
        expect(
            "the renewal mode",
            &super::far_side::text(&record, "renewal_mode").unwrap_or_default(),
            "AUTOEXPIRE",
        )?;
        for name in [rejected, withdrawn] {
            if customer.record(name).await?.is_some() {
                return Err(StoryError::wrong(format!("the registry has {name} here")));
            }
        }
        Ok((
            format!(
                "has {approved} here, with the shop's nameservers, its owner and a lock; the others not"
            ),
            (),
        ))
    }
}

/// What the sandbox's other registrars take for a code.
fn code(name: &str) -> String {
    let label = name.split('.').next().unwrap_or_default();
    format!("Auth-{label}")
}
