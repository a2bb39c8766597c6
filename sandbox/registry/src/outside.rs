//! What others do to this registrar's domains: other registrars, registries, its own staff. Each act takes
//! its fields as JSON or as a form; a form names in `back` the page that is shown next.
//!
//! | act | fields | what happens |
//! |---|---|---|
//! | `elsewhere` | `domain`, `auth`, `locked`, `registrar`, `age_days` | another registrar's customer has the name |
//! | `request` | `domain`, `auth`, `registrar` | another registrar asks for a domain of this one |
//! | `approve` (or `release`), `reject`, `hold` | `domain`, `reason` | the other side answers a running transfer, or delays it |
//! | `decide` | `domain` or `application`, `granted`, `reason` | an application is granted or refused |
//! | `price` | `zone`, `setup`, `annual`, `transfer`, `restore` | prices change |
//! | `premium` | `domain`, `setup`, `annual` | a name gets a premium price of its own |
//! | `balance` | `account`, `amount` | the account has so much |
//! | `quota` | `account`, `per_minute` (none if empty) | more commands than that a minute answer 425 |
//! | `role` | `account`, `name`, `password`, `acl` (lines) | a role user |
//! | `subuser` | `account`, `login`, `password`, `amount` | a subuser |
//! | `fill` | `accounts`, `domains`, `zones`, `account` | as the options of the same names |

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use wharf_core::{Currency, Money};

use crate::state::{ApplicationState, Direction, Elsewhere, Premium, State, User};
use crate::zones::{Prices, Zone};
use crate::{Account, Role, dates};

/// What came, as texts by name.
pub struct Wish {
    fields: BTreeMap<String, String>,
    form: bool,
}

/// What became of it, or why nothing did.
type Done = Result<Value, String>;

impl Wish {
    pub fn read(headers: &HeaderMap, body: &[u8]) -> Self {
        let form = headers
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        let fields = if form {
            serde_urlencoded::from_bytes(body).unwrap_or_default()
        } else {
            let all: BTreeMap<String, Value> = serde_json::from_slice(body).unwrap_or_default();
            all.into_iter()
                .filter_map(|(key, value)| Some((key, text(value)?)))
                .collect()
        };
        Self { fields, form }
    }

