//! One transfer, from its message to its credit.

use askama::Template;
use serde_json::Value;

use super::list::{Cell, Column, Table};
use super::parts::{chain_table, message_facts, transfer_facts};
use super::tables::{amount_text, audit_table, claims_table, reviews_table};
use super::{Fragment, Look, PageError, Words, rendered};
use crate::Payments;
use crate::views::{EffectView, TransferStory, number_text};

impl Payments {
    /// `/staff/transfers/{id}`
    pub async fn transfer_page(&self, id: &str, look: &Look<'_>) -> Result<Fragment, PageError> {
        let story = self.transfer_story(id).await?.ok_or(PageError::NotFound)?;
        let words = self.words(look, Some(&story.transfer.store)).await?;
        let title = words.fill(
            "transfer_title",
            &[("number", &number_text(&story.transfer.operator_id))],
        );
        let page = StoryPage {
            t: words,
            title: title.clone(),
            steps: steps(words, look, &story, self.store.clock().now_ms()),
            audit: audit_table(words, &story.audit).html(look),
        };
        Ok(Fragment {
            title,
            html: rendered(&page),
        })
    }
}

fn steps(words: Words, look: &Look<'_>, story: &TransferStory, now: i64) -> Vec<Step> {
    let transfer = &story.transfer;
    let step = |name: &str, tone: &'static str, html: String| Step {
        title: words.of("step", name),
        tone,
        html,
        text: String::new(),
    };
    let mut steps = Vec::new();
    if let Some(message) = &story.message {
        steps.push(Step {
            text: message.body.clone(),
            ..step("message", "good", message_facts(words, message).html())
        });
    }
    let tone = match transfer.state.as_str() {
        "held" | "review" => "warn",
        "blocked" | "rejected" | "reversed" => "bad",
        _ => "good",
    };
    steps.push(step(
        "transfer",
        tone,
        transfer_facts(words, transfer).html(),
    ));
    if !story.chain.is_empty() {
        let odd = story
            .chain
            .iter()
            .any(|link| link.is_subject && link.standing == "gap");
        let table = chain_table(words, &story.chain, &transfer.currency).html(look);
        steps.push(step("chain", if odd { "warn" } else { "good" }, table));
    }
    let claimed = if story.claims.is_empty() { "" } else { "good" };
    steps.push(step(
        "claims",
        claimed,
        claims_table(words, &story.claims).html(look),
    ));
    if !story.reviews.is_empty() {
        let open = story.reviews.iter().any(|review| review.state == "open");
        let table = reviews_table(words, &story.reviews, now).html(look);
        steps.push(step("review", if open { "warn" } else { "good" }, table));
    }
    let tone = match transfer.state.as_str() {
        "credited" => "good",
        "blocked" | "review" | "reversed" => "bad",
        _ => "",
    };
    steps.push(step(
        "credit",
        tone,
        effects_table(words, &story.credit).html(look),
    ));
    steps
}

fn effects_table(words: Words, effects: &[EffectView]) -> Table {
    Table {
        columns: vec![
            Column::new(words, "updated_at"),
            Column::new(words, "kind"),
            Column::new(words, "state"),
            Column::number(words, "attempt"),
            Column::new(words, "result"),
        ],
        rows: effects
            .iter()
            .map(|effect| {
                let result = effect
                    .result
                    .as_ref()
                    .and_then(|result| result.as_object())
                    .map(|fields| {
                        let parts: Vec<String> = fields
                            .iter()
                            .filter(|(_, value)| !value.is_null())
                            .map(|(name, value)| {
                                let told = match (name.as_str(), value.as_str()) {
                                    ("way", Some(way)) => words.of("booking", way),
                                    _ => in_words(value),
                                };
                                format!("{} \u{2068}{told}\u{2069}", words.of("result", name))
                            })
                            .collect();
                        parts.join(words.text("comma"))
                    });
                vec![
                    Cell::time(words, effect.updated_at),
                    Cell::text(words.of("effect_kind", &effect.kind.replace('.', "_")))
                        .in_csv(effect.kind.clone()),
                    Cell::tag(words, "effect", &effect.state)
                        .with_note(words.said(effect.reason.as_deref().unwrap_or_default())),
                    Cell::code(effect.attempt.to_string()),
                    Cell::text(result.unwrap_or_default()),
                ]
            })
            .collect(),
        empty: words.text("credit_empty").to_owned(),
    }
}

/// A part of an effect's result: money as such, and words without quotation marks.
fn in_words(value: &Value) -> String {
    let minor = value.get("minor").and_then(Value::as_i64);
    let code = value.get("currency").and_then(Value::as_str);
    match (minor.zip(code), value.as_str()) {
        (Some((minor, code)), _) => amount_text(minor, code),
        (None, Some(text)) => text.to_owned(),
        (None, None) => value.to_string(),
    }
}

/// One step of the story.
struct Step {
    title: String,
    tone: &'static str,
    html: String,
    /// A message's text, as it came.
    text: String,
}

#[derive(Template)]
#[template(path = "staff/transfer.html")]
struct StoryPage {
    t: Words,
    title: String,
    steps: Vec<Step>,
    audit: String,
}
