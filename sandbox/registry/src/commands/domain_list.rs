//! QueryDomainList, in both versions.

use jiff::Timestamp;

use super::paging::{Page, glob};
use super::{Call, date, status_domain, switch};
use crate::answer::{Answer, Failure, Outcome};
use crate::command::Command;
use crate::dates;
use crate::state::{Application, ApplicationState, Direction, Domain, Transfer};

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
    let wide = switch(command, "WIDE")?.unwrap_or(false);
    let accounts = call.accounts_seen()?;
    let filter = Filter::read(command)?;
    let mut found: Vec<Row<'_>> = match &filter.names {
        Some(names) => names
            .iter()
            .filter_map(|name| call.state.domains.get(name))
            .map(Row::Domain)
            .collect(),
        None => call.state.domains.values().map(Row::Domain).collect(),
    };
    // Version 2 also lists what is on its way in, and what was applied for.
    if second {
        let named = |name: &String| {
            filter
                .names
                .as_ref()
                .is_none_or(|names| names.contains(name))
        };
        let coming = call.state.transfers.values().filter(|transfer| {
            transfer.is_running()
                && transfer.direction == Direction::Incoming
                && named(&transfer.name)
        });
        let applied = call.state.applications.iter().filter(|(_, known)| {
            known.state == ApplicationState::Requested && named(&known.domain.name)
        });
        found.extend(coming.map(Row::Transfer));
        found.extend(applied.map(|(id, known)| Row::Application(*id, known)));
    }
    let one = match accounts.as_slice() {
        [one] => Some(one.as_str()),
        _ => None,
    };
    found.retain(|row| {
        let account = row.account();
        let seen = match one {
            Some(one) => account == one,
            None => accounts.iter().any(|known| known == account),
        };
        seen && filter.fits(row, call.now)
    });
    order(command, &mut found)?;
    let rows = page.of(&found);
    let mut answer = page.head(found.len(), rows.len());
    if rows.is_empty() {
        return Ok(answer);
    }
    let (prefix, columns) = if second { ("", V2) } else { ("DOMAIN", V1) };
    let shown: Vec<&Column> = columns
        .iter()
        .filter(|column| wide || second || column.narrow)
        .collect();
    if second {
        answer = answer.with_all("COLUMN", shown.iter().map(|column| column.name));
    }
    let currency = call
        .state
        .accounts
        .get(&call.account)
        .map(|account| account.balance.currency.to_string())
        .unwrap_or_default();
    for column in shown {
        let cells = rows.iter().map(|row| (column.cell)(row, call.now));
        let name = if column.name == "DOMAIN" {
            column.name.to_owned()
        } else {
            format!("{prefix}{}", column.name)
        };
        answer = answer.with_all(&name, cells);
    }
    let priced = command
        .filled("PROPERTIES")
        .is_some_and(|wanted| wanted.to_ascii_uppercase().contains("PRICE"));
    if second && priced {
        let price = |row: &Row<'_>| row.domain().map(|domain| domain.renewal_price(1));
        answer = answer
            .with_all(
                "RENEWALPRICE",
                rows.iter()
                    .map(|row| price(row).map(|price| price.amount()).unwrap_or_default()),
            )
            .with_all(
                "CURRENCY",
                rows.iter().map(|row| {
                    price(row)
                        .and_then(|price| price.currency)
                        .map_or_else(|| currency.clone(), str::to_owned)
                }),
            );
    }
    Ok(answer)
}

/// What a list can hold.
#[derive(Clone, Copy)]
enum Row<'a> {
    Domain(&'a Domain),
    Transfer(&'a Transfer),
    Application(u64, &'a Application),
}

impl<'a> Row<'a> {
    fn domain(&self) -> Option<&'a Domain> {
        match self {
            Self::Domain(domain) => Some(domain),
            _ => None,
        }
    }

    fn name(&self) -> &'a str {
        match self {
            Self::Domain(domain) => &domain.name,
            Self::Transfer(transfer) => &transfer.name,
            Self::Application(_, application) => &application.domain.name,
        }
    }

    fn account(&self) -> &'a str {
        match self {
            Self::Domain(domain) => &domain.account,
            Self::Transfer(transfer) => &transfer.account,
            Self::Application(_, application) => &application.domain.account,
        }
    }

    fn class(&self) -> &'static str {
        match self {
            Self::Domain(_) => "DOMAIN",
            Self::Transfer(_) => "DOMAINTRANSFER",
            Self::Application(..) => "DOMAINAPPLICATION",
        }
    }

    fn statuses(&self, now: Timestamp) -> Vec<String> {
        match self {
            Self::Domain(domain) => domain.statuses(now),
            Self::Transfer(transfer) => vec![transfer.state.text().to_owned()],
            Self::Application(_, application) => vec![application.state.text().to_owned()],
        }
    }

    fn created(&self) -> Timestamp {
        match self {
            Self::Domain(domain) => domain.created,
            Self::Transfer(transfer) => transfer.created,
            Self::Application(_, application) => application.created,
        }
    }

    fn updated(&self) -> Timestamp {
        match self {
            Self::Domain(domain) => domain.updated,
            Self::Transfer(transfer) => transfer.updated,
            Self::Application(_, application) => application.updated,
        }
    }

    /// A date that only a registered domain has.
    fn term(&self, now: Timestamp, date: fn(&Domain) -> Timestamp) -> String {
        self.domain()
            .filter(|domain| domain.is_active(now))
            .map(|domain| dates::text(date(domain)))
            .unwrap_or_default()
    }

    fn cell(&self, cell: fn(&Domain) -> String) -> String {
        self.domain().map(cell).unwrap_or_default()
    }

    fn transfer(&self, cell: fn(&Transfer) -> String) -> String {
        match self {
            Self::Transfer(transfer) => cell(transfer),
            _ => String::new(),
        }
    }
}

