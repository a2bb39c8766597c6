//! Messages and deliveries of every false kind, each claimed by a cheat, among true ones: nothing false is credited,
//! the true ones are, and a week of messages that comes once more changes nothing.

use serde_json::{Value, json};

use super::crowd::{Crowd, Due, PATIENCE, Paid, Person, Played, pounds};
use crate::story::{StoryError, Timeline, Told, json as look, told};

pub(super) async fn play(crowd: &Crowd<'_>, mut time: Timeline<'_>) -> Result<Told, StoryError> {
    time.step("staff", be_careful(crowd)).await?;
    let (cheats, honest) = time.step("customers", sign_up(crowd)).await?;
    let before = crowd.store_balance().await?;
    let first = time
        .step("customers", pay_honestly(crowd, &honest, 0))
        .await?;
    let mut due = Due::default();
    for cheat in &cheats {
        due.nothing(cheat);
    }
    for (person, paid) in honest.iter().zip(&first) {
        due.credit(person, paid.minor);
    }
    time.step("host", wait(crowd, &due)).await?;
    time.step("cheats", cheat(crowd, &cheats)).await?;
    let second = time
        .step("customers", pay_honestly(crowd, &honest, 1))
        .await?;
    for (person, paid) in honest.iter().zip(&second) {
        due.credit(person, paid.minor);
    }
    time.step("host", wait(crowd, &due)).await?;
    time.step("phone", export(crowd, &cheats)).await?;
    time.step("host", prove(crowd, &due)).await?;
    let sum: i64 = first.iter().chain(&second).map(|paid| paid.minor).sum();
    let after = crowd.store_balance().await?;
    if after - before != sum {
        return Err(StoryError::wrong(
            "the store's wallet does not hold what came in",
        ));
    }
    Ok(told(
        format!(
            "{} kinds of forgery were credited to nobody, {} true transfers once each",
            FORGERIES.len(),
            due.credits()
        ),
        json!({"forgeries": FORGERIES.len(), "credits": due.credits()}),
    ))
}

/// Balances must fit from now on, and the wallet's is known by an enquiry.
async fn be_careful(crowd: &Crowd<'_>) -> Played<()> {
    crowd
        .set_up_store(&json!({"balance_check": true, "misses_source": 1_000}))
        .await?;
    let enquiry = json!({"wallet": crowd.at.store_wallet, "event": "enquiry"});
    crowd.phone("/api/event", &enquiry).await?;
    crowd.until_forwarded().await?;
    Ok((
        "switches the balance check on and asks the operator for the wallet's balance".to_owned(),
        (),
    ))
}

async fn sign_up(crowd: &Crowd<'_>) -> Played<(Vec<Person>, Vec<Person>)> {
    let mut people = crowd.people(FORGERIES.len() + HONEST).await?;
    let honest = people.split_off(FORGERIES.len());
    Ok((
        format!("{} cheats and {HONEST} others sign up", people.len()),
        (people, honest),
    ))
}

async fn pay_honestly(crowd: &Crowd<'_>, honest: &[Person], round: i64) -> Played<Vec<Paid>> {
    let mut paid = Vec::new();
    for (person, index) in honest.iter().zip(0..) {
        let sent = crowd
            .pay(person, 30_150 + round * 5_025 + index * 75)
            .await?;
        crowd.until_forwarded().await?;
        crowd.claim(person, sent.minor).await?;
        paid.push(sent);
    }
    Ok((format!("{} pay and claim", paid.len()), paid))
}

async fn wait(crowd: &Crowd<'_>, due: &Due) -> Played<()> {
    crowd.until_credited(due, PATIENCE).await?;
    Ok((format!("shows {} credits", due.credits()), ()))
}

async fn cheat(crowd: &Crowd<'_>, cheats: &[Person]) -> Played<()> {
    for ((person, kind), index) in cheats.iter().zip(FORGERIES).zip(0..) {
        let minor = 40_200 + index * 75;
        let order = json!({
            "kind": kind, "to": crowd.at.store_wallet, "from": person.phone, "amount": pounds(minor),
        });
        crowd.phone("/api/forge", &order).await?;
        crowd.until_forwarded().await?;
        let answer = crowd.claim(person, minor).await?;
        if answer.status {
            return Err(StoryError::wrong(format!(
                "the forgery {kind} was answered true: {}",
                answer.body
            )));
        }
    }
    Ok((
        format!("try {} kinds of forgery and claim each", FORGERIES.len()),
        (),
    ))
}

/// The deliveries past the phone must have been refused; then the whole inbox comes once more.
async fn export(crowd: &Crowd<'_>, cheats: &[Person]) -> Played<()> {
    let messages = look(&format!("{}/_sandbox/messages", crowd.at.phone)).await?;
    let messages = messages.as_array().map(Vec::as_slice).unwrap_or_default();
    for kind in PAST_THE_PHONE {
        let ours = |message: &&Value| {
            message.get("forged") == Some(&json!(kind))
                && cheats
                    .iter()
                    .any(|cheat| message.get("peer") == Some(&json!(cheat.phone)))
        };
        let state = messages
            .iter()
            .find(ours)
            .and_then(|message| message.pointer("/deliveries/0"));
        let refused = state
            .and_then(|state| state.get("last"))
            .map(Value::to_string);
        if !refused
            .as_ref()
            .is_some_and(|last| last.contains("401") || last.contains("403"))
        {
            return Err(StoryError::wrong(format!(
                "the delivery that was {kind} was not refused: {refused:?}"
            )));
        }
    }
    for app in APPS {
        crowd.phone("/_sandbox/phone", &json!({"app": app})).await?;
        crowd.phone("/api/export", &json!({"hours": 168})).await?;
        crowd.until_forwarded().await?;
    }
    let apps = APPS.join(", ");
    Ok((
        format!("forwards everything of a week once more, by {apps}"),
        (),
    ))
}

async fn prove(crowd: &Crowd<'_>, due: &Due) -> Played<()> {
    // Something new at the end, so that everything before it has been read.
    let enquiry = json!({"wallet": crowd.at.store_wallet, "event": "enquiry"});
    crowd.phone("/api/event", &enquiry).await?;
    crowd.until_forwarded().await?;
    crowd.prove(due).await?;
    Ok((
        format!("shows {} credits still, none to a cheat", due.credits()),
        (),
    ))
}

const HONEST: usize = 3;
/// Every kind that the phone knows.
const FORGERIES: [&str; 11] = [
    "numeric-sender",
    "lookalike-sender",
    "guessed-balance",
    "repeated-id",
    "far-id",
    "old-id",
    "joined",
    "prize",
    "unsigned",
    "wrong-key",
    "stale",
];
const PAST_THE_PHONE: [&str; 3] = ["unsigned", "wrong-key", "stale"];
/// The last one is the one that the sandbox begins with.
const APPS: [&str; 4] = ["sms-to-url", "sms-forwarder", "httpsms", "smsgate"];
