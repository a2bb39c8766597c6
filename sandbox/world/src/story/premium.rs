//! Premium names: sold at the price that was shown, and never below what they cost.

use serde_json::json;

use super::shopper::{Played, Shopper, facts};
use super::{StoryError, Timeline, Told};

pub(super) async fn play(
    customer: Shopper<'_>,
    mut time: Timeline<'_>,
) -> Result<Told, StoryError> {
    let names = ["kept", "dearer"].map(|fate| format!("{fate}-{}.shop", customer.word));
    let story = Premium { customer };
    let [kept, dearer] = &names;
    time.step("registry", story.price(&names)).await?;
    time.step("customer", story.buy(kept)).await?;
    let invoice = time.step("customer", story.order(dearer)).await?;
    time.step("registry", story.raise(dearer)).await?;
    time.step("customer", story.pay_in_vain(dearer, &invoice))
        .await?;
    let [kept, dearer] = names;
    Ok(Told {
        outcome: "sold at its price",
        says: format!("{kept} was sold at its price; {dearer} became dearer and was not bought"),
        facts: facts([("domain", json!(kept)), ("blocked", json!(dearer))]),
    })
}

struct Premium<'a> {
    customer: Shopper<'a>,
}

impl Premium<'_> {
    async fn price(&self, names: &[String; 2]) -> Played<()> {
        for name in names {
            let price = json!({ "domain": name, "setup": "120.00", "annual": "120.00" });
            self.customer.outside("premium", &price).await?;
        }
        Ok(("sells two names at a premium".to_owned(), ()))
    }

    async fn shown(&self, name: &str) -> Result<String, StoryError> {
        let id = name.replace('.', "-");
        let found = self.customer.search(name).await?;
        found.text(&format!("#premium-{id}"))?;
        found.text(&format!("#term-{id} option"))
    }

    async fn buy(&self, name: &str) -> Played<()> {
        let shown = self.shown(name).await?;
        let before = self.customer.balance().await?;
        let invoice = self.customer.buy(name).await?;
        let after = self.customer.balance().await?;
        self.customer.held(name).await?;
        if before == after {
            return Err(StoryError::wrong("the registrar charged nothing"));
        }
        Ok((
            format!(
                "is shown {name} for {shown}, pays {}: registered (balance {before} → {after})",
                invoice.total
            ),
            (),
        ))
    }

    async fn order(&self, name: &str) -> Played<super::shopper::Invoice> {
        let shown = self.shown(name).await?;
        self.customer.add_registration(name).await?;
        let invoice = self.customer.check_out().await?;
        Ok((
            format!("orders {name} for {shown}, invoice {}", invoice.id),
            invoice,
        ))
    }

    async fn raise(&self, name: &str) -> Played<()> {
        let price = json!({ "domain": name, "setup": "900.00", "annual": "900.00" });
        self.customer.outside("premium", &price).await?;
        Ok((format!("raises the price of {name} before it is paid"), ()))
    }

    async fn pay_in_vain(&self, name: &str, invoice: &super::shopper::Invoice) -> Played<()> {
        let before = self.customer.balance().await?;
        // What was found out in the shop seconds ago must not count.
        self.customer.step(120, false).await?;
        self.customer.pay(invoice).await?;
        let said = self
            .customer
            .wait_until("staff is told why the name was not bought", async || {
                let answer = self
                    .customer
                    .api("GetActivityLog", &[("limitnum", "50")])
                    .await?;
                let lines = answer.pointer("/activity/entry");
                Ok(lines
                    .and_then(|lines| lines.as_array())
                    .into_iter()
                    .flatten()
                    .filter_map(|line| super::far_side::text(line, "description"))
                    .find(|line| line.contains(name) && line.contains("Nothing was ordered")))
            })
            .await?;
        if self.customer.record(name).await?.is_some() || before != self.customer.balance().await? {
            return Err(StoryError::wrong(format!(
                "{name} was bought at a price that nobody was shown"
            )));
        }
        let status = self.customer.status(name).await?;
        if status == "Active" {
            return Err(StoryError::wrong(format!("WHMCS has {name} as Active")));
        }
        Ok((
            format!("pays, and nothing is bought: {name} stays {status}; staff reads: {said}"),
            (),
        ))
    }
}
