//! StatusAccount and CheckAuthentication.

use super::Call;
use crate::answer::{Answer, Outcome};

pub fn status(call: &mut Call<'_>) -> Outcome {
    let account = call
        .state
        .accounts
        .get(&call.account)
        .ok_or_else(|| Answer::new(545))?;
    Ok(Answer::ok()
        .with("AMOUNT", account.balance.amount())
        .with("CREDIT", "0.00")
        .with("CURRENCY", account.balance.currency.as_str())
        .with("DEPOSIT", "0.00")
        .with("VAT", "0.00"))
}

/// There are no subusers: only the account's own login has a password to check.
pub fn check(call: &mut Call<'_>) -> Outcome {
    let user = call.command.required("SUBUSER")?;
    let password = call.command.required("PASSWORD")?;
    let own = user == call.account
        && call
            .state
            .accounts
            .get(user)
            .is_some_and(|known| known.password == password);
    if own {
        Ok(Answer::ok())
    } else {
        Err(Answer::new(530))
    }
}
