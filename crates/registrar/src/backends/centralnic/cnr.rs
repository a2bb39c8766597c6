//! The CentralNic Reseller dialect (once RRPproxy): only what differs from ISPAPI. Its price list (`QueryZoneList`), its
//! zone facts (`GetZoneInfo`) and names with a price of their own (`X-FEE-…`) are not read yet: what is asked of them is
//! refused in words.

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime};
use wharf_core::DomainName;

use super::command::Command;
use super::dialect::{Contacts, Dialect, System};
use super::response::{Response, Row};
use super::verbs::paged;
use super::{dates, verbs};
use crate::{Cause, Contact, DomainQuery, RegistrarError, Renewal, RenewalMode, SuggestionQuery};

pub(super) static DIALECT: Dialect = Dialect {
    // The system is told by its address alone.
    live: System {
        url: "https://api.rrpproxy.net/api/call.cgi",
        entity: None,
    },
    ote: System {
        url: "https://api-ote.rrpproxy.net/api/call.cgi",
        entity: None,
    },
    role_separator: ':',
    id_protection: "X-WHOIS-PRIVACY",
    contacts: Contacts::Handles,
    list,
    domain_column: "DOMAIN",
    registry_date: &[
        "REGISTRATIONEXPIRATIONDATE",
        "DOMAINREGISTRATIONEXPIRATIONDATE",
        "EXPIRATIONDATE",
    ],
    paid_until,
    expiry,
    suggest,
    fresh_auth_code,
    renew,
    pay_renewal,
    catalogue: false,
    applications: false,
};

/// There is no version 2 of the list here.
fn list(query: &DomainQuery) -> Command {
    let command = Command::read("QueryDomainList")
        .with("WIDE", "1")
        .with_list("DOMAIN", query.names.iter().map(DomainName::as_str));
    paged(command, query.page)
}

/// A renewal that is ordered for the registry's day counts as paid.
fn paid_until(row: Row<'_>) -> Option<DateTime> {
    let paid = dates::at(row, "PAIDUNTILDATE")?;
    let once = row
        .first("RENEWALMODE")
        .is_some_and(|mode| mode.eq_ignore_ascii_case("RENEWONCE"));
    if once {
        paid.checked_add(1.year()).ok()
    } else {
        Some(paid)
    }
}

fn expiry(row: Row<'_>) -> Option<Date> {
    Some(paid_until(row)?.date())
}

fn suggest(query: &SuggestionQuery) -> Command {
    Command::read("GetNameSuggestion")
        .with("NAME", &query.keyword)
        .with("SHOW-UNAVAILABLE", "0")
}

fn fresh_auth_code(name: &DomainName) -> Command {
    Command::change("SetAuthCode").with("DOMAIN", name.as_str())
}

/// The present year goes along: the platform refuses when it has moved.
fn renew(order: &Renewal) -> Command {
    Command::change("RenewDomain")
        .with("DOMAIN", order.name.as_str())
        .with("PERIOD", order.years.to_string())
        .with("EXPIRATION", order.expires.strftime("%Y").to_string())
}

/// The registry renews by itself, for one period, when it may.
fn pay_renewal(order: &Renewal) -> Result<Command, RegistrarError> {
    if order.years == 1 {
        let mode = RenewalMode::RenewOnce;
        return Ok(verbs::set_domain_renewal_mode::request(&order.name, &mode));
    }
    Err(RegistrarError::Refused {
        code: 541,
        description: format!(
            "{} is renewed one year at a time, not for {} years",
            order.name, order.years
        ),
        cause: Cause::InvalidValue,
    })
}

/// A contact of its own for each; identical data gives the handle that there is already.
pub(super) fn add_contact(contact: &Contact) -> Command {
    Command::change("AddContact")
        .with("NEW", "0")
        .with("PREVERIFY", "1")
        .with("AUTODELETE", "1")
        .with_given("FIRSTNAME", &contact.first_name)
        .with_given("LASTNAME", &contact.last_name)
        .with_given("ORGANIZATION", &contact.organization)
        .with_list(
            "STREET",
            contact.street.iter().filter(|line| !line.is_empty()),
        )
        .with_given("CITY", &contact.city)
        .with_given("STATE", &contact.state)
        .with_given("ZIP", &contact.postcode)
        .with_given("COUNTRY", &contact.country)
        .with_given("PHONE", &contact.phone)
        .with_given("EMAIL", &contact.email)
}

