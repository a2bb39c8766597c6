//! `wharf payments claims`, `messages` and `audit`.

use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde_json::json;
use wharf_payments::views::{
    AUDIT_EVENTS, AuditFilter, CLAIM_STATES, ClaimFilter, ClaimView, MESSAGE_STATES, MessageFilter,
    MessageView,
};

use super::words::{
    a_client, failed, known_device, known_site, known_store, known_wallet, listed, money, none,
    or_dash, quoted, when,
};
use crate::output::Output;
use crate::rooms::Rooms;
use crate::trouble::Trouble;

/// What customers said that they sent, newest first.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Claims {
    #[command(subcommand)]
    what: Option<One>,
    /// Only of this store
    #[arg(long)]
    store: Option<String>,
    /// Only in this state
    #[arg(long, value_parser = PossibleValuesParser::new(CLAIM_STATES))]
    state: Option<String>,
    /// Only of clients of this WHMCS
    #[arg(long)]
    site: Option<String>,
    /// A client id of WHMCS
    #[arg(long, value_name = "ID", value_parser = a_client)]
    client: Option<i64>,
    /// A transaction number, a phone in any form, or an id
    #[arg(long, value_name = "TEXT")]
    find: Option<String>,
    #[command(flatten)]
    bound: Bound,
}

/// Everything that phones delivered, newest first.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Messages {
    #[command(subcommand)]
    what: Option<One>,
    /// Only of this store
    #[arg(long)]
    store: Option<String>,
    /// Only by this phone
    #[arg(long)]
    device: Option<String>,
    /// Only of this wallet
    #[arg(long)]
    wallet: Option<String>,
    /// Ignored: from no wallet's sender. Unknown: no template fits
    #[arg(long, value_parser = PossibleValuesParser::new(MESSAGE_STATES))]
    state: Option<String>,
    #[command(flatten)]
    bound: Bound,
}

#[derive(Debug, Subcommand)]
enum One {
    /// Show the one with this id
    Show { id: String },
}

/// Who decided what about money, newest first. Nothing is ever taken out of it.
#[derive(Debug, Args)]
pub struct Audit {
    /// Only of this store
    #[arg(long)]
    store: Option<String>,
    /// Who did it, or how the name begins
    #[arg(long)]
    actor: Option<String>,
    /// transfer/ID, claim/ID, wallet/ID, store/ID …, or how it begins; review/ID stands for what the item is about
    #[arg(long)]
    subject: Option<String>,
    /// What was done
    #[arg(long, value_parser = PossibleValuesParser::new(AUDIT_EVENTS))]
    event: Option<String>,
    #[command(flatten)]
    bound: Bound,
}

/// What an item asks about is what is decided: that is what the log names.
async fn subject_of(rooms: &Rooms, subject: &str) -> Result<String, Trouble> {
    let Some(id) = subject.strip_prefix("review/") else {
        return Ok(subject.to_owned());
    };
    let review = rooms.payments.review(id).await.map_err(failed)?;
    let review =
        review.ok_or_else(|| none("review item", id, "wharf payments review --state all"))?;
    let about = review.transfer.map(|of| format!("transfer/{}", of.id));
    let about = about.or_else(|| review.message.map(|of| format!("message/{}", of.id)));
    about.ok_or_else(|| {
        Trouble::failed(format!("item {id} is about no transfer or message"))
            .mend(format!("wharf payments review show {id}"))
    })
}

#[derive(Debug, Args)]
struct Bound {
    /// How many at most
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
}

pub async fn claims(asked: &Claims, rooms: &Rooms, output: &Output) -> Result<ExitCode, Trouble> {
    if let Some(One::Show { id }) = &asked.what {
        return show_claim(id, rooms, output).await;
    }
    known_store(rooms, asked.store.as_deref()).await?;
    known_site(rooms, asked.site.as_deref()).await?;
    let filter = ClaimFilter {
        store: asked.store.clone(),
        state: asked.state.clone(),
        site: asked.site.clone(),
        client: asked.client,
        text: asked.find.clone(),
        limit: asked.bound.limit,
        ..ClaimFilter::default()
    };
    let claims = rooms.payments.claims(&filter).await.map_err(failed)?;
    let empty = "no claims";
    Ok(listed(output, "claims", &claims, empty, claim_line))
}

