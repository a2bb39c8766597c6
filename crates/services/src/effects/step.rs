//! One step of an action, or the taking back of one.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use wharf_store::{Effect, Pace, Performed, Refusal, Settled};

use super::patient;
use crate::language::{Action, Step, Undo};
use crate::order::Order;
use crate::supplier::{
    Facts, Log, Looked, Polled, Scene, Sent, Stepped, Supplier, Trouble, undo_name,
};
use crate::tables::{Kept, State, calls, services};
use crate::world::World;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StepEffect {
    pub order: Order,
    pub action: Action,
    pub step: String,
    /// Names what it is made of: an order that is corrected before all was made wants another step.
    pub digest: String,
    /// Of which call of WHMCS it is.
    pub run: String,
    /// How many changes of the service there were before.
    pub cycle: i64,
    /// How often the step was taken back before.
    pub round: i64,
    /// It takes the step back.
    pub undo: bool,
    pub subject: String,
    /// What was kept before it.
    pub kept: Kept,
}

/// How a step ended well.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct StepResult {
    pub facts: Facts,
    /// This step made it so: it may be taken back.
    pub made: bool,
    /// It is not done yet: what the supplier said when it accepted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Value>,
}

impl Effect for StepEffect {
    const KIND: &'static str = "services.step";
    type World = World;
    type Output = StepResult;

    fn key(&self) -> String {
        let verb = if self.undo { "undo" } else { "step" };
        format!(
            "{verb}/{}/{}/{}/{}/{}/{}",
            self.order.path(),
            self.action,
            self.cycle,
            self.step,
            self.digest,
            self.round
        )
    }

    fn subject(&self) -> String {
        self.subject.clone()
    }

    /// What makes it another one is in the key.
    fn same_request(&self, _: &Self) -> bool {
        true
    }

    async fn perform(&self, world: &World, _: i64) -> Performed<StepResult> {
        let (supplier, log) = match self.supplier(world).await {
            Ok(found) => found,
            Err(refusal) => return Performed::Refused(refusal),
        };
        let Some(step) = supplier.connector.step(&self.action, &self.step) else {
            return Performed::Refused(Refusal::lasting(self.no_step()));
        };
        let scene = match self.scene(world, &supplier, step, &log).await {
            Ok(scene) => scene,
            Err(trouble) => return trouble.performed(),
        };
        if self.undo {
            return self.take_back(world, &supplier, step, &scene, &log).await;
        }
        match supplier.step(&self.action, step, &scene, &log).await {
            Stepped::Done { facts, made } => {
                let facts = match world.suppliers.sealed(&self.order, step, facts).await {
                    Ok(facts) => facts,
                    Err(why) if made => return Performed::Unknown(why),
                    Err(why) => return Performed::Refused(Refusal::temporary(why)),
                };
                let result = StepResult {
                    facts,
                    made,
                    accepted: None,
                };
                match self.record(world, &supplier, &result).await {
                    Ok(()) => Performed::Done(result),
                    // What was made and cannot be written down is found again.
                    Err(refusal) if made && refusal.temporary => Performed::Unknown(refusal.reason),
                    Err(refusal) => Performed::Refused(refusal),
                }
            }
            Stepped::Pending { facts, accepted } => {
                match self.accepted(world, step, facts, &accepted).await {
                    Ok(result) => Performed::Done(result),
                    Err(why) => Performed::Unknown(why),
                }
            }
            Stepped::Gone(why) if self.action == Action::Create => {
                Performed::Refused(Refusal::lasting(why))
            }
            Stepped::Gone(_) => {
                Performed::Refused(Refusal::lasting(supplier.says("the service is gone there")))
            }
            Stepped::Refused(trouble) => trouble.performed(),
            Stepped::Unknown(why) => Performed::Unknown(why),
        }
    }

    async fn settle(&self, world: &World, _: i64) -> Settled<StepResult> {
        match self.find_out(world).await {
            Ok(settled) => settled,
            Err(refusal) => Settled::CannotTell(refusal.reason),
        }
    }

    fn pace() -> Pace {
        patient()
    }
}

impl StepEffect {
    /// Of plan, domain and the like, as far as the step uses them.
    pub(super) fn digest(step: &Step, order: &Order) -> String {
        let used = step.used();
        let roots: Vec<&str> = used
            .iter()
            .filter_map(|name| name.split('.').next())
            .collect();
        let options: Vec<_> = order
            .options
            .iter()
            .filter(|(name, _)| {
                used.contains("options")
                    || used.contains(&format!("options.{name}"))
                    || roots.contains(&name.as_str())
            })
            .collect();
        let domain = roots.contains(&"domain").then_some(&order.domain);
        let email = used
            .contains("client.email")
            .then(|| order.email().to_lowercase());
        let text = serde_json::json!([options, domain, email]).to_string();
        hex::encode(Sha256::digest(text.as_bytes()))
            .chars()
            .take(8)
            .collect()
    }