/// The handle that was made, or found.
pub(super) fn handle(response: &Response) -> Result<String, RegistrarError> {
    let handle = response.first("CONTACT").map(str::to_owned);
    handle.ok_or_else(|| RegistrarError::NotSent("no handle came for a contact".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::verbs::{answer, name};
    use super::*;
    use crate::{Modification, Page, Registration};

    #[test]
    fn systems_and_logins_are_written_as_the_platform_does() {
        assert_eq!(DIALECT.login("acct!role"), "acct:role");
        assert_eq!(DIALECT.login("acct"), "acct");
        assert_eq!((DIALECT.live.entity, DIALECT.ote.entity), (None, None));
    }

    #[test]
    fn commands_that_are_its_own() {
        let order = Renewal {
            name: name("example.com"),
            years: 2,
            expires: "2027-11-20T10:00:00Z".parse().unwrap(),
            class: None,
        };
        insta::assert_snapshot!(renew(&order).text(), @"
        COMMAND=RenewDomain
        DOMAIN=example.com
        PERIOD=2
        EXPIRATION=2027
        ");
        assert_eq!(
            pay_renewal(&order).unwrap_err().cause(),
            Some(Cause::InvalidValue)
        );
        insta::assert_snapshot!(pay_renewal(&Renewal { years: 1, ..order }).unwrap().text(), @"
        COMMAND=SetDomainRenewalMode
        DOMAIN=example.com
        RENEWALMODE=RENEWONCE
        ");
        insta::assert_snapshot!(fresh_auth_code(&name("example.com")).text(), @"
        COMMAND=SetAuthCode
        DOMAIN=example.com
        ");
        let query = SuggestionQuery {
            keyword: "nile".into(),
            ..SuggestionQuery::default()
        };
        insta::assert_snapshot!(suggest(&query).text(), @"
        COMMAND=GetNameSuggestion
        NAME=nile
        SHOW-UNAVAILABLE=0
        ");
        let query = DomainQuery {
            page: Page::first(100),
            names: Vec::new(),
        };
        insta::assert_snapshot!(list(&query).text(), @"
        COMMAND=QueryDomainList
        WIDE=1
        FIRST=0
        LIMIT=100
        ");
    }

    #[test]
    fn a_contact_is_made_before_the_order() {
        let contact = Contact {
            first_name: "Mona".into(),
            last_name: "Hassan".into(),
            street: vec!["1 Nile St".into(), "Floor 2".into()],
            city: "Cairo".into(),
            postcode: "11511".into(),
            country: "EG".into(),
            phone: "+20.1012345678".into(),
            email: "mona@example.com".into(),
            ..Contact::default()
        };
        insta::assert_snapshot!(add_contact(&contact).text(), @"
        COMMAND=AddContact
        NEW=0
        PREVERIFY=1
        AUTODELETE=1
        FIRSTNAME=Mona
        LASTNAME=Hassan
        STREET0=1 Nile St
        STREET1=Floor 2
        CITY=Cairo
        ZIP=11511
        COUNTRY=EG
        PHONE=+20.1012345678
        EMAIL=mona@example.com
        ");
        let made = answer("PROPERTY[CONTACT][0]=P-ABC1\nDESCRIPTION=ok\nCODE=200");
        assert_eq!(handle(&made).unwrap(), "P-ABC1");
        let none = handle(&answer("DESCRIPTION=ok\nCODE=200")).unwrap_err();
        assert!(matches!(none, RegistrarError::NotSent(_)));
    }

    #[test]
    fn id_protection_has_a_name_of_its_own() {
        let order = Registration {
            id_protection: true,
            ..Registration::new(
                name("example.com"),
                1,
                verbs::no_contacts(),
                vec![name("ns1.example.net")].into(),
            )
        };
        insta::assert_snapshot!(verbs::add_domain::request(&order, &DIALECT).text(), @"
        COMMAND=AddDomain
        DOMAIN=example.com
        PERIOD=1
        RENEWALMODE=AUTOEXPIRE
        NAMESERVER0=ns1.example.net
        X-WHOIS-PRIVACY=1
        ");
        let change = Modification {
            id_protection: Some(false),
            ..Modification::default()
        };
        let text = verbs::modify_domain::request(&order.name, &change, &DIALECT).text();
        assert!(text.ends_with("X-WHOIS-PRIVACY=0"), "{text}");
    }

    #[test]
    fn a_list_and_a_status_are_read() {
        let list = verbs::query_domain_list::reply(
            &answer(
                "
PROPERTY[TOTAL][0]=2
PROPERTY[DOMAIN][0]=a.com
PROPERTY[DOMAIN][1]=b.de
PROPERTY[DOMAINIDN][0]=a.com
PROPERTY[DOMAINIDN][1]=b.de
PROPERTY[DOMAINREGISTRATIONEXPIRATIONDATE][0]=2027-11-20 10:00:00
PROPERTY[DOMAINREGISTRATIONEXPIRATIONDATE][1]=2027-11-20 10:00:00
PROPERTY[PAIDUNTILDATE][0]=2027-11-20 10:00:00
PROPERTY[PAIDUNTILDATE][1]=2027-11-20 10:00:00
PROPERTY[RENEWALMODE][0]=AUTOEXPIRE
PROPERTY[RENEWALMODE][1]=RENEWONCE
PROPERTY[X-WHOIS-PRIVACY][0]=1
PROPERTY[X-WHOIS-PRIVACY][1]=0
DESCRIPTION=ok
CODE=200",
            ),
            &DIALECT,
        );
        let shown: Vec<String> = list
            .domains
            .iter()
            .map(|listed| {
                let status = &listed.status;
                format!(
                    "{} {} {} {:?}",
                    status.name,
                    status.expires.unwrap(),
                    status.registry_expires.unwrap(),
                    status.id_protection
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                "a.com 2027-11-20 2027-11-20T10:00:00Z Some(true)",
                "b.de 2028-11-20 2027-11-20T10:00:00Z Some(false)"
            ]
        );
        // A date that is missing is none.
        let status = answer("PROPERTY[STATUS][0]=ACTIVE\nDESCRIPTION=ok\nCODE=200");
        assert_eq!(expiry(status.whole()), None);
    }
}
