//! One reading of an account's lists: domains and transfers page by page, what left, what was deleted, how transfers
//! ended. About a dozen calls for ten thousand names.

use std::collections::HashSet;

use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use wharf_core::DomainName;
use wharf_registrar::{
    DeletedDomain, DomainList, DomainQuery, HistoryEntry, HistoryQuery, ObjectKind, Page,
    RegistrarError, Talk,
};
use wharf_store::Store;

use super::{APPLICATION, ARRIVED, AWAY, DELETED, DOMAIN, REFUSED, TRANSFER};
use crate::DomainsError;
use crate::account::Account;
use crate::tables::portfolio::{self as table, Line};

/// Reads the lists and keeps them. What the account may not look into is left out: then names are asked one by one.
pub(super) async fn read(
    store: &Store,
    account: &Account,
    talk: &Talk,
) -> Result<(), DomainsError> {
    let now = store.clock().now();
    let since = now.checked_sub(LOG_SPAN).unwrap_or(Timestamp::UNIX_EPOCH);
    let (domains, left, came, deleted) = tokio::join!(
        domains(account, talk),
        log(account, "OUTBOUND_TRANSFER", since, talk),
        log(account, "INBOUND_TRANSFER", since, talk),
        deleted(account, talk),
    );
    let (domains, left, came, deleted) = (
        domains?,
        permitted(left)?,
        permitted(came)?,
        permitted(deleted)?,
    );
    let lines = lines(&domains, &left, &came, &deleted);
    let count = lines.iter().filter(|line| line.kind == DOMAIN).count();
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    table::replace(store, &account.id, now.as_millisecond(), count, &lines).await
}

/// All pages: the first says how many there are, the others are read side by side. A list that grew meanwhile is read
/// to its end.
async fn domains(account: &Account, talk: &Talk) -> Result<Vec<DomainList>, RegistrarError> {
    let page = |first| DomainQuery {
        page: Page {
            first,
            limit: Page::LARGEST,
        },
        names: Vec::new(),
    };
    let start = account.registrar.domains(&page(0), talk).await?;
    let total = start.total.unwrap_or(0).min(MOST_DOMAINS);
    // A platform that gives smaller pages than asked for is taken at its word.
    let step = u64::try_from(start.rows).unwrap_or(0);
    if step == 0 {
        return Ok(vec![start]);
    }
    let firsts = (1..total.div_ceil(step)).map(|number| number * step);
    let rest: Vec<_> = firsts
        .map(|first| {
            let (registrar, talk, query) = (account.registrar.clone(), talk.clone(), page(first));
            async move { registrar.domains(&query, &talk).await }
        })
        .collect();
    let rest: Vec<Result<DomainList, RegistrarError>> =
        stream::iter(rest).buffered(AT_ONCE).collect().await;
    let mut pages = vec![start];
    for page in rest {
        pages.push(page?);
    }
    Ok(pages)
}

async fn log(
    account: &Account,
    operation: &str,
    since: Timestamp,
    talk: &Talk,
) -> Result<Vec<HistoryEntry>, RegistrarError> {
    let mut entries = Vec::new();
    for number in 0..MOST_LOG_PAGES {
        let query = HistoryQuery {
            operation: Some(operation.to_owned()),
            since: Some(since),
            page: Page {
                first: number * Page::LARGEST,
                limit: Page::LARGEST,
            },
            ..HistoryQuery::default()
        };
        let page = account.registrar.history(&query, talk).await?;
        let whole = u64::try_from(page.len()).is_ok_and(|rows| rows >= Page::LARGEST);
        entries.extend(page);
        if !whole {
            break;
        }
    }
    Ok(entries)
}

async fn deleted(account: &Account, talk: &Talk) -> Result<Vec<DeletedDomain>, RegistrarError> {
    let mut found = Vec::new();
    for number in 0..MOST_LOG_PAGES {
        let page = Page {
            first: number * Page::LARGEST,
            limit: Page::LARGEST,
        };
        let list = account.registrar.all_deleted(page, talk).await?;
        let whole = u64::try_from(list.domains.len()).is_ok_and(|rows| rows >= Page::LARGEST);
        found.extend(list.domains);
        if !whole {
            break;
        }
    }
    Ok(found)
}

/// A refusal means that the account may not look there; anything else is trouble.
fn permitted<T>(answer: Result<Vec<T>, RegistrarError>) -> Result<Vec<T>, RegistrarError> {
    match answer {
        Err(error) if !error.is_outage() => {
            tracing::info!(%error, "a list of the registrar account cannot be read");
            Ok(Vec::new())
        }
        answer => answer,
    }
}

fn lines(
    pages: &[DomainList],
    left: &[HistoryEntry],
    came: &[HistoryEntry],
    deleted: &[DeletedDomain],
) -> Vec<Line> {
    let line = |name: &DomainName, kind, body| Line {
        name: name.as_str().to_owned(),
        kind,
        body,
    };
    let mut lines = Vec::new();
    // Pages that moved while they were read can show a name twice; a statement takes it once.
    let mut seen: HashSet<(&str, &'static str)> = HashSet::new();
    for domain in pages.iter().flat_map(|page| &page.domains) {
        let kind = match domain.kind {
            ObjectKind::Domain => DOMAIN,
            ObjectKind::Application => APPLICATION,
            ObjectKind::Transfer => TRANSFER,
        };
        let status = &domain.status;
        if seen.insert((status.name.as_str(), kind))
            && let Ok(body) = serde_json::to_string(status)
        {
            lines.push(line(&status.name, kind, body));
        }
    }
    for domain in deleted {
        if seen.insert((domain.name.as_str(), DELETED))
            && let Ok(body) = serde_json::to_string(domain)
        {
            lines.push(line(&domain.name, DELETED, body));
        }
    }
    // Newest first: the first word on a name is the last.
    let is_done = |entry: &HistoryEntry| entry.outcome.eq_ignore_ascii_case("SUCCESSFUL");
    for entry in left.iter().filter(|entry| is_done(entry)) {
        if let Some(name) = &entry.name
            && seen.insert((name.as_str(), AWAY))
        {
            lines.push(line(name, AWAY, entry.index.clone()));
        }
    }
    let mut ended: HashSet<&str> = HashSet::new();
    for entry in came {
        let Some(name) = &entry.name else { continue };
        let kind = if is_done(entry) {
            ARRIVED
        } else if entry.outcome.eq_ignore_ascii_case("FAILED") {
            REFUSED
        } else {
            continue;
        };
        if ended.insert(name.as_str()) {
            lines.push(line(name, kind, entry.index.clone()));
        }
    }
    lines
}

/// Pages on their way: those of ten thousand names together.
const AT_ONCE: usize = 10;
const MOST_DOMAINS: u64 = 1_000_000;
const MOST_LOG_PAGES: u64 = 5;
/// How far back the log is looked through: whoever synchronises less often asks name by name.
const LOG_SPAN: SignedDuration = SignedDuration::from_hours(24 * 120);
