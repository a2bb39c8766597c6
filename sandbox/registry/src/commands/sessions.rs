//! StartSession and EndSession.

use std::time::Duration;

use super::{Call, number, random_hex};
use crate::answer::{Answer, Outcome};
use crate::state::Session;

pub fn start(call: &mut Call<'_>) -> Outcome {
    let idle = number(call.command, "TIMEOUT", 600, 60..=3_600)?;
    let whole = number(call.command, "MAXTTL", 86_400, 60..=86_400)?;
    let seconds = |count: usize| Duration::from_secs(count.try_into().unwrap_or(u64::MAX));
    let ends = call
        .now
        .checked_add(seconds(whole))
        .map_err(|_| Answer::new(541).detail("MAXTTL"))?;
    let id = random_hex::<16>()?;
    let session = Session {
        account: call.account.clone(),
        role: call.role.clone(),
        idle: seconds(idle),
        last_used: call.now,
        ends,
    };
    call.state.sessions.insert(id.clone(), session);
    Ok(Answer::ok().with("SESSION", id))
}

pub fn end(call: &mut Call<'_>) -> Outcome {
    let named = call
        .command
        .filled("SESSION")
        .map(str::to_owned)
        .or_else(|| call.session.clone());
    let own = |id: &String| {
        call.state
            .sessions
            .get(id)
            .is_some_and(|session| session.account == call.account)
    };
    let id = named.filter(own).ok_or_else(|| Answer::new(545))?;
    call.state.sessions.remove(&id);
    Ok(Answer::ok())
}
