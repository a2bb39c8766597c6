//! Suspending, releasing and terminating a service.

use serde::{Deserialize, Serialize};
use wharf_store::{Effect, Ending, NewJob, Outcome, Pace, Performed, Refusal, Settled};

use super::patient;
use crate::connector::{Act, Acted, Connector, Context, Facts, Found, Supplier, as_text};
use crate::tables::{self, ServiceId, ServiceRow, State};
use crate::tell;
use crate::world::World;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verb {
    Suspend,
    Unsuspend,
    Terminate,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Change {
    pub verb: Verb,
    #[serde(flatten)]
    pub id: ServiceId,
    pub generation: i64,
    /// How many changes there were before: a second suspension is another effect.
    pub cycle: i64,
    pub reason: String,
    /// The service was in the wanted state already: nothing will be new to WHMCS.
    #[serde(default)]
    pub again: bool,
    /// When to check that WHMCS knows, milliseconds after the end.
    #[serde(default)]
    pub check_after: u64,
}

impl Effect for Change {
    const KIND: &'static str = "services.change";
    type World = World;
    /// The state that the service is in now.
    type Output = String;

    fn key(&self) -> String {
        let Self {
            verb,
            id,
            generation,
            cycle,
            ..
        } = self;
        format!(
            "{}/{}/{}/{generation}/{cycle}",
            verb.as_str(),
            id.site,
            id.service
        )
    }

    fn subject(&self) -> String {
        format!("service/{}/{}", self.id.site, self.id.service)
    }

    /// The reason for a suspension is only a text.
    fn same_request(&self, _: &Self) -> bool {
        true
    }

    async fn perform(&self, world: &World, _: i64) -> Performed<String> {
        let row = match tables::by_id(&world.store, &self.id).await {
            Ok(Some(row)) if row.generation == self.generation => row,
            Ok(_) => {
                return Performed::Refused(Refusal::lasting(
                    "the service was created anew meanwhile",
                ));
            }
            Err(error) => return Performed::Refused(Refusal::temporary(error.to_string())),
        };
        let Some(facts) = &row.service else {
            return self.without_a_service(world).await;
        };
        let supplier = match world
            .supplier(&self.id.site, row.server, &row.connector)
            .await
        {
            Ok(supplier) => supplier,
            Err(refusal) => return Performed::Refused(refusal),
        };
        match supplier
            .act(self.act(supplier.connector), &self.context(facts))
            .await
        {
            Performed::Done(Acted::Gone) if self.verb != Verb::Terminate => {
                Performed::Refused(Refusal::lasting(supplier.says("the service is gone there")))
            }
            Performed::Done(_) => match self.record(world, &supplier, &row).await {
                Ok(state) => Performed::Done(state),
                Err(why) => Performed::Unknown(why),
            },
            Performed::Refused(refusal) => Performed::Refused(refusal),
            Performed::Unknown(why) => Performed::Unknown(why),
        }
    }

    async fn settle(&self, world: &World, _: i64) -> Settled<String> {
        let row = match tables::by_id(&world.store, &self.id).await {
            Ok(Some(row)) => row,
            Ok(None) => return Settled::DidNotHappen,
            Err(error) => return Settled::CannotTell(error.to_string()),
        };
        let Some(facts) = &row.service else {
            return Settled::DidNotHappen;
        };
        let supplier = match world
            .supplier(&self.id.site, row.server, &row.connector)
            .await
        {
            Ok(supplier) => supplier,
            Err(refusal) => return Settled::CannotTell(refusal.reason),
        };
        let there = match supplier.service(&self.context(facts)).await {
            Found::Facts(facts) => facts.get("status").map(as_text),
            Found::Nothing => Some(supplier.connector.states.terminated.clone()),
            Found::Failed(trouble) => return Settled::CannotTell(trouble.text),
        };
        if there.as_deref() != Some(self.word(supplier.connector)) {
            return Settled::DidNotHappen;
        }
        match self.record(world, &supplier, &row).await {
            Ok(state) => Settled::Happened(state),
            Err(why) => Settled::CannotTell(why),
        }
    }

    /// Only for what was done: a refusal stands in WHMCS's queue and in the journal, and trying it again by
    /// itself could undo what was wished meanwhile.
    fn follow_up(&self, ending: &Ending<String>) -> Vec<NewJob> {
        if self.again || !matches!(ending.outcome, Outcome::Done(_)) {
            return Vec::new();
        }
        vec![tell::changed(self, ending.awaited)]
    }

    fn pace() -> Pace {
        patient()
    }
}

impl Verb {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Suspend => "suspend",
            Self::Unsuspend => "unsuspend",
            Self::Terminate => "terminate",
        }
    }

    pub(crate) fn state(self) -> State {
        match self {
            Self::Suspend => State::Suspended,
            Self::Unsuspend => State::Active,
            Self::Terminate => State::Terminated,
        }
    }
}

impl Change {
    fn act<'a>(&self, connector: &'a Connector) -> &'a Act {
        match self.verb {
            Verb::Suspend => &connector.suspend,
            Verb::Unsuspend => &connector.unsuspend,
            Verb::Terminate => &connector.terminate,
        }
    }

    /// The supplier's word for the state that is wanted.
    fn word<'a>(&self, connector: &'a Connector) -> &'a str {
        match self.verb {
            Verb::Suspend => &connector.states.suspended,
            Verb::Unsuspend => &connector.states.active,
            Verb::Terminate => &connector.states.terminated,
        }
    }

    fn context(&self, facts: &Facts) -> Context {
        let mut context = Context::new();
        context.insert("service".to_owned(), facts.clone().into());
        context.insert("reason".to_owned(), self.reason.clone().into());
        context
    }

    /// Nothing was ever made at the supplier: there is nothing to suspend, and nothing left to terminate.
    async fn without_a_service(&self, world: &World) -> Performed<String> {
        if self.verb != Verb::Terminate {
            return Performed::Refused(Refusal::lasting(
                "the service was not created at the supplier yet",
            ));
        }
        let state = self.verb.state();
        match tables::changed(&world.store, &self.id, self.generation, state, None).await {
            Ok(()) => Performed::Done(state.as_str().to_owned()),
            Err(error) => Performed::Refused(Refusal::temporary(error.to_string())),
        }
    }

    async fn record(
        &self,
        world: &World,
        supplier: &Supplier<'_>,
        row: &ServiceRow,
    ) -> Result<String, String> {
        let state = self.verb.state();
        let mut facts = row.service.clone().unwrap_or_default();
        facts.insert("status".to_owned(), self.word(supplier.connector).into());
        tables::changed(&world.store, &self.id, self.generation, state, Some(&facts))
            .await
            .map_err(|error| error.to_string())?;
        Ok(state.as_str().to_owned())
    }
}
