//! RenewDomain and PayDomainRenewal: a further term, made here or by the registry itself.

use super::super::{Command, Response, dates};
use crate::{Renewal, Renewed};

pub fn request(order: &Renewal) -> Command {
    with_term(Command::change("RenewDomain"), order)
}

pub fn pay(order: &Renewal) -> Command {
    with_term(Command::change("PayDomainRenewal"), order)
}

pub fn reply(response: &Response) -> Renewed {
    let time = |property| dates::timestamp(response.whole(), property);
    Renewed {
        pending: response.pending,
        registry_expires: time("EXPIRATIONDATE").or_else(|| time("REGISTRATIONEXPIRATIONDATE")),
    }
}

/// The present date goes along: the platform refuses when it has moved.
fn with_term(command: Command, order: &Renewal) -> Command {
    let command = command
        .with("DOMAIN", order.name.as_str())
        .with("PERIOD", order.years.to_string())
        .with("EXPIRATIONDATE", dates::text(order.expires));
    match &order.class {
        Some(class) => command.with_given("CLASS", class),
        None => command,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{answer, name};
    use super::*;

    #[test]
    fn a_renewal_names_the_date_that_it_starts_from() {
        let order = Renewal {
            name: name("example.com"),
            years: 2,
            expires: "2027-11-20T10:00:00.250Z".parse().unwrap(),
            class: Some("PREMIUM_COM_USD:100:200".into()),
        };
        insta::assert_snapshot!(request(&order).text(), @"
        COMMAND=RenewDomain
        DOMAIN=example.com
        PERIOD=2
        EXPIRATIONDATE=2027-11-20 10:00:00
        CLASS=PREMIUM_COM_USD:100:200
        ");
        let plain = Renewal {
            class: None,
            ..order
        };
        insta::assert_snapshot!(pay(&plain).text(), @"
        COMMAND=PayDomainRenewal
        DOMAIN=example.com
        PERIOD=2
        EXPIRATIONDATE=2027-11-20 10:00:00
        ");
        assert!(request(&plain).is_change() && pay(&plain).is_change());
        let done =
            answer("PROPERTY[EXPIRATIONDATE][0]=2029-11-20 10:00:00\nDESCRIPTION=ok\nCODE=200");
        assert_eq!(
            reply(&done).registry_expires,
            Some("2029-11-20T10:00:00Z".parse().unwrap())
        );
        assert_eq!(
            reply(&answer("DESCRIPTION=ok\nCODE=200\nPENDING=1")),
            Renewed {
                pending: true,
                registry_expires: None
            }
        );
    }
}
