//! Applications: AddDomainApplication and what follows it. Premium names are registered this way, at once;
//! what a registry decides about itself waits for its decision.

use super::add_domain::{self, free, ordered};
use super::paging::{Page, glob};
use super::{Call, wrong_syntax};
use crate::answer::{Answer, Failure, Outcome};
use crate::dates;
use crate::state::{Application, ApplicationState, Price};

/// INTERNALDNS and TRANSFERLOCK are not among them.
pub const ATTRIBUTES: &[&str] = &[
    "DOMAIN",
    "CLASS",
    "PERIOD",
    "OWNERCONTACT#@",
    "ADMINCONTACT#@",
    "TECHCONTACT#@",
    "BILLINGCONTACT#@",
    "NAMESERVER#",
    "AUTH",
    "PRICE",
    "CURRENCY",
    "SMD",
    "NEW",
    "INCOMPLETE",
    "OFFER",
    "X-*",
];

pub fn add(call: &mut Call<'_>) -> Outcome {
    let command = call.command;
    let name = call.name()?;
    let zone = call.zone(&name)?;
    let class = command.required("CLASS")?.to_owned();
    let years = match command.filled("PERIOD") {
        None => return Err(Answer::new(504).detail("PERIOD")),
        Some(_) => add_domain::years(command, &zone.registration, 1)?,
    };
    if command.filled("X-ACCEPT-WHOISTRUSTEE-TAC").is_some() {
        return Err(Answer::new(541).detail("X-ACCEPT-WHOISTRUSTEE-TAC"));
    }
    let premium = call.state.premium(&name, &zone);
    let (price, at_once) = match premium {
        Some(premium) if premium.class(&zone) == class => {
            let price = premium.registration_price(years);
            check_price(call, premium.registration_price(1))?;
            (price, true)
        }
        None if zone.application == Some(class.as_str()) => (zone.registration_price(years), false),
        _ => return Err(Answer::new(541).detail("CLASS")),
    };
    let ordered = ordered(call, &name, &zone)?;
    free(call, &name)?;
    if !call.state.charge(&call.account, price) {
        return Err(Answer::new(546));
    }
    let domain = ordered.domain(call, years);
    let now = call.now;
    call.log_status("DOMAINAPPLICATION", &name, "CREATE", "SUCCESSFUL");
    let id = call.state.apply(Application {
        domain,
        years,
        class: class.clone(),
        price,
        state: ApplicationState::Requested,
        created: now,
        updated: now,
        reason: String::new(),
    });
    if at_once {
        call.state.decide(id, Ok(()), now);
    }
    let state = call
        .state
        .applications
        .get(&id)
        .map_or(ApplicationState::Requested, |known| known.state);
    let answer = Answer::ok()
        .with("APPLICATION", id.to_string())
        .with("DOMAIN", name)
        .with("CLASS", class)
        .with("STATUS", state.text());
    Ok(if at_once { answer } else { answer.pending() })
}

/// A price that the caller names must be the one for a year, to the cent.
fn check_price(call: &Call<'_>, right: Price) -> Result<(), Failure> {
    let Some(sent) = call.command.filled("PRICE") else {
        return Ok(());
    };
    let currency = call.command.required("CURRENCY")?;
    let text = right.amount();
    let same = sent.trim_end_matches('0').trim_end_matches('.')
        == text.trim_end_matches('0').trim_end_matches('.');
    if !same || right.currency != Some(currency) {
        let now = format!("PRICE; it is {text} {}", right.currency.unwrap_or_default());
        return Err(Answer::new(541).detail(now));
    }
    Ok(())
}

pub fn status(call: &mut Call<'_>) -> Outcome {
    let (id, application) = own(call)?;
    let domain = &application.domain;
    let answer = Answer::ok()
        .with("APPLICATION", id.to_string())
        .with("DOMAIN", domain.name.clone())
        .with("CLASS", application.class.clone())
        .with("STATUS", application.state.text())
        .with("PERIOD", format!("{}Y", application.years))
        .with("CREATEDDATE", dates::text(application.created))
        .with("UPDATEDDATE", dates::text(application.updated));
    let answer = add_domain::CONTACTS
        .iter()
        .fold(answer, |answer, (kind, ..)| {
            answer.with_all(kind, domain.list(kind).iter().cloned())
        });
    let answer = answer.with_all("NAMESERVER", domain.list("NAMESERVER").iter().cloned());
    Ok(if application.reason.is_empty() {
        answer
    } else {
        answer.with("REASON", application.reason.clone())
    })
}

pub fn list(call: &mut Call<'_>) -> Outcome {
    let page = Page::asked(call.command)?;
    let accounts = call.accounts_seen()?;
    let like = |key: &str, value: &str| {
        let pattern = call.command.filled(key).unwrap_or("*").to_ascii_lowercase();
        glob(&pattern, &value.to_ascii_lowercase())
    };
    let found: Vec<(&u64, &Application)> = call
        .state
        .applications
        .iter()
        .filter(|(_, known)| {
            accounts.contains(&known.domain.account)
                && like("DOMAIN", &known.domain.name)
                && like("CLASS", &known.class)
                && like("STATUS", known.state.text())
        })
        .collect();
    let rows = page.of(&found);
    Ok(page
        .head(found.len(), rows.len())
        .with_all("APPLICATION", rows.iter().map(|(id, _)| id.to_string()))
        .with_all(
            "DOMAIN",
            rows.iter().map(|(_, known)| known.domain.name.clone()),
        )
        .with_all("CLASS", rows.iter().map(|(_, known)| known.class.clone()))
        .with_all("STATUS", rows.iter().map(|(_, known)| known.state.text()))
        .with_all(
            "CREATEDDATE",
            rows.iter().map(|(_, known)| dates::text(known.created)),
        )
        .with_all(
            "USER",
            rows.iter().map(|(_, known)| known.domain.account.clone()),
        ))
}

/// Withdraws what is not decided yet.
pub fn delete(call: &mut Call<'_>) -> Outcome {
    let (id, application) = own(call)?;
    let name = application.domain.name.clone();
    let now = call.now;
    if !call.state.decide(id, Err("Withdrawn"), now) {
        return Err(Answer::new(552).detail("the application is decided"));
    }
    call.log("DOMAINAPPLICATION", &name, "DELETE");
    Ok(Answer::ok())
}

fn own<'a>(call: &'a Call<'_>) -> Result<(u64, &'a Application), Failure> {
    let id: u64 = call
        .command
        .required("APPLICATION")?
        .parse()
        .map_err(|_| wrong_syntax("APPLICATION"))?;
    let known = call.state.applications.get(&id);
    let known = known.ok_or_else(|| Answer::new(545))?;
    if known.domain.account == call.account {
        Ok((id, known))
    } else {
        Err(Answer::new(531))
    }
}
