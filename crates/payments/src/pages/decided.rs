//! After a decision: what became of the item, the list as it was asked for, and the next one in it.

use askama::Template;

use super::list::encoded;
use super::review::{Say, is_undecided};
use super::tables::amount_text;
use super::{Look, PageError, Words, rendered};
use crate::Payments;
use crate::credit::{CONFLICT, REMOVAL_UNKNOWN, UNKNOWN, is_about_booking};
use crate::review::REVERSAL;
use crate::views::{Decided, ReviewView};

impl Payments {
    /// What a decision says in a word.
    pub(super) async fn noted(
        &self,
        id: &str,
        say: Say,
        decided: Decided,
    ) -> Result<&'static str, PageError> {
        let view = self.review(id).await?;
        let kind = view.as_ref().map_or("", |view| view.kind.as_str());
        Ok(word_of(kind, say, decided))
    }

    /// What became of an item that was just decided, above the list, and the way to the next one of the list.
    pub(super) async fn just_decided(
        &self,
        words: Words,
        look: &Look<'_>,
        listed: &[ReviewView],
    ) -> Result<String, PageError> {
        let id = look.field("done");
        let view = match id {
            "" => None,
            id => self.review(id).await?,
        };
        let Some(view) = view else {
            return Ok(String::new());
        };
        let transfer = view.transfer.as_ref();
        let amount = match (transfer, &view.message) {
            (Some(of), _) => Some(amount_text(of.amount_minor, &of.currency)),
            (None, Some(of)) => of
                .amount_minor
                .map(|minor| amount_text(minor, &view.currency)),
            _ => None,
        };
        let client = transfer
            .and_then(|of| of.client)
            .map(|client| client.to_string());
        let elsewhere = view.kind == REVERSAL || is_about_booking(&view.kind);
        let only_kind = amount.is_none();
        let about = match (amount, client) {
            (Some(amount), Some(client)) => {
                words.fill("decided_for", &[("amount", &amount), ("client", &client)])
            }
            (Some(amount), None) => amount,
            (None, _) => words.of("kind", &view.kind),
        };
        // Whose money goes where is another matter there.
        let about = match elsewhere && !only_kind {
            true => format!(
                "{}{}{about}",
                words.of("kind", &view.kind),
                words.text("comma")
            ),
            false => about,
        };
        let next = listed
            .iter()
            .filter(|other| other.id != view.id && is_undecided(other));
        let next = next
            .clone()
            .find(|other| other.id < view.id)
            .or_else(|| next.clone().next());
        Ok(rendered(&JustDecided {
            t: words,
            state: said(words, &view),
            about,
            item: in_list(&view.id, &list_asked_of(look)),
            next: next.map(|next| in_list(&next.id, &list_asked_of(look))),
        }))
    }
}

/// Of what only WHMCS knows nothing is approved or rejected: people say what they saw there.
fn word_of(kind: &str, say: Say, decided: Decided) -> &'static str {
    match (decided, kind, say) {
        (Decided::NeedsSecond, ..) => "second",
        (_, _, Say::Reopen) => "reopened",
        (_, UNKNOWN, Say::Reject) => "booked",
        (_, UNKNOWN, Say::Approve) => "not_booked",
        (_, REMOVAL_UNKNOWN, Say::Reject) => "taken_back",
        (_, REMOVAL_UNKNOWN, Say::Approve) => "not_taken_back",
        (_, CONFLICT, Say::Approve) => "conflict_settled",
        (_, _, Say::Approve) => "approved",
        (_, _, Say::Reject) => "rejected",
    }
}

/// What was decided, in a word.
fn said(words: Words, view: &ReviewView) -> String {
    let name = match (&view.first, view.state.as_str()) {
        (Some(_), "open") => "done_first",
        (None, "open") => "done_reopened",
        _ if is_about_booking(&view.kind) => "done_told",
        (_, "approved") => "done_approved",
        (_, "rejected") => "done_rejected",
        (_, state) => return format!("{}:", words.of("decision", state)),
    };
    words.text(name).to_owned()
}

/// To the list as it was asked for when an item was opened, and what was decided there.
pub fn back_to_reviews(look: &Look<'_>, done: Option<&str>) -> String {
    let list = list_asked(look);
    let done = done.map(|id| format!("done={}", encoded(id)));
    let query: Vec<String> = [Some(list).filter(|list| !list.is_empty()), done]
        .into_iter()
        .flatten()
        .collect();
    match query.is_empty() {
        true => "/staff/review".to_owned(),
        false => format!("/staff/review?{}", query.join("&")),
    }
}

/// An item's page, from which the way back is to that list.
pub(super) fn in_list(id: &str, list: &str) -> String {
    match list.is_empty() {
        true => format!("/staff/review/{id}"),
        false => format!("/staff/review/{id}?list={}", encoded(list)),
    }
}

/// How the list was asked for that an item was opened from: of what its page or form says, only what lists know.
pub(super) fn list_asked(look: &Look<'_>) -> String {
    let plain = |text: &str| {
        let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~%".contains(&byte);
        !text.is_empty() && text.bytes().all(safe)
    };
    look.field("list")
        .split('&')
        .filter(|pair| {
            pair.split_once('=')
                .is_some_and(|(name, value)| LIST_KEPT.contains(&name) && plain(value))
        })
        .collect::<Vec<_>>()
        .join("&")
}

/// How the list itself is asked for.
pub(super) fn list_asked_of(look: &Look<'_>) -> String {
    let given = LIST_KEPT.iter().filter_map(|name| {
        let value = look.given(name)?;
        Some(format!("{name}={}", encoded(&value)))
    });
    given.collect::<Vec<_>>().join("&")
}

#[derive(Template)]
#[template(path = "staff/decided.html")]
struct JustDecided {
    t: Words,
    state: String,
    about: String,
    item: String,
    next: Option<String>,
}

/// The words of decisions.
pub const NOTED: [&str; 9] = [
    "second",
    "reopened",
    "booked",
    "not_booked",
    "taken_back",
    "not_taken_back",
    "conflict_settled",
    "approved",
    "rejected",
];
const LIST_KEPT: [&str; 6] = ["state", "kind", "store", "since", "until", "after"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_saw_in_whmcs_is_no_approval_or_rejection() {
        let of = |kind, say| word_of(kind, say, Decided::Done);
        assert_eq!(of("credit_unknown", Say::Reject), "booked");
        assert_eq!(of("credit_unknown", Say::Approve), "not_booked");
        assert_eq!(of("removal_unknown", Say::Reject), "taken_back");
        assert_eq!(of("removal_unknown", Say::Approve), "not_taken_back");
        assert_eq!(of("credit_refused", Say::Reject), "rejected");
        assert_eq!(of("contest", Say::Approve), "approved");
        let second = word_of("credit_unknown", Say::Approve, Decided::NeedsSecond);
        assert_eq!(second, "second");
    }
}
