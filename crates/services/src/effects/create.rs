//! Creating a service: user, service and licence, one after the other, each an effect of its own.
//!
//! Performing this effect twice is harmless, because its parts are not: so, in doubt, it looks which of them the
//! journal has, and goes on from there.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wharf_core::Deadline;
use wharf_store::journal::{Entry, Filter, State};
use wharf_store::{Effect, Ending, NewJob, Outcome, Pace, Performed, Refusal, Settled, StoreError};

use super::{MakeLicence, MakeService, MakeUser, Order};
use crate::connector::{Context, Facts};
use crate::tables;
use crate::tell;
use crate::world::World;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CreateService {
    #[serde(flatten)]
    pub order: Order,
    /// When to check that WHMCS knows, milliseconds after the end.
    pub check_after: u64,
}

/// What WHMCS is told of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Created {
    pub properties: BTreeMap<String, String>,
}

impl Effect for CreateService {
    const KIND: &'static str = "services.create";
    type World = World;
    type Output = Created;

    fn key(&self) -> String {
        format!("create/{}", self.order.path())
    }

    fn subject(&self) -> String {
        format!("service/{}/{}", self.order.id.site, self.order.id.service)
    }

    /// A customer may have changed name or e-mail since: that is no other service.
    fn same_request(&self, earlier: &Self) -> bool {
        let of = |effect: &Self| {
            let order = &effect.order;
            (
                order.connector.clone(),
                order.plan.clone(),
                order.domain.clone(),
            )
        };
        of(self) == of(earlier)
    }

    async fn perform(&self, world: &World, _: i64) -> Performed<Created> {
        match self.parts(world).await {
            Ok(created) => Performed::Done(created),
            Err(performed) => performed,
        }
    }

    async fn settle(&self, world: &World, _: i64) -> Settled<Created> {
        match self.look(world).await {
            Ok(settled) => settled,
            Err(error) => Settled::CannotTell(error.to_string()),
        }
    }

    fn follow_up(&self, ending: &Ending<Created>) -> Vec<NewJob> {
        if !matches!(ending.outcome, Outcome::Done(_)) {
            return Vec::new();
        }
        vec![tell::created(&self.order, self.check_after, ending.awaited)]
    }

    /// Settling costs only a look into our own database; the limit covers all three parts.
    fn pace() -> Pace {
        Pace {
            limit: Duration::from_secs(180),
            believe_after: Duration::ZERO,
            longest_pause: Duration::from_secs(5),
            attempts: 1_000,
            settles: 720,
            ..Pace::default()
        }
    }
}

impl CreateService {
    async fn parts(&self, world: &World) -> Result<Created, Performed<Created>> {
        let user = run(world, &self.user()).await?;
        let service = run(world, &self.service(&user)).await?;
        let licence = run(world, &self.licence(&user, &service)).await?;
        self.finish(world, &user, &service, &licence)
            .await
            .map_err(Performed::Unknown)
    }

    /// How far the parts are, by the journal.
    async fn look(&self, world: &World) -> Result<Settled<Created>, StoreError> {
        let user = match part(world, &self.user()).await? {
            Ok(facts) => facts,
            Err(settled) => return Ok(settled),
        };
        let service = match part(world, &self.service(&user)).await? {
            Ok(facts) => facts,
            Err(settled) => return Ok(settled),
        };
        let licence = match part(world, &self.licence(&user, &service)).await? {
            Ok(facts) => facts,
            Err(settled) => return Ok(settled),
        };
        Ok(match self.finish(world, &user, &service, &licence).await {
            Ok(created) => Settled::Happened(created),
            Err(why) => Settled::CannotTell(why),
        })
    }

    async fn finish(
        &self,
        world: &World,
        user: &Facts,
        service: &Facts,
        licence: &Facts,
    ) -> Result<Created, String> {
        let connector = world.connector(&self.order.connector)?;
        let mut context = Context::new();
        for (name, facts) in [("user", user), ("service", service), ("licence", licence)] {
            context.insert(name.to_owned(), facts.clone().into());
        }
        let properties = connector
            .properties
            .iter()
            .map(|(name, text)| Ok((name.clone(), text.render(&context)?)))
            .collect::<Result<_, String>>()?;
        let (store, id, generation) = (&world.store, &self.order.id, self.order.generation);
        let kept = async {
            tables::note_service(store, id, generation, service).await?;
            tables::created(store, id, generation, licence).await
        };
        kept.await.map_err(|error| error.to_string())?;
        Ok(Created { properties })
    }

    fn user(&self) -> MakeUser {
        MakeUser {
            order: self.order.clone(),
        }
    }

    fn service(&self, user: &Facts) -> MakeService {
        MakeService {
            order: self.order.clone(),
            user: user.clone(),
        }
    }

    fn licence(&self, user: &Facts, service: &Facts) -> MakeLicence {
        MakeLicence {
            order: self.order.clone(),
            user: user.clone(),
            service: service.clone(),
        }
    }
}

/// Runs a part. What is not done ends this effect's attempt in the same way.
async fn run<E: Effect<Output = Facts>>(
    world: &World,
    effect: &E,
) -> Result<Facts, Performed<Created>> {
    match world
        .store
        .journal()
        .run(effect, Deadline::after(PART))
        .await
    {
        Ok(Outcome::Done(facts)) => Ok(facts),
        Ok(Outcome::Refused(refusal)) => Err(Performed::Refused(Refusal::lasting(refusal.reason))),
        Ok(Outcome::InProgress { reason } | Outcome::Held { reason }) => {
            Err(Performed::Unknown(reason))
        }
        Err(StoreError::Conflict { .. }) => Err(Performed::Refused(Refusal::lasting(
            "a part of this service was made for another plan, domain or customer: terminate it, then create it anew",
        ))),
        Err(error) => Err(Performed::Unknown(error.to_string())),
    }
}

/// How a part stands: its result, or what that means for the whole.
async fn part<E: Effect<Output = Facts>>(
    world: &World,
    effect: &E,
) -> Result<Result<Facts, Settled<Created>>, StoreError> {
    let (key, reason) = (effect.key(), |entry: &Entry| {
        entry.reason.clone().unwrap_or_default()
    });
    let filter = Filter {
        subject: Some(effect.subject()),
        kind: Some(E::KIND.to_owned()),
        limit: 1_000,
        ..Filter::default()
    };
    let entries = world.store.journal().list(&filter).await?;
    let Some(entry) = entries.into_iter().find(|entry| entry.key == key) else {
        return Ok(Err(Settled::DidNotHappen));
    };
    Ok(match (entry.state, &entry.result) {
        (State::Done, Some(serde_json::Value::Object(facts))) => Ok(facts.clone()),
        (State::Refused, _) => Err(Settled::Refused(Refusal::lasting(reason(&entry)))),
        (State::Done, _) => Err(Settled::CannotTell(
            "a part's result cannot be read".to_owned(),
        )),
        _ => Err(Settled::CannotTell(reason(&entry))),
    })
}

/// What this effect waits for one part before it goes to sleep until the part has ended.
const PART: Duration = Duration::from_secs(55);
