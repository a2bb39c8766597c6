//! CheckDomainTransfer: whether a transfer would be taken, and what it needs.

use wharf_core::{DomainName, Secret};

use super::super::{Command, Response, dates, periods};
use crate::TransferCheck;

pub fn request(name: &DomainName, auth: Option<&Secret>) -> Command {
    let command = Command::read("CheckDomainTransfer").with("DOMAIN", name.as_str());
    match auth {
        Some(code) => command.with_given("AUTH", code.expose()),
        None => command,
    }
}

pub fn reply(response: &Response) -> TransferCheck {
    let row = response.whole();
    let possible = response.code != 219;
    let statuses: Vec<String> = row
        .values("STATUS")
        .into_iter()
        .map(str::to_owned)
        .collect();
    let periods = response
        .all("PERIOD")
        .iter()
        .chain(response.all("ZONETRANSFERPERIODS"));
    TransferCheck {
        possible,
        reason: (!possible).then(|| match transfer_refusal(&response.description) {
            Some(words) => words.to_owned(),
            None => bare(&response.description).to_owned(),
        }),
        auth_valid: row.switch("AUTHISVALID"),
        auth_required: row.switch("AUTHREQUIRED"),
        locked: row
            .switch("TRANSFERLOCK")
            .or_else(|| is_prohibited(&statuses).then_some(true)),
        user_transfer: row.switch("USERTRANSFERREQUIRED") == Some(true),
        class: row.text("CLASS"),
        years: periods::years(periods.map(String::as_str)),
        age_days: row.number("AGEINDAYS"),
        created: dates::timestamp(row, "CREATEDDATE"),
        registry_expires: dates::timestamp(row, "EXPIRATIONDATE"),
        nameservers: row.hosts("NAMESERVER"),
        registrar: row.text("REGISTRAR"),
        statuses,
    }
}

/// A refused transfer in words for people, where the platform's own need explaining.
pub fn transfer_refusal(description: &str) -> Option<&'static str> {
    let text = description.to_ascii_lowercase();
    let says = |word: &str| text.contains(word);
    let in_status = says("prohibited by status");
    Some(if says("usertransfer") && says("auth code required") {
        "The domain is in another account of this registrar; its auth code is needed to move it"
    } else if in_status && says("/wrong auth") {
        "The domain is locked at its registrar, and the auth code is wrong: have the lock removed and ask for the current code"
    } else if in_status && says("clienttransferprohibited") {
        "The domain is locked at its registrar: have the lock removed there, then try again"
    } else if in_status && says("servertransferprohibited") {
        "The registry does not let the domain be transferred at the moment"
    } else if in_status && (says("requesteddelete") || says("pendingdelete")) {
        "The domain is about to be deleted and cannot be transferred"
    } else if in_status && says("requestedcreate") {
        "The domain is still being registered and cannot be transferred yet"
    } else if in_status && says("requested") {
        "A transfer of the domain is already under way"
    } else if in_status {
        "The domain's state at its registry forbids a transfer"
    } else if says("by age of the domain") {
        "The domain was registered or transferred less than 60 days ago and cannot be transferred yet"
    } else if says("wrong auth") || says("authinfo") || says("authorisation") {
        "The auth code is wrong: ask the present registrar for the current one"
    } else if says("auth code required") {
        "The transfer needs the domain's auth code"
    } else {
        return None;
    })
}

/// The part that says something.
fn bare(description: &str) -> &str {
    let detail = description.strip_prefix("Request is not available;");
    detail.unwrap_or(description).trim()
}

fn is_prohibited(statuses: &[String]) -> bool {
    statuses
        .iter()
        .any(|status| status.to_ascii_lowercase().contains("transferprohibited"))
}

#[cfg(test)]
mod tests {
    use super::super::{answer, name};
    use super::*;

    #[test]
    fn a_transfer_that_would_be_taken() {
        let command = request(&name("example.com"), Some(&Secret::new("s3cret!")));
        insta::assert_snapshot!(command.text(), @"
        COMMAND=CheckDomainTransfer
        DOMAIN=example.com
        AUTH=s3cret!
        ");
        assert!(!command.is_change() && !command.masked().contains("s3cret"));
        let check = reply(&answer(
            "
PROPERTY[AUTHISVALID][0]=UNKNOWN
PROPERTY[AUTHREQUIRED][0]=1
PROPERTY[TRANSFERLOCK][0]=0
PROPERTY[USERTRANSFERREQUIRED][0]=0
PROPERTY[PERIOD][0]=1Y
PROPERTY[PERIOD][1]=0Y
PROPERTY[AGEINDAYS][0]=400
PROPERTY[NAMESERVER][0]=ns1.example.net
PROPERTY[REGISTRAR][0]=Other Registrar
DESCRIPTION=Request is available
CODE=218",
        ));
        assert!(check.possible && check.reason.is_none() && !check.user_transfer);
        assert_eq!(
            (check.auth_valid, check.auth_required, check.locked),
            (None, Some(true), Some(false))
        );
        assert_eq!(
            (check.years.as_slice(), check.age_days),
            (&[0, 1][..], Some(400))
        );
        assert_eq!(check.nameservers.len(), 1);
    }

    #[test]
    fn a_refusal_has_its_reason_in_words() {
        let check = reply(&answer(
            "
PROPERTY[AUTHISVALID][0]=NO
PROPERTY[STATUS][0]=clientTransferProhibited
PROPERTY[USERTRANSFERREQUIRED][0]=1
DESCRIPTION=Request is not available; DOMAIN TRANSFER IS PROHIBITED BY STATUS (clientTransferProhibited)/WRONG AUTH
CODE=219",
        ));
        assert!(!check.possible && check.user_transfer);
        assert_eq!((check.auth_valid, check.locked), (Some(false), Some(true)));
        assert!(
            check
                .reason
                .unwrap()
                .contains("locked at its registrar, and the auth code is wrong")
        );

        for (description, words) in [
            (
                "Request is not available; DOMAIN TRANSFER IS PROHIBITED BY STATUS (clientTransferProhibited)",
                "locked at its registrar:",
            ),
            (
                "Request is not available; DOMAIN TRANSFER IS PROHIBITED BY STATUS (requested)",
                "already under way",
            ),
            (
                "Request is not available; DOMAIN TRANSFER IS PROHIBITED BY STATUS (requestedcreate)",
                "still being registered",
            ),
            (
                "Request is not available; DOMAIN TRANSFER IS PROHIBITED BY STATUS (pendingdelete)",
                "about to be deleted",
            ),
            (
                "Request is not available; DOMAIN TRANSFER IS PROHIBITED BY AGE OF THE DOMAIN",
                "60 days",
            ),
            (
                "Request is not available; DOMAIN TRANSFER IS PROHIBITED BY WRONG AUTH",
                "auth code is wrong",
            ),
            (
                "Authorization failed; USERTRANSFER - AUTH CODE REQUIRED",
                "another account",
            ),
            (
                "Authorization failed; wrong auth code",
                "auth code is wrong",
            ),
            ("Invalid authorisation code", "auth code is wrong"),
        ] {
            assert!(
                transfer_refusal(description).is_some_and(|found| found.contains(words)),
                "{description}"
            );
        }
        assert_eq!(
            transfer_refusal("Authorization failed; Operation forbidden by ACL"),
            None
        );
        let other = reply(&answer(
            "DESCRIPTION=Request is not available; DOMAIN IS ON FIRE\nCODE=219",
        ));
        assert_eq!(other.reason.as_deref(), Some("DOMAIN IS ON FIRE"));
    }
}