    pub(super) async fn supplier(&self, world: &World) -> Result<(Supplier, Log), Refusal> {
        let order = &self.order;
        let supplier = world
            .supplier(&order.id.site, order.server, &order.connector)
            .await?;
        let log = Log::kept(
            &self.action.to_string(),
            &world.store,
            &order.id,
            &self.run,
            &self.key(),
        );
        Ok((supplier, log))
    }

    pub(super) async fn scene(
        &self,
        world: &World,
        supplier: &Supplier,
        step: &Step,
        log: &Log,
    ) -> Result<Scene, Trouble> {
        world
            .suppliers
            .scene(supplier, &self.order, &self.kept, &step.used(), log)
            .await
    }

    pub(super) fn no_step(&self) -> String {
        format!(
            "the connector \"{}\" has no step \"{}\" for {} any more",
            self.order.connector, self.step, self.action
        )
    }

    async fn accepted(
        &self,
        world: &World,
        step: &Step,
        facts: Facts,
        accepted: &Value,
    ) -> Result<StepResult, String> {
        let (suppliers, order) = (&world.suppliers, &self.order);
        let name = if self.undo {
            undo_name(step)
        } else {
            step.name.clone()
        };
        let accepted = suppliers.sealed_answer(order, step, &name, accepted);
        Ok(StepResult {
            accepted: Some(accepted.await?),
            facts: suppliers.sealed(order, step, facts).await?,
            made: !self.undo,
        })
    }

    async fn take_back(
        &self,
        world: &World,
        supplier: &Supplier,
        step: &Step,
        scene: &Scene,
        log: &Log,
    ) -> Performed<StepResult> {
        let Some(undo) = &step.undo else {
            return Performed::Refused(Refusal::lasting(self.no_step()));
        };
        match supplier.undo(step, undo, scene, log).await {
            Sent::Done => Performed::Done(StepResult::default()),
            Sent::Pending(accepted) => {
                match self.accepted(world, step, Facts::new(), &accepted).await {
                    Ok(result) => Performed::Done(result),
                    Err(why) => Performed::Unknown(why),
                }
            }
            Sent::Refused(trouble) => trouble.performed(),
            Sent::Unknown(why) => Performed::Unknown(why),
        }
    }

    async fn find_out(&self, world: &World) -> Result<Settled<StepResult>, Refusal> {
        let (supplier, log) = self.supplier(world).await?;
        let Some(step) = supplier.connector.step(&self.action, &self.step) else {
            return Ok(Settled::AskAPerson(self.no_step()));
        };
        let name = if self.undo {
            undo_name(step)
        } else {
            step.name.clone()
        };
        let sent = calls::last_sent(&world.store, &self.key(), &name)
            .await
            .map_err(|error| Refusal::temporary(error.to_string()))?;
        let Some((sent_at, ending)) = sent else {
            return Ok(Settled::DidNotHappen);
        };
        if matches!(ending.as_str(), "refused" | "later") {
            return Ok(Settled::DidNotHappen);
        }
        let scene = match self.scene(world, &supplier, step, &log).await {
            Ok(scene) => scene,
            Err(trouble) => return Ok(trouble.settled()),
        };
        if self.undo {
            return Ok(self.was_taken_back(&supplier, step, &scene, &log).await);
        }
        if let Some(undo) = step.undo.as_ref().filter(|undo| undo.in_doubt) {
            return Ok(in_doubt(&supplier, step, undo, &scene, &log).await);
        }
        if let Some(find) = &step.find {
            return Ok(match supplier.look(step, find, &scene, &log).await {
                Looked::There(facts) => {
                    let facts = match world.suppliers.sealed(&self.order, step, facts).await {
                        Ok(facts) => facts,
                        Err(why) => return Ok(Settled::CannotTell(why)),
                    };
                    let result = StepResult {
                        facts,
                        made: true,
                        accepted: None,
                    };
                    match self.record(world, &supplier, &result).await {
                        Ok(()) => Settled::Happened(result),
                        Err(refusal) if refusal.temporary => Settled::CannotTell(refusal.reason),
                        Err(refusal) => Settled::Refused(refusal),
                    }
                }
                Looked::Different(why) if self.action == Action::Create => {
                    Settled::Refused(Refusal::lasting(supplier.says(&why)))
                }
                Looked::Different(_) | Looked::Nothing => {
                    not_there(&supplier, step, world.store.clock().now_ms() - sent_at)
                }
                Looked::Failed(trouble) => trouble.settled(),
            });
        }
        if let Some(settled) = self.by_state(world, &supplier, &log).await? {
            return Ok(settled);
        }
        if step.repeat {
            return Ok(Settled::DidNotHappen);
        }
        Ok(Settled::AskAPerson(supplier.says(&format!(
            "the answer to \"{}\" was lost, and it cannot be asked whether it happened",
            step.name
        ))))
    }

