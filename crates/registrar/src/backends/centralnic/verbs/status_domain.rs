//! StatusDomain: what the account knows of a domain.

use wharf_core::{DomainName, Secret};

use super::super::dialect::Dialect;
use super::super::response::Row;
use super::super::{Command, Response, dates};
use super::add_domain::is_waiting;
use crate::{
    AuthCode, Cause, ContactHandles, DomainState, DomainStatus, RegistrarError, Verification,
};

pub fn request(name: &DomainName) -> Command {
    Command::read("StatusDomain").with("DOMAIN", name.as_str())
}

/// The auth code that comes along is left out on purpose: this is kept and shown.
pub fn reply(response: &Response, name: &DomainName, dialect: &Dialect) -> DomainStatus {
    status(response.whole(), name.clone(), dialect)
}

/// The auth code alone.
pub fn auth_code(response: &Response) -> Result<AuthCode, RegistrarError> {
    match response.first("AUTH") {
        Some(code) => Ok(AuthCode::Code(Secret::new(code))),
        None => Err(RegistrarError::Refused {
            code: response.code,
            description: "there is no auth code for this domain".to_owned(),
            cause: Cause::NotFound,
        }),
    }
}

/// What an answer or a row of a list says of a domain.
pub fn status(row: Row<'_>, name: DomainName, dialect: &Dialect) -> DomainStatus {
    let all = |property| -> Vec<String> {
        let values = row.values(property).into_iter();
        values.map(str::to_owned).collect()
    };
    let time = |property: &str| dates::timestamp(row, property);
    let statuses = all("STATUS");
    let verification = row
        .text("X-REGISTRANT-VERIFICATION-STATUS")
        .map(|status| Verification {
            status,
            email: row.text("X-REGISTRANT-VERIFICATION-EMAIL"),
            requested: time("X-REGISTRANT-VERIFICATION-REQUESTEDDATE"),
        });
    DomainStatus {
        name,
        state: state(statuses.iter().map(String::as_str)),
        statuses,
        nameservers: row.hosts("NAMESERVER"),
        internal_nameservers: row.hosts("INTERNALNAMESERVER"),
        transfer_lock: row.switch("TRANSFERLOCK"),
        id_protection: row
            .switch(dialect.id_protection)
            .or_else(|| row.switch("ADDON-PROXY"))
            // Lists can name the add-on that is on instead, and nothing when none is.
            .or_else(|| {
                row.raw("ADDON-PROXY")
                    .map(|addon| addon.contains("WHOISTRUSTEE"))
            }),
        created: time("CREATEDDATE"),
        expires: (dialect.expiry)(row),
        registry_expires: dialect.registry_date.iter().find_map(|name| time(name)),
        paid_until: (dialect.paid_until)(row).and_then(dates::utc),
        finalization: time("FINALIZATIONDATE"),
        failure: time("FAILUREDATE"),
        accounting: time("ACCOUNTINGDATE"),
        renewal_mode: row.text("RENEWALMODE").map(Into::into),
        class: row.text("SUBCLASS"),
        repository: row.text("REPOSITORY"),
        trade_lock_expires: time("TRADE-TRANSFERLOCK-EXPIRATIONDATE"),
        verification,
        contacts: ContactHandles {
            owner: all("OWNERCONTACT"),
            admin: all("ADMINCONTACT"),
            tech: all("TECHCONTACT"),
            billing: all("BILLINGCONTACT"),
        },
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
    use super::super::super::ispapi::DIALECT;
    use super::super::{answer, name};
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
PROPERTY[OWNERCONTACT][0]=P-ABC123
PROPERTY[RENEWALMODE][0]=AUTOEXPIRE
PROPERTY[SUBCLASS][0]=PREMIUM_COM_USD:100:200
PROPERTY[REPOSITORY][0]=VRSN-COM
PROPERTY[TRADE-TRANSFERLOCK-EXPIRATIONDATE][0]=2017-01-01 00:00:00
PROPERTY[X-REGISTRANT-VERIFICATION-STATUS][0]=PENDING
PROPERTY[X-REGISTRANT-VERIFICATION-EMAIL][0]=mona@example.com
PROPERTY[X-ACCEPT-WHOISTRUSTEE-TAC][0]=1
PROPERTY[CREATEDDATE][0]=2016-09-26 14:53:20
PROPERTY[EXPIRATIONDATE][0]=2017-09-26 14:53:20
PROPERTY[FINALIZATIONDATE][0]=2017-09-27 14:53:20
PROPERTY[PAIDUNTILDATE][0]=2018-09-26 14:53:20
PROPERTY[FAILUREDATE][0]=2018-11-09 14:53:20
DESCRIPTION=Command completed successfully
CODE=200",
        );
        let status = reply(&response, &name("example.com"), &DIALECT);
        insta::assert_json_snapshot!(status, @r#"
        {
          "name": "example.com",
          "state": "active",
          "statuses": [
            "ACTIVE"
          ],
          "nameservers": [
            "ns1.example.net",
            "ns2.example.net"
          ],
          "internal_nameservers": [],
          "transfer_lock": null,
          "id_protection": true,
          "created": "2016-09-26T14:53:20Z",
          "expires": "2018-09-25",
          "registry_expires": "2017-09-26T14:53:20Z",
          "paid_until": "2018-09-26T14:53:20Z",
          "finalization": "2017-09-27T14:53:20Z",
          "failure": "2018-11-09T14:53:20Z",
          "accounting": null,
          "renewal_mode": "AUTOEXPIRE",
          "class": "PREMIUM_COM_USD:100:200",
          "repository": "VRSN-COM",
          "trade_lock_expires": "2017-01-01T00:00:00Z",
          "verification": {
            "status": "PENDING",
            "email": "mona@example.com",
            "requested": null
          },
          "contacts": {
            "owner": [
              "P-ABC123"
            ],
            "admin": [],
            "tech": [],
            "billing": []
          }
        }
        "#);
        assert!(
            matches!(auth_code(&response), Ok(AuthCode::Code(code)) if code.expose() == "s3cret-auth")
        );
        let none = answer("PROPERTY[AUTH][0]=\nDESCRIPTION=ok\nCODE=200");
        assert_eq!(auth_code(&none).unwrap_err().cause(), Some(Cause::NotFound));
    }

    /// What was kept by an earlier version is still read.
    #[test]
    fn a_status_of_the_first_version_is_read() {
        let old = r#"{"name": "example.com", "state": "active", "nameservers": [], "transfer_lock": null,
            "id_protection": true, "created": null, "expires": "2018-09-25"}"#;
        let status: DomainStatus = serde_json::from_str(old).unwrap();
        assert_eq!(status.expires, Some(jiff::civil::date(2018, 9, 25)));
        assert!(status.statuses.is_empty() && status.renewal_mode.is_none());
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
