//! A registrar with as many customers and domains as a test wants.

use std::collections::BTreeMap;

use jiff::Timestamp;
use wharf_core::Money;

use super::{Domain, State, elsewhere};
use crate::{Account, FilledDomain, dates};

impl State {
    /// `reseller-001` and so on, with the first account's password and currency.
    pub fn fill_accounts(&mut self, count: usize) {
        let Some(first) = self.accounts.values().next().cloned() else {
            return;
        };
        for number in 1..=count {
            let login = format!("reseller-{number:03}");
            self.accounts.entry(login.clone()).or_insert(Account {
                login,
                password: first.password.clone(),
                balance: Money::new(10_000_000, first.balance.currency),
            });
        }
    }

    /// Puts the first so many of [`FilledDomain`] into an account; those that are there stay as they are.
    pub fn fill_domains(&mut self, account: &str, count: usize, now: Timestamp) -> usize {
        let now = dates::whole_second(now);
        let handles: Vec<String> = (0..HOLDERS.min(count))
            .map(|holder| {
                let fields = elsewhere::owner(&format!("holder-{holder:02}.test"));
                self.contact(account, fields, "P", false, now).0
            })
            .collect();
        let mut added = 0;
        for index in 0..count {
            let filled = FilledDomain::at(index, now);
            let handle = handles.get(index % handles.len().max(1));
            let (Some(zone), Some(handle)) = (self.zones.of(&filled.name), handle) else {
                continue;
            };
            if self.domains.contains_key(&filled.name) {
                continue;
            }
            let mut lists: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
            for (kind, ..) in crate::commands::CONTACTS {
                lists.insert(kind, vec![handle.clone()]);
            }
            let hosts = ["ns1", "ns2"].map(|host| format!("{host}.filled.test"));
            lists.insert("NAMESERVER", hosts.to_vec());
            let trustee = zone.trustee && filled.id_protection;
            self.put_domain(Domain {
                account: account.to_owned(),
                created: filled.created,
                updated: filled.created,
                active_from: filled.created,
                expiration: filled.expires,
                paid_until: filled.expires,
                transferred: None,
                delete_at: None,
                restored_at: None,
                trade_lock: None,
                retry_at: None,
                renewal_mode: "AUTOEXPIRE".to_owned(),
                auth: format!("Fill-{index:06}"),
                transfer_lock: zone.lock,
                leaving: false,
                trustee,
                internal_dns: false,
                premium: None,
                lists,
                extensions: BTreeMap::new(),
                zone,
                name: filled.name,
            });
            added += 1;
        }
        added
    }
}

const HOLDERS: usize = 50;
