//! The lists of payments, as pages and as CSV files.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::decided::{in_list, list_asked_of};
use super::list::{Filter, List};
use super::tables::{
    audit_table, claims_table, event as event_word, messages_table, reviews_table, transfers_table,
};
use super::{Fragment, Look, PageError, Words};
use crate::Payments;
use crate::views::{
    AUDIT_EVENTS, AuditFilter, CLAIM_STATES, ClaimFilter, MESSAGE_STATES, MessageFilter,
    REVIEW_KINDS, REVIEW_STATES, ReviewFilter, TRANSFER_STATES, TransferFilter, UNREADABLE,
};

/// What is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    Transfers,
    Claims,
    Messages,
    Reviews,
    Audit,
}

impl Payments {
    /// `Err`: what is asked for cannot be looked for; the page says why above its filters.
    pub async fn list_page(
        &self,
        listing: Listing,
        look: &Look<'_>,
    ) -> Result<Result<Fragment, Fragment>, PageError> {
        let after = look.given("after");
        match self.list(listing, look, after, PAGE).await {
            Ok(list) => Ok(Ok(list.page(look))),
            Err(PageError::Misuse(problem)) => {
                let words = look.words();
                let mut query = look.query.to_vec();
                query.retain(|(name, _)| !READ.contains(&name.as_str()));
                let rest = Look {
                    query: &query,
                    ..*look
                };
                let mut list = self.list(listing, &rest, None, 1).await?;
                for filter in &mut list.filters {
                    look.field(filter.name).clone_into(&mut filter.value);
                    filter.wrong = is_wrong(words, look, filter.name);
                }
                list.table.rows.clear();
                list.next = None;
                list.problem = problem;
                Ok(Err(list.page(look)))
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn list(
        &self,
        listing: Listing,
        look: &Look<'_>,
        after: Option<String>,
        limit: i64,
    ) -> Result<List, PageError> {
        match listing {
            Listing::Transfers => self.transfers_list(look, after, limit).await,
            Listing::Claims => self.claims_list(look, after, limit).await,
            Listing::Messages => self.messages_list(look, after, limit).await,
            Listing::Reviews => self.reviews_list(look, after, limit).await,
            Listing::Audit => self.audit_list(look, after, limit).await,
        }
    }

    async fn transfers_list(
        &self,
        look: &Look<'_>,
        after: Option<String>,
        limit: i64,
    ) -> Result<List, PageError> {
        let words = self.words(look, look.given("store").as_deref()).await?;
        let filter = TransferFilter {
            store: look.given("store"),
            wallet: look.given("wallet"),
            state: look.given("state"),
            text: look.given("text"),
            client: client(words, look)?,
            since: day(words, look, "since", 0)?,
            until: day(words, look, "until", 1)?,
            limit: limit + 1,
            after,
        };
        let mut views = self.transfers(&filter).await?;
        let next = next_of(&mut views, limit, |view| &view.id);
        Ok(List {
            title: words.text("transfers").to_owned(),
            lead: words.text("transfers_lead").to_owned(),
            path: "/staff/transfers",
            filters: vec![
                Filter::text(look, "text"),
                Filter::choice(look, "state", choices(words, "state", &TRANSFER_STATES)),
                self.store_filter(look).await?,
                Filter::number(look, "client"),
                Filter::day(look, "since"),
                Filter::day(look, "until"),
            ],
            table: transfers_table(words, &views),
            next,
            above: String::new(),
            problem: String::new(),
            csv: true,
        })
    }

    async fn claims_list(
        &self,
        look: &Look<'_>,
        after: Option<String>,
        limit: i64,
    ) -> Result<List, PageError> {
        let words = self.words(look, look.given("store").as_deref()).await?;
        let filter = ClaimFilter {
            store: look.given("store"),
            state: look.given("state"),
            text: look.given("text"),
            client: client(words, look)?,
            since: day(words, look, "since", 0)?,
            until: day(words, look, "until", 1)?,
            limit: limit + 1,
            after,
            ..ClaimFilter::default()
        };
        let mut views = self.claims(&filter).await?;
        let next = next_of(&mut views, limit, |view| &view.id);
        Ok(List {
            title: words.text("claims").to_owned(),
            lead: words.text("claims_lead").to_owned(),
            path: "/staff/claims",
            filters: vec![
                Filter::text(look, "text"),
                Filter::choice(look, "state", choices(words, "claim", &CLAIM_STATES)),
                self.store_filter(look).await?,
                Filter::number(look, "client"),
                Filter::day(look, "since"),
                Filter::day(look, "until"),
            ],
            table: claims_table(words, &views),
            next,
            above: String::new(),
            problem: String::new(),
            csv: true,
        })
    }

    async fn messages_list(
        &self,
        look: &Look<'_>,
        after: Option<String>,
        limit: i64,
    ) -> Result<List, PageError> {
        let words = self.words(look, look.given("store").as_deref()).await?;
        let filter = MessageFilter {
            store: look.given("store"),
            device: look.given("device"),
            wallet: look.given("wallet"),
            state: look.given("state"),
            since: day(words, look, "since", 0)?,
            until: day(words, look, "until", 1)?,
            limit: limit + 1,
            after,
        };
        let mut views = self.messages(&filter).await?;
        let next = next_of(&mut views, limit, |view| &view.id);
        let currencies: BTreeMap<String, String> = self
            .stores()
            .await?
            .into_iter()
            .map(|store| (store.id, store.currency))
            .collect();
        let mut states = choices(words, "message", &MESSAGE_STATES);
        states.extend(choices(words, "message", &[UNREADABLE]));
        let devices = self
            .devices()
            .await?
            .into_iter()
            .map(|device| (device.id.clone(), device.id))
            .collect();
        Ok(List {
            title: words.text("messages").to_owned(),
            lead: words.text("messages_lead").to_owned(),
            path: "/staff/messages",
            filters: vec![
                Filter::choice(look, "state", states),
                Filter::choice(look, "device", devices),
                self.store_filter(look).await?,
                Filter::day(look, "since"),
                Filter::day(look, "until"),
            ],
            table: messages_table(words, &views, &currencies),
            next,
            above: String::new(),
            problem: String::new(),
            csv: true,
        })
    }

    async fn reviews_list(
        &self,
        look: &Look<'_>,
        after: Option<String>,
        limit: i64,
    ) -> Result<List, PageError> {
        let words = self.words(look, look.given("store").as_deref()).await?;
        let filter = ReviewFilter {
            store: look.given("store"),
            state: look.given("state"),
            kind: look.given("kind"),
            since: day(words, look, "since", 0)?,
            until: day(words, look, "until", 1)?,
            limit: limit + 1,
            after,
            ..ReviewFilter::default()
        };
        let mut views = self.reviews(&filter).await?;
        let next = next_of(&mut views, limit, |view| &view.id);
        let mut states = choices(words, "decision", &REVIEW_STATES);
        states.push(("all".to_owned(), words.text("all").to_owned()));
        Ok(List {
            title: words.text("review").to_owned(),
            lead: words.text("review_lead").to_owned(),
            path: "/staff/review",
            filters: vec![
                Filter::choice(look, "state", states).without_all(words.text("decision_open")),
                Filter::choice(look, "kind", choices(words, "kind", &REVIEW_KINDS)),
                self.store_filter(look).await?,
                Filter::day(look, "since"),
                Filter::day(look, "until"),
            ],
            above: self.just_decided(words, look, &views).await?,
            table: reviews_table(words, &views, self.store.clock().now_ms()).linked(0, |row| {
                let view = views.get(row)?;
                Some(in_list(&view.id, &list_asked_of(look)))
            }),
            next,
            problem: String::new(),
            csv: true,
        })
    }

    async fn audit_list(
        &self,
        look: &Look<'_>,
        after: Option<String>,
        limit: i64,
    ) -> Result<List, PageError> {
        let words = self.words(look, look.given("store").as_deref()).await?;
        let filter = AuditFilter {
            store: look.given("store"),
            actor: look.given("actor"),
            about: look.given("subject"),
            event: look.given("event"),
            since: day(words, look, "since", 0)?,
            until: day(words, look, "until", 1)?,
            limit: limit + 1,
            after,
            ..AuditFilter::default()
        };
        let mut views = self.audit(&filter).await?;
        let next = next_of(&mut views, limit, |view| &view.id);
        Ok(List {
            title: words.text("audit").to_owned(),
            lead: words.text("audit_lead").to_owned(),
            path: "/staff/audit",
            filters: vec![
                Filter::text(look, "actor"),
                Filter::choice(look, "event", events(words)),
                Filter::text(look, "subject"),
                self.store_filter(look).await?,
                Filter::day(look, "since"),
                Filter::day(look, "until"),
            ],
            table: audit_table(words, &views),
            next,
            above: String::new(),
            problem: String::new(),
            csv: true,
        })
    }

    async fn store_filter(&self, look: &Look<'_>) -> Result<Filter, PageError> {
        let stores = self.stores().await?;
        let choices = stores
            .into_iter()
            .map(|store| (store.id, store.name))
            .collect();
        Ok(Filter::choice(look, "store", choices))
    }
}

/// All that the log can tell of, in the order of the reader's words.
fn events(words: Words) -> Vec<(String, String)> {
    let named = |event: &&str| ((*event).to_owned(), event_word(words, event));
    let mut events: Vec<_> = AUDIT_EVENTS.iter().map(named).collect();
    events.sort_by(|one, next| one.1.cmp(&next.1));
    events
}

/// Takes off the row that was read to see whether there are more.
fn next_of<T>(views: &mut Vec<T>, limit: i64, id: impl Fn(&T) -> &String) -> Option<String> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if views.len() <= limit {
        return None;
    }
    views.truncate(limit);
    views.last().map(|view| id(view).clone())
}

pub(super) fn choices(words: Words, kind: &str, all: &[&str]) -> Vec<(String, String)> {
    all.iter()
        .map(|word| ((*word).to_owned(), words.of(kind, word)))
        .collect()
}

/// Whether what was typed into a filter cannot be read.
fn is_wrong(words: Words, look: &Look<'_>, name: &str) -> bool {
    match name {
        "client" => client(words, look).is_err(),
        "since" | "until" => day(words, look, name, 0).is_err(),
        _ => false,
    }
}

/// Whose transfers or claims are asked for.
fn client(words: Words, look: &Look<'_>) -> Result<Option<i64>, PageError> {
    let Some(text) = look.given("client") else {
        return Ok(None);
    };
    let wrong = |_| PageError::Misuse(words.fill("not_a_client", &[("text", &text)]));
    text.parse().map(Some).map_err(wrong)
}

/// The begin of a day, so many days later.
fn day(words: Words, look: &Look<'_>, name: &str, later: i64) -> Result<Option<i64>, PageError> {
    let Some(text) = look.given(name) else {
        return Ok(None);
    };
    let wrong = || PageError::Misuse(words.fill("not_a_day", &[("text", &text)]));
    let date: Date = text.parse().map_err(|_| wrong())?;
    let start = date
        .checked_add(jiff::Span::new().days(later))
        .and_then(|date| date.to_zoned(words.zone()))
        .map_err(|_| wrong())?;
    Ok(Some(start.timestamp().as_millisecond()))
}

const PAGE: i64 = 50;
/// Filters that are read, and may be typed wrongly.
const READ: [&str; 3] = ["client", "since", "until"];
