//! QueryObjectList: what an account has, and what it had and can restore.

use super::Call;
use super::paging::{Page, glob};
use crate::answer::{Answer, Outcome};
use crate::dates;

pub const ATTRIBUTES: &[&str] = &[
    "OBJECTCLASS",
    "OBJECTID",
    "WIDE",
    "USERDEPTH",
    "FIRST",
    "LIMIT",
    "NOTOTAL",
    "ORDERBY",
];

pub fn run(call: &mut Call<'_>) -> Outcome {
    let page = Page::asked(call.command)?;
    let accounts = call.accounts_seen()?;
    let class = call
        .command
        .filled("OBJECTCLASS")
        .unwrap_or("DOMAIN")
        .to_ascii_uppercase();
    let pattern = call
        .command
        .filled("OBJECTID")
        .unwrap_or("*")
        .to_ascii_lowercase();
    let state = &call.state;
    // Name, account, creation, expiration; and for what was deleted when, and until when it can come back.
    let rows: Vec<Row> = match class.as_str() {
        "DELETEDDOMAIN" => state
            .deleted
            .values()
            .filter(|known| call.now < known.restorable_until)
            .map(|known| Row {
                deleted: Some([dates::text(known.at), dates::text(known.restorable_until)]),
                ..Row::of(&known.domain)
            })
            .collect(),
        "DOMAIN" => state.domains.values().map(Row::of).collect(),
        _ => return Err(Answer::new(506).detail("OBJECTCLASS")),
    };
    let found: Vec<Row> = rows
        .into_iter()
        .filter(|row| accounts.contains(&row.account) && glob(&pattern, &row.name))
        .collect();
    // A name that this account never had deleted is not known at all; one that is past restoring is.
    let one = class == "DELETEDDOMAIN" && call.command.filled("OBJECTID").is_some();
    if one && found.is_empty() && !pattern.contains(['*', '?']) {
        let deleted = state.log_places(&pattern).iter().any(|place| {
            state.log.get(*place).is_some_and(|entry| {
                accounts.contains(&entry.account)
                    && (entry.operation, entry.status) == ("DELETE", "SUCCESSFUL")
            })
        });
        if !deleted {
            return Err(Answer::new(545));
        }
    }
    let shown = page.of(&found);
    let column = |cell: fn(&Row) -> &str| shown.iter().map(cell);
    let answer = page
        .head(found.len(), shown.len())
        .with_all("OBJECTID", column(|row| &row.name))
        .with_all("OBJECTCLASS", shown.iter().map(|_| class.clone()))
        .with_all("CREATEDDATE", column(|row| &row.created))
        .with_all("EXPIRATIONDATE", column(|row| &row.expiration))
        .with_all("USER", column(|row| &row.account));
    let dates = shown.iter().filter_map(|row| row.deleted.as_ref());
    Ok(answer
        .with_all("DELETEDDATE", dates.clone().map(|[at, _]| at.clone()))
        .with_all("RESTORABLEUNTILDATE", dates.map(|[_, until]| until.clone())))
}

struct Row {
    name: String,
    account: String,
    created: String,
    expiration: String,
    deleted: Option<[String; 2]>,
}

impl Row {
    fn of(domain: &crate::state::Domain) -> Self {
        Self {
            name: domain.name.clone(),
            account: domain.account.clone(),
            created: dates::text(domain.created),
            expiration: dates::text(domain.expiration),
            deleted: None,
        }
    }
}
