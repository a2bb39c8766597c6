//! What the registrar knows: accounts, contacts, domains, sessions, and what was done.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use wharf_core::Money;

use crate::zones::Zone;
use crate::{Account, Role, dates};

#[derive(Debug, Default)]
pub struct State {
    pub accounts: BTreeMap<String, Account>,
    pub roles: Vec<Role>,
    pub domains: BTreeMap<String, Domain>,
    pub contacts: BTreeMap<String, Contact>,
    pub sessions: BTreeMap<String, Session>,
    /// Names that customers of other registrars hold.
    taken: BTreeSet<String>,
    pub log: Vec<LogEntry>,
    /// The newest commands, newest first, for the page.
    pub recent: VecDeque<Recent>,
    handles: u32,
}

#[derive(Clone, Debug)]
pub struct Domain {
    pub name: String,
    pub account: String,
    pub zone: &'static Zone,
    pub created: Timestamp,
    pub updated: Timestamp,
    /// When the registry will have done its part; later than `created` in zones that are not realtime.
    pub active_from: Timestamp,
    pub expiration: Timestamp,
    pub paid_until: Timestamp,
    pub renewal_mode: String,
    pub auth: String,
    pub transfer_lock: bool,
    pub trustee: bool,
    pub internal_dns: bool,
    /// Multi-valued attributes by their name: `NAMESERVER`, `OWNERCONTACT`, `SECDNS-DS`, `STATUS`, …
    pub lists: BTreeMap<&'static str, Vec<String>>,
    /// `X-` attributes as they were sent.
    pub extensions: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
pub struct Contact {
    pub handle: String,
    pub account: String,
    pub fields: BTreeMap<String, String>,
    pub created: Timestamp,
}

#[derive(Clone, Debug)]
pub struct Session {
    pub account: String,
    pub role: Option<String>,
    pub idle: Duration,
    pub last_used: Timestamp,
    pub ends: Timestamp,
}

/// One entry of the object log, which clients read to learn what became of a domain.
#[derive(Clone, Debug)]
pub struct LogEntry {
    pub at: Timestamp,
    pub account: String,
    pub object_class: &'static str,
    pub object: String,
    pub operation: &'static str,
    /// The command as it came, secrets starred.
    pub info: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Recent {
    pub at: Timestamp,
    pub user: String,
    pub command: Vec<String>,
    pub code: u16,
    pub description: String,
}

/// Where a name stands, seen from one account.
#[derive(Debug)]
pub enum Holder<'a> {
    Nobody,
    Mine(&'a mut Domain),
    Other,
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
        if name.starts_with("taken-") || self.taken.contains(name) {
            return Holder::Other;
        }
        match self.domains.get_mut(name) {
            Some(domain) if domain.account == account => Holder::Mine(domain),
            Some(_) => Holder::Other,
            None => Holder::Nobody,
        }
    }

    /// Takes the price, unless the account has too little; says whether it did.
    pub fn charge(&mut self, account: &str, price: i64) -> bool {
        let Some(account) = self.accounts.get_mut(account) else {
            return false;
        };
        let left = account
            .balance
            .minor
            .checked_sub(price)
            .filter(|left| *left >= 0);
        match left {
            Some(left) => {
                account.balance = Money::new(left, account.balance.currency);
                true
            }
            None => false,
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

    pub fn remember(&mut self, recent: Recent) {
        self.recent.push_front(recent);
        self.recent.truncate(RECENT_KEPT);
    }

    /// Does what fell due: sessions end, renewals are paid and carried out, what nobody paid is deleted.
    pub fn pass_time(&mut self, now: Timestamp) {
        self.sessions.retain(|_, session| session.is_alive(now));
        let names: Vec<String> = self.domains.keys().cloned().collect();
        for name in names {
            while self.next_action(&name, now) {}
        }
    }

    /// One step of a domain's life; says whether there was one to do.
    fn next_action(&mut self, name: &str, now: Timestamp) -> bool {
        let Some(domain) = self.domains.get(name) else {
            return false;
        };
        let (account, price) = (domain.account.clone(), domain.zone.annual);
        let unpaid = domain.paid_until <= domain.expiration;
        if domain.renewal_mode == "AUTORENEW"
            && unpaid
            && now >= domain.accounting()
            && now < domain.failure()
        {
            let paid = self.charge(&account, price);
            if let Some(domain) = self.domains.get_mut(name).filter(|_| paid) {
                domain.paid_until = dates::years_after(domain.paid_until, 1);
            }
            return paid;
        }
        if !unpaid && now >= domain.finalization() {
            if let Some(domain) = self.domains.get_mut(name) {
                domain.expiration = dates::years_after(domain.expiration, 1);
                domain.updated = domain.expiration;
            }
            self.log_expiry(&account, name, "RENEW", now);
            return true;
        }
        if now >= domain.failure() {
            self.domains.remove(name);
            self.log_expiry(&account, name, "DELETE", now);
            return true;
        }
        false
    }

    fn log_expiry(&mut self, account: &str, name: &str, operation: &'static str, at: Timestamp) {
        self.log.push(LogEntry {
            at,
            account: account.to_owned(),
            object_class: "DOMAIN",
            object: name.to_owned(),
            operation,
            info: Vec::new(),
        });
    }
}

impl Domain {
    pub fn list(&self, name: &str) -> &[String] {
        self.lists.get(name).map_or(&[], Vec::as_slice)
    }

    pub fn is_active(&self, now: Timestamp) -> bool {
        now >= self.active_from
    }

    /// The registry's status first, then the locks that are set.
    pub fn statuses(&self, now: Timestamp) -> Vec<String> {
        let registry = if !self.is_active(now) {
            "PENDINGCREATE"
        } else if now >= self.expiration && self.paid_until <= self.expiration {
            "EXPIRED"
        } else {
            "ACTIVE"
        };
        let lock =
            (self.transfer_lock && self.zone.lock).then(|| "clientTransferProhibited".to_owned());
        let own = self
            .list("STATUS")
            .iter()
            .filter(|status| *status != "clientTransferProhibited")
            .cloned();
        std::iter::once(registry.to_owned())
            .chain(lock)
            .chain(own)
            .collect()
    }

    /// When the next term is charged: five days before the paid one ends.
    pub fn accounting(&self) -> Timestamp {
        dates::days_after(self.paid_until, -5)
    }

    /// When a paid renewal is carried out.
    pub fn finalization(&self) -> Timestamp {
        dates::days_after(self.expiration, 1)
    }

    /// When an unpaid domain is deleted.
    pub fn failure(&self) -> Timestamp {
        dates::days_after(self.paid_until, 44)
    }
}

impl Session {
    pub fn is_alive(&self, now: Timestamp) -> bool {
        let idle = now.as_millisecond() - self.last_used.as_millisecond();
        now < self.ends
            && u64::try_from(idle).is_ok_and(|idle| Duration::from_millis(idle) < self.idle)
    }
}

const RECENT_KEPT: usize = 60;
