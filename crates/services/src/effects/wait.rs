//! Waiting for what a supplier accepted and is still at.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_store::{Effect, Pace, Performed, Refusal, Settled};

use super::step::{StepEffect, StepResult};
use crate::language::{Action, Poll, Step};
use crate::supplier::{Facts, Polled, Trouble};
use crate::world::World;
use std::time::Duration;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Wait {
    pub step: StepEffect,
    /// What the answer that said "pending" gave.
    pub facts: Facts,
    pub accepted: Value,
    /// When that was, epoch milliseconds.
    pub since: i64,
}

impl Effect for Wait {
    const KIND: &'static str = "services.wait";
    type World = World;
    type Output = StepResult;

    fn key(&self) -> String {
        format!("wait/{}", self.step.key())
    }

    fn subject(&self) -> String {
        self.key()
    }

    fn same_request(&self, _: &Self) -> bool {
        true
    }

    async fn perform(&self, world: &World, _: i64) -> Performed<StepResult> {
        let key = self.key();
        match self.ask(world, &key).await {
            Ok(Asked::Done(result)) => Performed::Done(result),
            Ok(Asked::Failed(why)) => Performed::Refused(Refusal::lasting(why)),
            Ok(Asked::Pending(why)) => Performed::Refused(Refusal::temporary(why)),
            Ok(Asked::TooLong(why)) => Performed::Unknown(why),
            Err(refusal) => Performed::Refused(refusal),
        }
    }

    async fn settle(&self, world: &World, _: i64) -> Settled<StepResult> {
        match self.ask(world, &self.key()).await {
            Ok(Asked::Done(result)) => Settled::Happened(result),
            Ok(Asked::Failed(why)) => Settled::Refused(Refusal::lasting(why)),
            Ok(Asked::Pending(_)) => Settled::DidNotHappen,
            Ok(Asked::TooLong(why)) => Settled::AskAPerson(why),
            Err(refusal) => Settled::CannotTell(refusal.reason),
        }
    }

    /// A supplier may be at something for days.
    fn pace() -> Pace {
        Pace {
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(60),
            attempts: i64::MAX / 2,
            settles: i64::MAX / 2,
            believe_after: Duration::ZERO,
            ..Pace::default()
        }
    }
}

enum Asked {
    Done(StepResult),
    Failed(String),
    Pending(String),
    /// Longer than the connector says that it takes.
    TooLong(String),
}

impl Wait {
    async fn ask(&self, world: &World, key: &str) -> Result<Asked, Refusal> {
        let (supplier, log) = self.step.supplier(world).await?;
        let step = supplier
            .connector
            .step(&self.step.action, &self.step.step)
            .ok_or_else(|| Refusal::lasting(self.step.no_step()))?;
        let poll = poll(step, self.step.undo).ok_or_else(|| {
            Refusal::lasting(
                supplier.says("it accepted a request that the connector does not follow"),
            )
        })?;
        let now = world.store.clock().now_ms();
        let waited = now.saturating_sub(self.since);
        let every = i64::try_from(poll.every.as_millis()).unwrap_or(i64::MAX);
        let too_long = waited > millis(poll.at_most);
        let polled = &world.suppliers.polled;
        if !too_long
            && let Some(last) = polled.get(key).await
            && now.saturating_sub(last) < every
        {
            return Ok(Asked::Pending(supplier.says("it is still at it")));
        }
        let own = StepEffect {
            kept: {
                let mut kept = self.step.kept.clone();
                kept.entry(self.step.step.clone())
                    .or_default()
                    .extend(self.facts.clone());
                kept
            },
            ..self.step.clone()
        };
        let mut scene = own.scene(world, &supplier, step, &log).await?;
        world
            .suppliers
            .accepted(&self.step.order, &self.accepted, &mut scene)
            .await
            .map_err(Refusal::temporary)?;
        polled.insert(key.to_owned(), now).await;
        let ends = self.step.undo || self.step.action == Action::Terminate;
        let polled = supplier
            .poll(poll, &step.keep, &step.name, ends, &scene, &log)
            .await;
        Ok(match polled {
            Polled::Done(facts) => {
                let facts = match facts {
                    None => None,
                    Some(facts) => Some(
                        world
                            .suppliers
                            .sealed(&self.step.order, step, facts)
                            .await
                            .map_err(Refusal::temporary)?,
                    ),
                };
                let result = StepResult {
                    facts: facts.unwrap_or_else(|| self.facts.clone()),
                    made: true,
                    accepted: None,
                };
                if !self.step.undo {
                    self.step.record(world, &supplier, &result).await?;
                }
                Asked::Done(result)
            }
            Polled::Failed(why) => Asked::Failed(why),
            Polled::Pending(why) | Polled::Trouble(Trouble { text: why, .. }) if too_long => {
                Asked::TooLong(format!("{why}, after {} minutes", waited / 60_000))
            }
            // That it refuses to be asked says nothing about what it is at.
            Polled::Pending(why) | Polled::Trouble(Trouble { text: why, .. }) => {
                Asked::Pending(why)
            }
        })
    }
}

fn poll(step: &Step, undo: bool) -> Option<&Poll> {
    if undo {
        step.undo.as_ref()?.poll.as_ref()
    } else {
        step.poll.as_ref()
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
