//! Which names the texts of a connector use.

use std::collections::BTreeSet;

use super::{Condition, Connector, Find, Pages, Poll, Request, Step, Template};

/// Names as they stand in texts: `client.email`, `secret.user`.
pub(crate) type Used = BTreeSet<String>;

impl Step {
    pub(crate) fn used(&self) -> Used {
        let mut used = Used::new();
        conditions(&mut used, self.when.as_ref());
        texts(&mut used, self.subject.as_ref());
        texts(&mut used, self.taken.as_ref());
        if let Some(request) = &self.request {
            request.add(&mut used);
        }
        if let Some(find) = &self.find {
            find.add(&mut used);
        }
        if let Some(poll) = &self.poll {
            poll.add(&mut used);
        }
        if let Some(undo) = &self.undo {
            undo.request.add(&mut used);
            if let Some(poll) = &undo.poll {
                poll.add(&mut used);
            }
        }
        used
    }
}

impl Request {
    pub(crate) fn used(&self) -> Used {
        let mut used = Used::new();
        self.add(&mut used);
        used
    }

    fn add(&self, used: &mut Used) {
        texts(used, [&self.path]);
        texts(used, self.query.iter().map(|(_, text)| text));
        texts(used, self.headers.iter().map(|(_, text)| text));
        if let Some(body) = &self.body {
            used.extend(body.names().into_iter().map(str::to_owned));
        }
    }
}

impl Find {
    fn add(&self, used: &mut Used) {
        self.request.add(used);
        conditions(used, self.matching.as_ref());
        texts(used, self.same.iter().map(|(_, text)| text));
        if let Some(pages) = &self.pages {
            pages.add(used);
        }
    }
}

impl Pages {
    fn add(&self, used: &mut Used) {
        texts(used, self.query.iter().map(|(_, text)| text));
    }
}

impl Poll {
    fn add(&self, used: &mut Used) {
        self.request.add(used);
        conditions(used, [&self.until]);
        conditions(used, self.failed.as_ref());
    }
}

impl Connector {
    /// Everything that the steps of all actions use.
    pub(crate) fn used(&self) -> Used {
        let steps = self.actions.iter().flat_map(|(_, steps)| steps);
        let mut used: Used = steps.flat_map(Step::used).collect();
        for (_, body) in &self.values {
            used.extend(body.names().into_iter().map(str::to_owned));
        }
        used
    }

    /// What pages and properties show.
    pub(crate) fn shown(&self) -> Used {
        let mut used = Used::new();
        texts(&mut used, self.properties.iter().map(|(_, text)| text));
        texts(&mut used, [&self.service.reference]);
        texts(&mut used, self.service.status.as_ref());
        for fact in self.page.facts.iter().chain(&self.admin) {
            texts(&mut used, [&fact.value]);
            conditions(&mut used, fact.when.as_ref());
        }
        for link in &self.page.links {
            texts(&mut used, [&link.url]);
            conditions(&mut used, link.when.as_ref());
        }
        for bar in &self.page.bars {
            texts(&mut used, [&bar.used]);
            texts(&mut used, bar.limit.as_ref());
        }
        used
    }

    /// The names of all steps.
    pub(crate) fn step_names(&self) -> impl Iterator<Item = &str> {
        let steps = self.actions.iter().flat_map(|(_, steps)| steps);
        steps.map(|step| step.name.as_str())
    }
}

fn texts<'a>(used: &mut Used, texts: impl IntoIterator<Item = &'a Template>) {
    let names = texts.into_iter().flat_map(Template::names);
    used.extend(names.map(str::to_owned));
}

fn conditions<'a>(used: &mut Used, conditions: impl IntoIterator<Item = &'a Condition>) {
    let names = conditions.into_iter().flat_map(Condition::names);
    used.extend(names.map(str::to_owned));
}
