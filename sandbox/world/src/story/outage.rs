//! The registry is dead for an hour of the sandbox's time. Pages are read and renewals are paid meanwhile; afterwards
//! everything is caught up on, and nothing was done twice.

use std::time::{Duration, Instant};

use sandbox_edge::{Fault, FaultKind};
use serde_json::json;

use super::shopper::{Invoice, Played, Shopper, day, expect, facts, years_after};
use super::{StoryError, Timeline, Told};
use crate::faults::{FaultOrder, Service, send_fault};

pub(super) async fn play(
    customer: Shopper<'_>,
    mut time: Timeline<'_>,
) -> Result<Told, StoryError> {
    let names = ["one", "two"].map(|n| format!("outage-{n}-{}.com", customer.word));
    let story = Outage { customer, names };
    let ends = time.step("customer", story.buy()).await?;
    let invoice = time.step("time", story.come_due()).await?;
    time.step("registry", story.die()).await?;
    let played = story.while_dead(&mut time, &invoice).await;
    // Whatever happened: the next story needs a registry.
    time.step("registry", story.come_back()).await?;
    played?;
    time.step("wharf", story.catch_up(&ends)).await?;
    time.step("whmcs", story.prove(&ends)).await?;
    Ok(Told {
        outcome: "caught up",
        says: format!("{} were renewed once each", story.names.join(" and ")),
        facts: facts([("domains", json!(story.names))]),
    })
}

struct Outage<'a> {
    customer: Shopper<'a>,
    names: [String; 2],
}

