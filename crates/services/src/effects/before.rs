//! The effects of version 0.1, whose connectors knew users, services and licences only. What they left in the
//! journal is not gone on with: it ends, and WHMCS runs the action again, which finds what is there.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use wharf_store::{Effect, Ending, NewJob, Performed, Refusal, Settled};

use crate::tables::ServiceId;
use crate::tell::{self, Verb};
use crate::world::World;

/// The input of an old effect, as it is.
type Input = Map<String, Value>;

macro_rules! old {
    ($name:ident, $kind:literal, $follow:expr) => {
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub(crate) struct $name(Input);

        impl Effect for $name {
            const KIND: &'static str = $kind;
            type World = World;
            type Output = Value;

            fn key(&self) -> String {
                String::new()
            }

            fn subject(&self) -> String {
                String::new()
            }

            async fn perform(&self, _: &World, _: i64) -> Performed<Value> {
                Performed::Refused(Refusal::lasting(BEFORE))
            }

            async fn settle(&self, _: &World, _: i64) -> Settled<Value> {
                Settled::Refused(Refusal::lasting(BEFORE))
            }

            fn follow_up(&self, _: &Ending<Value>) -> Vec<NewJob> {
                let follow: fn(&Input) -> Option<NewJob> = $follow;
                follow(&self.0).into_iter().collect()
            }
        }
    };
}

old!(OldUser, "services.user", |_| None);
old!(OldService, "services.service", |_| None);
old!(OldLicence, "services.licence", |_| None);
old!(OldCreate, "services.create", |input| Some(tell::again(
    &id(input)?,
    Verb::Create,
    ""
)));
old!(OldChange, "services.change", |input| {
    let verb = serde_json::from_value(input.get("verb")?.clone()).ok()?;
    let reason = input.get("reason").and_then(Value::as_str);
    Some(tell::again(&id(input)?, verb, reason.unwrap_or_default()))
});

fn id(input: &Input) -> Option<ServiceId> {
    serde_json::from_value(Value::Object(input.clone())).ok()
}

const BEFORE: &str = "it was begun by an earlier version of Wharf; WHMCS runs the action again, which finds what is there";
