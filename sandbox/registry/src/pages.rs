//! What people and the story see of the registrar.

use std::collections::{BTreeMap, HashMap};

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

/// `None` if nobody has the domain here.
pub fn one_view(state: &State, name: &str, now: Timestamp) -> Option<DomainView> {
    let domain = state.domains.get(name)?;
    Some(domain_view(state, domain, now))
}

pub fn account_views(state: &State) -> Vec<AccountView> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for domain in state.domains.values() {
        *counts.entry(&domain.account).or_default() += 1;
    }
    let owned = |login: &str| counts.get(login).copied().unwrap_or_default();
    let view = |account: &crate::Account| AccountView {
        login: account.login.clone(),
        balance: account.balance.amount(),
        currency: account.balance.currency.to_string(),
        domains: owned(&account.login),
    };
    state.accounts.values().map(view).collect()
}

pub fn home(
    state: &State,
    query: &HashMap<String, String>,
    now: Timestamp,
) -> Result<String, minijinja::Error> {
    let wanted = query.get("q").map_or("", |text| text.trim()).to_lowercase();
    let found: Vec<&Domain> = state
        .domains
        .values()
        .filter(|domain| wanted.is_empty() || domain.name.contains(&wanted))
        .collect();
    let asked = query.get("page").and_then(|page| page.parse().ok());
    let pages = found.len().div_ceil(A_PAGE).max(1);
    let page: usize = asked.unwrap_or(1).clamp(1, pages);
    let shown: Vec<DomainView> = found
        .iter()
        .skip((page - 1) * A_PAGE)
        .take(A_PAGE)
        .map(|domain| domain_view(state, domain, now))
        .collect();
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
            domains => shown, total => found.len(), page => page, pages => pages, q => wanted,
            transfers => crate::outside::transfers(state), applications => crate::outside::applications(state),
            deleted => deleted(state), accounts => account_views(state), commands => commands,
            now => dates::text(now),
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
        .map(|entry| {
            context! {
                at => dates::text(entry.at), operation => entry.operation, status => entry.status,
                user => entry.user,
            }
        })
        .collect();
    let transfer = state.transfers.get(name).map(|transfer| {
        context! {
            direction => transfer.direction.text(), status => transfer.state.text(), peer => transfer.peer,
            running => transfer.is_running(),
        }
    });
    Some(render(
        "domain.html",
        context! {
            domain => domain_view(state, domain, now), log => log, transfer => transfer,
            now => dates::text(now),
        },
    ))
}

fn deleted(state: &State) -> Vec<minijinja::Value> {
    let views = state.deleted.values().take(A_PAGE).map(|known| {
        context! {
            domain => known.domain.name, account => known.domain.account, at => dates::text(known.at),
            restorable_until => dates::text(known.restorable_until), gone => dates::text(known.gone),
        }
    });
    views.collect()
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
        transfer_lock: domain.is_locked(),
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

const A_PAGE: usize = 50;
