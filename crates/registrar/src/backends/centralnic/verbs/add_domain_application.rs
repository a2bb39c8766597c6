//! AddDomainApplication: asks for a name that is decided on later, or that has a price of its own.

use wharf_core::DomainName;

use super::super::contacts::with_contacts;
use super::super::{Command, Response};
use super::status_domain_application::state;
use super::with_extra;
use crate::{Application, Applied, RegistrarError};

/// The platform's zone, ID protection and the lock are no part of an application; they can be set on the domain
/// that comes of it.
pub fn request(application: &Application) -> Command {
    let order = &application.registration;
    let mut command = Command::change("AddDomainApplication")
        .with("DOMAIN", order.name.as_str())
        .with("CLASS", &application.class)
        .with("PERIOD", order.years.to_string());
    command = with_contacts(command, &order.contacts.clone().into());
    command = command.with_list(
        "NAMESERVER",
        order.nameservers.iter().map(DomainName::as_str),
    );
    if let Some(premium) = &order.premium {
        command = command
            .with("PRICE", &premium.price)
            .with("CURRENCY", &premium.currency);
    }
    if let Some(language) = &order.language {
        command = command.with_given("X-IDN-LANGUAGE", language);
    }
    with_extra(command, &order.extra)
}

pub fn reply(response: &Response) -> Result<Applied, RegistrarError> {
    let Some(id) = response.first("APPLICATION") else {
        // It was taken, and cannot be followed: its outcome has to be looked for.
        return Err(RegistrarError::Unknown(
            "the application has no id".to_owned(),
        ));
    };
    Ok(Applied {
        id: id.to_owned(),
        state: state(response.whole()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{answer, name};
    use super::*;
    use crate::{ApplicationState, Contact, Contacts, PremiumOffer, Registration};

    #[test]
    fn an_application_names_its_class_and_price() {
        let nobody = Contact::default;
        let contacts = Contacts {
            owner: Contact {
                last_name: "Hassan".into(),
                ..nobody()
            },
            admin: nobody(),
            tech: nobody(),
            billing: nobody(),
        };
        let registration = Registration {
            id_protection: true,
            internal_dns: true,
            transfer_lock: Some(true),
            premium: Some(PremiumOffer {
                class: "PREMIUM_SHOP_USD:100:200".into(),
                price: "200.00".into(),
                currency: "USD".into(),
            }),
            ..Registration::new(
                name("gold.shop"),
                1,
                contacts,
                vec![name("ns1.example.net")].into(),
            )
        };
        let application = Application {
            registration,
            class: "PREMIUM_SHOP_USD:100:200".into(),
        };
        insta::assert_snapshot!(request(&application).text(), @"
        COMMAND=AddDomainApplication
        DOMAIN=gold.shop
        CLASS=PREMIUM_SHOP_USD:100:200
        PERIOD=1
        OWNERCONTACT0LASTNAME=Hassan
        NAMESERVER0=ns1.example.net
        PRICE=200.00
        CURRENCY=USD
        ");
        let taken = answer(
            "PROPERTY[APPLICATION][0]=4711\nPROPERTY[STATUS][0]=REQUESTED\nDESCRIPTION=ok\nCODE=200",
        );
        assert_eq!(
            reply(&taken),
            Ok(Applied {
                id: "4711".into(),
                state: ApplicationState::Pending
            })
        );
        assert!(reply(&answer("DESCRIPTION=ok\nCODE=200")).is_err());
    }
}
