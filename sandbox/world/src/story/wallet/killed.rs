//! The daemon is killed outright at random moments while customers pay and claim. It comes back each time, and in the
//! end everybody has exactly one credit for each transfer.

use std::time::Duration;

use serde_json::json;

use super::crowd::{Crowd, Due, PATIENCE, Paid, Person, Played};
use crate::story::{StoryError, Timeline, Told, told};

pub(super) async fn play(crowd: &Crowd<'_>, mut time: Timeline<'_>) -> Result<Told, StoryError> {
    let people = time.step("customers", sign_up(crowd)).await?;
    let before = crowd.store_balance().await?;
    let mut due = Due::default();
    let (mut sum, mut moments) = (0, Vec::new());
    for (index, person) in people.iter().enumerate() {
        let (paid, moment) = time.step("daemon", strike(crowd, person, index)).await?;
        due.credit(person, paid.minor);
        sum += paid.minor;
        moments.push(moment);
    }
    time.step("host", prove(crowd, &due)).await?;
    if crowd.store_balance().await? - before != sum {
        return Err(StoryError::wrong(
            "the store's wallet does not hold what came in",
        ));
    }
    Ok(told(
        format!(
            "Wharf was killed {} times while customers paid; {} transfers were credited once each",
            moments.len(),
            due.credits()
        ),
        json!({"kills": moments.len(), "killed_after_ms": moments, "transfers": people.len(), "credits": due.credits()}),
    ))
}

async fn sign_up(crowd: &Crowd<'_>) -> Played<Vec<Person>> {
    let people = crowd.people(KILLS).await?;
    Ok((format!("{KILLS} sign up"), people))
}

/// One customer pays and claims, every other one claims first; somewhere in it the daemon dies.
async fn strike(crowd: &Crowd<'_>, person: &Person, index: usize) -> Played<(Paid, u64)> {
    let minor = 25_125 + i64::try_from(index).unwrap_or_default() * 75;
    let moment = crowd.draw(LATEST_MS)?;
    let kill = async {
        tokio::time::sleep(Duration::from_millis(moment)).await;
        crowd.kill_daemon().await
    };
    let buy = async {
        if index % 2 == 1 {
            claim(crowd, person, minor).await?;
        }
        let paid = crowd.pay(person, minor).await?;
        claim(crowd, person, minor).await?;
        Ok(paid)
    };
    let (killed, paid): (_, Result<Paid, StoryError>) = tokio::join!(kill, buy);
    killed?;
    crowd.wait_for_daemon().await?;
    // What a lost answer may still become in WHMCS is waited for.
    crowd.advance(100).await?;
    Ok((
        format!("is killed {moment} ms after a customer began"),
        (paid?, moment),
    ))
}

/// As a customer does whose page shows an error: asks again.
async fn claim(crowd: &Crowd<'_>, person: &Person, minor: i64) -> Result<(), StoryError> {
    crowd
        .until("the claim is answered", PATIENCE, async || {
            Ok(crowd.claim(person, minor).await.is_ok())
        })
        .await
}

async fn prove(crowd: &Crowd<'_>, due: &Due) -> Played<()> {
    crowd.until_forwarded().await?;
    for _ in 0..LONGEST_SETTLING {
        let wanted = due.credits();
        let within = crowd.until("the credits", A_WHILE, async || {
            Ok(crowd.credited(due).await? >= wanted)
        });
        if within.await.is_ok() {
            break;
        }
        crowd.advance(100).await?;
    }
    crowd.until_credited(due, A_WHILE).await?;
    // Nothing comes after it either.
    crowd.advance(900).await?;
    tokio::time::sleep(A_MOMENT).await;
    crowd.prove(due).await?;
    Ok((
        format!("shows {} credits, one for each transfer", due.credits()),
        (),
    ))
}

const KILLS: usize = 6;
/// From a customer's first step until all is done takes about as long.
const LATEST_MS: u64 = 400;
const LONGEST_SETTLING: usize = 12;
const A_WHILE: Duration = Duration::from_secs(5);
const A_MOMENT: Duration = Duration::from_millis(700);