    pub fn answer(&self, done: Done) -> Response {
        let inside = |back: &&str| back.starts_with('/') && !back.starts_with("//");
        let back = self.get("back").filter(inside);
        match (done, back) {
            (Ok(_), Some(back)) if self.form => Redirect::to(back).into_response(),
            (Ok(value), _) => Json(value).into_response(),
            (Err(why), _) if self.form => {
                (StatusCode::CONFLICT, format!("That cannot be done: {why}.")).into_response()
            }
            (Err(why), _) => (StatusCode::CONFLICT, Json(json!({ "error": why }))).into_response(),
        }
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.fields
            .get(key)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    fn need(&self, key: &str) -> Result<&str, String> {
        self.get(key).ok_or_else(|| format!("{key} is missing"))
    }

    fn count(&self, key: &str) -> Result<usize, String> {
        self.get(key).map_or(Ok(0), |text| {
            text.parse().map_err(|_| format!("{key} is no number"))
        })
    }

    fn is_on(&self, key: &str) -> bool {
        matches!(self.get(key), Some("1" | "true" | "on"))
    }

    fn minor(&self, key: &str) -> Result<Option<i64>, String> {
        self.get(key)
            .map(|text| {
                Money::parse(text, Currency::USD)
                    .map(|money| money.minor)
                    .map_err(|error| error.to_string())
            })
            .transpose()
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        Value::Array(lines) => {
            let lines: Vec<String> = lines.into_iter().filter_map(text).collect();
            Some(lines.join("\n"))
        }
        other => Some(other.to_string()),
    }
}

pub fn act(state: &mut State, act: &str, wish: &Wish, now: Timestamp) -> Done {
    match act {
        "elsewhere" => elsewhere(state, wish, now),
        "request" => {
            let registrar = wish.get("registrar").unwrap_or("Other Names Ltd");
            state.begin_outgoing(&name(wish)?, registrar, wish.need("auth")?, now)?;
            Ok(json!({ "pending": true }))
        }
        "approve" | "release" => end_transfer(state, wish, Ok(()), now),
        "reject" => {
            let reason = wish.get("reason").unwrap_or("Rejected by the other side");
            end_transfer(state, wish, Err(reason), now)
        }
        "hold" => hold(state, wish),
        "decide" => decide(state, wish, now),
        "price" => price(state, wish),
        "premium" => premium(state, wish),
        "balance" => balance(state, wish),
        "quota" => quota(state, wish),
        "role" => role(state, wish),
        "subuser" => subuser(state, wish),
        "fill" => fill(state, wish, now),
        _ => Err(format!("there is no act {act}")),
    }
}

fn name(wish: &Wish) -> Result<String, String> {
    Ok(wish.need("domain")?.to_ascii_lowercase())
}

fn elsewhere(state: &mut State, wish: &Wish, now: Timestamp) -> Done {
    let name = name(wish)?;
    if state.domains.contains_key(&name) {
        return Err("a customer of this registrar has it".into());
    }
    let age = match wish.get("age_days") {
        Some(text) => text.parse().map_err(|_| "age_days is no number")?,
        None => 800,
    };
    let created = dates::days_after(dates::whole_second(now), -age);
    let mut expiration = dates::years_after(created, 1);
    while expiration <= now {
        expiration = dates::years_after(expiration, 1);
    }
    let auth = wish.get("auth").unwrap_or("Let-Me-Go-1").to_owned();
    let owner = crate::state::owner(&name);
    let domain = Elsewhere {
        name: name.clone(),
        registrar: wish
            .get("registrar")
            .unwrap_or("Other Names Ltd")
            .to_owned(),
        auth: auth.clone(),
        locked: wish.is_on("locked"),
        created,
        expiration,
        nameservers: ["ns1", "ns2"]
            .map(|host| format!("{host}.other-names.test"))
            .to_vec(),
        owner,
    };
    state.elsewhere.insert(name.clone(), domain);
    Ok(json!({ "domain": name, "auth": auth, "expires": dates::text(expiration) }))
}

fn end_transfer(state: &mut State, wish: &Wish, outcome: Result<(), &str>, now: Timestamp) -> Done {
    let name = name(wish)?;
    let ended = state.end_incoming(&name, outcome, now) || state.end_outgoing(&name, outcome, now);
    if ended {
        Ok(json!({ "ended": true }))
    } else {
        Err("no transfer of it is running".into())
    }
}

fn hold(state: &mut State, wish: &Wish) -> Done {
    let name = name(wish)?;
    let running = state
        .transfers
        .get(&name)
        .filter(|known| known.is_running());
    let mut transfer = running.cloned().ok_or("no transfer of it is running")?;
    transfer.ends = None;
    state.put_transfer(transfer);
    Ok(json!({ "held": true }))
}

fn decide(state: &mut State, wish: &Wish, now: Timestamp) -> Done {
    let id = match wish.get("application") {
        Some(text) => text.parse().map_err(|_| "application is no number")?,
        None => {
            let name = name(wish)?;
            let open = |known: &crate::state::Application| {
                known.domain.name == name && known.state == ApplicationState::Requested
            };
            let found = state.applications.iter().find(|(_, known)| open(known));
            *found.ok_or("no application for it is open")?.0
        }
    };
    let granted = wish.get("granted").is_none_or(|_| wish.is_on("granted"));
    let reason = wish.get("reason").unwrap_or("Refused by the registry");
    let outcome = if granted { Ok(()) } else { Err(reason) };
    if state.decide(id, outcome, now) {
        Ok(json!({ "application": id, "granted": granted }))
    } else {
        Err("it is decided already".into())
    }
}

fn price(state: &mut State, wish: &Wish) -> Done {
    let suffix = wish.need("zone")?.trim_start_matches('.');
    let zone = state.zones.named(suffix).ok_or("there is no such zone")?;
    let old = zone.prices;
    let changed = Arc::new(Zone {
        prices: Prices {
            setup: wish.minor("setup")?.unwrap_or(old.setup),
            annual: wish.minor("annual")?.unwrap_or(old.annual),
            transfer: wish.minor("transfer")?.unwrap_or(old.transfer),
            restore: wish.minor("restore")?.unwrap_or(old.restore),
            ..old
        },
        ..Zone::clone(&zone)
    });
    for domain in state.domains.values_mut() {
        if domain.zone.suffix == changed.suffix {
            domain.zone = changed.clone();
        }
    }
    state.zones.replace(changed);
    Ok(json!({ "zone": suffix }))
}

fn premium(state: &mut State, wish: &Wish) -> Done {
    let name = name(wish)?;
    let setup = wish.minor("setup")?.ok_or("setup is missing")?;
    let annual = wish.minor("annual")?.unwrap_or(setup);
    state
        .premiums
        .insert(name.clone(), Premium { annual, setup });
    Ok(json!({ "domain": name }))
}

fn balance(state: &mut State, wish: &Wish) -> Done {
    let amount = wish.minor("amount")?.ok_or("amount is missing")?;
    let account = state
        .accounts
        .get_mut(wish.need("account")?)
        .ok_or("there is no such account")?;
    account.balance = Money::new(amount, account.balance.currency);
    Ok(json!({ "balance": account.balance.amount() }))
}

fn quota(state: &mut State, wish: &Wish) -> Done {
    let quota = wish
        .get("per_minute")
        .map(str::parse)
        .transpose()
        .map_err(|_| "per_minute is no number")?;
    let user = state
        .users
        .entry(wish.need("account")?.to_owned())
        .or_default();
    user.quota = quota;
    Ok(json!({ "per_minute": quota }))
}

fn role(state: &mut State, wish: &Wish) -> Done {
    let role = Role {
        account: wish.need("account")?.to_owned(),
        name: wish.need("name")?.to_owned(),
        password: wish.need("password")?.to_owned(),
        acl: wish
            .get("acl")
            .unwrap_or_default()
            .lines()
            .map(str::to_owned)
            .collect(),
    };
    let login = format!("{}!{}", role.account, role.name);
    state
        .roles
        .retain(|known| known.account != role.account || known.name != role.name);
    state.roles.push(role);
    Ok(json!({ "login": login }))
}

fn subuser(state: &mut State, wish: &Wish) -> Done {
    let parent = wish.need("account")?.to_owned();
    let known = state
        .accounts
        .get(&parent)
        .ok_or("there is no such account")?;
    let account = Account {
        login: wish.need("login")?.to_owned(),
        password: wish.need("password")?.to_owned(),
        balance: Money::new(wish.minor("amount")?.unwrap_or(0), known.balance.currency),
    };
    let login = account.login.clone();
    state.users.insert(login.clone(), User::below(parent));
    state.accounts.insert(login.clone(), account);
    Ok(json!({ "login": login }))
}

fn fill(state: &mut State, wish: &Wish, now: Timestamp) -> Done {
    state.zones.fill(wish.count("zones")?);
    state.fill_accounts(wish.count("accounts")?);
    let account = wish
        .get("account")
        .map(str::to_owned)
        .or_else(|| state.accounts.keys().next().cloned())
        .ok_or("there is no account")?;
    let added = state.fill_domains(&account, wish.count("domains")?, now);
    Ok(json!({
        "account": account, "added": added, "domains": state.domains.len(),
        "zones": state.zones.all().len(), "accounts": state.accounts.len(),
    }))
}

pub fn transfers(state: &State) -> Value {
    let all = state.transfers.values().map(|transfer| {
        let log: Vec<String> = transfer
            .log
            .iter()
            .map(|(at, state, text)| format!("{} [{}] {text}", dates::text(*at), state.text()))
            .collect();
        json!({
            "domain": transfer.name, "account": transfer.account, "peer": transfer.peer,
            "direction": transfer.direction.text(), "status": transfer.state.text(), "log": log,
            "running": transfer.is_running(), "years": transfer.order.as_ref().map(|order| order.years),
            "incoming": transfer.direction == Direction::Incoming,
        })
    });
    all.collect()
}

pub fn applications(state: &State) -> Value {
    let all = state.applications.iter().map(|(id, application)| {
        json!({
            "application": id.to_string(), "domain": application.domain.name,
            "account": application.domain.account, "class": application.class,
            "status": application.state.text(), "reason": application.reason,
        })
    });
    all.collect()
}

/// Newest last.
pub fn mails(state: &State) -> Value {
    let all = state.mails.iter().map(|mail| {
        json!({
            "at": dates::text(mail.at), "to": mail.to, "domain": mail.domain, "subject": mail.subject,
            "text": mail.text, "code": mail.code,
        })
    });
    all.collect()
}
