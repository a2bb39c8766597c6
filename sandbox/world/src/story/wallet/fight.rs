//! Two clients claim one transfer: neither is credited until a person has looked, and then the one whom that person
//! chose.

use serde_json::json;

use super::crowd::{Crowd, Due, PATIENCE, Paid, Person, Played};
use crate::story::{StoryError, Timeline, Told, Visitor, told};

pub(super) async fn play(crowd: &Crowd<'_>, mut time: Timeline<'_>) -> Result<Told, StoryError> {
    let (payer, thief) = time.step("customers", sign_up(crowd)).await?;
    time.step("customers", claim_both(crowd, &payer, &thief))
        .await?;
    let paid = time.step("customers", pay(crowd, &payer)).await?;
    time.step("host", nothing_yet(crowd, &payer, &thief))
        .await?;
    time.step("staff", decide(crowd, &payer, &paid)).await?;
    let due = time
        .step("host", prove(crowd, &payer, &thief, &paid))
        .await?;
    Ok(told(
        "two clients claimed one transfer; it waited for a person, who gave it to its payer"
            .to_owned(),
        json!({"transaction": paid.transaction, "credits": due.credits()}),
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

async fn nothing_yet(crowd: &Crowd<'_>, payer: &Person, thief: &Person) -> Played<()> {
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
        (),
    ))
}

/// By the operators' own pages.
async fn decide(crowd: &Crowd<'_>, payer: &Person, paid: &Paid) -> Played<()> {
    let staff = Visitor::new()?;
    let address = |path: &str| format!("{}/staff{path}", crowd.at.daemon);
    let page = staff.open(&address("/login")).await?;
    let login = page
        .form("form.log-in")?
        .fill("name", &crowd.at.staff.username)
        .fill("password", &crowd.at.staff.password);
    staff.send(&login).await?;
    let list = staff
        .open(&address(&format!("/review?text={}", paid.transaction)))
        .await?;
    let link = list.attribute("a[href*='/staff/review/']", "href")?;
    let item = staff.open(&format!("{}{link}", crowd.at.daemon)).await?;
    item.must_show(&paid.transaction)?;
    // The claims stand in the order in which they were made: the payer's first.
    let first = item.text("label.choice")?;
    if !first
        .split(|c: char| !c.is_ascii_digit())
        .any(|word| word == payer.client)
    {
        return Err(StoryError::wrong(format!(
            "the first claim is not client {}'s: {first}",
            payer.client
        )));
    }
    let claim = item.attribute("label.choice input", "value")?;
    let decision = item.form("form.decide")?.fill("claim", &claim).fill(
        "reason",
        "the payer sent a picture of the operator's message",
    );
    staff.send(&decision).await?;
    Ok((
        format!(
            "looks at both claims and approves client {}'s",
            payer.client
        ),
        (),
    ))
}

async fn prove(crowd: &Crowd<'_>, payer: &Person, thief: &Person, paid: &Paid) -> Played<Due> {
    let mut due = Due::default();
    due.credit(payer, paid.minor);
    due.nothing(thief);
    crowd.until_credited(&due, PATIENCE).await?;
    let answer = crowd.claim(thief, AMOUNT).await?;
    if answer.status {
        return Err(StoryError::wrong(answer.body.to_string()));
    }
    crowd.prove(&due).await?;
    Ok((format!("shows one credit, client {}'s", payer.client), due))
}

const AMOUNT: i64 = 55_275;
/// The machine word of a claim that waits for a person.
const HELD: &str = "held";
