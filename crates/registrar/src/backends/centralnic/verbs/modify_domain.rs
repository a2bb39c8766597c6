//! ModifyDomain: changes a domain.

use wharf_core::DomainName;

use super::super::Command;
use super::super::contacts::with_contacts;
use super::super::dialect::Dialect;
use super::with_extra;
use crate::Modification;

/// Lists are replaced as wholes, states are added and taken away.
pub fn request(name: &DomainName, change: &Modification, dialect: &Dialect) -> Command {
    let switch = |on: bool| if on { "1" } else { "0" };
    let mut command = Command::change("ModifyDomain").with("DOMAIN", name.as_str());
    if let Some(hosts) = &change.nameservers {
        command = command.with_list("NAMESERVER", hosts.iter().map(DomainName::as_str));
    }
    if let Some(contacts) = &change.contacts {
        command = with_contacts(command, contacts);
    }
    // Only where it is so: the platform asks the owner by mail otherwise.
    if change.confirmed_for.old_owner {
        command = command.with("X-CONFIRM-DA-OLD-REGISTRANT", "1");
    }
    if change.confirmed_for.new_owner {
        command = command.with("X-CONFIRM-DA-NEW-REGISTRANT", "1");
    }
    if let Some(lock) = change.transfer_lock {
        command = command.with("TRANSFERLOCK", switch(lock));
    }
    if let Some(on) = change.id_protection {
        command = command.with(dialect.id_protection, switch(on));
    }
    if let Some(code) = &change.auth_code {
        command = command.with("AUTH", code.expose());
    }
    if let Some(on) = change.internal_dns {
        command = command.with("INTERNALDNS", switch(on));
    }
    command = command
        .with_list("ADDSTATUS", &change.add_status)
        .with_list("DELSTATUS", &change.remove_status);
    with_extra(command, &change.extra)
}

/// Has the platform make up a new auth code.
pub fn fresh_auth_code(name: &DomainName) -> Command {
    Command::change("ModifyDomain")
        .with("DOMAIN", name.as_str())
        .with("GENERATERANDOMAUTH", "1")
}

#[cfg(test)]
mod tests {
    use wharf_core::Secret;

    use super::super::super::ispapi::DIALECT;
    use super::super::name;
    use super::*;
    use crate::{ConfirmedFor, Contact, OrderedContacts};

    #[test]
    fn a_change_names_what_changes_and_nothing_else() {
        let owner = Contact {
            first_name: "Mona".into(),
            ..Contact::default()
        };
        let change = Modification {
            nameservers: Some(vec![name("ns1.example.net"), name("ns2.example.net")].into()),
            transfer_lock: Some(false),
            id_protection: Some(true),
            auth_code: Some(Secret::new("n3w-code!")),
            contacts: Some(OrderedContacts {
                owner: Some(owner),
                ..OrderedContacts::default()
            }),
            confirmed_for: ConfirmedFor {
                old_owner: true,
                new_owner: true,
            },
            add_status: vec!["clientHold".into()],
            remove_status: vec!["clientUpdateProhibited".into()],
            internal_dns: Some(true),
            extra: vec![("X-FI-IDNUMBER".into(), "1".into())],
        };
        let command = request(&name("example.com"), &change, &DIALECT);
        insta::assert_snapshot!(command.text(), @"
        COMMAND=ModifyDomain
        DOMAIN=example.com
        NAMESERVER0=ns1.example.net
        NAMESERVER1=ns2.example.net
        OWNERCONTACT0FIRSTNAME=Mona
        X-CONFIRM-DA-OLD-REGISTRANT=1
        X-CONFIRM-DA-NEW-REGISTRANT=1
        TRANSFERLOCK=0
        X-ACCEPT-WHOISTRUSTEE-TAC=1
        AUTH=n3w-code!
        INTERNALDNS=1
        ADDSTATUS0=clientHold
        DELSTATUS0=clientUpdateProhibited
        X-FI-IDNUMBER=1
        ");
        assert!(command.is_change() && !command.masked().contains("n3w"));
        insta::assert_snapshot!(fresh_auth_code(&name("example.fi")).text(), @"
        COMMAND=ModifyDomain
        DOMAIN=example.fi
        GENERATERANDOMAUTH=1
        ");
    }
}
