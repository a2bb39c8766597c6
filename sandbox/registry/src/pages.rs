//! What people and the story see of the registrar.

use std::collections::BTreeMap;

use jiff::Timestamp;
use minijinja::{Environment, context};
use serde::Serialize;

use crate::dates;
use crate::state::{Domain, State};

/// A domain as the far side tells it.
#[derive(Debug, Serialize)]
pub struct DomainView {
    pub domain: String,
    pub unicode: String,
    pub account: String,
    pub status: Vec<String>,
    pub created: String,
    pub updated: String,
    pub expires: String,
    pub paid_until: String,
    pub nameservers: Vec<String>,
    pub transfer_lock: bool,
    pub id_protection: bool,
    pub renewal_mode: String,
    /// The registrant's fields in lower case, and `handle`.
    pub owner: BTreeMap<String, String>,
    pub admin: Vec<String>,
    pub tech: Vec<String>,
    pub billing: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct AccountView {
    pub login: String,
    pub balance: String,
    pub currency: String,
    pub domains: usize,
}

pub fn domain_views(state: &State, now: Timestamp) -> Vec<DomainView> {
    state
        .domains
        .values()
        .map(|domain| domain_view(state, domain, now))
        .collect()
}

pub fn account_views(state: &State) -> Vec<AccountView> {
    let owned = |login: &str| {
        state
            .domains
            .values()
            .filter(|domain| domain.account == login)
            .count()
    };
    let view = |account: &crate::Account| AccountView {
        login: account.login.clone(),
        balance: account.balance.amount(),
        currency: account.balance.currency.to_string(),
        domains: owned(&account.login),
    };
    state.accounts.values().map(view).collect()
}

pub fn home(state: &State, now: Timestamp) -> Result<String, minijinja::Error> {
    let commands: Vec<_> = state
        .recent
        .iter()
        .map(|recent| {
            let (name, attributes) = recent
                .command
                .split_first()
                .map_or(("", &[][..]), |(name, rest)| (name.as_str(), rest));
            context! {
                at => dates::text(recent.at),
                user => recent.user,
                name => name.strip_prefix("COMMAND=").unwrap_or_default(),
                attributes => attributes,
                code => recent.code,
                description => recent.description,
            }
        })
        .collect();
    render(
        "home.html",
        context! {
            domains => domain_views(state, now), accounts => account_views(state), commands => commands, now => dates::text(now),
        },
    )
}

/// `None` if nobody has the domain here.
pub fn domain(
    state: &State,
    name: &str,
    now: Timestamp,
) -> Option<Result<String, minijinja::Error>> {
    let domain = state.domains.get(name)?;
    let log: Vec<_> = state
        .log
        .iter()
        .filter(|entry| entry.object == name)
        .map(|entry| context! { at => dates::text(entry.at), operation => entry.operation, account => entry.account })
        .collect();
    Some(render(
        "domain.html",
        context! { domain => domain_view(state, domain, now), log => log, now => dates::text(now) },
    ))
}

fn domain_view(state: &State, domain: &Domain, now: Timestamp) -> DomainView {
    let owner = domain
        .list("OWNERCONTACT")
        .first()
        .and_then(|handle| state.contacts.get(handle));
    let fields = owner.into_iter().flat_map(|contact| {
        let handle = ("handle".to_owned(), contact.handle.clone());
        contact
            .fields
            .iter()
            .map(|(key, value)| (key.to_ascii_lowercase(), value.clone()))
            .chain([handle])
    });
    DomainView {
        domain: domain.name.clone(),
        unicode: idna::domain_to_unicode(&domain.name).0,
        account: domain.account.clone(),
        status: domain.statuses(now),
        created: dates::text(domain.created),
        updated: dates::text(domain.updated),
        expires: dates::text(domain.expiration),
        paid_until: dates::text(domain.paid_until),
        nameservers: domain.list("NAMESERVER").to_vec(),
        transfer_lock: domain.transfer_lock && domain.zone.lock,
        id_protection: domain.trustee,
        renewal_mode: domain.renewal_mode.clone(),
        owner: fields.collect(),
        admin: domain.list("ADMINCONTACT").to_vec(),
        tech: domain.list("TECHCONTACT").to_vec(),
        billing: domain.list("BILLINGCONTACT").to_vec(),
    }
}

/// The `.html` names make every value escaped.
fn render(name: &str, values: minijinja::Value) -> Result<String, minijinja::Error> {
    let mut pages = Environment::new();
    pages.add_template("look.css", include_str!("../look/look.css"))?;
    pages.add_template("base.html", include_str!("../look/base.html"))?;
    pages.add_template("home.html", include_str!("../templates/home.html"))?;
    pages.add_template("domain.html", include_str!("../templates/domain.html"))?;
    pages.get_template(name)?.render(values)
}
