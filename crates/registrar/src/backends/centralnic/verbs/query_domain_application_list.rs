//! QueryDomainApplicationList: the applications for a name.

use wharf_core::DomainName;

use super::super::{Command, Response, dates};
use super::paged;
use super::status_domain_application::state;
use crate::{ListedApplication, Page};

pub fn request(name: &DomainName) -> Command {
    let command = Command::read("QueryDomainApplicationList").with("DOMAIN", name.as_str());
    paged(command, Page::first(100))
}

pub fn reply(response: &Response) -> Vec<ListedApplication> {
    response
        .rows("APPLICATION")
        .filter_map(|row| {
            Some(ListedApplication {
                id: row.text("APPLICATION")?,
                class: row.text("CLASS").unwrap_or_default(),
                state: state(row),
                created: dates::timestamp(row, "CREATEDDATE"),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::answer;
    use super::*;
    use crate::ApplicationState;

    #[test]
    fn applications_are_listed_with_their_states() {
        let found = reply(&answer(
            "
PROPERTY[APPLICATION][0]=71
PROPERTY[APPLICATION][1]=72
PROPERTY[CLASS][0]=GOLIVE
PROPERTY[STATUS][0]=FAILED
PROPERTY[STATUS][1]=REQUESTED
PROPERTY[CREATEDDATE][0]=2026-11-20 10:00:00
DESCRIPTION=ok
CODE=200",
        ));
        let [failed, waiting] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert!(matches!(failed.state, ApplicationState::Failed { .. }));
        assert_eq!(
            (failed.class.as_str(), failed.created.is_some()),
            ("GOLIVE", true)
        );
        assert_eq!(
            (&waiting.state, waiting.created),
            (&ApplicationState::Pending, None)
        );
    }
}
