//! Connectors, and services that wait for people.

use super::Check;
use crate::rooms::Rooms;
use crate::trouble::chain;

pub async fn all(rooms: &Rooms) -> Vec<Check> {
    let troubles = rooms.services.connector_troubles();
    let mut checks: Vec<Check> = troubles
        .iter()
        .map(|trouble| {
            let goes_on = if trouble.last_good_in_force {
                " (the last good one goes on)"
            } else {
                ""
            };
            Check::wrong(
                "connectors",
                format!("{}{goes_on}", trouble.why),
                format!(
                    "mend {}; then: wharf services connectors check FILE",
                    trouble.file
                ),
            )
        })
        .collect();
    if checks.is_empty() {
        let all = rooms.services.connectors().join(", ");
        checks.push(Check::fine("connectors", all));
    }
    checks.push(match rooms.services.list(None, true, MOST).await {
        Err(error) => Check::wrong("services", chain(&error), "check that the database runs"),
        Ok(waiting) if waiting.is_empty() => Check::fine("services", "none waits for a person"),
        Ok(waiting) => Check::doubtful(
            "services",
            format!("{} wait for a person", waiting.len()),
            "look at them: wharf services list --attention",
        ),
    });
    checks
}

const MOST: i64 = 1_000;
