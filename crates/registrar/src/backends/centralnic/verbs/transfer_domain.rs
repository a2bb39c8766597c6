//! TransferDomain: asks for a domain, and answers such requests.

use wharf_core::DomainName;

use super::super::Command;
use super::super::contacts::with_contacts;
use super::with_extra;
use crate::{TransferAction, TransferAnswer, TransferOrder};

pub fn request(order: &TransferOrder) -> Command {
    let action = match order.action {
        TransferAction::Request => "REQUEST",
        TransferAction::UserTransfer => "USERTRANSFER",
    };
    // A bare 0 is no period.
    let period = match order.years {
        0 => "0Y".to_owned(),
        years => years.to_string(),
    };
    let mut command = Command::change("TransferDomain")
        .with("DOMAIN", order.name.as_str())
        .with("ACTION", action)
        .with("PERIOD", period);
    if let Some(code) = &order.auth {
        command = command.with_given("AUTH", code.expose());
    }
    if let Some(class) = &order.class {
        command = command.with_given("CLASS", class);
    }
    command = command.with_list(
        "NAMESERVER",
        order.nameservers.iter().map(DomainName::as_str),
    );
    with_extra(with_contacts(command, &order.contacts), &order.extra)
}

pub fn answer_request(name: &DomainName, answer: TransferAnswer) -> Command {
    let action = match answer {
        TransferAnswer::Cancel => "CANCEL",
        TransferAnswer::Approve => "APPROVE",
        TransferAnswer::Deny => "DENY",
    };
    Command::change("TransferDomain")
        .with("DOMAIN", name.as_str())
        .with("ACTION", action)
}

#[cfg(test)]
mod tests {
    use wharf_core::Secret;

    use super::super::name;
    use super::*;
    use crate::{Contact, Nameservers, OrderedContacts};

    #[test]
    fn a_free_transfer_without_contacts() {
        let order = TransferOrder {
            name: name("example.no"),
            years: 0,
            auth: Some(Secret::new("s3cret!")),
            action: TransferAction::Request,
            class: None,
            nameservers: Nameservers::default(),
            contacts: OrderedContacts::default(),
            extra: Vec::new(),
        };
        insta::assert_snapshot!(request(&order).text(), @"
        COMMAND=TransferDomain
        DOMAIN=example.no
        ACTION=REQUEST
        PERIOD=0Y
        AUTH=s3cret!
        ");
        assert!(request(&order).is_change() && !request(&order).masked().contains("s3cret"));
        // A journal that keeps the order keeps no code.
        let kept = serde_json::to_string(&order).unwrap();
        assert!(!kept.contains("s3cret"));
        let back: TransferOrder = serde_json::from_str(&kept).unwrap();
        assert!(back.auth.is_none() && back.name == order.name);
    }

    #[test]
    fn a_transfer_within_the_registrar_with_everything() {
        let owner = Contact {
            last_name: "Hassan".into(),
            ..Contact::default()
        };
        let order = TransferOrder {
            name: name("example.de"),
            years: 1,
            auth: None,
            action: TransferAction::UserTransfer,
            class: Some("PREMIUM_X".into()),
            nameservers: vec![name("ns1.example.net")].into(),
            contacts: OrderedContacts {
                owner: Some(owner),
                ..OrderedContacts::default()
            },
            extra: vec![("X-RO-VATID".into(), "7".into())],
        };
        insta::assert_snapshot!(request(&order).text(), @"
        COMMAND=TransferDomain
        DOMAIN=example.de
        ACTION=USERTRANSFER
        PERIOD=1
        CLASS=PREMIUM_X
        NAMESERVER0=ns1.example.net
        OWNERCONTACT0LASTNAME=Hassan
        X-RO-VATID=7
        ");
    }

    #[test]
    fn requests_are_answered() {
        for (answer, word) in [
            (TransferAnswer::Cancel, "CANCEL"),
            (TransferAnswer::Approve, "APPROVE"),
            (TransferAnswer::Deny, "DENY"),
        ] {
            let command = answer_request(&name("example.com"), answer);
            assert_eq!(
                command.text(),
                format!("COMMAND=TransferDomain\nDOMAIN=example.com\nACTION={word}")
            );
            assert!(command.is_change());
        }
    }
}
