//! StatusDomainApplication: what became of an application.

use super::super::Command;
use super::super::response::Row;
use crate::ApplicationState;

pub fn request(id: &str) -> Command {
    Command::read("StatusDomainApplication").with("APPLICATION", id)
}

/// Whatever is not known to be an end goes on: `ACTIVE` means that the application is.
pub fn state(row: Row<'_>) -> ApplicationState {
    let status = row.first("STATUS").unwrap_or_default().to_ascii_uppercase();
    match status.as_str() {
        "SUCCESSFUL" | "AUCTION-WON" => ApplicationState::Successful,
        "FAILED" | "REJECTED" | "DELETED" | "CANCELLED" | "AUCTION-LOST" | "AUCTION-FAILED" => {
            let reason = ["REASON", "STATUSDETAILS", "FAILUREREASON"]
                .iter()
                .find_map(|property| row.first(property));
            ApplicationState::Failed {
                reason: reason.unwrap_or(&status).to_owned(),
            }
        }
        _ => ApplicationState::Pending,
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer;
    use super::*;

    #[test]
    fn only_a_known_end_is_an_end() {
        assert_eq!(
            request("4711").text(),
            "COMMAND=StatusDomainApplication\nAPPLICATION=4711"
        );
        let of = |status: &str| {
            let text = format!("PROPERTY[STATUS][0]={status}\nDESCRIPTION=ok\nCODE=200");
            state(answer(&text).whole())
        };
        for waiting in [
            "REQUESTED",
            "ACTIVE",
            "PENDINGCREATE",
            "AUCTION-PENDING",
            "",
            "NEW",
        ] {
            assert_eq!(of(waiting), ApplicationState::Pending, "{waiting}");
        }
        assert_eq!(of("Successful"), ApplicationState::Successful);
        assert_eq!(
            of("FAILED"),
            ApplicationState::Failed {
                reason: "FAILED".into()
            }
        );
        let told = answer(
            "PROPERTY[STATUS][0]=FAILED\nPROPERTY[REASON][0]=No Swiss enterprise\nDESCRIPTION=ok\nCODE=200",
        );
        assert_eq!(
            state(told.whole()),
            ApplicationState::Failed {
                reason: "No Swiss enterprise".into()
            }
        );
    }
}
