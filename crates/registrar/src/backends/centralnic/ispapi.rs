//! The ISPAPI dialect: where its systems are, how it tells them apart, and the commands that are its own.

use super::dialect::{Contacts, Dialect, System};
use super::{dates, verbs};

pub(super) static DIALECT: Dialect = Dialect {
    live: System {
        url: "https://api.ispapi.net/api/call.cgi",
        entity: Some("54cd"),
    },
    ote: System {
        url: "https://api-ote.ispapi.net/api/call.cgi",
        entity: Some("1234"),
    },
    role_separator: '!',
    id_protection: "X-ACCEPT-WHOISTRUSTEE-TAC",
    contacts: Contacts::Inline,
    list: verbs::query_domain_list::request,
    domain_column: "DOMAIN",
    registry_date: &["EXPIRATIONDATE", "REGISTRATIONEXPIRATIONDATE"],
    paid_until: |row| dates::at(row, "PAIDUNTILDATE"),
    expiry: dates::expiry,
    suggest: verbs::query_domain_suggestion_list::request,
    fresh_auth_code: verbs::modify_domain::fresh_auth_code,
    renew: verbs::renew_domain::request,
    pay_renewal: |order| Ok(verbs::renew_domain::pay(order)),
    catalogue: true,
    applications: true,
};
