//! The service's licence: the one it has, else a new one.

use serde::{Deserialize, Serialize};
use wharf_store::{Effect, Pace, Performed, Settled};

use super::{Order, patient};
use crate::connector::{Context, Facts, as_text};
use crate::world::World;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MakeLicence {
    pub order: Order,
    pub user: Facts,
    pub service: Facts,
}

impl Effect for MakeLicence {
    const KIND: &'static str = "services.licence";
    type World = World;
    type Output = Facts;

    fn key(&self) -> String {
        format!("licence/{}", self.order.path())
    }

    fn subject(&self) -> String {
        let service = self.service.get("id").map(as_text).unwrap_or_default();
        format!("supplier-licence/{}/{service}", self.order.authority)
    }

    fn same_request(&self, earlier: &Self) -> bool {
        self.service.get("id") == earlier.service.get("id")
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
        supplier
            .obtain(&supplier.connector.licence, &self.context())
            .await
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
        supplier
            .settle(&supplier.connector.licence, &self.context())
            .await
    }

    fn pace() -> Pace {
        patient()
    }
}

impl MakeLicence {
    fn context(&self) -> Context {
        let mut context = self.order.context();
        context.insert("user".to_owned(), self.user.clone().into());
        context.insert("service".to_owned(), self.service.clone().into());
        context
    }
}
