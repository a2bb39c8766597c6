//! One step of an action, so that it ends in one of the journal's ways.

use serde_json::Value;

use super::exchange::Extra;
use super::judge::{Answer, Reply};
use super::log::Log;
use super::{Facts, Scene, Supplier, Trouble, as_text};
use crate::language::{Action, Find, Request, Step, Undo, first};

/// How a step ended.
#[derive(Debug)]
pub(crate) enum Stepped {
    /// It is so. `made` tells that this step made it so.
    Done {
        facts: Facts,
        made: bool,
    },
    /// Accepted: the answer, and what could be kept of it.
    Pending {
        facts: Facts,
        accepted: Value,
    },
    /// What it is about is not there.
    Gone(String),
    Refused(Trouble),
    Unknown(String),
}

/// What looking for something found.
#[derive(Debug)]
pub(crate) enum Looked {
    There(Facts),
    /// Something is there that is not what is wanted.
    Different(String),
    Nothing,
    Failed(Trouble),
}

/// How taking something back ended.
#[derive(Debug)]
pub(crate) enum Sent {
    Done,
    Pending(Value),
    Refused(Trouble),
    Unknown(String),
}

impl Supplier {
    /// Makes it so: what is there already counts, if it is the same. A find comes first, so that trying again is
    /// harmless even where the supplier does not refuse doubles.
    pub(crate) async fn step(
        &self,
        action: &Action,
        step: &Step,
        scene: &Scene,
        log: &Log,
    ) -> Stepped {
        if let Some(find) = &step.find {
            match self.look(step, find, scene, log).await {
                Looked::There(facts) => return Stepped::Done { facts, made: false },
                Looked::Different(why) if *action == Action::Create => {
                    return Stepped::Refused(self.trouble(false, &why));
                }
                Looked::Failed(trouble) => return Stepped::Refused(trouble),
                Looked::Different(_) | Looked::Nothing => {}
            }
        }
        let Some(request) = &step.request else {
            if self.dry {
                return Stepped::Done {
                    facts: step.keep.made_up(&step.name),
                    made: false,
                };
            }
            let why = self.taken(step, scene, "what is needed is not there");
            return Stepped::Refused(self.trouble(false, &why));
        };
        let extra = Extra {
            step: &step.name,
            polls: step.poll.is_some(),
            ..Extra::default()
        };
        let reply = self.send(request, extra, scene, log).await;
        if self.dry {
            return Stepped::Done {
                facts: step.keep.made_up(&step.name),
                made: step.changes,
            };
        }
        let answered = match reply {
            Reply::Done(answer) => done(step, &answer).map_err(|why| (answer.status, why)),
            Reply::Pending(answer) => pending(step, &answer).map_err(|why| (answer.status, why)),
            reply => return self.ended(action, step, reply, scene, log).await,
        };
        match answered {
            Ok(stepped) => stepped,
            Err((status, why)) => {
                let reply = self.malformed(&request.answers, status, why);
                self.ended(action, step, reply, scene, log).await
            }
        }
    }

    /// What any answer means but one that says that it is done or begun.
    async fn ended(
        &self,
        action: &Action,
        step: &Step,
        reply: Reply,
        scene: &Scene,
        log: &Log,
    ) -> Stepped {
        match reply {
            Reply::Done(_) | Reply::Pending(_) => {
                Stepped::Unknown(self.says("its answer says nothing"))
            }
            Reply::Already(why) => self.already(action, step, &why, scene, log).await,
            Reply::Gone(_) if *action == Action::Terminate => Stepped::Done {
                facts: Facts::new(),
                made: false,
            },
            Reply::Gone(why) => Stepped::Gone(self.says(&why)),
            Reply::Refused(why) | Reply::Wrong(why) => Stepped::Refused(self.trouble(false, &why)),
            Reply::Later(why) => {
                Stepped::Refused(self.trouble(true, &format!("too many requests ({why})")))
            }
            Reply::NotYet(why) => Stepped::Refused(self.not_yet(&why)),
            Reply::NotSent(why) => Stepped::Refused(self.trouble(true, &why)),
            Reply::Lost(why) if !step.changes => Stepped::Refused(self.trouble(true, &why)),
            Reply::Lost(why) => Stepped::Unknown(self.says(&why)),
        }
    }

    /// The supplier says that it is so already.
    async fn already(
        &self,
        action: &Action,
        step: &Step,
        why: &str,
        scene: &Scene,
        log: &Log,
    ) -> Stepped {
        let there = |facts| Stepped::Done { facts, made: false };
        let Some(find) = &step.find else {
            // What a service that is there has kept is known.
            if step.keep.required.is_empty() || *action != Action::Create {
                return there(Facts::new());
            }
            let why = self.taken(step, scene, &format!("it is there already ({why})"));
            return Stepped::Refused(self.trouble(false, &why));
        };
        match self.look(step, find, scene, log).await {
            Looked::There(facts) => there(facts),
            Looked::Different(why) => Stepped::Refused(self.trouble(false, &why)),
            Looked::Failed(trouble) => Stepped::Refused(trouble),
            Looked::Nothing if *action != Action::Create => there(Facts::new()),
            Looked::Nothing => match &step.taken {
                Some(taken) => Stepped::Refused(Trouble::lasting(
                    taken
                        .render(&scene.context)
                        .unwrap_or_else(|why| self.says(&why)),
                )),
                None => Stepped::Refused(self.trouble(
                    false,
                    &format!("it says that it is there already ({why}), but does not show it"),
                )),
            },
        }
    }