fn unicode(name: &str) -> String {
    if name.contains("xn--") {
        idna::domain_to_unicode(name).0
    } else {
        name.to_owned()
    }
}

struct Column {
    name: &'static str,
    /// Also there without `WIDE`.
    narrow: bool,
    cell: fn(&Row<'_>, Timestamp) -> String,
}

const fn column(name: &'static str, cell: fn(&Row<'_>, Timestamp) -> String) -> Column {
    Column {
        name,
        narrow: false,
        cell,
    }
}

const CREATED: fn(&Row<'_>, Timestamp) -> String = |row, _| dates::text(row.created());
const UPDATED: fn(&Row<'_>, Timestamp) -> String = |row, _| dates::text(row.updated());
const EXPIRATION: fn(&Row<'_>, Timestamp) -> String =
    |row, now| row.term(now, |domain| domain.expiration);
const PAID_UNTIL: fn(&Row<'_>, Timestamp) -> String =
    |row, now| row.term(now, |domain| domain.paid_until);
const ACCOUNTING: fn(&Row<'_>, Timestamp) -> String = |row, now| row.term(now, Domain::accounting);
const FINALIZATION: fn(&Row<'_>, Timestamp) -> String =
    |row, now| row.term(now, Domain::finalization);
const FAILURE: fn(&Row<'_>, Timestamp) -> String = |row, now| row.term(now, Domain::failure);
const STATUS: fn(&Row<'_>, Timestamp) -> String = |row, now| row.statuses(now).join(" ");
const NAMESERVERS: fn(&Row<'_>, Timestamp) -> String =
    |row, _| row.cell(|domain| domain.list("NAMESERVER").join(" "));
const USER: fn(&Row<'_>, Timestamp) -> String = |row, _| row.account().to_owned();

/// Version 1: every name but the first gets the prefix `DOMAIN`.
static V1: &[Column] = &[
    Column {
        name: "DOMAIN",
        narrow: true,
        cell: |row, _| row.name().to_owned(),
    },
    column("UMLAUT", |row, _| unicode(row.name())),
    column("STATUS", STATUS),
    column("CREATEDDATE", CREATED),
    column("UPDATEDDATE", UPDATED),
    column("REGISTRATIONEXPIRATIONDATE", EXPIRATION),
    column("PAIDUNTILDATE", PAID_UNTIL),
    column("ACCOUNTINGDATE", ACCOUNTING),
    column("FINALIZATIONDATE", FINALIZATION),
    column("FAILUREDATE", FAILURE),
    column("RENEWALMODE", |row, _| {
        row.cell(|domain| domain.renewal_mode.clone())
    }),
    column("NAMESERVER", NAMESERVERS),
    column("USER", USER),
];

static V2: &[Column] = &[
    column("OBJECTID", |row, _| match row {
        Row::Application(id, _) => id.to_string(),
        _ => row.name().to_owned(),
    }),
    column("OBJECTCLASS", |row, _| row.class().to_owned()),
    column("DOMAIN", |row, _| row.name().to_owned()),
    column("DOMAINIDN", |row, _| unicode(row.name())),
    column("STATUS", STATUS),
    column("CREATEDDATE", CREATED),
    column("UPDATEDDATE", UPDATED),
    column("EXPIRATIONDATE", EXPIRATION),
    column("PAIDUNTILDATE", PAID_UNTIL),
    column("ACCOUNTINGDATE", ACCOUNTING),
    column("FINALIZATIONDATE", FINALIZATION),
    column("FAILUREDATE", FAILURE),
    // Short lower-case names here, unlike in StatusDomain.
    column("RENEWALMODE", |row, _| {
        row.cell(|domain| {
            domain
                .renewal_mode
                .trim_start_matches("AUTO")
                .to_ascii_lowercase()
        })
    }),
    column("SUBCLASS", |row, _| row.cell(Domain::class)),
    column("TRANSFERLOCK", |row, _| {
        row.cell(|domain| status_domain::transfer_lock(domain).to_owned())
    }),
    column("NAMESERVER", NAMESERVERS),
    column("OWNERCONTACT", |row, _| {
        row.cell(|domain| domain.list("OWNERCONTACT").join(" "))
    }),
    column("ADMINCONTACT", |row, _| {
        row.cell(|domain| domain.list("ADMINCONTACT").join(" "))
    }),
    column("TECHCONTACT", |row, _| {
        row.cell(|domain| domain.list("TECHCONTACT").join(" "))
    }),
    column("BILLINGCONTACT", |row, _| {
        row.cell(|domain| domain.list("BILLINGCONTACT").join(" "))
    }),
    column("ADDON-PROXY", |row, _| {
        row.cell(|domain| {
            let proxy = if domain.trustee { "WHOISTRUSTEE" } else { "" };
            proxy.to_owned()
        })
    }),
    column("TRANSFER-STATUS", |row, _| {
        row.transfer(|transfer| transfer.state.text().to_owned())
    }),
    column("TRANSFER-TYPE", |row, _| {
        row.transfer(|transfer| transfer.direction.text().to_owned())
    }),
    column("TRANSFER-LOG", |row, _| {
        row.transfer(|transfer| {
            transfer
                .log
                .last()
                .map(|(_, _, text)| text.clone())
                .unwrap_or_default()
        })
    }),
    column("USER", USER),
];

/// What is asked for, read once.
struct Filter {
    /// An exact list, in the order asked.
    names: Option<Vec<String>>,
    patterns: Vec<(Field, String)>,
    dates: Vec<(Date, Option<Timestamp>, Option<Timestamp>)>,
}

type Field = fn(&Row<'_>, Timestamp) -> Vec<String>;
type Date = fn(&Row<'_>) -> Option<Timestamp>;

impl Filter {
    fn read(command: &Command) -> Result<Self, Failure> {
        let names = command
            .list("DOMAIN")
            .map(|names| {
                names
                    .into_iter()
                    .map(|(_, name)| name.to_ascii_lowercase())
                    .collect::<Vec<String>>()
            })
            .filter(|names| !names.is_empty());
        let fields: [(&str, Field); 5] = [
            ("DOMAIN", |row, _| vec![row.name().to_owned()]),
            ("NAMESERVER", |row, _| {
                let domain = row.domain();
                domain.map_or_else(Vec::new, |domain| domain.list("NAMESERVER").to_vec())
            }),
            ("RENEWALMODE", |row, _| {
                vec![row.cell(|domain| domain.renewal_mode.clone())]
            }),
            ("STATUS", |row, now| row.statuses(now)),
            ("OBJECTCLASS", |row, _| vec![row.class().to_owned()]),
        ];
        let patterns = fields
            .into_iter()
            .filter_map(|(key, field)| Some((field, command.filled(key)?.to_ascii_lowercase())))
            .collect();
        let kinds: [(&str, Date); 5] = [
            ("CREATEDDATE", |row| Some(row.created())),
            ("UPDATEDDATE", |row| Some(row.updated())),
            ("EXPIRATIONDATE", |row| Some(row.domain()?.expiration)),
            ("REGISTRATIONEXPIRATIONDATE", |row| {
                Some(row.domain()?.expiration)
            }),
            ("PAIDUNTILDATE", |row| Some(row.domain()?.paid_until)),
        ];
        let mut dates = Vec::new();
        for (key, kind) in kinds {
            let min = date(command, &format!("MIN{key}"))?;
            let max = date(command, &format!("MAX{key}"))?;
            if min.is_some() || max.is_some() {
                dates.push((kind, min, max));
            }
        }
        Ok(Self {
            names,
            patterns,
            dates,
        })
    }

    fn fits(&self, row: &Row<'_>, now: Timestamp) -> bool {
        let like = |(field, pattern): &(Field, String)| {
            field(row, now)
                .iter()
                .any(|value| glob(pattern, &value.to_ascii_lowercase()))
        };
        let within = |(kind, min, max): &(Date, Option<Timestamp>, Option<Timestamp>)| {
            kind(row).is_some_and(|at| {
                min.is_none_or(|min| at >= min) && max.is_none_or(|max| at <= max)
            })
        };
        self.patterns.iter().all(like) && self.dates.iter().all(within)
    }
}

fn order(command: &Command, found: &mut [Row<'_>]) -> Result<(), Answer> {
    let Some(order) = command.filled("ORDERBY") else {
        return Ok(());
    };
    let upper = order.to_ascii_uppercase();
    let (key, descending) = match upper.strip_suffix("DESC") {
        Some(key) => (key, true),
        None => (upper.as_str(), false),
    };
    match key.strip_prefix("DOMAIN").unwrap_or(key) {
        "" | "OBJECTID" => found.sort_by_key(|row| row.name()),
        "CREATEDDATE" => found.sort_by_key(Row::created),
        "UPDATEDDATE" => found.sort_by_key(Row::updated),
        "EXPIRATIONDATE" | "REGISTRATIONEXPIRATIONDATE" => {
            found.sort_by_key(|row| row.domain().map(|domain| domain.expiration));
        }
        _ => return Err(Answer::new(506).detail("ORDERBY")),
    }
    if descending {
        found.reverse();
    }
    Ok(())
}
