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

/// The password of the account's own login, of one of its subusers, or of one of its role users.
pub fn check(call: &mut Call<'_>) -> Outcome {
    let user = call.command.required("SUBUSER")?;
    let password = call.command.required("PASSWORD")?;
    let seen = user == call.account || call.state.is_parent(&call.account, user);
    let known = call.state.accounts.get(user).filter(|_| seen);
    let role = user.split_once('!').is_some_and(|(account, name)| {
        call.state.roles.iter().any(|role| {
            account == call.account
                && role.account == account
                && role.name == name
                && role.password == password
        })
    });
    if role || known.is_some_and(|known| known.password == password) {
        Ok(Answer::ok())
    } else {
        Err(Answer::new(530))
    }
}
