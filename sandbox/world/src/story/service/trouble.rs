//! What goes wrong between WHMCS and a supplier: lost answers, refusals half-way, orders that take their time, a supplier
//! that is silent, a token that is wrong. Nothing is made twice, nothing is left behind, everything is said.

use std::time::{Duration, Instant};

use sandbox_edge::{Fault, FaultKind};
use serde_json::{Value, json};

use super::buyer::Buyer;
use crate::faults::{FaultOrder, Service, send_fault};
use crate::story::shopper::{Played, Staff, expect};
use crate::story::{StoryError, Timeline, Told, far_side, told};

pub(super) async fn play(buyer: &Buyer<'_>, mut time: Timeline<'_>) -> Result<Told, StoryError> {
    let trouble = Trouble { buyer };
    time.step("supplier", trouble.lose_answers()).await?;
    let service = time.step("customer", trouble.buy()).await?;
    let refused = time.step("supplier", trouble.refuse_half_way()).await?;
    time.step("staff", trouble.try_again(&refused)).await?;
    let slow = time.step("customer", trouble.order_by_hand()).await?;
    time.step("wharf", trouble.follow_up(&slow)).await?;
    time.step("supplier", trouble.fall_silent(&service)).await?;
    time.step("staff", trouble.wrong_token(&service)).await?;
    time.step("supplier", trouble.count()).await?;
    Ok(told(
        "three services were made once each, whatever went wrong".to_owned(),
        json!({ "services": [service, refused, slow] }),
    ))
}

struct Trouble<'a> {
    buyer: &'a Buyer<'a>,
}

