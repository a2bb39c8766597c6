//! A domain and its calendar.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::money::{PREMIUM_CURRENCY, amount};
use crate::dates;
use crate::zones::{AuthCode, Zone};

#[derive(Clone, Debug)]
pub struct Domain {
    pub name: String,
    pub account: String,
    pub zone: Arc<Zone>,
    pub created: Timestamp,
    pub updated: Timestamp,
    /// When the registry will have done its part; later than `created` in zones that are not realtime.
    pub active_from: Timestamp,
    pub expiration: Timestamp,
    pub paid_until: Timestamp,
    /// When it came in from another registrar.
    pub transferred: Option<Timestamp>,
    /// When an ordered deletion is carried out.
    pub delete_at: Option<Timestamp>,
    /// Until when an ordered restoration is on its way.
    pub restored_at: Option<Timestamp>,
    /// Until when a changed registrant keeps it from leaving.
    pub trade_lock: Option<Timestamp>,
    /// When a renewal that could not be paid is tried again.
    pub retry_at: Option<Timestamp>,
    pub renewal_mode: String,
    pub auth: String,
    pub transfer_lock: bool,
    /// Another registrar has asked for it.
    pub leaving: bool,
    pub trustee: bool,
    pub internal_dns: bool,
    pub premium: Option<Premium>,
    /// Multi-valued attributes by their name: `NAMESERVER`, `OWNERCONTACT`, `SECDNS-DS`, `STATUS`, …
    pub lists: BTreeMap<&'static str, Vec<String>>,
    /// `X-` attributes as they were sent.
    pub extensions: BTreeMap<String, String>,
}

/// What the registry takes for a name, in minor units of the premium currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Premium {
    pub annual: i64,
    pub setup: i64,
}

/// A domain that is no longer registered.
#[derive(Clone, Debug)]
pub struct Deleted {
    pub domain: Domain,
    pub at: Timestamp,
    pub restorable_until: Timestamp,
    /// When the name is free.
    pub gone: Timestamp,
}

impl Premium {
    /// The class that says it all: `PREMIUM_COM_USD:100.00:2500.00`.
    pub fn class(&self, zone: &Zone) -> String {
        format!(
            "PREMIUM_{}_{}:{}:{}",
            zone.class,
            PREMIUM_CURRENCY,
            amount(self.annual),
            amount(self.setup)
        )
    }
}

impl Domain {
    pub fn list(&self, name: &str) -> &[String] {
        self.lists.get(name).map_or(&[], Vec::as_slice)
    }

    pub fn is_active(&self, now: Timestamp) -> bool {
        now >= self.active_from
    }

    pub fn is_paid(&self) -> bool {
        self.paid_until > self.expiration
    }

    pub fn is_locked(&self) -> bool {
        self.transfer_lock && self.zone.lock
    }

    /// The registry's status first, then the locks that are set.
    pub fn statuses(&self, now: Timestamp) -> Vec<String> {
        let registry = if !self.is_active(now) {
            "PENDINGCREATE"
        } else if self.delete_at.is_some() {
            "PENDINGDELETE"
        } else if self.restored_at.is_some_and(|at| now < at) {
            "PENDINGRESTORE"
        } else if now >= self.expiration && !self.is_paid() {
            "EXPIRED"
        } else {
            "ACTIVE"
        };
        let lock = self
            .is_locked()
            .then(|| "clientTransferProhibited".to_owned());
        let leaving = self.leaving.then(|| "pendingTransfer".to_owned());
        let own = self
            .list("STATUS")
            .iter()
            .filter(|status| *status != "clientTransferProhibited")
            .cloned();
        std::iter::once(registry.to_owned())
            .chain(lock)
            .chain(leaving)
            .chain(own)
            .collect()
    }

    /// The price class.
    pub fn class(&self) -> String {
        match &self.premium {
            Some(premium) => premium.class(&self.zone),
            None => self.zone.class.clone(),
        }
    }

    /// The code as StatusDomain shows it.
    pub fn shown_auth(&self) -> &str {
        match self.zone.auth_code {
            AuthCode::Status => &self.auth,
            AuthCode::WhenUnlocked | AuthCode::FreshWhenUnlocked if !self.transfer_lock => {
                &self.auth
            }
            _ => "",
        }
    }

    /// When the next term is charged.
    pub fn accounting(&self) -> Timestamp {
        dates::days_after(self.paid_until, self.zone.days.accounting)
    }

    /// When a paid renewal is carried out.
    pub fn finalization(&self) -> Timestamp {
        dates::days_after(self.expiration, self.zone.days.finalization)
    }

    /// When an unpaid domain is deleted.
    pub fn failure(&self) -> Timestamp {
        dates::days_after(self.paid_until, self.zone.days.failure)
    }

    /// When something happens by itself.
    pub fn next_due(&self) -> Option<Timestamp> {
        if let Some(at) = self.delete_at {
            return Some(at);
        }
        if self.is_paid() {
            return Some(self.finalization());
        }
        let renews = self.renewal_mode.starts_with("AUTORENEW");
        let charge = self.retry_at.unwrap_or_else(|| self.accounting());
        Some(if renews && charge < self.failure() {
            charge
        } else {
            self.failure()
        })
    }
}
