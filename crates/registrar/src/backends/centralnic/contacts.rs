//! Contacts within a command. They go inline; the platform makes or reuses handles.

use super::Command;
use crate::{Contact, OrderedContacts};

pub(super) fn with_contacts(mut command: Command, contacts: &OrderedContacts) -> Command {
    for (role, contact) in roles(contacts) {
        command = with_contact(command, role, contact);
    }
    command
}

/// The contacts that there are, by the parameter that they stand in.
pub(super) fn roles(contacts: &OrderedContacts) -> impl Iterator<Item = (&'static str, &Contact)> {
    [
        ("OWNERCONTACT0", &contacts.owner),
        ("ADMINCONTACT0", &contacts.admin),
        ("TECHCONTACT0", &contacts.tech),
        ("BILLINGCONTACT0", &contacts.billing),
    ]
    .into_iter()
    .filter_map(|(role, contact)| Some((role, contact.as_ref()?)))
}

fn with_contact(command: Command, role: &str, contact: &Contact) -> Command {
    command
        .with_given(format!("{role}FIRSTNAME"), &contact.first_name)
        .with_given(format!("{role}LASTNAME"), &contact.last_name)
        .with_given(format!("{role}ORGANIZATION"), &contact.organization)
        // The platform's own way to keep a second line.
        .with_given(format!("{role}STREET"), contact.street.join(" , "))
        .with_given(format!("{role}CITY"), &contact.city)
        .with_given(format!("{role}STATE"), &contact.state)
        .with_given(format!("{role}ZIP"), &contact.postcode)
        .with_given(format!("{role}COUNTRY"), &contact.country)
        .with_given(format!("{role}PHONE"), &contact.phone)
        .with_given(format!("{role}EMAIL"), &contact.email)
}
