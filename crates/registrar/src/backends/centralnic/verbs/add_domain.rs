//! AddDomain: buys a name.

use wharf_core::DomainName;

use super::super::contacts::with_contacts;
use super::super::dialect::Dialect;
use super::super::{Command, Response};
use super::with_extra;
use crate::{Registered, Registration};

/// Nothing renews without being paid for in WHMCS: the platform's own renewal is off.
pub fn request(order: &Registration, dialect: &Dialect) -> Command {
    let mut command = Command::change("AddDomain")
        .with("DOMAIN", order.name.as_str())
        .with("PERIOD", order.years.to_string())
        .with("RENEWALMODE", "AUTOEXPIRE");
    command = with_contacts(command, &order.contacts.clone().into());
    command = command.with_list(
        "NAMESERVER",
        order.nameservers.iter().map(DomainName::as_str),
    );
    if let Some(lock) = order.transfer_lock {
        command = command.with("TRANSFERLOCK", if lock { "1" } else { "0" });
    }
    if order.internal_dns {
        command = command.with("INTERNALDNS", "1");
    }
    if order.id_protection {
        command = command.with(dialect.id_protection, "1");
    }
    if let Some(language) = &order.language {
        command = command.with_given("X-IDN-LANGUAGE", language);
    }
    with_extra(command, &order.extra)
}

pub fn reply(response: &Response, dialect: &Dialect) -> Registered {
    let waiting = response
        .all("STATUS")
        .iter()
        .any(|status| is_waiting(status));
    Registered {
        pending: response.pending || waiting,
        expires: (dialect.expiry)(response.whole()),
    }
}

/// Ordered, not registered.
pub fn is_waiting(status: &str) -> bool {
    matches!(
        status.to_ascii_uppercase().as_str(),
        "REQUESTEDCREATE" | "PENDINGCREATE"
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::ispapi::DIALECT;
    use super::super::{answer, name};
    use super::*;
    use crate::{Contact, Contacts};

    #[test]
    fn an_order_carries_all_contacts_and_nameservers() {
        let owner = Contact {
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
        let staff = Contact {
            first_name: "Host".into(),
            last_name: "Master".into(),
            ..Contact::default()
        };
        let contacts = Contacts {
            owner,
            admin: staff.clone(),
            tech: staff.clone(),
            billing: staff,
        };
        let nameservers = vec![name("ns1.example.net"), name("ns2.example.net")].into();
        let order = Registration {
            id_protection: true,
            transfer_lock: Some(true),
            internal_dns: true,
            language: Some("ara".into()),
            extra: vec![("x-us-nexus-category".into(), "C11".into())],
            ..Registration::new(name("example.com"), 2, contacts, nameservers)
        };
        insta::assert_snapshot!(request(&order, &DIALECT).text(), @"
        COMMAND=AddDomain
        DOMAIN=example.com
        PERIOD=2
        RENEWALMODE=AUTOEXPIRE
        OWNERCONTACT0FIRSTNAME=Mona
        OWNERCONTACT0LASTNAME=Hassan
        OWNERCONTACT0STREET=1 Nile St , Floor 2
        OWNERCONTACT0CITY=Cairo
        OWNERCONTACT0ZIP=11511
        OWNERCONTACT0COUNTRY=EG
        OWNERCONTACT0PHONE=+20.1012345678
        OWNERCONTACT0EMAIL=mona@example.com
        ADMINCONTACT0FIRSTNAME=Host
        ADMINCONTACT0LASTNAME=Master
        TECHCONTACT0FIRSTNAME=Host
        TECHCONTACT0LASTNAME=Master
        BILLINGCONTACT0FIRSTNAME=Host
        BILLINGCONTACT0LASTNAME=Master
        NAMESERVER0=ns1.example.net
        NAMESERVER1=ns2.example.net
        TRANSFERLOCK=1
        INTERNALDNS=1
        X-ACCEPT-WHOISTRUSTEE-TAC=1
        X-IDN-LANGUAGE=ara
        X-US-NEXUS-CATEGORY=C11
        ");
        assert!(request(&order, &DIALECT).is_change());
    }

    #[test]
    fn an_order_that_waits_is_not_a_registration_yet() {
        let waiting =
            answer("PROPERTY[STATUS][0]=REQUESTEDCREATE\nDESCRIPTION=ok\nCODE=200\nPENDING=1");
        assert_eq!(
            reply(&waiting, &DIALECT),
            Registered {
                pending: true,
                expires: None
            }
        );
        let done = answer(
            "
PROPERTY[STATUS][0]=ACTIVE
PROPERTY[REGISTRATIONEXPIRATIONDATE][0]=2027-11-20 10:00:00
PROPERTY[PAIDUNTILDATE][0]=2027-11-20 10:00:00
PROPERTY[FINALIZATIONDATE][0]=2027-11-21 10:00:00
PROPERTY[FAILUREDATE][0]=2028-01-03 10:00:00
DESCRIPTION=Command completed successfully
CODE=200",
        );
        let expected = Registered {
            pending: false,
            expires: Some(jiff::civil::date(2027, 11, 19)),
        };
        assert_eq!(reply(&done, &DIALECT), expected);
    }
}
