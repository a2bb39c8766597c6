//! Domains of other registrars, as their customers left them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Domain, Premium, State};
use crate::dates;
use crate::zones::Zone;

#[derive(Clone, Debug)]
pub struct Elsewhere {
    pub name: String,
    pub registrar: String,
    pub auth: String,
    pub locked: bool,
    pub created: Timestamp,
    pub expiration: Timestamp,
    pub nameservers: Vec<String>,
    /// The registrant's fields, as a contact has them.
    pub owner: BTreeMap<String, String>,
}

impl State {
    /// What is known of a domain at another registrar. Names beginning with `transfer-` are such domains
    /// without having been seeded: their code is `Auth-` and the first label; `transfer-locked-` are locked,
    /// `transfer-young-` three weeks old.
    pub fn elsewhere(&self, name: &str) -> Option<Elsewhere> {
        if let Some(known) = self.elsewhere.get(name) {
            return Some(known.clone());
        }
        let label = name.split('.').next()?;
        if !label.starts_with("transfer-") || self.domains.contains_key(name) {
            return None;
        }
        let age = if label.starts_with("transfer-young-") {
            21
        } else {
            800
        };
        let created = dates::days_after(self.today, -age);
        Some(Elsewhere {
            name: name.to_owned(),
            registrar: "Other Names Ltd".to_owned(),
            auth: format!("Auth-{label}"),
            locked: label.starts_with("transfer-locked-"),
            created,
            expiration: dates::years_after(created, 3),
            nameservers: ["ns1", "ns2"]
                .map(|host| format!("{host}.other-names.test"))
                .to_vec(),
            owner: owner(name),
        })
    }

    /// The premium price of a name, if it has one.
    pub fn premium(&self, name: &str, zone: &Zone) -> Option<Premium> {
        if let Some(known) = self.premiums.get(name) {
            return Some(*known);
        }
        let label = name.strip_prefix("premium-").filter(|_| zone.premium)?;
        Some(if label.starts_with("cheap-") {
            Premium {
                annual: 2_000,
                setup: 2_000,
            }
        } else if label.starts_with("same-") {
            Premium {
                annual: 25_000,
                setup: 25_000,
            }
        } else {
            Premium {
                annual: 10_000,
                setup: 250_000,
            }
        })
    }

    /// A domain leaves for another registrar.
    pub fn hand_over(&mut self, domain: Domain, registrar: &str) {
        let owner = domain
            .list("OWNERCONTACT")
            .first()
            .and_then(|handle| self.contacts.get(handle))
            .map(|contact| contact.fields.clone())
            .unwrap_or_default();
        let gone = Elsewhere {
            name: domain.name.clone(),
            registrar: registrar.to_owned(),
            auth: format!("New-{}", domain.name),
            locked: true,
            created: domain.created,
            expiration: domain.expiration,
            nameservers: domain.list("NAMESERVER").to_vec(),
            owner,
        };
        self.elsewhere.insert(domain.name.clone(), gone);
    }
}

/// Somebody, the same for the same name.
pub fn owner(name: &str) -> BTreeMap<String, String> {
    [
        ("FIRSTNAME", "Farida".to_owned()),
        ("LASTNAME", "Nassar".to_owned()),
        ("STREET", "3 Corniche".to_owned()),
        ("CITY", "Alexandria".to_owned()),
        ("ZIP", "21500".to_owned()),
        ("COUNTRY", "EG".to_owned()),
        ("PHONE", "+20.35551234".to_owned()),
        ("EMAIL", format!("owner@{name}")),
    ]
    .into_iter()
    .map(|(field, value)| (field.to_owned(), value))
    .collect()
}
