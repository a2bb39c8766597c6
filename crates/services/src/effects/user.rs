//! The customer's user at the supplier: found by e-mail, else made.

use serde::{Deserialize, Serialize};
use wharf_store::{Effect, Pace, Performed, Refusal, Settled};

use super::{Order, patient};
use crate::connector::Facts;
use crate::world::World;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MakeUser {
    pub order: Order,
}

impl Effect for MakeUser {
    const KIND: &'static str = "services.user";
    type World = World;
    type Output = Facts;

    /// With the e-mail: an order that is corrected before anything else was made wants another user.
    fn key(&self) -> String {
        format!(
            "user/{}/{}",
            self.order.path(),
            self.order.email.to_lowercase()
        )
    }

    fn subject(&self) -> String {
        format!(
            "supplier-user/{}/{}",
            self.order.authority,
            self.order.email.to_lowercase()
        )
    }

    fn same_request(&self, earlier: &Self) -> bool {
        self.order.connector == earlier.order.connector
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
        let mut context = order.context();
        match password() {
            Ok(password) => context.insert("password".to_owned(), password.into()),
            Err(why) => return Performed::Refused(Refusal::temporary(why)),
        };
        supplier.obtain(&supplier.connector.user, &context).await
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
            .settle(&supplier.connector.user, &order.context())
            .await
    }

    fn pace() -> Pace {
        patient()
    }
}

/// For a user who is to sign in through the supplier's "forgot password": random, and kept nowhere.
fn password() -> Result<String, String> {
    let mut bytes = [0_u8; 18];
    getrandom::fill(&mut bytes).map_err(|error| format!("no random numbers: {error}"))?;
    let random: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    // Upper case and a sign, for suppliers that ask for them.
    Ok(format!("Wf-{random}"))
}
