//! What is told: the object log, the event queue, mails, and the page's last commands.

use std::collections::VecDeque;

use jiff::Timestamp;

use super::State;

/// One entry of the object log, which clients read to learn what became of a domain.
#[derive(Clone, Debug)]
pub struct LogEntry {
    pub at: Timestamp,
    pub account: String,
    /// Who did it: the account, a role user, or the registry.
    pub user: String,
    pub object_class: &'static str,
    pub object: String,
    pub operation: &'static str,
    pub status: &'static str,
    /// The command as it came, secrets starred.
    pub info: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Event {
    pub account: String,
    pub class: &'static str,
    pub subclass: &'static str,
    pub at: Timestamp,
    /// `domain:example.com`.
    pub data: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Mail {
    pub at: Timestamp,
    pub to: String,
    pub domain: String,
    pub subject: &'static str,
    pub text: String,
    /// The code that the text contains.
    pub code: String,
}

#[derive(Clone, Debug)]
pub struct Recent {
    pub at: Timestamp,
    pub user: String,
    pub command: Vec<String>,
    pub code: u16,
    pub description: String,
}

impl State {
    pub fn log(&mut self, entry: LogEntry) {
        self.log_of
            .entry(entry.object.to_ascii_lowercase())
            .or_default()
            .push(self.log.len());
        self.log.push(entry);
    }

    /// A domain's entry that no command of its account wrote.
    pub fn log_by_itself(
        &mut self,
        account: &str,
        name: &str,
        operation: &'static str,
        at: Timestamp,
    ) {
        self.log_outcome(account, name, operation, "SUCCESSFUL", at);
    }

    pub fn log_outcome(
        &mut self,
        account: &str,
        name: &str,
        operation: &'static str,
        status: &'static str,
        at: Timestamp,
    ) {
        self.log(LogEntry {
            at,
            account: account.to_owned(),
            user: "SYSTEM".to_owned(),
            object_class: "DOMAIN",
            object: name.to_owned(),
            operation,
            status,
            info: Vec::new(),
        });
    }

    /// The places of an object's entries in the log, oldest first.
    pub fn log_places(&self, object: &str) -> &[usize] {
        self.log_of
            .get(&object.to_ascii_lowercase())
            .map_or(&[], Vec::as_slice)
    }

    pub fn tell(
        &mut self,
        account: &str,
        class: &'static str,
        subclass: &'static str,
        name: &str,
        at: Timestamp,
    ) {
        let id = self.number();
        let event = Event {
            account: account.to_owned(),
            class,
            subclass,
            at,
            data: vec![format!("domain:{name}")],
        };
        self.events.insert(id, event);
    }

    pub fn mail(&mut self, mail: Mail) {
        keep(&mut self.mails, mail, MAILS_KEPT);
    }

    pub fn remember(&mut self, recent: Recent) {
        self.recent.push_front(recent);
        self.recent.truncate(RECENT_KEPT);
    }
}

fn keep<T>(list: &mut VecDeque<T>, item: T, most: usize) {
    list.push_back(item);
    while list.len() > most {
        list.pop_front();
    }
}

const RECENT_KEPT: usize = 60;
const MAILS_KEPT: usize = 500;
