//! QueryDomainList, in both versions.

use jiff::Timestamp;

use super::paging::{Page, glob};
use super::{Call, status_domain, switch};
use crate::answer::{Answer, Outcome};
use crate::command::Command;
use crate::dates;
use crate::state::Domain;

pub const ATTRIBUTES: &[&str] = &[
    "VERSION",
    "DOMAIN",
    "DOMAIN#",
    "WIDE",
    "EXTENDED",
    "PROPERTIES",
    "USERDEPTH",
    "NAMESERVER",
    "RENEWALMODE",
    "STATUS",
    "OBJECTCLASS",
    "MINCREATEDDATE",
    "MAXCREATEDDATE",
    "MINUPDATEDDATE",
    "MAXUPDATEDDATE",
    "MINEXPIRATIONDATE",
    "MAXEXPIRATIONDATE",
    "MINREGISTRATIONEXPIRATIONDATE",
    "MAXREGISTRATIONEXPIRATIONDATE",
    "MINPAIDUNTILDATE",
    "MAXPAIDUNTILDATE",
    "FIRST",
    "LIMIT",
    "NOTOTAL",
    "ORDERBY",
];

pub fn run(call: &mut Call<'_>) -> Outcome {
    let command = call.command;
    let page = Page::asked(command)?;
    let second = match command.filled("VERSION").unwrap_or("1") {
        "1" => false,
        "2" => true,
        _ => return Err(Answer::new(506).detail("VERSION")),
    };
    if !["SELF", "SUBUSER", "ALL"].contains(&command.filled("USERDEPTH").unwrap_or("SELF")) {
        return Err(Answer::new(506).detail("USERDEPTH"));
    }
    let wide = switch(command, "WIDE")?.unwrap_or(false);
    let own = call
        .state
        .domains
        .values()
        .filter(|domain| domain.account == call.account);
    let mut found: Vec<&Domain> = own
        .filter(|domain| fits(command, domain, call.now))
        .collect();
    order(command, &mut found)?;
    let rows = page.of(&found);
    let mut answer = page.head(found.len(), rows.len());
    if rows.is_empty() {
        return Ok(answer);
    }
    let (names, columns) = if second { ("", V2) } else { ("DOMAIN", V1) };
    let shown: Vec<&Column> = columns
        .iter()
        .filter(|column| wide || second || column.narrow)
        .collect();
    if second {
        answer = answer.with_all("COLUMN", shown.iter().map(|column| column.name));
    }
    for column in shown {
        let cells = rows.iter().map(|domain| (column.cell)(domain, call.now));
        let name = if column.name == "DOMAIN" {
            column.name.to_owned()
        } else {
            format!("{names}{}", column.name)
        };
        answer = answer.with_all(&name, cells);
    }
    Ok(answer)
}

struct Column {
    name: &'static str,
    /// Also there without `WIDE`.
    narrow: bool,
    cell: fn(&Domain, Timestamp) -> String,
}

const fn column(name: &'static str, cell: fn(&Domain, Timestamp) -> String) -> Column {
    Column {
        name,
        narrow: false,
        cell,
    }
}

/// Version 1: every name but the first gets the prefix `DOMAIN`.
static V1: &[Column] = &[
    Column {
        name: "DOMAIN",
        narrow: true,
        cell: |domain, _| domain.name.clone(),
    },
    column("UMLAUT", |domain, _| {
        idna::domain_to_unicode(&domain.name).0
    }),
    column("STATUS", |domain, now| domain.statuses(now).join(" ")),
    column("CREATEDDATE", |domain, _| dates::text(domain.created)),
    column("UPDATEDDATE", |domain, _| dates::text(domain.updated)),
    column("REGISTRATIONEXPIRATIONDATE", |domain, _| {
        dates::text(domain.expiration)
    }),
    column("PAIDUNTILDATE", |domain, _| dates::text(domain.paid_until)),
    column("ACCOUNTINGDATE", |domain, _| {
        dates::text(domain.accounting())
    }),
    column("FINALIZATIONDATE", |domain, _| {
        dates::text(domain.finalization())
    }),
    column("FAILUREDATE", |domain, _| dates::text(domain.failure())),
    column("RENEWALMODE", |domain, _| domain.renewal_mode.clone()),
    column("NAMESERVER", |domain, _| {
        domain.list("NAMESERVER").join(" ")
    }),
    column("USER", |domain, _| domain.account.clone()),
];

