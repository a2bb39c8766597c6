//! Effect kinds by name, so that the journal can take up an effect that only the database remembers.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::effect::{Effect, Ending, Outcome, Pace, Performed, Settled};
use crate::StoreError;
use crate::jobs::NewJob;

/// An effect kind with its types hidden: inputs and results are JSON.
pub(super) trait Kind: Send + Sync {
    fn pace(&self) -> Pace;
    fn believe_after(&self, input: &Value) -> Duration;
    fn perform(&self, input: Value, attempt: i64) -> Pending<Performed<Value>>;
    fn settle(&self, input: Value, attempt: i64) -> Pending<Settled<Value>>;
    fn same_request(&self, asked: &Value, earlier: &Value) -> bool;
    fn follow_up(&self, input: &Value, outcome: &Outcome<Value>, awaited: bool) -> Vec<NewJob>;
}

pub(super) type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;

pub(super) struct Registered<E: Effect> {
    world: Arc<E::World>,
}

impl<E: Effect> Registered<E> {
    pub(super) fn new(world: Arc<E::World>) -> Self {
        Self { world }
    }
}

impl<E: Effect> Kind for Registered<E> {
    fn pace(&self) -> Pace {
        E::pace()
    }

    fn believe_after(&self, input: &Value) -> Duration {
        read::<E>(input.clone()).map_or(E::pace().believe_after, |effect| effect.believe_after())
    }

    fn perform(&self, input: Value, attempt: i64) -> Pending<Performed<Value>> {
        let world = self.world.clone();
        let limit = E::pace().limit;
        Box::pin(async move {
            // Nothing was sent yet, yet it is no refusal either: only a newer Wharf can read it.
            let Some(effect) = read::<E>(input) else {
                return Performed::Unknown(UNREADABLE.to_owned());
            };
            match within(limit, async move { effect.perform(&world, attempt).await }).await {
                Ok(Performed::Done(output)) => match serde_json::to_value(output) {
                    Ok(output) => Performed::Done(output),
                    Err(error) => Performed::Unknown(format!("its result cannot be kept: {error}")),
                },
                Ok(Performed::Refused(refusal)) => Performed::Refused(refusal),
                Ok(Performed::NotYet(why)) => Performed::NotYet(why),
                Ok(Performed::Unknown(why)) | Err(why) => Performed::Unknown(why),
            }
        })
    }

    fn settle(&self, input: Value, attempt: i64) -> Pending<Settled<Value>> {
        let world = self.world.clone();
        let limit = E::pace().limit;
        Box::pin(async move {
            let Some(effect) = read::<E>(input) else {
                return Settled::CannotTell(UNREADABLE.to_owned());
            };
            match within(limit, async move { effect.settle(&world, attempt).await }).await {
                Ok(Settled::Happened(output)) => match serde_json::to_value(output) {
                    Ok(output) => Settled::Happened(output),
                    Err(error) => {
                        Settled::CannotTell(format!("its result cannot be kept: {error}"))
                    }
                },
                Ok(Settled::DidNotHappen) => Settled::DidNotHappen,
                Ok(Settled::Refused(refusal)) => Settled::Refused(refusal),
                Ok(Settled::AskAPerson(why)) => Settled::AskAPerson(why),
                Ok(Settled::NotYet(why)) => Settled::NotYet(why),
                Ok(Settled::CannotTell(why)) | Err(why) => Settled::CannotTell(why),
            }
        })
    }

    fn same_request(&self, asked: &Value, earlier: &Value) -> bool {
        match (read::<E>(asked.clone()), read::<E>(earlier.clone())) {
            (Some(asked), Some(earlier)) => asked.same_request(&earlier),
            _ => asked == earlier,
        }
    }

    fn follow_up(&self, input: &Value, outcome: &Outcome<Value>, awaited: bool) -> Vec<NewJob> {
        let Some(effect) = read::<E>(input.clone()) else {
            return Vec::new();
        };
        match typed(outcome.clone()) {
            Ok(outcome) => effect.follow_up(&Ending { outcome, awaited }),
            Err(_) => Vec::new(),
        }
    }
}

/// The outcome with its result read back.
pub(super) fn typed<T: DeserializeOwned>(
    outcome: Outcome<Value>,
) -> Result<Outcome<T>, StoreError> {
    Ok(match outcome {
        Outcome::Done(value) => {
            Outcome::Done(
                serde_json::from_value(value).map_err(|source| StoreError::Stored {
                    what: "an effect's result".to_owned(),
                    source: Some(source),
                })?,
            )
        }
        Outcome::Refused(refusal) => Outcome::Refused(refusal),
        Outcome::InProgress { reason } => Outcome::InProgress { reason },
        Outcome::Held { reason } => Outcome::Held { reason },
    })
}

/// Runs on a task of its own: a panic in a capability must not take the journal's bookkeeping with it.
async fn within<T: Send + 'static>(
    limit: Duration,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, String> {
    let mut task = tokio::spawn(work);
    match tokio::time::timeout(limit, &mut task).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(_)) => Err("it broke off unexpectedly".to_owned()),
        Err(_) => {
            task.abort();
            Err(format!("no answer within {} s", limit.as_secs()))
        }
    }
}

fn read<E: Effect>(input: Value) -> Option<E> {
    serde_json::from_value(input).ok()
}

const UNREADABLE: &str = "its input was written by another version of Wharf";