impl Trouble<'_> {
    fn domain(&self, what: &str) -> String {
        format!("{what}-{}.com", self.buyer.shopper.word)
    }

    async fn arm(
        &self,
        kind: FaultKind,
        on: Option<&str>,
        times: Option<u32>,
    ) -> Result<(), StoryError> {
        let fault = Fault {
            kind,
            on: on.map(str::to_owned),
            times,
        };
        let order = FaultOrder {
            service: Service::Supplier,
            fault,
        };
        send_fault(self.buyer.shopper.addresses, &order)
            .await
            .map_err(|error| StoryError::wrong(error.to_string()))
    }

    async fn lose_answers(&self) -> Played<()> {
        for call in CHANGES {
            self.arm(FaultKind::CutAfterCommit, Some(call), Some(1))
                .await?;
        }
        let says = "will do what it is told next, and say nothing of it, three times";
        Ok((says.to_owned(), ()))
    }

    async fn buy(&self) -> Played<String> {
        let domain = self.domain("lost");
        let (invoice, service) = self.buyer.order("SiteShield Pro", Some(&domain)).await?;
        self.buyer.shopper.pay(&invoice).await?;
        self.buyer.wait_for(&service, "Active").await?;
        self.buyer.expect_held(&domain, "active").await?;
        let says = "buys SiteShield Pro: active, with one user, one service, one licence";
        Ok((says.to_owned(), service))
    }

    /// The third step is refused for good: the second one is taken back.
    async fn refuse_half_way(&self) -> Played<String> {
        let domain = self.domain("refused");
        self.buyer.supplier_refuses(true, false).await?;
        let (invoice, service) = self.buyer.order("SiteShield Pro", Some(&domain)).await?;
        self.buyer.shopper.pay(&invoice).await?;
        let ended = self
            .buyer
            .shopper
            .wait_until("what was half made is taken back", async || {
                let ever = self.buyer.ever(&domain).await?;
                let ended = ever
                    .iter()
                    .all(|service| far_side::is(service, "status", "terminated"));
                Ok((!ever.is_empty() && ended).then_some(ever.len()))
            })
            .await?;
        expect("the services that were made", &ended.to_string(), "1")?;
        expect(
            "WHMCS's status",
            &self.buyer.status(&service).await?,
            "Pending",
        )?;
        let queued = self.buyer.queued(&service).await?;
        let said = queued
            .first()
            .and_then(|row| far_side::text(row, "last_attempt_error"))
            .unwrap_or_default();
        if !said.contains("no licences are left") {
            return Err(StoryError::wrong(format!(
                "the module queue says \"{said}\", not what the supplier said"
            )));
        }
        let says = "has no licences left: the service was taken back, WHMCS's queue says why";
        Ok((says.to_owned(), service))
    }

    async fn try_again(&self, service: &str) -> Played<()> {
        let domain = self.domain("refused");
        self.buyer.supplier_refuses(false, false).await?;
        let said = self.buyer.staff_does(service, "Create").await?;
        said.map_err(StoryError::wrong)?;
        self.buyer.wait_for(service, "Active").await?;
        let ever = self.buyer.ever(&domain).await?;
        let alive = ever
            .iter()
            .filter(|service| far_side::is(service, "status", "active"))
            .count();
        expect("its living services", &alive.to_string(), "1")?;
        expect("its services", &ever.len().to_string(), "2")?;
        Ok(("creates it again: active".to_owned(), ()))
    }

    async fn order_by_hand(&self) -> Played<String> {
        let domain = self.domain("slow");
        let (invoice, service) = self
            .buyer
            .order("SiteShield Enterprise", Some(&domain))
            .await?;
        self.buyer.shopper.pay(&invoice).await?;
        expect(
            "WHMCS's status",
            &self.buyer.status(&service).await?,
            "Pending",
        )?;
        let queued = self.buyer.queued(&service).await?;
        let said = queued
            .first()
            .and_then(|row| far_side::text(row, "last_attempt_error"))
            .unwrap_or_default();
        if !said.to_lowercase().contains("in progress") {
            return Err(StoryError::wrong(format!(
                "WHMCS is told \"{said}\", not that it is in progress"
            )));
        }
        let says = "buys SiteShield Enterprise, which somebody sets up: in progress";
        Ok((says.to_owned(), service))
    }

    async fn follow_up(&self, service: &str) -> Played<()> {
        let shopper = &self.buyer.shopper;
        shopper
            .wait_until("the service that takes its time is active", async || {
                if self.buyer.status(service).await? == "Active" {
                    return Ok(Some(()));
                }
                shopper.step(5, false).await?;
                Ok(None)
            })
            .await?;
        self.buyer
            .expect_held(&self.domain("slow"), "active")
            .await?;
        let queued = self.buyer.queued(service).await?;
        expect("what waits in the queue", &queued.len().to_string(), "0")?;
        let welcomes = self.buyer.welcomes("SiteShield Enterprise").await?;
        expect("welcome mails", &welcomes.to_string(), "1")?;
        let says = "follows it up: active in WHMCS, one service, one welcome mail";
        Ok((says.to_owned(), ()))
    }

    /// Pages are read within their time, from what was known.
    async fn fall_silent(&self, service: &str) -> Played<()> {
        let shopper = &self.buyer.shopper;
        let held = self.buyer.held(&self.domain("lost")).await?;
        let key = held.pointer("/licences/0/key").and_then(Value::as_str);
        self.buyer.page(service).await?;
        self.arm(FaultKind::BlackHole, None, None).await?;
        // Long enough that what was known is no news any more.
        shopper.step(3_600, false).await?;
        let mut slowest = Duration::ZERO;
        for _ in 0..3 {
            let began = Instant::now();
            let page = self.buyer.page(service).await?;
            slowest = slowest.max(began.elapsed());
            page.must_show(key.unwrap_or("no key"))?;
        }
        self.buyer.no_faults().await?;
        if slowest > PAGE {
            let took = slowest.as_millis();
            return Err(StoryError::wrong(format!("a page took {took} ms")));
        }
        let says = format!(
            "falls silent: pages show what was known, the slowest within {} ms",
            slowest.as_millis()
        );
        Ok((says, ()))
    }

    async fn wrong_token(&self, service: &str) -> Played<()> {
        self.buyer.supplier_refuses(false, true).await?;
        let staff = Staff::log_in(self.buyer.shopper.addresses).await?;
        let row = self.buyer.row(service).await?;
        let server = far_side::text(&row, "server").unwrap_or_default();
        let page = staff.page("/admin/servers").await?;
        let form = page.form(&format!("#test-connection-{server}"))?;
        let said = staff.send(&form).await?.text(".note.bad")?;
        if !said.to_lowercase().contains("token") {
            return Err(StoryError::wrong(format!(
                "the connection test says \"{said}\", and nothing of the token"
            )));
        }
        let said = self.buyer.staff_does(service, "Suspend").await?;
        let Err(said) = said else {
            return Err(StoryError::wrong("a suspension without a token worked"));
        };
        if !said.to_lowercase().contains("token") {
            return Err(StoryError::wrong(format!(
                "the suspension says \"{said}\", and nothing of the token"
            )));
        }
        expect(
            "WHMCS's status",
            &self.buyer.status(service).await?,
            "Active",
        )?;
        self.buyer.supplier_refuses(false, false).await?;
        for (action, status) in [("Suspend", "suspended"), ("Unsuspend", "active")] {
            let said = self.buyer.staff_does(service, action).await?;
            said.map_err(StoryError::wrong)?;
            self.buyer.expect_held(&self.domain("lost"), status).await?;
        }
        let says =
            "is told that the token is refused; once it is right again, suspends and unsuspends";
        Ok((says.to_owned(), ()))
    }

    async fn count(&self) -> Played<()> {
        let user = far_side::user(self.buyer.shopper.addresses, &self.buyer.shopper.email).await?;
        let mut living = 0;
        for what in ["lost", "refused", "slow"] {
            let ever = self.buyer.ever(&self.domain(what)).await?;
            living += ever
                .iter()
                .filter(|service| far_side::is(service, "status", "active"))
                .count();
        }
        expect("the living services", &living.to_string(), "3")?;
        let id = far_side::text(&user, "id").unwrap_or_default();
        Ok((format!("has one user ({id}) with three services"), ()))
    }
}

const CHANGES: [&str; 3] = [
    "POST /api/v1/users",
    "POST /api/v1/services",
    "POST /api/v1/services/{id}/licences",
];
/// What pages get, and what drawing one takes.
const PAGE: Duration = Duration::from_millis(4_500);