    fn taken(&self, step: &Step, scene: &Scene, otherwise: &str) -> String {
        step.taken
            .as_ref()
            .and_then(|taken| taken.render(&scene.context).ok())
            .unwrap_or_else(|| otherwise.to_owned())
    }

    /// Whether it is there.
    pub(crate) async fn look(&self, step: &Step, find: &Find, scene: &Scene, log: &Log) -> Looked {
        let found = match &find.list {
            Some(path) => self
                .walk(
                    &find.request,
                    path,
                    find.pages.as_ref(),
                    find.matching.as_ref(),
                    &step.name,
                    scene,
                    log,
                )
                .await
                .map(|items| items.and_then(|items| items.into_iter().next())),
            None => self.one(step, find, scene, log).await,
        };
        let item = match found {
            _ if self.dry => return Looked::Nothing,
            Ok(Some(item)) => item,
            Ok(None) => return Looked::Nothing,
            Err(trouble) => return Looked::Failed(trouble),
        };
        let facts = match step.keep.of(&item) {
            Ok(facts) => facts,
            Err(name) => {
                return Looked::Failed(
                    self.trouble(true, &format!("the answer has no \"{name}\"")),
                );
            }
        };
        match self.difference(find, &facts, scene) {
            Ok(None) => Looked::There(facts),
            Ok(Some(why)) => Looked::Different(why),
            Err(why) => Looked::Failed(self.trouble(false, &why)),
        }
    }

    async fn one(
        &self,
        step: &Step,
        find: &Find,
        scene: &Scene,
        log: &Log,
    ) -> Result<Option<Value>, Trouble> {
        let item = self
            .item(&find.request, &find.item, &step.name, scene, log)
            .await?;
        let (Some(item), Some(wanted)) = (&item, &find.matching) else {
            return Ok(item);
        };
        let is = wanted
            .holds(&scene.with("item", item.clone()).context)
            .map_err(|why| self.trouble(false, &why))?;
        Ok(is.then(|| item.clone()))
    }

    fn difference(
        &self,
        find: &Find,
        facts: &Facts,
        scene: &Scene,
    ) -> Result<Option<String>, String> {
        for (name, wanted) in &find.same {
            let wanted = wanted.render(&scene.context)?;
            let there = facts.get(name).map(as_text).unwrap_or_default();
            if there != wanted {
                return Ok(Some(format!(
                    "it is there already, but with another {name} ({there}, not {wanted})"
                )));
            }
        }
        Ok(None)
    }

    /// Takes a step back.
    pub(crate) async fn undo(&self, step: &Step, undo: &Undo, scene: &Scene, log: &Log) -> Sent {
        let name = undo_name(step);
        let extra = Extra {
            step: &name,
            polls: undo.poll.is_some(),
            ..Extra::default()
        };
        self.take_back(&undo.request, extra, scene, log).await
    }

    async fn take_back(
        &self,
        request: &Request,
        extra: Extra<'_>,
        scene: &Scene,
        log: &Log,
    ) -> Sent {
        match self.send(request, extra, scene, log).await {
            Reply::Done(_) | Reply::Already(_) | Reply::Gone(_) => Sent::Done,
            Reply::Pending(answer) => Sent::Pending(answer.value),
            Reply::Refused(why) | Reply::Wrong(why) => Sent::Refused(self.trouble(false, &why)),
            Reply::NotYet(why) => Sent::Refused(self.not_yet(&why)),
            Reply::Later(why) | Reply::NotSent(why) => Sent::Refused(self.trouble(true, &why)),
            Reply::Lost(why) => Sent::Unknown(self.says(&why)),
        }
    }
}

/// What taking a step back is called in the log.
pub(crate) fn undo_name(step: &Step) -> String {
    format!("undo {}", step.name)
}

fn done(step: &Step, answer: &Answer) -> Result<Stepped, String> {
    let mut facts = Facts::new();
    if !step.keep.required.is_empty() || !step.keep.optional.is_empty() {
        let item = first(&step.item, &answer.value).ok_or("the answer is not what was expected")?;
        facts = step.keep.of(item).map_err(missing)?;
    }
    Ok(Stepped::Done {
        facts,
        made: step.changes,
    })
}

fn pending(step: &Step, answer: &Answer) -> Result<Stepped, String> {
    let item = first(&step.item, &answer.value).unwrap_or(&answer.value);
    let facts = match step.keep.of(item) {
        Ok(facts) => facts,
        // The last answer has it.
        Err(_) if step.poll.as_ref().is_some_and(|poll| poll.item.is_some()) => Facts::new(),
        Err(name) => return Err(missing(name)),
    };
    Ok(Stepped::Pending {
        facts,
        accepted: answer.value.clone(),
    })
}

fn missing(name: String) -> String {
    format!("the answer has no \"{name}\"")
}