impl Outage<'_> {
    /// The days on which the registry's terms end.
    async fn buy(&self) -> Played<Vec<String>> {
        let customer = &self.customer;
        for name in &self.names {
            customer.add_registration(name).await?;
        }
        let invoice = customer.check_out().await?;
        customer.pay(&invoice).await?;
        let mut ends = Vec::new();
        for name in &self.names {
            customer.wait_for(name, "Active").await?;
            ends.push(day(&customer.held(name).await?, "expires"));
        }
        Ok((format!("buys {}", self.names.join(" and ")), ends))
    }

    async fn come_due(&self) -> Played<Invoice> {
        self.customer.days(350, 50).await?;
        self.customer.days(5, 1).await?;
        for name in &self.names {
            // The page that is remembered when the registry is gone.
            let id = self.customer.domain_id(name).await?;
            let url = self.customer.domain_url(&id);
            self.customer.browser.open(&url).await?;
        }
        let unpaid = self.customer.unpaid().await?;
        let [invoice] = unpaid.as_slice() else {
            return Err(StoryError::wrong(format!(
                "there are {} unpaid invoices, not 1",
                unpaid.len()
            )));
        };
        Ok((
            format!("goes by: both renewals are due with invoice {}", invoice.id),
            invoice.clone(),
        ))
    }

    /// First the worst: a registry that takes calls and never answers.
    async fn die(&self) -> Played<()> {
        self.misbehave(FaultKind::BlackHole).await?;
        Ok((
            "dies: it takes connections and answers nothing".to_owned(),
            (),
        ))
    }

    async fn stay_away(&self) -> Played<()> {
        self.revive().await?;
        self.misbehave(FaultKind::Refuse).await?;
        Ok(("cuts every connection from now on".to_owned(), ()))
    }

    async fn misbehave(&self, kind: FaultKind) -> Result<(), StoryError> {
        let fault = Fault {
            kind,
            on: None,
            times: None,
        };
        let order = FaultOrder {
            service: Service::Registry,
            fault,
        };
        send_fault(self.customer.addresses, &order)
            .await
            .map_err(|error| StoryError::wrong(error.to_string()))
    }

    async fn revive(&self) -> Result<(), StoryError> {
        let url = format!("{}/_sandbox/faults", self.customer.addresses.registry);
        super::client()?.delete(&url).send().await?;
        Ok(())
    }

    async fn while_dead(
        &self,
        time: &mut Timeline<'_>,
        invoice: &Invoice,
    ) -> Result<(), StoryError> {
        time.step("customer", self.read_pages()).await?;
        time.step("registry", self.stay_away()).await?;
        time.step("customer", self.pay(invoice)).await?;
        time.step("customer", self.read_pages()).await?;
        time.step("time", self.an_hour()).await
    }

    /// Within their deadline, from what was known.
    async fn read_pages(&self) -> Played<()> {
        self.customer.step(120, false).await?;
        let mut slowest = Duration::ZERO;
        for name in &self.names {
            let id = self.customer.domain_id(name).await?;
            let began = Instant::now();
            let page = self
                .customer
                .browser
                .open(&self.customer.domain_url(&id))
                .await?;
            slowest = slowest.max(began.elapsed());
            if page.has("#registry-trouble") || !page.has("#nameserver-list") {
                return Err(StoryError::wrong(format!(
                    "the page of {name} does not show what was known"
                )));
            }
        }
        if slowest > PAGE {
            return Err(StoryError::wrong(format!(
                "a page took {} ms",
                slowest.as_millis()
            )));
        }
        Ok((
            format!(
                "reads both domains' pages, from what was known: the slowest took {} ms",
                slowest.as_millis()
            ),
            (),
        ))
    }

    async fn pay(&self, invoice: &Invoice) -> Played<()> {
        let began = Instant::now();
        self.customer.pay(invoice).await?;
        Ok((
            format!(
                "pays both renewals, which took {} s to be taken note of",
                began.elapsed().as_secs()
            ),
            (),
        ))
    }

    /// The cron goes on, and takes silence for no answer.
    async fn an_hour(&self) -> Played<()> {
        for _ in 0..4 {
            self.customer.step(900, true).await?;
        }
        for name in &self.names {
            expect(
                &format!("{name} in WHMCS"),
                &self.customer.status(name).await?,
                "Active",
            )?;
        }
        Ok((
            "goes by, an hour with the cron: WHMCS's books are as they were".to_owned(),
            (),
        ))
    }

    async fn come_back(&self) -> Played<()> {
        self.revive().await?;
        Ok(("comes back".to_owned(), ()))
    }

    async fn catch_up(&self, ends: &[String]) -> Played<()> {
        let customer = &self.customer;
        for (name, end) in self.names.iter().zip(ends) {
            let wanted = years_after(end, 1)?;
            customer
                .wait_until(&format!("{name} is renewed until {wanted}"), async || {
                    let record = customer.record(name).await?;
                    let done = record.filter(|record| day(record, "expires") == wanted);
                    if done.is_none() {
                        // What waits for its time gets it.
                        customer.step(30, false).await?;
                    }
                    Ok(done)
                })
                .await?;
        }
        Ok(("renews both, by itself".to_owned(), ()))
    }

    async fn prove(&self, ends: &[String]) -> Played<()> {
        let customer = &self.customer;
        // Time for anything that would be done a second time.
        customer.step(3_600, true).await?;
        customer.days(2, 1).await?;
        for (name, end) in self.names.iter().zip(ends) {
            let record = customer.held(name).await?;
            let wanted = years_after(end, 1)?;
            expect(
                &format!("the end of {name}"),
                &day(&record, "expires"),
                &wanted,
            )?;
            expect(
                &format!("what is paid of {name}"),
                &day(&record, "paid_until"),
                &wanted,
            )?;
            let books = customer.domain(name).await?;
            expect(
                &format!("{name} in WHMCS"),
                &super::far_side::text(&books, "status").unwrap_or_default(),
                "Active",
            )?;
            if day(&books, "expirydate").as_str() < end.as_str() {
                return Err(StoryError::wrong(format!(
                    "WHMCS still has the old end of {name}"
                )));
            }
        }
        Ok((
            "has both as Active and renewed by one year; the registry was paid once for each"
                .to_owned(),
            (),
        ))
    }
}

/// What pages get, and what drawing one takes.
const PAGE: Duration = Duration::from_millis(4_500);
