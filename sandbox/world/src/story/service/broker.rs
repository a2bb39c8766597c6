//! A database of a service broker: bought, used with its credentials, upgraded, closed and opened again, ended.

use serde_json::{Value, json};

use super::buyer::Buyer;
use crate::story::shopper::{Played, expect};
use crate::story::{StoryError, Timeline, Told, far_side, told};

pub(super) async fn play(buyer: &Buyer<'_>, mut time: Timeline<'_>) -> Result<Told, StoryError> {
    let life = Life { buyer };
    let service = time.step("customer", life.buy()).await?;
    let address = time.step("customer", life.use_it(&service)).await?;
    time.step("customer", life.upgrade(&service)).await?;
    time.step("staff", life.close(&service, &address)).await?;
    time.step("staff", life.open(&service, &address)).await?;
    time.step("staff", life.end(&service)).await?;
    Ok(told(
        format!("The database of service {service} was made once, lived, and was ended"),
        json!({ "service": service }),
    ))
}

struct Life<'a> {
    buyer: &'a Buyer<'a>,
}

impl Life<'_> {
    async fn buy(&self) -> Played<String> {
        let (invoice, service) = self.buyer.order("Harbour Skiff", None).await?;
        self.buyer.shopper.pay(&invoice).await?;
        self.buyer.wait_for(&service, "Active").await?;
        let held = self.held(&service).await?;
        expect("the plan", &plan_of(&held), SKIFF)?;
        expect("open bindings", &open(&held).to_string(), "1")?;
        let says = "buys a database: the broker has one, with one set of credentials";
        Ok((says.to_owned(), service))
    }

    /// With the address that stands on the service's page.
    async fn use_it(&self, service: &str) -> Played<String> {
        let address = self.address(service).await?;
        let client = crate::story::client()?;
        let written = client.put(&address).body(NOTE).send().await?;
        expect("writing", written.status().as_str(), "204")?;
        let says = "writes into it with the address that stands on the service's page";
        Ok((says.to_owned(), address))
    }

    /// The broker accepts it and is ready a while later.
    async fn upgrade(&self, service: &str) -> Played<()> {
        let total = self.buyer.upgrade(service, "Harbour Barge").await?;
        self.buyer
            .shopper
            .wait_until("the broker has the new plan", async || {
                Ok((plan_of(&self.held(service).await?) == BARGE).then_some(()))
            })
            .await?;
        let says = format!("pays {total} for a database of its own, there after a while");
        Ok((says, ()))
    }

    async fn close(&self, service: &str, address: &str) -> Played<()> {
        self.does(service, "Suspend").await?;
        let held = self.held(service).await?;
        expect("open bindings", &open(&held).to_string(), "0")?;
        let refused = crate::story::client()?.get(address).send().await?;
        expect("the old credentials", refused.status().as_str(), "401")?;
        let says = "suspends it: nobody gets in, and what is stored stays";
        Ok((says.to_owned(), ()))
    }

    async fn open(&self, service: &str, before: &str) -> Played<()> {
        self.does(service, "Unsuspend").await?;
        let address = self.address(service).await?;
        if address == before {
            return Err(StoryError::wrong("the old credentials are shown again"));
        }
        let read = crate::story::client()?.get(&address).send().await?;
        expect("what was written", &read.text().await?, NOTE)?;
        let says = "lets the customer in again, with new credentials to the same database";
        Ok((says.to_owned(), ()))
    }

    async fn end(&self, service: &str) -> Played<()> {
        for _ in 0..2 {
            self.does(service, "Terminate").await?;
            let held = self.held(service).await?;
            let phase = far_side::text(&held, "phase").unwrap_or_default();
            expect("the instance at the broker", &phase, "gone")?;
            expect("open bindings", &open(&held).to_string(), "0")?;
        }
        Ok(("terminates it, twice: ended once".to_owned(), ()))
    }

    /// Staff does it; where the broker takes its time the daemon goes on. What must wait for another change is done
    /// again.
    async fn does(&self, service: &str, what: &str) -> Result<(), StoryError> {
        let wanted = match what {
            "Suspend" => "Suspended",
            "Unsuspend" => "Active",
            _ => "Terminated",
        };
        let shopper = &self.buyer.shopper;
        shopper
            .wait_until("the last change has ended", async || {
                let said = self.buyer.staff_does(service, what).await?;
                let waits = said.is_err_and(|why| why.contains("try again"));
                Ok((!waits).then_some(()))
            })
            .await?;
        self.buyer.wait_for(service, wanted).await
    }

    /// The broker's one instance for a service: one that ever was.
    async fn held(&self, service: &str) -> Result<Value, StoryError> {
        let url = format!("{}/_sandbox/instances", self.buyer.shopper.addresses.broker);
        let all = crate::story::json(&url).await?;
        let name = format!("service-{service}");
        let mine: Vec<&Value> = all
            .as_array()
            .into_iter()
            .flatten()
            .filter(|instance| {
                let context = instance.get("context");
                context.is_some_and(|context| far_side::is(context, "instance_name", &name))
            })
            .collect();
        match mine.as_slice() {
            [one] => Ok((*one).clone()),
            several => Err(StoryError::wrong(format!(
                "the broker has had {} instances for {name}, not 1",
                several.len()
            ))),
        }
    }

    /// With user and password, as the customer copies it.
    async fn address(&self, service: &str) -> Result<String, StoryError> {
        let page = self.buyer.page(service).await?;
        let text = page.text("#module-output")?;
        let shown = text.split_whitespace().find(|word| {
            word.starts_with("http://") && word.contains('@') && word.contains("/data/")
        });
        shown
            .map(str::to_owned)
            .ok_or_else(|| StoryError::wrong("the page shows no address with credentials"))
    }
}

fn plan_of(instance: &Value) -> String {
    far_side::text(instance, "plan_id").unwrap_or_default()
}

/// How many sets of credentials open it.
fn open(instance: &Value) -> usize {
    let bindings = instance.get("bindings").and_then(Value::as_array);
    let bindings = bindings.into_iter().flatten();
    bindings
        .filter(|binding| !far_side::is(binding, "phase", "gone"))
        .count()
}

/// Plans of the broker's catalogue.
pub(crate) const SKIFF: &str = "7c2f0c1e-8a53-4a8e-9d0a-0c9a6f6e1d11";
pub(crate) const BARGE: &str = "7c2f0c1e-8a53-4a8e-9d0a-0c9a6f6e1d12";
const NOTE: &str = "the harbour master's notes";
