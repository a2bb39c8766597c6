//! Services in words.

use wharf_services::{Exchange, ServiceSummary, Story, StoryEffect};

pub fn line(service: &ServiceSummary) -> String {
    let mark = match (&service.trouble, &service.drift) {
        (Some(why), _) | (None, Some(why)) => format!("  ! {why}"),
        (None, None) => String::new(),
    };
    format!(
        "{:>6}  {:<10}  {:<20}  {:<12}  {}{mark}",
        service.id.service,
        service.state.as_str(),
        service.connector,
        service.plan,
        service.domain
    )
}

pub fn story(story: &Story) -> String {
    let mut lines = vec![line(&story.summary)];
    lines.push(format!(
        "  at the supplier  {} on {}",
        story
            .summary
            .reference
            .as_deref()
            .unwrap_or("not there yet"),
        story.authority
    ));
    for (title, value) in &story.facts {
        lines.push(format!("  {title:<15}  {value}"));
    }
    for (step, facts) in &story.kept {
        for (name, value) in facts {
            lines.push(format!("  {:<15}  {value}", format!("{step}.{name}")));
        }
    }
    lines.push("actions and steps, newest first:".to_owned());
    lines.extend(story.effects.iter().map(effect));
    lines.push("what went to the supplier:".to_owned());
    lines.extend(story.calls.iter().map(exchange));
    lines.join("\n")
}

fn effect(effect: &StoryEffect) -> String {
    let what = match &effect.step {
        Some(step) => format!("  {} {step}", effect.kind),
        None => effect.action.clone(),
    };
    let why = effect
        .reason
        .as_deref()
        .map(|why| format!("  ({why})"))
        .unwrap_or_default();
    format!(
        "  {}  {what:<24}  {:<10}  attempt {}{why}",
        when(effect.created_at),
        effect.state.as_str(),
        effect.attempts
    )
}

pub fn exchange(exchange: &Exchange) -> String {
    let status = exchange
        .status
        .map_or_else(|| "-".to_owned(), |status| status.to_string());
    let mut text = format!(
        "  {}  {:<12}  {} {}  → {status} {} ({} ms)",
        when(exchange.at),
        exchange.step,
        exchange.method,
        exchange.path,
        exchange.end,
        exchange.milliseconds
    );
    for body in [&exchange.request, &exchange.response] {
        if !body.is_empty() {
            text.push_str(&format!("\n      {body}"));
        }
    }
    text
}

fn when(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |at| format!("{at:.0}"))
}