static V2: &[Column] = &[
    column("OBJECTID", |domain, _| domain.name.clone()),
    column("OBJECTCLASS", |_, _| "DOMAIN".to_owned()),
    column("DOMAIN", |domain, _| domain.name.clone()),
    column("DOMAINIDN", |domain, _| {
        idna::domain_to_unicode(&domain.name).0
    }),
    column("STATUS", |domain, now| domain.statuses(now).join(" ")),
    column("CREATEDDATE", |domain, _| dates::text(domain.created)),
    column("UPDATEDDATE", |domain, _| dates::text(domain.updated)),
    column("EXPIRATIONDATE", |domain, _| dates::text(domain.expiration)),
    column("PAIDUNTILDATE", |domain, _| dates::text(domain.paid_until)),
    column("ACCOUNTINGDATE", |domain, _| {
        dates::text(domain.accounting())
    }),
    column("FINALIZATIONDATE", |domain, _| {
        dates::text(domain.finalization())
    }),
    column("FAILUREDATE", |domain, _| dates::text(domain.failure())),
    // Short lower-case names here, unlike in StatusDomain.
    column("RENEWALMODE", |domain, _| {
        domain
            .renewal_mode
            .trim_start_matches("AUTO")
            .to_ascii_lowercase()
    }),
    column("TRANSFERLOCK", |domain, _| {
        status_domain::transfer_lock(domain).to_owned()
    }),
    column("NAMESERVER", |domain, _| {
        domain.list("NAMESERVER").join(" ")
    }),
    column("OWNERCONTACT", |domain, _| {
        domain.list("OWNERCONTACT").join(" ")
    }),
    column("ADDON-PROXY", |domain, _| {
        if domain.trustee {
            "WHOISTRUSTEE".to_owned()
        } else {
            String::new()
        }
    }),
    column("USER", |domain, _| domain.account.clone()),
];

fn fits(command: &Command, domain: &Domain, now: Timestamp) -> bool {
    let like = |key: &str, values: &[String]| {
        command.filled(key).is_none_or(|pattern| {
            let pattern = pattern.to_ascii_lowercase();
            values
                .iter()
                .any(|value| glob(&pattern, &value.to_ascii_lowercase()))
        })
    };
    let exact = command.list("DOMAIN").filter(|names| !names.is_empty());
    let named = exact.is_none_or(|names| {
        names
            .iter()
            .any(|(_, name)| name.eq_ignore_ascii_case(&domain.name))
    });
    named
        && like("DOMAIN", std::slice::from_ref(&domain.name))
        && like("NAMESERVER", domain.list("NAMESERVER"))
        && like("RENEWALMODE", std::slice::from_ref(&domain.renewal_mode))
        && like("STATUS", &domain.statuses(now))
        && like("OBJECTCLASS", &["DOMAIN".to_owned()])
        && dated(command, domain)
}

/// DATETIME texts sort as the times that they name.
fn dated(command: &Command, domain: &Domain) -> bool {
    let kinds = [
        ("CREATEDDATE", domain.created),
        ("UPDATEDDATE", domain.updated),
        ("EXPIRATIONDATE", domain.expiration),
        ("REGISTRATIONEXPIRATIONDATE", domain.expiration),
        ("PAIDUNTILDATE", domain.paid_until),
    ];
    kinds.iter().all(|(kind, at)| {
        let at = dates::text(*at);
        let from = command.filled(&format!("MIN{kind}"));
        let to = command.filled(&format!("MAX{kind}"));
        from.is_none_or(|from| at.as_str() >= from) && to.is_none_or(|to| at.as_str() <= to)
    })
}

fn order(command: &Command, found: &mut [&Domain]) -> Result<(), Answer> {
    let Some(order) = command.filled("ORDERBY") else {
        return Ok(());
    };
    let upper = order.to_ascii_uppercase();
    let (key, descending) = match upper.strip_suffix("DESC") {
        Some(key) => (key, true),
        None => (upper.as_str(), false),
    };
    match key.strip_prefix("DOMAIN").unwrap_or(key) {
        "" | "OBJECTID" => found.sort_by_key(|domain| &domain.name),
        "CREATEDDATE" => found.sort_by_key(|domain| domain.created),
        "UPDATEDDATE" => found.sort_by_key(|domain| domain.updated),
        "EXPIRATIONDATE" | "REGISTRATIONEXPIRATIONDATE" => {
            found.sort_by_key(|domain| domain.expiration)
        }
        _ => return Err(Answer::new(506).detail("ORDERBY")),
    }
    if descending {
        found.reverse();
    }
    Ok(())
}
