//! Running an action's steps, one after the other, and taking them back when one is refused for good.
//!
//! It can be run again at any time: the journal knows how far it came.

use wharf_core::Deadline;
use wharf_store::journal::{Entry, State as Journaled};
use wharf_store::{Effect, Outcome, Refusal, StoreError};

use super::{ATTEMPTS, Act, StepEffect, StepResult, Wait};
use crate::language::{Connector, Step};
use crate::supplier::{Facts, Log, Supplier};
use crate::tables::{Kept, services};
use crate::world::World;
use std::time::Duration;

/// Why an action does not end well, at least not now.
#[derive(Debug)]
pub(super) enum Stop {
    Refused(Refusal),
    /// A step is under way; the whole is taken up again.
    Waiting(String),
}

pub(super) struct Saga<'a> {
    pub world: &'a World,
    pub act: &'a Act,
    pub supplier: &'a Supplier,
    pub kept: Kept,
}

/// Why a part was refused.
struct No {
    why: String,
    /// It was tried too often.
    given_up: bool,
}

/// How the journal knows a step.
struct Standing {
    round: i64,
    step: Option<Entry>,
    wait: Option<Entry>,
}

impl Saga<'_> {
    /// Runs the steps; afterwards `kept` is what the service keeps.
    pub(super) async fn run(&mut self) -> Result<(), Stop> {
        let connector = self.supplier.connector.clone();
        let steps = connector.steps(&self.act.action);
        // A step that this run was refused for good is not tried again by it.
        for step in steps {
            let standing = self.standing(step).await?;
            if let Some(why) = standing.refused_in(&self.act.run) {
                return Err(self.take_back(&connector, step, why).await);
            }
        }
        for step in steps {
            if !self.is_wanted(step).await? {
                continue;
            }
            let facts = self.take(&connector, step).await?;
            self.kept
                .entry(step.name.clone())
                .or_default()
                .extend(facts);
        }
        Ok(())
    }

    /// Takes one step, to the end of what was accepted. One that is refused for good has the ones before it taken
    /// back.
    async fn take(&mut self, connector: &Connector, step: &Step) -> Result<Facts, Stop> {
        loop {
            let standing = self.standing(step).await?;
            let effect = self.effect(step, standing.round).await?;
            let result = match self.part(&effect).await? {
                Ok(result) => result,
                Err(no) => return Err(self.refused(connector, step, no).await),
            };
            let Some(accepted) = result.accepted else {
                return Ok(result.facts);
            };
            let wait = Wait {
                since: self.world.store.clock().now_ms(),
                facts: result.facts,
                step: effect,
                accepted,
            };
            match self.part(&wait).await? {
                Ok(result) => return Ok(result.facts),
                Err(_) if self.standing(step).await?.round > standing.round => {}
                Err(no) => return Err(self.refused(connector, step, no).await),
            }
        }
    }

    /// How far it is, without sending anything: what a person must look at, what is under way.
    pub(super) async fn look(&self) -> Result<Look, StoreError> {
        for step in self.supplier.connector.steps(&self.act.action) {
            let standing = match self.standing(step).await {
                Ok(standing) => standing,
                Err(Stop::Refused(refusal)) => return Ok(Look::UnderWay(refusal.reason)),
                Err(Stop::Waiting(why)) => return Ok(Look::UnderWay(why)),
            };
            let undo = self.undo_effect(step, standing.round, Kept::new(), String::new());
            let undo = self.world.store.journal().by_key(&undo.key()).await?;
            let entries = [standing.step, standing.wait, undo];
            for entry in entries.into_iter().flatten() {
                let reason = entry.reason.clone().unwrap_or_default();
                match entry.state {
                    Journaled::Held => return Ok(Look::Held(reason)),
                    Journaled::Done | Journaled::Refused => {}
                    _ => return Ok(Look::UnderWay(reason)),
                }
            }
        }
        Ok(Look::Ready)
    }

    /// Whether every step has ended well: what was recorded is this action's.
    pub(super) async fn is_done(&self) -> Result<bool, Stop> {
        let ended =
            |entry: &Option<Entry>| entry.as_ref().map(|entry| entry.state == Journaled::Done);
        for step in self.supplier.connector.steps(&self.act.action) {
            let standing = self.standing(step).await?;
            let done = ended(&standing.step) == Some(true) && ended(&standing.wait) != Some(false);
            if !done && self.is_wanted(step).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn is_wanted(&self, step: &Step) -> Result<bool, Stop> {
        let Some(when) = &step.when else {
            return Ok(true);
        };
        let scene = self.scene(step).await?;
        when.holds(&scene.context)
            .map_err(|why| self.wrong(&step.name, &why))
    }

    async fn effect(&self, step: &Step, round: i64) -> Result<StepEffect, Stop> {
        let subject = match &step.subject {
            None => format!(
                "step/{}/{}/{}",
                self.act.order.path(),
                self.act.action,
                step.name
            ),
            Some(subject) => {
                let scene = self.scene(step).await?;
                let subject = subject
                    .render(&scene.context)
                    .map_err(|why| self.wrong(&step.name, &why))?;
                format!("supplier/{}/{subject}", self.act.order.authority)
            }
        };
        Ok(StepEffect {
            undo: false,
            ..self.undo_effect(step, round, self.kept.clone(), subject)
        })
    }

    fn undo_effect(&self, step: &Step, round: i64, kept: Kept, subject: String) -> StepEffect {
        StepEffect {
            order: self.act.order.clone(),
            action: self.act.action.clone(),
            digest: StepEffect::digest(step, &self.act.order),
            step: step.name.clone(),
            run: self.act.run.clone(),
            cycle: self.act.cycle,
            round,
            undo: true,
            subject,
            kept,
        }
    }

    async fn scene(&self, step: &Step) -> Result<crate::supplier::Scene, Stop> {
        let log = Log::kept(
            &self.act.action.to_string(),
            &self.world.store,
            &self.act.order.id,
            &self.act.run,
            "",
        );
        let used = step.used();
        let scene =
            self.world
                .suppliers
                .scene(self.supplier, &self.act.order, &self.kept, &used, &log);
        scene.await.map_err(|trouble| {
            if trouble.temporary {
                Stop::Waiting(trouble.text)
            } else {
                Stop::Refused(trouble.into())
            }
        })
    }

    /// Runs a part to its end.
    async fn part<E: Effect<Output = StepResult>>(
        &self,
        effect: &E,
    ) -> Result<Result<StepResult, No>, Stop> {
        let journal = self.world.store.journal();
        match journal.run(effect, Deadline::after(PART)).await {
            Ok(Outcome::Done(result)) => Ok(Ok(result)),
            Ok(Outcome::Refused(refusal)) => {
                let entry = journal
                    .by_key(&effect.key())
                    .await
                    .map_err(|error| Stop::Waiting(error.to_string()))?;
                Ok(Err(No {
                    why: refusal.reason,
                    given_up: entry.is_some_and(|entry| entry.tries >= ATTEMPTS),
                }))
            }
            Ok(Outcome::InProgress { reason } | Outcome::Held { reason }) => {
                Err(Stop::Waiting(reason))
            }
            Err(StoreError::Conflict { .. }) => Err(Stop::Refused(Refusal::lasting(
                "a part of this service was made for another plan, domain or customer: terminate it, then create it anew",
            ))),
            Err(error) => Err(Stop::Waiting(error.to_string())),
        }
    }

    /// Given up after many tries is not refused for good: what is there is kept for the next run.
    async fn refused(&mut self, connector: &Connector, step: &Step, no: No) -> Stop {
        if no.given_up {
            return Stop::Refused(Refusal::lasting(no.why));
        }
        self.take_back(connector, step, no.why).await
    }

    /// Takes back what the steps before made, last first; `why` is why the step was refused.
    async fn take_back(&mut self, connector: &Connector, failed: &Step, why: String) -> Stop {
        let steps = connector.steps(&self.act.action);
        let mut left = Vec::new();
        let last = steps
            .iter()
            .position(|step| step.name == failed.name)
            .unwrap_or(0);
        for step in steps.iter().take(last + 1).rev() {
            match self.step_back(step).await {
                Ok(()) => {}
                Err(Stop::Waiting(reason)) => return Stop::Waiting(reason),
                Err(Stop::Refused(refusal)) => left.push(format!(
                    "\"{}\" is still there: {}",
                    step.name, refusal.reason
                )),
            }
        }
        if left.is_empty() {
            return Stop::Refused(Refusal::lasting(why));
        }
        Stop::Refused(Refusal::lasting(format!(
            "{why} (taking back what was made failed: {})",
            left.join("; ")
        )))
    }

    async fn step_back(&mut self, step: &Step) -> Result<(), Stop> {
        if step.undo.is_none() {
            return Ok(());
        }
        let standing = self.standing(step).await?;
        let made = standing.step.as_ref().is_some_and(|entry| {
            entry.state == Journaled::Done
                && entry
                    .result
                    .as_ref()
                    .and_then(|result| result.get("made"))
                    .and_then(serde_json::Value::as_bool)
                    == Some(true)
        });
        if !made {
            return Ok(());
        }
        let Some(entry) = &standing.step else {
            return Ok(());
        };
        let facts: StepResult = entry
            .result
            .clone()
            .and_then(|result| serde_json::from_value(result).ok())
            .unwrap_or_default();
        let mut kept = self.kept.clone();
        kept.entry(step.name.clone())
            .or_default()
            .extend(facts.facts);
        let effect = self.undo_effect(step, standing.round, kept, entry.subject.clone());
        let result = self.undo_part(&effect).await?;
        if let Some(accepted) = result.accepted {
            let wait = Wait {
                since: self.world.store.clock().now_ms(),
                facts: Facts::new(),
                step: effect,
                accepted,
            };
            self.undo_part(&wait).await?;
        }
        self.kept.remove(&step.name);
        let order = &self.act.order;
        let reference = crate::state::reference(&self.supplier.connector, order, &self.kept);
        services::keep(
            &self.world.store,
            &order.id,
            order.generation,
            &step.name,
            None,
            reference.as_deref(),
        )
        .await
        .map_err(|error| Stop::Waiting(error.to_string()))
    }

    async fn undo_part<E: Effect<Output = StepResult>>(
        &self,
        effect: &E,
    ) -> Result<StepResult, Stop> {
        let journal = self.world.store.journal();
        // Refused before, in this run, is not asked again.
        let known = journal
            .by_key(&effect.key())
            .await
            .map_err(|error| Stop::Waiting(error.to_string()))?;
        if let Some(entry) = known.filter(|entry| entry.state == Journaled::Refused)
            && run_of(&entry) == Some(self.act.run.as_str())
        {
            let reason = entry.reason.unwrap_or_default();
            return Err(Stop::Refused(Refusal::lasting(reason)));
        }
        match journal.run(effect, Deadline::after(PART)).await {
            Ok(Outcome::Done(result)) => Ok(result),
            Ok(Outcome::Refused(refusal)) => Err(Stop::Refused(refusal)),
            Ok(Outcome::InProgress { reason } | Outcome::Held { reason }) => {
                Err(Stop::Waiting(reason))
            }
            Err(error) => Err(Stop::Waiting(error.to_string())),
        }
    }

    /// A step that was taken back, or that failed after it was accepted, is another one the next time.
    async fn standing(&self, step: &Step) -> Result<Standing, Stop> {
        let trouble = |error: StoreError| Stop::Waiting(error.to_string());
        let journal = self.world.store.journal();
        let (mut round, mut failures) = (0, 0);
        loop {
            let undo = self.undo_effect(step, round, Kept::new(), String::new());
            let effect = StepEffect {
                undo: false,
                ..undo.clone()
            };
            if self.is_over(&undo).await.map_err(trouble)? {
                round += 1;
                continue;
            }
            let wait = format!("wait/{}", effect.key());
            let wait = match step.poll {
                Some(_) => journal.by_key(&wait).await.map_err(trouble)?,
                None => None,
            };
            if let Some(wait) = &wait
                && wait.state == Journaled::Refused
                && step.undo.is_none()
            {
                failures += i64::from(run_of(wait) == Some(self.act.run.as_str()));
                if failures <= step.orders_again() {
                    round += 1;
                    continue;
                }
            }
            return Ok(Standing {
                round,
                step: journal.by_key(&effect.key()).await.map_err(trouble)?,
                wait,
            });
        }
    }

    /// Whether the taking back has ended well, to its last answer.
    async fn is_over(&self, undo: &StepEffect) -> Result<bool, StoreError> {
        let journal = self.world.store.journal();
        let Some(entry) = journal.by_key(&undo.key()).await? else {
            return Ok(false);
        };
        if entry.state != Journaled::Done {
            return Ok(false);
        }
        let accepted = entry
            .result
            .as_ref()
            .is_some_and(|result| result.get("accepted").is_some());
        if !accepted {
            return Ok(true);
        }
        let wait = journal.by_key(&format!("wait/{}", undo.key())).await?;
        Ok(wait.is_some_and(|wait| wait.state == Journaled::Done))
    }

    fn wrong(&self, step: &str, why: &str) -> Stop {
        Stop::Refused(Refusal::lasting(
            self.supplier.says(&format!("step \"{step}\": {why}")),
        ))
    }
}

/// How an action stands.
#[derive(Debug)]
pub(super) enum Look {
    Ready,
    UnderWay(String),
    Held(String),
}

impl Standing {
    /// Why the step was refused for good in a run.
    fn refused_in(&self, run: &str) -> Option<String> {
        [&self.step, &self.wait]
            .into_iter()
            .flatten()
            .find(|entry| {
                entry.state == Journaled::Refused
                    && entry.tries < ATTEMPTS
                    && run_of(entry) == Some(run)
            })
            .map(|entry| entry.reason.clone().unwrap_or_default())
    }
}

fn run_of(entry: &Entry) -> Option<&str> {
    let input = &entry.input;
    input
        .get("run")
        .or_else(|| input.get("step")?.get("run"))?
        .as_str()
}

/// What an action waits for one step before it goes to sleep until the step has ended.
const PART: Duration = Duration::from_secs(55);
