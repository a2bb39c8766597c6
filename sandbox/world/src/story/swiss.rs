//! Names that are applied for: one granted, one refused.

use serde_json::{Value, json};

use super::shopper::{Played, Shopper, expect, facts};
use super::{StoryError, Timeline, Told, far_side};

pub(super) async fn play(
    customer: Shopper<'_>,
    mut time: Timeline<'_>,
) -> Result<Told, StoryError> {
    let names = ["granted", "refused"].map(|fate| format!("{fate}-{}.swiss", customer.word));
    let story = Swiss { customer };
    time.step("customer", story.apply(&names)).await?;
    time.step("time", story.wait(&names)).await?;
    time.step("registry", story.decide(&names)).await?;
    time.step("wharf", story.follow(&names)).await?;
    time.step("registry", story.prove(&names)).await?;
    let [granted, refused] = names;
    Ok(Told {
        outcome: "granted",
        says: format!("{granted} is registered, {refused} is cancelled"),
        facts: facts([("domain", json!(granted)), ("refused", json!(refused))]),
    })
}

struct Swiss<'a> {
    customer: Shopper<'a>,
}

impl Swiss<'_> {
    async fn apply(&self, names: &[String; 2]) -> Played<()> {
        for name in names {
            self.customer.add_registration(name).await?;
        }
        let invoice = self.customer.check_out().await?;
        self.customer.pay(&invoice).await?;
        for name in names {
            let open = self.application(name).await?;
            expect(
                "the application",
                &far_side::text(&open, "class").unwrap_or_default(),
                "GOLIVE",
            )?;
            self.pending(name).await?;
        }
        Ok((
            format!(
                "pays invoice {}: both names are applied for, and pending",
                invoice.id
            ),
            (),
        ))
    }

    /// One application a name.
    async fn application(&self, name: &str) -> Result<Value, StoryError> {
        let url = format!("{}/_sandbox/applications", self.customer.addresses.registry);
        let all = super::json(&url).await?;
        let mut mine = all
            .as_array()
            .into_iter()
            .flatten()
            .filter(|application| far_side::is(application, "domain", name));
        match (mine.next(), mine.count()) {
            (Some(one), 0) => Ok(one.clone()),
            (None, _) => Err(StoryError::wrong(format!("nobody applied for {name}"))),
            (Some(_), more) => Err(StoryError::wrong(format!(
                "{name} was applied for {} times",
                more + 1
            ))),
        }
    }

    async fn pending(&self, name: &str) -> Result<(), StoryError> {
        let status = self.customer.status(name).await?;
        if status.starts_with("Pending") {
            return Ok(());
        }
        Err(StoryError::wrong(format!("WHMCS has {name} as {status}")))
    }

    async fn wait(&self, names: &[String; 2]) -> Played<()> {
        self.customer.days(2, 1).await?;
        for name in names {
            self.pending(name).await?;
            self.application(name).await?;
        }
        Ok((
            "goes by: two days later both are still pending, asked for once".to_owned(),
            (),
        ))
    }

    async fn decide(&self, names: &[String; 2]) -> Played<()> {
        let [granted, refused] = names;
        self.customer
            .outside("decide", &json!({ "domain": granted, "granted": true }))
            .await?;
        let no = json!({ "domain": refused, "granted": false, "reason": "Not eligible" });
        self.customer.outside("decide", &no).await?;
        Ok(("grants one and refuses the other".to_owned(), ()))
    }

    async fn follow(&self, names: &[String; 2]) -> Played<()> {
        // Wharf asks by itself after a while.
        self.customer.step(7_200, true).await?;
        for (name, status) in names.iter().zip(["Active", "Cancelled"]) {
            self.customer.wait_for(name, status).await?;
        }
        Ok((
            "finds out: WHMCS has them as Active and Cancelled".to_owned(),
            (),
        ))
    }

    async fn prove(&self, names: &[String; 2]) -> Played<()> {
        let [granted, refused] = names;
        let record = self.customer.held(granted).await?;
        if !record.to_string().contains(&self.customer.email) {
            return Err(StoryError::wrong("the name is not the customer's"));
        }
        if self.customer.record(refused).await?.is_some() {
            return Err(StoryError::wrong(format!("{refused} is registered")));
        }
        Ok((
            format!("has {granted} for the customer, and no {refused}"),
            (),
        ))
    }
}