    /// By the supplier's word for the state, where that tells.
    async fn by_state(
        &self,
        world: &World,
        supplier: &Supplier,
        log: &Log,
    ) -> Result<Option<Settled<StepResult>>, Refusal> {
        let connector = &supplier.connector;
        let wanted = match self.action {
            Action::Suspend => State::Suspended,
            Action::Unsuspend => State::Active,
            Action::Terminate => State::Terminated,
            _ => return Ok(None),
        };
        if connector.service.status.is_none() || connector.steps(&Action::Facts).is_empty() {
            return Ok(None);
        }
        let now = world
            .suppliers
            .facts(supplier, &self.order, &self.kept, log)
            .await;
        let state = match now {
            Ok(Some(kept)) => crate::state::at_supplier(connector, &self.order, &kept),
            Ok(None) => Some(State::Terminated),
            Err(trouble) => return Ok(Some(trouble.settled())),
        };
        Ok(Some(if state == Some(wanted) {
            Settled::Happened(StepResult {
                made: true,
                ..StepResult::default()
            })
        } else {
            Settled::DidNotHappen
        }))
    }

    async fn was_taken_back(
        &self,
        supplier: &Supplier,
        step: &Step,
        scene: &Scene,
        log: &Log,
    ) -> Settled<StepResult> {
        if let Some(find) = &step.find {
            return match supplier.look(step, find, scene, log).await {
                Looked::There(_) | Looked::Different(_) => Settled::DidNotHappen,
                Looked::Nothing => Settled::Happened(StepResult::default()),
                Looked::Failed(trouble) => trouble.settled(),
            };
        }
        let again = step.undo.as_ref().is_some_and(|undo| {
            undo.request.method == reqwest::Method::DELETE
                || undo.request.method == reqwest::Method::PUT
        });
        if again {
            Settled::DidNotHappen
        } else {
            Settled::AskAPerson(supplier.says(&format!(
                "nobody can tell whether \"{}\" was taken back",
                step.name
            )))
        }
    }

    /// Writes down what was kept, and whose the supplier's service is. One that another order of ours has is not
    /// this order's, even for the same customer and domain.
    pub(super) async fn record(
        &self,
        world: &World,
        supplier: &Supplier,
        result: &StepResult,
    ) -> Result<(), Refusal> {
        let order = &self.order;
        let trouble = |error: wharf_store::StoreError| Refusal::temporary(error.to_string());
        let mut kept = self.kept.clone();
        kept.entry(self.step.clone())
            .or_default()
            .extend(result.facts.clone());
        let reference = crate::state::reference(&supplier.connector, order, &kept);
        if let Some(reference) = &reference
            && self.action == Action::Create
        {
            let other = services::other_owner(&world.store, &order.id, &order.authority, reference)
                .await
                .map_err(trouble)?;
            if let Some(other) = other {
                let what = if order.domain.is_empty() {
                    reference
                } else {
                    &order.domain
                };
                return Err(Refusal::lasting(supplier.says(&format!(
                    "{what} already has its service for this customer: it belongs to service {} of WHMCS \"{}\"",
                    other.service, other.site
                ))));
            }
        }
        services::keep(
            &world.store,
            &order.id,
            order.generation,
            &self.step,
            Some(&result.facts),
            reference.as_deref(),
        )
        .await
        .map_err(trouble)
    }
}

/// What a supplier may have accepted is shown only when it is done: until then "not there" is no answer, and sending
/// it anew would order it twice.
fn not_there(supplier: &Supplier, step: &Step, waited_ms: i64) -> Settled<StepResult> {
    let Some(poll) = step.poll.as_ref().filter(|_| !step.repeat) else {
        return Settled::DidNotHappen;
    };
    let longest = i64::try_from(poll.at_most.as_millis()).unwrap_or(i64::MAX);
    if waited_ms < longest {
        Settled::CannotTell(supplier.says(&format!(
            "the answer to \"{}\" was lost; it may still be at it",
            step.name
        )))
    } else {
        Settled::AskAPerson(supplier.says(&format!(
            "the answer to \"{}\" was lost, and it does not show what was ordered",
            step.name
        )))
    }
}

/// Takes back what may be there: a service that nobody knows of would stay for ever. Asked until it is gone.
async fn in_doubt(
    supplier: &Supplier,
    step: &Step,
    undo: &Undo,
    scene: &Scene,
    log: &Log,
) -> Settled<StepResult> {
    let accepted = match supplier.undo(step, undo, scene, log).await {
        Sent::Done => return Settled::DidNotHappen,
        Sent::Pending(accepted) => accepted,
        Sent::Refused(trouble) if !trouble.temporary => {
            return Settled::AskAPerson(format!(
                "it may have been made, and taking it back is refused: {}",
                trouble.text
            ));
        }
        Sent::Refused(trouble) => return trouble.settled(),
        Sent::Unknown(why) => return Settled::CannotTell(why),
    };
    let Some(poll) = &undo.poll else {
        return Settled::CannotTell(supplier.says("it is being taken back"));
    };
    let scene = scene.with("accepted", accepted);
    let polled = supplier
        .poll(poll, &step.keep, &step.name, true, &scene, log)
        .await;
    match polled {
        Polled::Done(_) => Settled::DidNotHappen,
        Polled::Failed(why) | Polled::Pending(why) | Polled::Trouble(Trouble { text: why, .. }) => {
            Settled::CannotTell(why)
        }
    }
}
