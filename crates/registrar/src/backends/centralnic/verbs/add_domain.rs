//! AddDomain: buys a name.

use super::super::{Command, Response, dates};
use crate::{Contact, Registered, Registration};

/// Contacts go inline; the platform makes or reuses handles. Nothing renews without being paid for in
/// WHMCS: the platform's own renewal is off.
pub fn request(order: &Registration) -> Command {
    let contacts = &order.contacts;
    let mut command = Command::change("AddDomain")
        .with("DOMAIN", order.name.as_str())
        .with("PERIOD", order.years.to_string())
        .with("RENEWALMODE", "AUTOEXPIRE");
    for (role, contact) in [
        ("OWNERCONTACT0", &contacts.owner),
        ("ADMINCONTACT0", &contacts.admin),
        ("TECHCONTACT0", &contacts.tech),
        ("BILLINGCONTACT0", &contacts.billing),
    ] {
        command = with_contact(command, role, contact);
    }
    command = command.with_list(
        "NAMESERVER",
        order.nameservers.iter().map(wharf_core::DomainName::as_str),
    );
    if order.id_protection {
        command.with("X-ACCEPT-WHOISTRUSTEE-TAC", "1")
    } else {
        command
    }
}

pub fn reply(response: &Response) -> Registered {
    let waiting = response
        .all("STATUS")
        .iter()
        .any(|status| is_waiting(status));
    Registered {
        pending: response.pending || waiting,
        expires: dates::expiry(response),
    }
}

/// Ordered, not registered.
pub fn is_waiting(status: &str) -> bool {
    matches!(
        status.to_ascii_uppercase().as_str(),
        "REQUESTEDCREATE" | "PENDINGCREATE"
    )
}

fn with_contact(command: Command, role: &str, contact: &Contact) -> Command {
    command
        .with_given(format!("{role}FIRSTNAME"), &contact.first_name)
        .with_given(format!("{role}LASTNAME"), &contact.last_name)
        .with_given(format!("{role}ORGANIZATION"), &contact.organization)
        .with_given(format!("{role}STREET"), contact.street.join(" , "))
        .with_given(format!("{role}CITY"), &contact.city)
        .with_given(format!("{role}STATE"), &contact.state)
        .with_given(format!("{role}ZIP"), &contact.postcode)
        .with_given(format!("{role}COUNTRY"), &contact.country)
        .with_given(format!("{role}PHONE"), &contact.phone)
        .with_given(format!("{role}EMAIL"), &contact.email)
}

#[cfg(test)]
mod tests {
    use wharf_core::DomainName;

    use super::super::answer;
    use super::*;
    use crate::Contacts;

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
        let order = Registration {
            name: DomainName::parse("example.com").unwrap(),
            years: 2,
            contacts: Contacts {
                owner,
                admin: staff.clone(),
                tech: staff.clone(),
                billing: staff,
            },
            nameservers: ["ns1.example.net", "ns2.example.net"]
                .iter()
                .map(|host| DomainName::parse(host).unwrap())
                .collect(),
            id_protection: true,
        };
        insta::assert_snapshot!(request(&order).text(), @"
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
        X-ACCEPT-WHOISTRUSTEE-TAC=1
        ");
        assert!(request(&order).is_change());
    }

    #[test]
    fn an_order_that_waits_is_not_a_registration_yet() {
        let waiting =
            answer("PROPERTY[STATUS][0]=REQUESTEDCREATE\nDESCRIPTION=ok\nCODE=200\nPENDING=1");
        assert_eq!(
            reply(&waiting),
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
        assert_eq!(reply(&done), expected);
    }
}
