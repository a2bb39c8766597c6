//! The service at the supplier: the one that this customer has for this domain, else a new one.

use serde::{Deserialize, Serialize};
use wharf_store::{Effect, Pace, Performed, Refusal, Settled};

use super::{Order, patient};
use crate::connector::{Context, Facts, Supplier, as_text};
use crate::tables;
use crate::world::World;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MakeService {
    pub order: Order,
    pub user: Facts,
}

impl Effect for MakeService {
    const KIND: &'static str = "services.service";
    type World = World;
    type Output = Facts;

    fn key(&self) -> String {
        format!("service/{}", self.order.path())
    }

    fn subject(&self) -> String {
        format!(
            "supplier-service/{}/{}",
            self.order.authority, self.order.domain
        )
    }

    fn same_request(&self, earlier: &Self) -> bool {
        let of = |effect: &Self| {
            let order = &effect.order;
            (
                order.connector.clone(),
                order.plan.clone(),
                order.domain.clone(),
                effect.user.get("id").cloned(),
            )
        };
        of(self) == of(earlier)
    }

    async fn perform(&self, world: &World, _: i64) -> Performed<Facts> {
        let order = &self.order;
        let supplier = match world
            .supplier(&order.id.site, order.server, &order.connector)
            .await
        {
            Ok(supplier) => supplier,
            Err(refusal) => return Performed::Refused(refusal),
        };
        match supplier
            .obtain(&supplier.connector.service, &self.context())
            .await
        {
            Performed::Done(facts) => match self.claim(world, &supplier, &facts).await {
                Ok(()) => Performed::Done(facts),
                Err(refusal) => Performed::Refused(refusal),
            },
            other => other,
        }
    }

    async fn settle(&self, world: &World, _: i64) -> Settled<Facts> {
        let order = &self.order;
        let supplier = match world
            .supplier(&order.id.site, order.server, &order.connector)
            .await
        {
            Ok(supplier) => supplier,
            Err(refusal) => return Settled::CannotTell(refusal.reason),
        };
        match supplier
            .settle(&supplier.connector.service, &self.context())
            .await
        {
            Settled::Happened(facts) => match self.claim(world, &supplier, &facts).await {
                Ok(()) => Settled::Happened(facts),
                Err(refusal) if refusal.temporary => Settled::CannotTell(refusal.reason),
                Err(refusal) => Settled::Refused(refusal),
            },
            other => other,
        }
    }

    fn pace() -> Pace {
        patient()
    }
}

impl MakeService {
    fn context(&self) -> Context {
        let mut context = self.order.context();
        context.insert("user".to_owned(), self.user.clone().into());
        context
    }

    /// Notes whose the supplier's service is. One that another order of ours has is not this order's, even
    /// for the same customer and domain.
    async fn claim(
        &self,
        world: &World,
        supplier: &Supplier<'_>,
        facts: &Facts,
    ) -> Result<(), Refusal> {
        let order = &self.order;
        let reference = facts.get("id").map(as_text).unwrap_or_default();
        let trouble = |error: wharf_store::StoreError| Refusal::temporary(error.to_string());
        let other = tables::other_owner(&world.store, &order.id, &order.authority, &reference)
            .await
            .map_err(trouble)?;
        if let Some(other) = other {
            return Err(Refusal::lasting(supplier.says(&format!(
                "{} already has its service for this customer: it belongs to service {} of WHMCS \"{}\"",
                order.domain, other.service, other.site
            ))));
        }
        tables::note_service(&world.store, &order.id, order.generation, facts)
            .await
            .map_err(trouble)
    }
}
