//! StatusAccount: who we are and what can be spent.

use super::super::{Command, Response};
use crate::Account;

pub fn request() -> Command {
    Command::read("StatusAccount")
}

pub fn reply(response: &Response, login: &str) -> Account {
    let text = |property| response.first(property).map(str::to_owned);
    Account {
        login: login.to_owned(),
        balance: text("AMOUNT"),
        currency: text("CURRENCY"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer;
    use super::*;

    #[test]
    fn the_balance_is_as_the_registrar_wrote_it() {
        let response = answer(
            "PROPERTY[AMOUNT][0]=1234.50\nPROPERTY[CURRENCY][0]=USD\nDESCRIPTION=ok\nCODE=200",
        );
        let account = reply(&response, "acct");
        assert_eq!(
            (account.balance.as_deref(), account.currency.as_deref()),
            (Some("1234.50"), Some("USD"))
        );
    }
}
