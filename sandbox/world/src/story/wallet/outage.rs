//! WHMCS is down for an hour, in every way that it can be, while five hundred customers pay: maintenance page, firewall, no
//! answer, an allow-list without Wharf. When it is back, everything is credited within two minutes, once.

use std::time::{Duration, Instant};

use serde_json::json;

use super::crowd::{Crowd, Due, Paid, Person, Played};
use crate::story::{StoryError, Timeline, Told, told};
use crate::{FaultOrder, send_fault};

pub(super) async fn play(crowd: &Crowd<'_>, mut time: Timeline<'_>) -> Result<Told, StoryError> {
    let people = time.step("customers", sign_up(crowd)).await?;
    let before = crowd.store_balance().await?;
    time.step("host", go_down(crowd)).await?;
    let paid = time
        .step("customers", pay_and_claim(crowd, &people))
        .await?;
    time.step("host", nothing_yet(crowd, &people)).await?;
    let (due, seconds) = time.step("host", come_back(crowd, &people, &paid)).await?;
    let sum: i64 = paid.iter().map(|paid| paid.minor).sum();
    let after = crowd.store_balance().await?;
    if after - before != sum {
        return Err(StoryError::wrong(
            "the store's wallet does not hold what came in",
        ));
    }
    Ok(told(
        format!(
            "WHMCS was away for an hour; {} transfers were credited once each within {seconds:.1} s of its return",
            due.credits()
        ),
        json!({"transfers": paid.len(), "credits": due.credits(), "seconds_from_return_to_all_credited": seconds}),
    ))
}

async fn sign_up(crowd: &Crowd<'_>) -> Played<Vec<Person>> {
    let people = crowd.people(PEOPLE).await?;
    Ok((format!("{PEOPLE} sign up"), people))
}

async fn go_down(crowd: &Crowd<'_>) -> Played<()> {
    crowd.host(&json!({"page": "maintenance"})).await?;
    Ok((
        "goes down: a maintenance page stands before its API".to_owned(),
        (),
    ))
}

/// While the hour goes by, what stands in the way changes.
async fn pay_and_claim(crowd: &Crowd<'_>, people: &[Person]) -> Played<Vec<Paid>> {
    let mut paid = Vec::new();
    let quarter = people.len().div_ceil(4);
    for (index, person) in people.iter().enumerate() {
        if index % quarter == 0 {
            match index / quarter {
                1 => crowd.host(&json!({"page": "firewall"})).await?,
                2 => {
                    crowd
                        .host(&json!({"page": "none", "allowed_ips": []}))
                        .await?
                }
                3 => crowd.host(&json!({"page": "maintenance"})).await?,
                _ => json!(null),
            };
            crowd.advance(900).await?;
        }
        paid.push(crowd.pay(person, amount(index)).await?);
    }
    crowd.until_forwarded().await?;
    for (index, person) in people.iter().enumerate() {
        let answer = crowd.claim(person, amount(index)).await?;
        if answer.status {
            return Err(StoryError::wrong(format!(
                "a claim was answered true while WHMCS is down: {}",
                answer.body
            )));
        }
    }
    Ok((
        format!("{} pay and claim within the hour", paid.len()),
        paid,
    ))
}

async fn nothing_yet(crowd: &Crowd<'_>, people: &[Person]) -> Played<()> {
    let mut none = Due::default();
    for person in people {
        none.nothing(person);
    }
    crowd.prove(&none).await?;
    Ok(("has credited nobody".to_owned(), ()))
}

/// The first answers are lost even so: some booked, some not, one late.
async fn come_back(crowd: &Crowd<'_>, people: &[Person], paid: &[Paid]) -> Played<(Due, f64)> {
    for fault in [
        "host:cut-after-commit:AddCredit:2",
        "host:refuse:AddCredit:2",
        "host:commit-late=700:AddCredit:1",
    ] {
        let order: FaultOrder = fault
            .parse()
            .map_err(|error| StoryError::wrong(format!("{error}")))?;
        send_fault(crowd.at, &order)
            .await
            .map_err(|error| StoryError::wrong(error.to_string()))?;
    }
    let mut due = Due::default();
    for (person, paid) in people.iter().zip(paid) {
        due.credit(person, paid.minor);
    }
    crowd
        .host(&json!({"page": "none", "allowed_ips": ["127.0.0.1"]}))
        .await?;
    let returned = Instant::now();
    crowd.until_credited(&due, WITHIN).await?;
    let seconds = returned.elapsed().as_secs_f64();
    Ok((
        format!("is back; {} credits after {seconds:.1} s", due.credits()),
        (due, seconds),
    ))
}

/// Each pays another amount.
fn amount(index: usize) -> i64 {
    10_050 + i64::try_from(index).unwrap_or_default() * 75
}

const PEOPLE: usize = 500;
const WITHIN: Duration = Duration::from_secs(120);