async fn show_claim(id: &str, rooms: &Rooms, output: &Output) -> Result<ExitCode, Trouble> {
    let named = ClaimFilter {
        text: Some(id.to_owned()),
        ..ClaimFilter::default()
    };
    let found = rooms.payments.claims(&named).await.map_err(failed)?;
    let claim = found.into_iter().find(|claim| claim.id == id);
    let claim = claim.ok_or_else(|| none("claim", id, "wharf payments claims"))?;
    output.json(&json!({ "claim": claim }));
    output.line(claim_line(&claim));
    if let Some(transfer) = &claim.transfer {
        output.line(format!(
            "its transfer: wharf payments transfers show {transfer}"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn claim_line(claim: &ClaimView) -> String {
    let credited = claim.credited_minor.map_or(String::new(), |minor| {
        let currency = claim.credit_currency.as_deref().unwrap_or_default();
        format!("  credited {}", money(minor, currency))
    });
    format!(
        "{}  {}  {:<8}  {:>14}  from {:<14}  client {} of {}, invoice {}{credited}{}",
        claim.id,
        when(claim.created_at),
        claim.state,
        money(claim.amount_minor, &claim.currency),
        claim.phone,
        claim.client,
        claim.site,
        or_dash(claim.invoice),
        claim
            .reason
            .as_ref()
            .map_or(String::new(), |reason| format!("  ({reason})")),
    )
}

pub async fn messages(
    asked: &Messages,
    rooms: &Rooms,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    if let Some(One::Show { id }) = &asked.what {
        return show_message(id, rooms, output).await;
    }
    known_store(rooms, asked.store.as_deref()).await?;
    known_wallet(rooms, asked.wallet.as_deref()).await?;
    known_device(rooms, asked.device.as_deref()).await?;
    let filter = MessageFilter {
        store: asked.store.clone(),
        device: asked.device.clone(),
        wallet: asked.wallet.clone(),
        state: asked.state.clone(),
        limit: asked.bound.limit,
        ..MessageFilter::default()
    };
    let messages = rooms.payments.messages(&filter).await.map_err(failed)?;
    let empty = "no messages";
    Ok(listed(output, "messages", &messages, empty, message_line))
}

/// With the template that it comes nearest to, where none fits.
async fn show_message(id: &str, rooms: &Rooms, output: &Output) -> Result<ExitCode, Trouble> {
    let message = rooms.payments.message(id).await.map_err(failed)?;
    let message = message.ok_or_else(|| none("message", id, "wharf payments messages"))?;
    let wallets = rooms.payments.wallets();
    let nearest = match message.state.as_str() {
        "unknown" => wallets.nearest(&message.sender, &message.body),
        _ => None,
    };
    output.json(&json!({ "message": message, "nearest": nearest }));
    output.line(message_line(&message));
    if let Some(near) = nearest {
        output.line(format!(
            "nearest template: {}; it departs at: {}",
            near.template, near.found
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn message_line(message: &MessageView) -> String {
    format!(
        "{}  {}  {:<8}  {} by {}, {} deliveries, {}{}{}",
        message.id,
        when(message.stored_at),
        message.state,
        message.sender,
        message.device,
        message.deliveries,
        message.template.as_deref().unwrap_or("no template"),
        message
            .reason
            .as_ref()
            .map_or(String::new(), |reason| format!("  ({reason})")),
        quoted(message),
    )
}

pub async fn audit(asked: &Audit, rooms: &Rooms, output: &Output) -> Result<ExitCode, Trouble> {
    known_store(rooms, asked.store.as_deref()).await?;
    let subject = match &asked.subject {
        Some(subject) => Some(subject_of(rooms, subject).await?),
        None => None,
    };
    let filter = AuditFilter {
        store: asked.store.clone(),
        actor: asked.actor.clone(),
        about: subject,
        event: asked.event.clone(),
        limit: asked.bound.limit,
        ..AuditFilter::default()
    };
    let lines = rooms.payments.audit(&filter).await.map_err(failed)?;
    let all = asked.subject.is_none() && asked.actor.is_none() && asked.event.is_none();
    let empty = match all {
        true => "nothing was decided yet",
        false => "no entry fits",
    };
    Ok(listed(output, "audit", &lines, empty, |line| {
        format!(
            "{}  {:<12}  {:<14}  {:<12}  {}  {}",
            when(line.at),
            line.store,
            line.actor,
            line.event,
            line.subject,
            line.detail
        )
    }))
}
