//! An action of WHMCS on a service: its steps, each an effect of its own.
//!
//! Performing this effect twice is harmless, because its steps are not: so, in doubt, it looks how far the journal
//! says that they are, and goes on from there.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wharf_store::{Effect, Ending, NewJob, Outcome, Pace, Performed, Refusal, Settled};

use super::saga::{Look, Saga, Stop};
use crate::language::Action;
use crate::order::Order;
use crate::supplier::Supplier;
use crate::tables::{ServiceRow, State, services};
use crate::tell;
use crate::world::{PASSWORD, World};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Act {
    pub order: Order,
    pub action: Action,
    /// How many changes there were before: a second suspension is another effect.
    pub cycle: i64,
    /// Of which call of WHMCS it is.
    pub run: String,
    /// The service was in the wanted state already: nothing will be new to WHMCS.
    #[serde(default)]
    pub again: bool,
    /// When to check that WHMCS knows, milliseconds after the end.
    #[serde(default)]
    pub check_after: u64,
}

/// That it is done. What WHMCS stores is put together when it asks: it may be secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Acted {}

impl Effect for Act {
    const KIND: &'static str = "services.action";
    type World = World;
    type Output = Acted;

    fn key(&self) -> String {
        format!(
            "action/{}/{}/{}",
            self.order.path(),
            self.action,
            self.cycle
        )
    }

    fn subject(&self) -> String {
        format!("service/{}/{}", self.order.id.site, self.order.id.service)
    }

    /// A customer may have changed name or e-mail since, and the reason for a suspension is only a text: that is no
    /// other request. What another password is cannot be told, nor which term is renewed.
    fn same_request(&self, earlier: &Self) -> bool {
        self.order.is_like(&earlier.order)
            && (!matches!(self.action, Action::ChangePassword | Action::Renew)
                || self.run == earlier.run)
    }

    async fn perform(&self, world: &World, _: i64) -> Performed<Acted> {
        match self.go(world).await {
            Ok(acted) => Performed::Done(acted),
            Err(Stop::Waiting(why)) => Performed::Unknown(why),
            Err(Stop::Refused(refusal)) => {
                let over = self.action != Action::Create && !refusal.temporary;
                let order = &self.order;
                let why = format!("{}: {}", self.action, refusal.reason);
                let noted = services::failed(
                    &world.store,
                    &order.id,
                    order.generation,
                    self.cycle,
                    over,
                    &why,
                );
                if let Err(error) = noted.await {
                    return Performed::Unknown(error.to_string());
                }
                Performed::Refused(refusal)
            }
        }
    }

    async fn settle(&self, world: &World, _: i64) -> Settled<Acted> {
        let (supplier, row) = match self.begin(world).await {
            Ok(Some(found)) => found,
            Ok(None) => return Settled::DidNotHappen,
            Err(refusal) => return Settled::CannotTell(refusal.reason),
        };
        let saga = Saga {
            world,
            act: self,
            supplier: &supplier,
            kept: row.kept,
        };
        match saga.look().await {
            Ok(Look::Ready) => Settled::DidNotHappen,
            Ok(Look::UnderWay(why)) => Settled::CannotTell(why),
            Ok(Look::Held(why)) => {
                let order = &self.order;
                let text = format!("{}: {why}", self.action);
                let noted = services::failed(
                    &world.store,
                    &order.id,
                    order.generation,
                    self.cycle,
                    false,
                    &text,
                );
                match noted.await {
                    Ok(()) => Settled::AskAPerson(why),
                    Err(error) => Settled::CannotTell(error.to_string()),
                }
            }
            Err(error) => Settled::CannotTell(error.to_string()),
        }
    }

    /// Only for what was done: a refusal stands in WHMCS's queue and in the journal, and trying it again by
    /// itself could undo what was wished meanwhile.
    fn follow_up(&self, ending: &Ending<Acted>) -> Vec<NewJob> {
        if self.again || !matches!(ending.outcome, Outcome::Done(_)) {
            return Vec::new();
        }
        tell::job(self, ending.awaited).into_iter().collect()
    }

