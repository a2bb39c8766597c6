//! QueryTransferList and QueryForeignTransferList: the transfers under way, in and out.

use wharf_core::DomainName;

use super::super::{Command, Response, dates};
use super::paged;
use crate::{Direction, ListedTransfer, Page, TransferList};

pub fn request(direction: Direction, page: Page) -> Command {
    let command = Command::read(match direction {
        Direction::Incoming => "QueryTransferList",
        Direction::Outgoing => "QueryForeignTransferList",
    });
    paged(command, page)
}

pub fn reply(response: &Response) -> TransferList {
    let peers = ["PEERUSER", "NEWREGISTRAR", "OLDREGISTRAR"];
    let transfers = response
        .rows("DOMAIN")
        .filter_map(|row| {
            Some(ListedTransfer {
                name: DomainName::parse(row.first("DOMAIN")?).ok()?,
                created: dates::timestamp(row, "CREATEDDATE"),
                status: row.text("STATUS"),
                peer: peers.iter().find_map(|property| row.text(property)),
            })
        })
        .collect();
    TransferList {
        transfers,
        total: response.number("TOTAL"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer;
    use super::*;

    #[test]
    fn both_directions_are_listed() {
        insta::assert_snapshot!(request(Direction::Incoming, Page::first(100)).text(), @"
        COMMAND=QueryTransferList
        FIRST=0
        LIMIT=100
        ");
        assert!(
            request(Direction::Outgoing, Page::default())
                .text()
                .starts_with("COMMAND=QueryForeignTransferList\n")
        );
        let list = reply(&answer(
            "
PROPERTY[DOMAIN][0]=a.com
PROPERTY[DOMAIN][1]=b.com
PROPERTY[CREATEDDATE][0]=2026-11-20 10:00:00
PROPERTY[NEWREGISTRAR][0]=Other
PROPERTY[TOTAL][0]=2
DESCRIPTION=ok
CODE=200",
        ));
        assert_eq!((list.transfers.len(), list.total), (2, Some(2)));
        let [a, b] = list.transfers.as_slice() else {
            panic!()
        };
        assert_eq!(a.peer.as_deref(), Some("Other"));
        assert!(a.created.is_some() && b.created.is_none());
    }
}
