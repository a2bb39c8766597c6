//! QueryEventList: the messages that nobody has taken note of.

use super::super::{Command, Response};
use super::paged;
use crate::Page;

pub fn request(page: Page) -> Command {
    paged(Command::read("QueryEventList"), page)
}

/// The messages' ids and how many there are; what they say is asked one by one.
pub fn reply(response: &Response) -> (Vec<String>, Option<u64>) {
    (response.all("EVENT").to_vec(), response.number("TOTAL"))
}

#[cfg(test)]
mod tests {
    use super::super::{answer, status_event};
    use super::*;

    #[test]
    fn messages_are_listed_and_read() {
        insta::assert_snapshot!(request(Page::first(50)).text(), @"
        COMMAND=QueryEventList
        FIRST=0
        LIMIT=50
        ");
        let (ids, total) = reply(&answer(
            "PROPERTY[EVENT][0]=71\nPROPERTY[EVENT][1]=72\nPROPERTY[TOTAL][0]=2\nDESCRIPTION=ok\nCODE=200",
        ));
        assert_eq!((ids.join(" ").as_str(), total), ("71 72", Some(2)));
        let event = status_event::reply(
            &answer(
                "
PROPERTY[EVENTCLASS][0]=DOMAIN_TRANSFER
PROPERTY[EVENTSUBCLASS][0]=TRANSFER_PENDING
PROPERTY[EVENTDATE][0]=2026-11-20 10:00:00
PROPERTY[EVENTDATA0][0]=domain:example.com
PROPERTY[EVENTDATA1][0]=status:pending
DESCRIPTION=ok
CODE=200",
            ),
            "71",
        );
        assert_eq!(event.class, "DOMAIN_TRANSFER");
        assert_eq!(event.value("domain"), Some("example.com"));
        assert_eq!(event.value("status"), Some("pending"));
    }
}