    /// Settling costs only a look into our own database; the limit covers all steps. A supplier may be at one of
    /// them for days.
    fn pace() -> Pace {
        Pace {
            limit: Duration::from_secs(600),
            believe_after: Duration::ZERO,
            longest_pause: Duration::from_secs(5),
            attempts: i64::MAX / 2,
            settles: i64::MAX / 2,
            ..Pace::default()
        }
    }
}

impl Act {
    async fn go(&self, world: &World) -> Result<Acted, Stop> {
        let found = self.begin(world).await;
        let found = found.map_err(|refusal| {
            if refusal.temporary {
                Stop::Waiting(refusal.reason)
            } else {
                Stop::Refused(refusal)
            }
        })?;
        let Some((supplier, row)) = found else {
            return Err(Stop::Refused(Refusal::lasting(
                "the service was created anew meanwhile",
            )));
        };
        let mut saga = Saga {
            world,
            act: self,
            supplier: &supplier,
            kept: row.kept.clone(),
        };
        if row.cycle > self.cycle {
            // A crash after the last record: it is done. Else another change ended while this one waited for it.
            return if saga.is_done().await? {
                Ok(Acted {})
            } else {
                Err(Stop::Refused(Refusal::lasting(
                    "another change of the service came before it; try again",
                )))
            };
        }
        if self.has_a_service(&supplier, &row)? {
            saga.run().await?;
        }
        self.finish(world).await.map_err(Stop::Waiting)
    }

    /// The supplier and our record; none when the service was created anew.
    async fn begin(&self, world: &World) -> Result<Option<(Supplier, ServiceRow)>, Refusal> {
        let order = &self.order;
        let row = services::by_id(&world.store, &order.id)
            .await
            .map_err(|error| Refusal::temporary(error.to_string()))?;
        let Some(row) = row.filter(|row| row.generation == order.generation) else {
            return Ok(None);
        };
        let supplier = world
            .supplier(&order.id.site, order.server, &order.connector)
            .await?;
        Ok(Some((supplier, row)))
    }

    /// Nothing was ever made at the supplier: there is nothing to change, and nothing left to terminate.
    fn has_a_service(&self, supplier: &Supplier, row: &ServiceRow) -> Result<bool, Stop> {
        if self.action == Action::Create {
            return Ok(true);
        }
        let made = row.reference.is_some()
            || crate::state::reference(&supplier.connector, &self.order, &row.kept).is_some();
        match (made, &self.action) {
            (true, _) => {}
            (false, Action::Terminate) => return Ok(false),
            (false, _) => {
                return Err(Stop::Refused(Refusal::lasting(
                    "the service was not created at the supplier yet",
                )));
            }
        }
        if supplier.connector.steps(&self.action).is_empty() {
            return Err(Stop::Refused(Refusal::lasting(
                supplier.says(&format!("its connector has no steps for {}", self.action)),
            )));
        }
        Ok(true)
    }

    async fn finish(&self, world: &World) -> Result<Acted, String> {
        let (store, order) = (&world.store, &self.order);
        let (id, generation) = (&order.id, order.generation);
        if self.action == Action::ChangePassword
            && let Some(name) = &order.password
            && let Some(new) = world.suppliers.vault.read(id, name).await?
        {
            world.suppliers.vault.keep(id, PASSWORD, &new).await?;
        }
        let state = match self.action {
            Action::Suspend => Some(State::Suspended),
            Action::Unsuspend => Some(State::Active),
            Action::Terminate => Some(State::Terminated),
            _ => None,
        };
        let options = match self.action {
            Action::ChangePackage => Some((&order.options, &order.facts)),
            _ => None,
        };
        let recorded = match self.action {
            Action::Create => services::created(store, id, generation).await,
            _ => services::changed(store, id, generation, self.cycle, state, options).await,
        };
        recorded.map_err(|error| error.to_string())?;
        Ok(Acted {})
    }
}
