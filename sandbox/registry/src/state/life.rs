//! What time does: sessions end, renewals are paid and carried out, what nobody paid is deleted and then
//! free, transfers and applications come to an end.

use jiff::Timestamp;

use super::{Deleted, Domain, Due, State};
use crate::dates;

impl State {
    pub fn pass_time(&mut self, now: Timestamp) {
        self.today = dates::whole_second(now);
        self.sessions.retain(|_, session| session.is_alive(now));
        while let Some((at, due)) = self.agenda.pop(now) {
            match &due {
                Due::Domain(name) => self.domain_due(name, at),
                Due::Registered(name) => self.registered(name, at),
                Due::Deleted(name) => {
                    self.deleted.remove(name);
                }
                Due::Transfer(name) => self.transfer_due(name, at),
                Due::Application(id) => self.application_due(*id, at),
            }
        }
    }

    /// Keeps a domain, new or changed, and plans what comes next for it.
    pub fn put_domain(&mut self, domain: Domain) {
        let due = Due::Domain(domain.name.clone());
        self.agenda.plan(due, domain.next_due());
        self.domains.insert(domain.name.clone(), domain);
    }

    pub fn take_domain(&mut self, name: &str) -> Option<Domain> {
        self.agenda.plan(Due::Domain(name.to_owned()), None);
        self.domains.remove(name)
    }

    /// A registry that is not realtime has done its part.
    fn registered(&mut self, name: &str, at: Timestamp) {
        if let Some(domain) = self.domains.get(name) {
            let account = domain.account.clone();
            self.tell(
                &account,
                "DOMAIN_REGISTRATION",
                "REGISTRATION_SUCCESSFUL",
                name,
                at,
            );
        }
    }

    fn domain_due(&mut self, name: &str, at: Timestamp) {
        let Some(mut domain) = self.domains.get(name).cloned() else {
            return;
        };
        if domain.delete_at.is_some() || (!domain.is_paid() && at >= domain.failure()) {
            self.delete(name, at);
            return;
        }
        let account = domain.account.clone();
        if domain.is_paid() {
            domain.expiration = dates::years_after(domain.expiration, 1);
            domain.updated = at;
            self.put_domain(domain);
            self.log_by_itself(&account, name, "RENEW", at);
        } else if !domain.renewal_mode.starts_with("AUTORENEW") {
            self.put_domain(domain);
        } else if self.charge(&account, domain.renewal_price(1)) {
            domain.paid_until = dates::years_after(domain.paid_until, 1);
            domain.retry_at = None;
            self.put_domain(domain);
        } else {
            domain.retry_at = Some(dates::days_after(at, 1));
            self.put_domain(domain);
        }
    }

    /// Ends a registration. Where the registry knows a redemption period it can be restored for a while.
    pub fn delete(&mut self, name: &str, at: Timestamp) {
        self.end_outgoing(name, Err("The domain was deleted"), at);
        let Some(mut domain) = self.take_domain(name) else {
            return;
        };
        domain.delete_at = None;
        self.log_by_itself(&domain.account.clone(), name, "DELETE", at);
        let days = domain.zone.days;
        if days.restorable == 0 {
            return;
        }
        let restorable_until = dates::days_after(at, days.restorable);
        let gone = dates::days_after(restorable_until, days.hold);
        self.agenda.plan(Due::Deleted(name.to_owned()), Some(gone));
        let deleted = Deleted {
            domain,
            at,
            restorable_until,
            gone,
        };
        self.deleted.insert(name.to_owned(), deleted);
    }

    /// Takes a deleted domain back for a year's renewal.
    pub fn restore(&mut self, name: &str, now: Timestamp) -> Option<&mut Domain> {
        let deleted = self.deleted.remove(name)?;
        self.agenda.plan(Due::Deleted(name.to_owned()), None);
        let mut domain = deleted.domain;
        domain.expiration = dates::years_after(domain.expiration, 1);
        domain.paid_until = domain.expiration.max(domain.paid_until);
        domain.updated = now;
        domain.restored_at = Some(now + RESTORED_AFTER);
        domain.retry_at = None;
        self.put_domain(domain);
        self.domains.get_mut(name)
    }
}

const RESTORED_AFTER: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);
