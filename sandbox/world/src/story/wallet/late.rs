//! Claims first; then the phone has no network for three hours, and sends the newest message first when it is back.
//! One customer pays twice the same; one message comes three times; the phone's clock is off.

use serde_json::json;

use super::crowd::{Crowd, Due, PATIENCE, Paid, Person, Played};
use crate::story::{StoryError, Timeline, Told, told};

pub(super) async fn play(crowd: &Crowd<'_>, mut time: Timeline<'_>) -> Result<Told, StoryError> {
    let people = time.step("customers", sign_up(crowd)).await?;
    let before = crowd.store_balance().await?;
    time.step("customers", claim_first(crowd, &people)).await?;
    time.step("phone", lose_network(crowd)).await?;
    let paid = time.step("customers", pay(crowd, &people)).await?;
    time.step("host", nothing_yet(crowd, &people)).await?;
    time.step("phone", come_back(crowd)).await?;
    let due = time.step("host", prove(crowd, &people, &paid)).await?;
    time.step("customers", claim_again(crowd, &people, &due))
        .await?;
    let sum: i64 = paid.iter().map(|paid| paid.minor).sum();
    let after = crowd.store_balance().await?;
    if after - before != sum {
        return Err(StoryError::wrong(format!(
            "the store's wallet has {} piastres more, not {sum}",
            after - before
        )));
    }
    Ok(told(
        format!(
            "{} transfers came three hours late, the newest first, and were credited once each",
            paid.len()
        ),
        json!({"transfers": paid.len(), "credits": due.credits(), "received_minor": sum}),
    ))
}

async fn sign_up(crowd: &Crowd<'_>) -> Played<Vec<Person>> {
    let people = crowd.people(PEOPLE).await?;
    Ok((format!("{PEOPLE} sign up"), people))
}

/// Each says what is about to be sent; the first one will pay twice.
async fn claim_first(crowd: &Crowd<'_>, people: &[Person]) -> Played<()> {
    for (index, person) in people.iter().enumerate() {
        let answer = crowd.claim(person, amount(index)).await?;
        if answer.status {
            return Err(StoryError::wrong(format!(
                "a claim without a transfer was answered: {}",
                answer.body
            )));
        }
    }
    Ok(("claim before they have paid: not found yet".to_owned(), ()))
}

async fn lose_network(crowd: &Crowd<'_>) -> Played<()> {
    let change = json!({"online": false, "clock_off_seconds": -90, "duplicates": 2});
    crowd.phone("/_sandbox/phone", &change).await?;
    Ok((
        "the stores' phone loses the network; its clock is 90 s slow, its app forwards all three times".to_owned(),
        (),
    ))
}

async fn pay(crowd: &Crowd<'_>, people: &[Person]) -> Played<Vec<Paid>> {
    let mut paid = Vec::new();
    for (index, person) in people.iter().enumerate() {
        paid.push(crowd.pay(person, amount(index)).await?);
        crowd.advance(60).await?;
    }
    crowd.advance(3 * 3_600).await?;
    Ok((format!("pay {} times; three hours go by", paid.len()), paid))
}

async fn nothing_yet(crowd: &Crowd<'_>, people: &[Person]) -> Played<()> {
    let mut none = Due::default();
    for person in people {
        none.nothing(person);
    }
    crowd.prove(&none).await?;
    Ok(("has credited nobody".to_owned(), ()))
}

async fn come_back(crowd: &Crowd<'_>) -> Played<()> {
    let change = json!({"online": true, "order": "newest-first"});
    crowd.phone("/_sandbox/phone", &change).await?;
    crowd.until_forwarded().await?;
    Ok((
        "the phone is back and sends everything, the newest first".to_owned(),
        (),
    ))
}

async fn prove(crowd: &Crowd<'_>, people: &[Person], paid: &[Paid]) -> Played<Due> {
    let mut due = Due::default();
    for (person, paid) in people.iter().zip(paid) {
        due.credit(person, paid.minor);
    }
    crowd.until_credited(&due, PATIENCE).await?;
    Ok((
        format!("shows {} credits, one for each transfer", due.credits()),
        due,
    ))
}

/// Asking again changes nothing and is never answered `true`.
async fn claim_again(crowd: &Crowd<'_>, people: &[Person], due: &Due) -> Played<()> {
    for (index, person) in people.iter().enumerate() {
        let answer = crowd.claim(person, amount(index)).await?;
        if answer.status {
            return Err(StoryError::wrong(format!(
                "a repeated claim was answered true: {}",
                answer.body
            )));
        }
    }
    crowd.prove(due).await?;
    Ok(("ask again; nothing more is credited".to_owned(), ()))
}

/// Some pay the same as others.
fn amount(index: usize) -> i64 {
    let step = i64::try_from(index % 5).unwrap_or_default();
    25_125 + step * 5_025
}

const PEOPLE: usize = 12;
