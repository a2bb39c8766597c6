//! StatusDomain: what the account knows of a domain.

use wharf_core::DomainName;

use super::super::{Command, Response, dates};
use super::add_domain::is_waiting;
use crate::{DomainState, DomainStatus};

pub fn request(name: &DomainName) -> Command {
    Command::read("StatusDomain").with("DOMAIN", name.as_str())
}

/// The auth code that comes along is left out on purpose: this is kept and shown.
pub fn reply(response: &Response, name: &DomainName) -> DomainStatus {
    let switch = |property| match response.first(property) {
        Some("1") => Some(true),
        Some("0") => Some(false),
        _ => None,
    };
    DomainStatus {
        name: name.clone(),
        state: state(response.all("STATUS").iter().map(String::as_str)),
        // A host that is no name cannot be shown as one; none has been seen.
        nameservers: response
            .all("NAMESERVER")
            .iter()
            .filter_map(|host| DomainName::parse(host).ok())
            .collect(),
        transfer_lock: switch("TRANSFERLOCK"),
        id_protection: switch("X-ACCEPT-WHOISTRUSTEE-TAC"),
        created: dates::timestamp(response, "CREATEDDATE"),
        expires: dates::expiry(response),
    }
}

/// A domain can have several states; the one that restricts most is told.
pub fn state<'a>(statuses: impl Iterator<Item = &'a str>) -> DomainState {
    let mut found = DomainState::Other;
    for status in statuses {
        let upper = status.to_ascii_uppercase();
        let state = match upper.as_str() {
            "ACTIVE" | "OK" => DomainState::Active,
            "INACTIVE" => DomainState::Inactive,
            "PENDINGDELETE" | "REQUESTEDDELETE" => DomainState::PendingDelete,
            "DELETED" => DomainState::Deleted,
            "CLIENTHOLD" | "SERVERHOLD" | "SUSPENDED" => DomainState::Suspended,
            _ if is_waiting(&upper) => DomainState::PendingCreate,
            _ => continue,
        };
        if severity(state) > severity(found) {
            found = state;
        }
    }
    found
}

fn severity(state: DomainState) -> u8 {
    match state {
        DomainState::Other => 0,
        DomainState::Active => 1,
        DomainState::Inactive => 2,
        DomainState::Suspended => 3,
        DomainState::PendingCreate => 4,
        DomainState::PendingDelete => 5,
        DomainState::Deleted => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer;
    use super::*;

    #[test]
    fn a_domain_is_read_without_its_auth_code() {
        let response = answer(
            "
PROPERTY[DOMAIN][0]=example.com
PROPERTY[STATUS][0]=ACTIVE
PROPERTY[NAMESERVER][0]=NS1.EXAMPLE.NET
PROPERTY[NAMESERVER][1]=ns2.example.net
PROPERTY[AUTH][0]=s3cret-auth
PROPERTY[TRANSFERLOCK][0]=
PROPERTY[X-ACCEPT-WHOISTRUSTEE-TAC][0]=1
PROPERTY[CREATEDDATE][0]=2016-09-26 14:53:20
PROPERTY[EXPIRATIONDATE][0]=2017-09-26 14:53:20
PROPERTY[FINALIZATIONDATE][0]=2017-09-27 14:53:20
PROPERTY[PAIDUNTILDATE][0]=2018-09-26 14:53:20
PROPERTY[FAILUREDATE][0]=2018-11-09 14:53:20
DESCRIPTION=Command completed successfully
CODE=200",
        );
        let status = reply(&response, &DomainName::parse("example.com").unwrap());
        insta::assert_json_snapshot!(status, @r#"
        {
          "name": "example.com",
          "state": "active",
          "nameservers": [
            "ns1.example.net",
            "ns2.example.net"
          ],
          "transfer_lock": null,
          "id_protection": true,
          "created": "2016-09-26T14:53:20Z",
          "expires": "2018-09-25"
        }
        "#);
    }

    #[test]
    fn inactive_is_not_active_and_the_gravest_state_counts() {
        assert_eq!(state(["INACTIVE"].into_iter()), DomainState::Inactive);
        assert_eq!(
            state(["ACTIVE", "PENDINGDELETE"].into_iter()),
            DomainState::PendingDelete
        );
        assert_eq!(
            state(["REQUESTEDCREATE"].into_iter()),
            DomainState::PendingCreate
        );
        assert_eq!(state(["SOMETHINGNEW"].into_iter()), DomainState::Other);
    }
}
