//! Each registrar account that WHMCS's modules use.

use wharf_core::ErrorClass;

use super::Check;
use crate::rooms::Rooms;
use crate::trouble::chain;

pub async fn all(rooms: &Rooms) -> Vec<Check> {
    let accounts = match rooms.domains.accounts().await {
        Ok(accounts) => accounts,
        Err(error) => {
            return vec![Check::wrong(
                "registrar accounts",
                chain(&error),
                "check that the database runs",
            )];
        }
    };
    if accounts.is_empty() {
        let mend =
            "activate the module in WHMCS under Domain Registrars and save its settings once";
        return vec![Check::doubtful(
            "registrar accounts",
            "none has been used yet",
            mend,
        )];
    }
    let mut checks = Vec::new();
    for account in accounts {
        let name = format!("site {}, registrar module {}", account.site, account.module);
        checks.push(match rooms.domains.check_account(&account.site, &account.module).await {
            Ok(found) => {
                let balance = found.balance.map(|balance| format!(", balance {balance}")).unwrap_or_default();
                Check::fine(name, format!("{} on the {}{balance}", found.login, found.system))
            }
            Err(error) => {
                let mend = match error.class() {
                    ErrorClass::Refused | ErrorClass::Misuse => {
                        "enter the right settings in WHMCS under Domain Registrars, and save them"
                    }
                    ErrorClass::Unknown | ErrorClass::Temporary => {
                        "check that this machine may connect to the registrar (firewall, the account's IP filter), then run this again"
                    }
                };
                Check::wrong(name, chain(&error), mend)
            }
        });
    }
    checks
}
