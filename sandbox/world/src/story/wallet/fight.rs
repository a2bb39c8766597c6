//! Two clients claim one transfer: neither is credited until a person has looked.

use serde_json::json;

use super::crowd::{Crowd, Due, Paid, Person, Played};
use crate::story::{StoryError, Timeline, Told, told};

pub(super) async fn play(crowd: &Crowd<'_>, mut time: Timeline<'_>) -> Result<Told, StoryError> {
    let (payer, thief) = time.step("customers", sign_up(crowd)).await?;
    time.step("customers", claim_both(crowd, &payer, &thief))
        .await?;
    let paid = time.step("customers", pay(crowd, &payer)).await?;
    let held = time
        .step("host", nothing_yet(crowd, &payer, &thief))
        .await?;
    Ok(told(
        format!(
            "two clients claimed one transfer of {} piastres; it waits for a person",
            paid.minor
        ),
        json!({"transaction": paid.transaction, "credits": held.credits()}),
    ))
}

async fn sign_up(crowd: &Crowd<'_>) -> Played<(Person, Person)> {
    let payer = crowd.person(0).await?;
    let thief = Person {
        client: crowd.person(1).await?.client,
        phone: payer.phone.clone(),
    };
    Ok((
        "the payer and another one sign up".to_owned(),
        (payer, thief),
    ))
}

async fn claim_both(crowd: &Crowd<'_>, payer: &Person, thief: &Person) -> Played<()> {
    for person in [payer, thief] {
        let answer = crowd.claim(person, AMOUNT).await?;
        if answer.status {
            return Err(StoryError::wrong(answer.body.to_string()));
        }
    }
    Ok((
        "both claim the same payment from the same number".to_owned(),
        (),
    ))
}

async fn pay(crowd: &Crowd<'_>, payer: &Person) -> Played<Paid> {
    let paid = crowd.pay(payer, AMOUNT).await?;
    crowd.until_forwarded().await?;
    Ok((format!("one pays, operation {}", paid.transaction), paid))
}

async fn nothing_yet(crowd: &Crowd<'_>, payer: &Person, thief: &Person) -> Played<Due> {
    let mut none = Due::default();
    none.nothing(payer);
    none.nothing(thief);
    for person in [payer, thief] {
        let answer = crowd.claim(person, AMOUNT).await?;
        if answer.status || answer.code != HELD {
            return Err(StoryError::wrong(format!(
                "a contested claim is not held: {}",
                answer.body
            )));
        }
    }
    crowd.prove(&none).await?;
    Ok((
        "has credited neither; both are told that it is checked".to_owned(),
        none,
    ))
}

const AMOUNT: i64 = 55_275;
/// The machine word of a claim that waits for a person.
const HELD: &str = "held";
