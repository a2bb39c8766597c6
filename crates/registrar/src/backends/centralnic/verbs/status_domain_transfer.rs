//! StatusDomainTransfer: the newest transfer of a domain.

use wharf_core::DomainName;

use super::super::{Command, Response, dates};
use crate::{TransferKind, TransferState, TransferStatus};

pub fn request(name: &DomainName) -> Command {
    Command::read("StatusDomainTransfer").with("DOMAIN", name.as_str())
}

pub fn reply(response: &Response) -> TransferStatus {
    let upper = |property| {
        response
            .first(property)
            .unwrap_or_default()
            .to_ascii_uppercase()
    };
    TransferStatus {
        state: match upper("TRANSFERSTATUS").as_str() {
            "INITIATED" => TransferState::Initiated,
            "REQUESTED" => TransferState::Requested,
            "PENDING" => TransferState::Pending,
            "SUCCESSFUL" => TransferState::Successful,
            "FAILED" => TransferState::Failed,
            _ => TransferState::Other,
        },
        kind: match upper("TRANSFERTYPE").as_str() {
            "OUTGOING" => TransferKind::Outgoing,
            "TRADE" => TransferKind::Trade,
            _ => TransferKind::Incoming,
        },
        log: response.all("TRANSFERLOG").to_vec(),
        created: dates::timestamp(response.whole(), "CREATEDDATE"),
        updated: dates::timestamp(response.whole(), "UPDATEDDATE"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{answer, name};
    use super::*;

    #[test]
    fn a_transfer_has_its_state_and_log() {
        assert_eq!(
            request(&name("example.com")).text(),
            "COMMAND=StatusDomainTransfer\nDOMAIN=example.com"
        );
        let status = reply(&answer(
            "
PROPERTY[TRANSFERSTATUS][0]=PENDING
PROPERTY[TRANSFERTYPE][0]=OUTGOING
PROPERTY[TRANSFERLOG][0]=2026-11-20 10:00:00 [REQUESTED] Transfer requested
PROPERTY[TRANSFERLOG][1]=2026-11-21 10:00:00 [PENDING] Waiting
PROPERTY[CREATEDDATE][0]=2026-11-20 10:00:00
DESCRIPTION=ok
CODE=200",
        ));
        assert_eq!(
            (status.state, status.kind, status.log.len()),
            (TransferState::Pending, TransferKind::Outgoing, 2)
        );
        assert!(status.created.is_some() && status.updated.is_none() && !status.state.has_ended());
        let strange = reply(&answer(
            "PROPERTY[TRANSFERSTATUS][0]=WOBBLING\nDESCRIPTION=ok\nCODE=200",
        ));
        assert_eq!(strange.state, TransferState::Other);
    }
}
