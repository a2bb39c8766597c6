//! What the registrar sells: one row per extension, of this registrar's own making.

mod invented;
mod table;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::SignedDuration;

/// An extension and its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    pub suffix: String,
    /// The price class; the extension in capitals, without dots (`COUK`), unless it has a name of its own.
    pub class: String,
    /// What prices are in; `None` is the account's currency, whatever it is.
    pub currency: Option<&'static str>,
    pub prices: Prices,
    /// Terms in years; 0 is a free transfer that adds none.
    pub registration: Vec<i64>,
    pub renewal: Vec<i64>,
    pub transfer: Vec<i64>,
    pub days: Days,
    /// RenewDomain exists; else a payment is carried out when the registry's own date comes.
    pub explicit_renewal: bool,
    /// The registry knows a transfer lock.
    pub lock: bool,
    /// The platform's id protection can be had.
    pub trustee: bool,
    pub nameserver_min: usize,
    /// A registration is done when the command answers.
    pub realtime: bool,
    /// A registration is an application of this class, which somebody decides about.
    pub application: Option<&'static str>,
    /// `ß` and final sigma stay themselves (IDNA 2008) instead of becoming `ss` and sigma.
    pub keeps_sharp_s: bool,
    pub auth_code: AuthCode,
    pub incoming: Incoming,
    /// PushDomain exists.
    pub push: bool,
    /// How the registrant's name is changed: `UPDATE`, `TRADE`, `ICANN-TRADE`.
    pub owner_change: &'static str,
    /// Names that begin with `premium-` cost more.
    pub premium: bool,
    /// The registry keeps no contacts: a transferred name comes without them.
    pub thin: bool,
}

/// Minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prices {
    /// Once a registration.
    pub setup: i64,
    pub annual: i64,
    /// Two years together, where that is not twice one.
    pub two_years: Option<i64>,
    pub transfer: i64,
    /// With the year's renewal that it contains.
    pub restore: i64,
    pub trade: Option<i64>,
}

impl Prices {
    /// The annual part of so many years.
    pub fn years(&self, years: i64) -> i64 {
        match (years, self.two_years) {
            (2, Some(both)) => both,
            _ => self.annual * years,
        }
    }
}

/// The calendar of a term, in days from its end, and of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    pub accounting: i64,
    pub finalization: i64,
    pub failure: i64,
    /// How early a renewal can be paid for without the registry's doing anything yet.
    pub payment: i64,
    pub restorable: i64,
    pub hold: i64,
}

/// Where the code that lets a domain go comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthCode {
    /// StatusDomain shows it.
    Status,
    /// DENIC_CreateAuthInfo1 makes one.
    AuthInfo1,
    /// RequestDomainAuthInfo has the registry mail it.
    Mailed,
    /// StatusDomain shows it while the lock is off.
    WhenUnlocked,
    /// There is none until one is set, and none may be set while the lock is on.
    FreshWhenUnlocked,
    None,
}

/// How a domain comes in from another registrar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incoming {
    pub contacts: Contacts,
    pub auth: Auth,
    /// Name servers in the request are used.
    pub nameservers: bool,
    pub ends: Ends,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contacts {
    All,
    Refused,
    /// Owner and billing are refused.
    AdminAndTech,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    Required,
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Unless the other registrar rejects it.
    After(SignedDuration),
    /// When the other registrar lets go.
    OnRelease,
}

/// All extensions on sale.
#[derive(Debug)]
pub struct Zones {
    by_suffix: HashMap<String, Arc<Zone>>,
}

impl Default for Zones {
    fn default() -> Self {
        let by_suffix = table::rows()
            .into_iter()
            .map(|zone| (zone.suffix.clone(), Arc::new(zone)))
            .collect();
        Self { by_suffix }
    }
}

impl Zones {
    /// Adds invented extensions until there are so many in all; never takes any away.
    pub fn fill(&mut self, count: usize) {
        let mut invented = invented::rows();
        while self.by_suffix.len() < count {
            let Some(zone) = invented.next() else { return };
            self.by_suffix
                .entry(zone.suffix.clone())
                .or_insert_with(|| Arc::new(zone));
        }
    }

    /// The zone that a name would be registered in: its extension, if that is sold. One label must stand
    /// before it, no more.
    pub fn of(&self, name: &str) -> Option<Arc<Zone>> {
        let (_, suffix) = name.split_once('.')?;
        self.named(suffix)
    }

    pub fn named(&self, suffix: &str) -> Option<Arc<Zone>> {
        self.by_suffix.get(suffix).cloned()
    }

    /// The zone with the longest suffix of the name, whatever stands before it.
    pub fn above(&self, name: &str) -> Option<Arc<Zone>> {
        let mut rest = name;
        while let Some((_, suffix)) = rest.split_once('.') {
            if let Some(zone) = self.named(suffix) {
                return Some(zone);
            }
            rest = suffix;
        }
        None
    }

    /// By extension.
    pub fn all(&self) -> Vec<&Arc<Zone>> {
        let mut all: Vec<_> = self.by_suffix.values().collect();
        all.sort_by(|a, b| a.suffix.cmp(&b.suffix));
        all
    }

    /// Takes the place of the extension's row.
    pub fn replace(&mut self, zone: Arc<Zone>) {
        self.by_suffix.insert(zone.suffix.clone(), zone);
    }
}

impl Zone {
    /// The platform's name of the registry connection.
    pub fn repository(&self) -> String {
        format!("{}-LIVE", self.class)
    }
}

/// `1Y,2Y`.
pub fn terms(years: &[i64]) -> String {
    let texts: Vec<String> = years.iter().map(|year| format!("{year}Y")).collect();
    texts.join(",")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_name_is_in_the_zone_one_label_up() {
        let zones = Zones::default();
        assert_eq!(zones.of("example.co.uk").unwrap().class, "COUK");
        assert_eq!(zones.of("example.uk").unwrap().suffix, "uk");
        for elsewhere in ["www.example.com", "example.eg", "com", "a.b.co.uk"] {
            assert_eq!(zones.of(elsewhere), None, "{elsewhere}");
        }
        assert_eq!(zones.above("ns1.example.co.uk").unwrap().suffix, "co.uk");
    }

    #[test]
    fn extensions_can_be_invented_by_the_thousand() {
        let mut zones = Zones::default();
        let real = zones.all().len();
        zones.fill(1_500);
        let all = zones.all();
        assert_eq!(all.len(), 1_500);
        let classes: BTreeSet<&str> = all.iter().map(|zone| zone.class.as_str()).collect();
        assert_eq!(classes.len(), all.len(), "every class is one extension's");
        assert!(
            all.iter()
                .filter(|zone| zone.suffix.starts_with("xn--"))
                .count()
                > 20
        );
        zones.fill(10);
        assert!(zones.all().len() > real);
    }
}
