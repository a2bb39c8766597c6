//! Finding and making a supplier's resources, so that each ends in one of the journal's ways.

use serde_json::{Map, Value};
use wharf_store::{Performed, Refusal, Settled};

use super::exchange::{Reply, Supplier};
use super::template::Context;
use super::{Act, Pick, Read, Resource, first};

/// What was picked of a resource: `id` and whatever else the connector names.
pub(crate) type Facts = Map<String, Value>;

/// What looking for something found.
#[derive(Debug)]
pub(crate) enum Found {
    Facts(Facts),
    Nothing,
    Failed(Trouble),
}

/// Why a read gave nothing. Nothing was changed by it.
#[derive(Clone, Debug)]
pub(crate) struct Trouble {
    /// It may go away by itself.
    pub temporary: bool,
    /// For staff, the supplier named.
    pub text: String,
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        Self {
            temporary: trouble.temporary,
            reason: trouble.text,
        }
    }
}

impl Supplier<'_> {
    /// Makes sure that the resource is there: finds it, else makes it. What is there already counts if it
    /// is the same; a find comes first, so that trying again is harmless even where the supplier does not
    /// refuse doubles.
    pub(crate) async fn obtain(&self, resource: &Resource, context: &Context) -> Performed<Facts> {
        match self.look(resource, context).await {
            Looked::There(facts) => return Performed::Done(facts),
            Looked::Different(why) => return Performed::Refused(Refusal::lasting(why)),
            Looked::Failed(trouble) => return Performed::Refused(trouble.into()),
            Looked::Nothing => {}
        }
        let mut context = context.clone();
        if resource.create.needs_account {
            match self.account().await {
                Ok(account) => context.insert("account".to_owned(), account.into()),
                Err(trouble) => return Performed::Refused(trouble.into()),
            };
        }
        let create = &resource.create;
        match self
            .change(&create.method, &create.path, create.body.as_ref(), &context)
            .await
        {
            Reply::Ok(value) => {
                match first(&create.item, &value).map(|item| picked(&resource.pick, item)) {
                    Some(Ok(facts)) => Performed::Done(facts),
                    Some(Err(name)) => {
                        Performed::Unknown(self.says(&format!("the answer has no \"{name}\"")))
                    }
                    None => Performed::Unknown(self.says("the answer is not what was expected")),
                }
            }
            Reply::No {
                code: Some(code), ..
            } if create.conflict.contains(&code) => self.after_conflict(resource, &context).await,
            Reply::No {
                status, message, ..
            } => Performed::Refused(self.refusal(status, &message)),
            Reply::NotSent(why) => Performed::Refused(Refusal::temporary(self.says(&why))),
            Reply::Lost(why) => Performed::Unknown(self.says(&why)),
        }
    }

    /// Whether making the resource happened. Only an answer of the supplier can tell: that it refuses to be
    /// asked says nothing about what it did before.
    pub(crate) async fn settle(&self, resource: &Resource, context: &Context) -> Settled<Facts> {
        match self.look(resource, context).await {
            Looked::There(facts) => Settled::Happened(facts),
            Looked::Different(why) => Settled::Refused(Refusal::lasting(why)),
            Looked::Nothing => Settled::DidNotHappen,
            Looked::Failed(trouble) => Settled::CannotTell(trouble.text),
        }
    }

    /// The facts of our account with the supplier.
    pub(crate) async fn account(&self) -> Result<Facts, Trouble> {
        let account = &self.connector.account;
        match self
            .item(&account.read, &account.pick, &Context::new())
            .await
        {
            Found::Facts(facts) => Ok(facts),
            Found::Nothing => Err(self.trouble(false, "it does not know this account")),
            Found::Failed(trouble) => Err(trouble),
        }
    }

    /// The service as the supplier has it now; `Nothing` when it is gone.
    pub(crate) async fn service(&self, context: &Context) -> Found {
        self.item(
            &self.connector.service_read,
            &self.connector.service.pick,
            context,
        )
        .await
    }

    /// Changes the service that `context` names.
    pub(crate) async fn act(&self, act: &Act, context: &Context) -> Performed<Acted> {
        match self
            .change(&act.method, &act.path, act.body.as_ref(), context)
            .await
        {
            Reply::Ok(_) => Performed::Done(Acted::Done),
            Reply::No {
                code: Some(code), ..
            } if act.already.contains(&code) => Performed::Done(Acted::Already),
            Reply::No {
                status: 404 | 410, ..
            } => Performed::Done(Acted::Gone),
            Reply::No {
                status, message, ..
            } => Performed::Refused(self.refusal(status, &message)),
            Reply::NotSent(why) => Performed::Refused(Refusal::temporary(self.says(&why))),
            Reply::Lost(why) => Performed::Unknown(self.says(&why)),
        }
    }

    /// "SiteShield: …", for staff.
    pub(crate) fn says(&self, text: &str) -> String {
        format!("{}: {text}", self.connector.title)
    }

    async fn after_conflict(&self, resource: &Resource, context: &Context) -> Performed<Facts> {
        match self.look(resource, context).await {
            Looked::There(facts) => Performed::Done(facts),
            Looked::Different(why) => Performed::Refused(Refusal::lasting(why)),
            Looked::Nothing => {
                let taken = resource.create.taken.render(context);
                Performed::Refused(Refusal::lasting(
                    taken.unwrap_or_else(|why| self.says(&why)),
                ))
            }
            Looked::Failed(trouble) => Performed::Refused(trouble.into()),
        }
    }

    async fn look(&self, resource: &Resource, context: &Context) -> Looked {
        match self.find(resource, context).await {
            Found::Facts(facts) => match self.difference(resource, &facts, context) {
                None => Looked::There(facts),
                Some(why) => Looked::Different(why),
            },
            Found::Nothing => Looked::Nothing,
            Found::Failed(trouble) => Looked::Failed(trouble),
        }
    }

    async fn find(&self, resource: &Resource, context: &Context) -> Found {
        let value = match self.ask(self.read(&resource.find.path, context).await) {
            Ok(value) => value,
            Err(found) => return found,
        };
        // A list must be a list: anything else would pass for "not there" and have it made again.
        let Some(list) = first(&resource.find.list, &value).and_then(Value::as_array) else {
            return Found::Failed(
                self.trouble(true, "the answer is not the list that was expected"),
            );
        };
        match list.first().map(|item| picked(&resource.pick, item)) {
            Some(Ok(facts)) => Found::Facts(facts),
            Some(Err(name)) => {
                Found::Failed(self.trouble(true, &format!("the answer has no \"{name}\"")))
            }
            None => Found::Nothing,
        }
    }

    async fn item(&self, read: &Read, pick: &Pick, context: &Context) -> Found {
        let reply = self.read(&read.path, context).await;
        if matches!(
            reply,
            Reply::No {
                status: 404 | 410,
                ..
            }
        ) {
            return Found::Nothing;
        }
        let value = match self.ask(reply) {
            Ok(value) => value,
            Err(found) => return found,
        };
        match first(&read.item, &value).map(|item| picked(pick, item)) {
            Some(Ok(facts)) => Found::Facts(facts),
            Some(Err(name)) => {
                Found::Failed(self.trouble(true, &format!("the answer has no \"{name}\"")))
            }
            None => Found::Failed(self.trouble(true, "the answer is not what was expected")),
        }
    }

    fn ask(&self, reply: Reply) -> Result<Value, Found> {
        Err(Found::Failed(match reply {
            Reply::Ok(value) => return Ok(value),
            Reply::No {
                status, message, ..
            } => {
                let refusal = self.refusal(status, &message);
                Trouble {
                    temporary: refusal.temporary,
                    text: refusal.reason,
                }
            }
            Reply::NotSent(why) | Reply::Lost(why) => self.trouble(true, &why),
        }))
    }

    fn refusal(&self, status: u16, message: &str) -> Refusal {
        match status {
            401 | 403 => Refusal::lasting(self.says(&format!(
                "it refuses the API token ({message}); check the password of the server in WHMCS"
            ))),
            429 => Refusal::temporary(self.says(&format!("too many requests ({message})"))),
            _ => Refusal::lasting(self.says(message)),
        }
    }

    fn difference(&self, resource: &Resource, facts: &Facts, context: &Context) -> Option<String> {
        resource.same.iter().find_map(|(name, wanted)| {
            let wanted = wanted.render(context).ok()?;
            let there = facts.get(name).map(as_text).unwrap_or_default();
            (there != wanted).then(|| {
                self.says(&format!(
                    "it is there already, but with another {name} ({there}, not {wanted})"
                ))
            })
        })
    }

    fn trouble(&self, temporary: bool, text: &str) -> Trouble {
        Trouble {
            temporary,
            text: self.says(text),
        }
    }
}

/// How a change of a service that is there ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acted {
    Done,
    Already,
    Gone,
}

enum Looked {
    There(Facts),
    /// Something is there that is not what was wanted.
    Different(String),
    Nothing,
    Failed(Trouble),
}

/// A fact as text: suppliers' ids may be numbers.
pub(crate) fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn picked(pick: &Pick, item: &Value) -> Result<Facts, String> {
    pick.iter()
        .map(|(name, path)| match first(path, item) {
            Some(value) => Ok((name.clone(), value.clone())),
            None => Err(name.clone()),
        })
        .collect()
}
