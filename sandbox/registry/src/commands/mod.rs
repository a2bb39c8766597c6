//! The commands, one subject a file.

mod account;
mod add_domain;
mod applications;
mod auth_codes;
mod availability;
mod check_transfer;
mod contacts;
mod domain_list;
mod ending;
mod environment;
mod events;
mod exchange;
mod idn;
mod modify_domain;
mod object_list;
mod object_log;
mod paging;
mod renewal;
mod sessions;
mod status_domain;
mod suggestions;
mod table;
mod trade;
mod transfer_domain;
mod transfer_list;
mod user;
mod zone_facts;

use std::sync::Arc;

use jiff::Timestamp;

pub use add_domain::CONTACTS;
pub use paging::glob;

use crate::answer::{Answer, Failure, Outcome};
use crate::command::Command;
use crate::state::{Domain, Holder, LogEntry, State};
use crate::zones::Zone;

/// One command in the hands of its handler: the caller is known, the attributes are all known ones.
pub struct Call<'a> {
    pub state: &'a mut State,
    pub command: &'a Command,
    /// Who logged in.
    pub user: String,
    /// In whose view the command runs.
    pub account: String,
    pub role: Option<String>,
    pub session: Option<String>,
    pub now: Timestamp,
}

impl Call<'_> {
    /// The name in `DOMAIN`.
    pub fn name(&self) -> Result<String, Failure> {
        registrable(self.command.required("DOMAIN")?).ok_or_else(|| wrong_syntax("DOMAIN"))
    }

    /// The zone that a name would be registered in.
    pub fn zone(&self, name: &str) -> Result<Arc<Zone>, Failure> {
        self.state
            .zones
            .of(name)
            .ok_or_else(|| Answer::new(549).detail("TLD not supported"))
    }

    /// The caller's own domain named by `DOMAIN`: 545 if nobody here has it, 531 if another has.
    pub fn own_domain(&mut self) -> Result<&mut Domain, Failure> {
        let name = self.name()?;
        match self.state.holder(&name, &self.account) {
            Holder::Mine(domain) => Ok(domain),
            Holder::Neighbour | Holder::Stranger => {
                Err(Answer::new(531).detail("domain is owned by another user"))
            }
            Holder::Nobody | Holder::Deleted | Holder::Elsewhere => Err(Answer::new(545)),
        }
    }

    /// Nothing is on its way that forbids changes.
    pub fn may_change(&self, domain: &Domain) -> Result<(), Failure> {
        if domain.leaving {
            return Err(Answer::new(553));
        }
        let status = domain.statuses(self.now).into_iter().next();
        match status.as_deref() {
            Some(status @ ("PENDINGCREATE" | "PENDINGDELETE")) => {
                Err(Answer::new(552).detail(status))
            }
            _ => Ok(()),
        }
    }

    pub fn log(&mut self, object_class: &'static str, object: &str, operation: &'static str) {
        self.log_status(object_class, object, operation, "SUCCESSFUL");
    }

    pub fn log_status(
        &mut self,
        object_class: &'static str,
        object: &str,
        operation: &'static str,
        status: &'static str,
    ) {
        let entry = LogEntry {
            at: self.now,
            account: self.account.clone(),
            user: self.user.clone(),
            object_class,
            object: object.to_owned(),
            operation,
            status,
            info: self.command.masked(),
        };
        self.state.log(entry);
    }

    /// The accounts that `USERDEPTH` lets the caller see: `SELF` unless it says otherwise.
    pub fn accounts_seen(&self) -> Result<Vec<String>, Failure> {
        let (own, below) = match self.command.filled("USERDEPTH").unwrap_or("SELF") {
            "SELF" => (true, false),
            "SUBUSER" => (false, true),
            "ALL" => (true, true),
            _ => return Err(Answer::new(506).detail("USERDEPTH")),
        };
        Ok(self.state.accounts_seen(&self.account, own, below))
    }
}

/// A command that exists: its name, the attributes that it takes (patterns of [`crate::command::matches`]),
/// what it does.
pub struct Spec {
    pub name: &'static str,
    pub attributes: &'static [&'static str],
    pub run: fn(&mut Call<'_>) -> Outcome,
}

impl Spec {
    /// Finds a command without regard to case.
    pub fn named(name: &str) -> Option<&'static Self> {
        table::COMMANDS
            .iter()
            .find(|spec| spec.name.eq_ignore_ascii_case(name))
    }
}

pub fn wrong_syntax(attribute: &str) -> Failure {
    Answer::new(505).detail(attribute)
}

/// A host or domain name in lower-case A-labels; the API takes nothing else.
pub fn registrable(text: &str) -> Option<String> {
    let name = text.to_ascii_lowercase();
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let fits = name.len() <= 253 && name.contains('.') && name.split('.').all(label);
    let decodes = idna::domain_to_unicode(&name).1.is_ok();
    (fits && decodes).then_some(name)
}

/// `0` or `1`; `None` if it was not sent or is empty.
pub fn switch(command: &Command, key: &str) -> Result<Option<bool>, Failure> {
    match command.filled(key) {
        None => Ok(None),
        Some("0") => Ok(Some(false)),
        Some("1") => Ok(Some(true)),
        Some(_) => Err(Answer::new(506).detail(key)),
    }
}

/// A whole number within bounds, or the default.
pub fn number(
    command: &Command,
    key: &str,
    default: usize,
    bounds: std::ops::RangeInclusive<usize>,
) -> Result<usize, Failure> {
    let Some(text) = command.filled(key) else {
        return Ok(default);
    };
    let number = text.parse().map_err(|_| wrong_syntax(key))?;
    if bounds.contains(&number) {
        Ok(number)
    } else {
        Err(Answer::new(541).detail(key))
    }
}

/// Unpredictable hex digits, two a byte.
pub fn random_hex<const BYTES: usize>() -> Result<String, Failure> {
    let mut bytes = [0_u8; BYTES];
    getrandom::fill(&mut bytes).map_err(|_| Answer::new(421))?;
    Ok(hex::encode(bytes))
}

/// A date within which a list is asked for.
pub fn date(command: &Command, key: &str) -> Result<Option<Timestamp>, Failure> {
    command
        .filled(key)
        .map(|text| crate::dates::read(text).ok_or_else(|| wrong_syntax(key)))
        .transpose()
}
