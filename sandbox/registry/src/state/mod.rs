//! What the registrar knows: accounts, contacts, domains, sessions, and what was done.

mod access;
mod agenda;
mod application;
mod domain;
mod elsewhere;
mod fill;
mod life;
mod log;
mod money;
mod transfer;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use jiff::Timestamp;

pub use access::{Session, User};
pub use agenda::{Agenda, Due};
pub use application::{Application, ApplicationState};
pub use domain::{Deleted, Domain, Premium};
pub use elsewhere::{Elsewhere, owner};
pub use log::{Event, LogEntry, Mail, Recent};
pub use money::{MARKUP_PERCENT, PREMIUM_CURRENCY, Price, RATES, SETUP_FIX, amount};
pub use transfer::{Direction, Order, Transfer, TransferState};

use crate::zones::Zones;
use crate::{Account, Role};

#[derive(Debug, Default)]
pub struct State {
    pub zones: Zones,
    pub accounts: BTreeMap<String, Account>,
    /// What else is known of an account: whose subuser it is, how much it may call.
    pub users: BTreeMap<String, User>,
    pub roles: Vec<Role>,
    pub domains: BTreeMap<String, Domain>,
    /// What can be restored, or waits for its release.
    pub deleted: BTreeMap<String, Deleted>,
    pub contacts: BTreeMap<String, Contact>,
    /// Same data, same handle.
    pub handles_of: HashMap<(String, BTreeMap<String, String>), String>,
    pub sessions: BTreeMap<String, Session>,
    /// The newest transfer of each name, running or ended.
    pub transfers: BTreeMap<String, Transfer>,
    pub applications: BTreeMap<u64, Application>,
    pub environment: BTreeMap<(String, String, String), String>,
    /// What customers of other registrars hold and can bring here.
    pub elsewhere: BTreeMap<String, Elsewhere>,
    /// What customers of other registrars hold and never let go.
    taken: BTreeSet<String>,
    /// Prices that a premium name has got from outside, by name.
    pub premiums: BTreeMap<String, Premium>,
    pub log: Vec<LogEntry>,
    log_of: HashMap<String, Vec<usize>>,
    pub events: BTreeMap<u64, Event>,
    /// What the registrar and the registries mailed, newest last.
    pub mails: VecDeque<Mail>,
    /// The newest commands, newest first, for the page.
    pub recent: VecDeque<Recent>,
    pub agenda: Agenda,
    /// The time as it was passed last.
    today: Timestamp,
    handles: u32,
    numbers: u64,
}

#[derive(Clone, Debug)]
pub struct Contact {
    pub handle: String,
    pub account: String,
    pub fields: BTreeMap<String, String>,
    pub created: Timestamp,
}

/// Where a name stands, seen from one account.
#[derive(Debug)]
pub enum Holder<'a> {
    Nobody,
    Mine(&'a mut Domain),
    /// Another customer of this registrar.
    Neighbour,
    /// It was deleted and is not free yet.
    Deleted,
    /// A customer of another registrar, who may bring it here.
    Elsewhere,
    /// A customer of another registrar, who never lets it go.
    Stranger,
}

impl State {
    pub fn new(accounts: Vec<Account>, taken: &[String]) -> Self {
        Self {
            accounts: accounts
                .into_iter()
                .map(|account| (account.login.clone(), account))
                .collect(),
            taken: taken.iter().map(|name| name.to_ascii_lowercase()).collect(),
            ..Self::default()
        }
    }

    pub fn holder(&mut self, name: &str, account: &str) -> Holder<'_> {
        if self.deleted.contains_key(name) {
            return Holder::Deleted;
        }
        let known = self.domains.contains_key(name);
        if !known && (name.starts_with("taken-") || self.taken.contains(name)) {
            return Holder::Stranger;
        }
        if !known && self.elsewhere(name).is_some() {
            return Holder::Elsewhere;
        }
        match self.domains.get_mut(name) {
            Some(domain) if domain.account == account => Holder::Mine(domain),
            Some(_) => Holder::Neighbour,
            None => Holder::Nobody,
        }
    }

    /// A handle nobody has: `P-WHA0000001`, `AUTO-WHA0000002`.
    pub fn new_handle(&mut self, prefix: &str, account: &str) -> String {
        self.handles += 1;
        let letters: String = account
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .chain("XXX".chars())
            .take(3)
            .collect();
        format!(
            "{prefix}-{}{:07}",
            letters.to_ascii_uppercase(),
            self.handles
        )
    }

    /// The handle of a contact with these data, and whether it had to be made.
    pub fn contact(
        &mut self,
        account: &str,
        fields: BTreeMap<String, String>,
        prefix: &str,
        always_new: bool,
        now: Timestamp,
    ) -> (String, bool) {
        let key = (account.to_owned(), fields);
        if let Some(known) = self.handles_of.get(&key).filter(|_| !always_new) {
            return (known.clone(), false);
        }
        let handle = self.new_handle(prefix, account);
        let contact = Contact {
            handle: handle.clone(),
            account: account.to_owned(),
            fields: key.1.clone(),
            created: now,
        };
        self.handles_of.entry(key).or_insert_with(|| handle.clone());
        self.contacts.insert(handle.clone(), contact);
        (handle, true)
    }

    /// The next number of events, applications and references.
    fn number(&mut self) -> u64 {
        self.numbers += 1;
        1_000_000 + self.numbers
    }
}
