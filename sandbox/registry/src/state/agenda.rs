//! What falls due, and when: time passes without looking at everything that is kept.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    Domain(String),
    Registered(String),
    Deleted(String),
    Transfer(String),
    Application(u64),
}

#[derive(Debug, Default)]
pub struct Agenda {
    queue: BTreeSet<(Timestamp, Due)>,
    planned: BTreeMap<Due, Timestamp>,
}

impl Agenda {
    /// Plans the one time at which something is looked at next; none takes it off.
    pub fn plan(&mut self, due: Due, at: Option<Timestamp>) {
        if let Some(old) = self.planned.remove(&due) {
            self.queue.remove(&(old, due.clone()));
        }
        if let Some(at) = at {
            self.planned.insert(due.clone(), at);
            self.queue.insert((at, due));
        }
    }

    /// Takes the earliest that is due.
    pub fn pop(&mut self, now: Timestamp) -> Option<(Timestamp, Due)> {
        let first = self.queue.first().filter(|(at, _)| *at <= now)?.clone();
        self.queue.remove(&first);
        self.planned.remove(&first.1);
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_plan_counts() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let domain = |name: &str| Due::Domain(name.into());
        let mut agenda = Agenda::default();
        agenda.plan(domain("a"), Some(at(10)));
        agenda.plan(domain("b"), Some(at(20)));
        agenda.plan(domain("a"), Some(at(30)));
        agenda.plan(domain("c"), Some(at(5)));
        agenda.plan(domain("c"), None);
        assert_eq!(agenda.pop(at(19)), None);
        assert_eq!(agenda.pop(at(99)), Some((at(20), domain("b"))));
        assert_eq!(agenda.pop(at(99)), Some((at(30), domain("a"))));
        assert_eq!(agenda.pop(at(99)), None);
    }
}
