//! AdminServicesTabFields: what Wharf did for a service, step by step, and what stands with it.

use askama::Template;
use serde_json::{Value, json};
use wharf_whmcs::call::{CallError, ModuleAnswer, ModuleCall};

use super::{internal, service_id};
use crate::front::{Story, StoryEffect};
use crate::services::Services;
use crate::supplier::{Exchange, as_text};

/// `{"fields": [{"label": …, "html": …}]}`.
pub(crate) async fn fields(
    services: &Services,
    call: &ModuleCall,
) -> Result<ModuleAnswer, CallError> {
    let id = service_id(call)?;
    let Some(story) = services.story(&id).await.map_err(internal)? else {
        let fields = json!([field("Wharf", "Wharf has not created this service.")]);
        return Ok(ModuleAnswer::new(json!({ "fields": fields })));
    };
    let now = services.world.store.clock().now_ms();
    let mut fields = vec![field("Wharf", &html(&StateField { story: &story, now }))];
    if !story.calls.is_empty() {
        let calls = &story.calls;
        fields.push(field("Steps", &html(&StepsField { calls, now })));
    }
    let kept = kept(&story);
    if !kept.is_empty() {
        fields.push(field("Stored values", &html(&KeptField { kept: &kept })));
    }
    if !story.effects.is_empty() {
        let effects = &story.effects;
        fields.push(field("Journal", &html(&JournalField { effects, now })));
    }
    if story.is_open() {
        fields.push(field("Decide", &html(&DecideField {})));
    }
    Ok(ModuleAnswer::new(json!({ "fields": fields })))
}

/// `step.name` and value; what sounds like a secret is left out.
fn kept(story: &Story) -> Vec<(String, String)> {
    let steps = story.kept.iter();
    steps
        .flat_map(|(step, facts)| facts.iter().map(move |(name, value)| (step, name, value)))
        .filter(|(_, name, _)| !SECRET.iter().any(|word| name.to_lowercase().contains(word)))
        .map(|(step, name, value)| (format!("{step}.{name}"), as_text(value)))
        .collect()
}

fn field(label: &str, html: &str) -> Value {
    json!({ "label": label, "html": html })
}

fn html(template: &impl Template) -> String {
    template.render().unwrap_or_else(|error| {
        tracing::error!(%error, "a field cannot be rendered");
        String::new()
    })
}

/// "3 min ago": for people, who read it now.
fn ago(at: &i64, now: &i64) -> String {
    let seconds = now.saturating_sub(*at).max(0) / 1000;
    match seconds {
        _ if *at == 0 => "never".to_owned(),
        ..60 => format!("{seconds} s ago"),
        60..7200 => format!("{} min ago", seconds / 60),
        7200..172_800 => format!("{} h ago", seconds / 3600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

#[derive(Template)]
#[template(path = "tab_state.html")]
struct StateField<'a> {
    story: &'a Story,
    now: i64,
}

#[derive(Template)]
#[template(path = "tab_steps.html")]
struct StepsField<'a> {
    calls: &'a [Exchange],
    now: i64,
}

#[derive(Template)]
#[template(path = "tab_kept.html")]
struct KeptField<'a> {
    kept: &'a [(String, String)],
}

#[derive(Template)]
#[template(path = "tab_journal.html")]
struct JournalField<'a> {
    effects: &'a [StoryEffect],
    now: i64,
}

#[derive(Template)]
#[template(path = "tab_decide.html")]
struct DecideField {}

const SECRET: [&str; 4] = ["password", "secret", "token", "credential"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_people_say_them() {
        let now = 1_000_000_000_i64;
        let past = [now, now, 1_000, 100_000, 7_300_000, 200_000_000];
        let said = past.map(|past| ago(&(now - past), &now));
        insta::assert_snapshot!(said.join(", "), @"never, never, 1 s ago, 1 min ago, 2 h ago, 2 days ago");
    }
}
