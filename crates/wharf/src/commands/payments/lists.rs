//! `wharf payments claims`, `messages` and `audit`.

use std::process::ExitCode;

use clap::Args;
use clap::builder::PossibleValuesParser;
use wharf_payments::views::{
    AUDIT_EVENTS, AuditFilter, CLAIM_STATES, ClaimFilter, MESSAGE_STATES, MessageFilter,
};

use super::words::{
    failed, known_device, known_site, known_store, known_wallet, listed, money, or_dash, quoted,
    when,
};
use crate::output::Output;
use crate::rooms::Rooms;
use crate::trouble::Trouble;

/// What customers said that they sent, newest first.
#[derive(Debug, Args)]
pub struct Claims {
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
    #[arg(long, value_name = "ID")]
    client: Option<i64>,
    /// A transaction number, a phone in any form, or an id
    #[arg(long, value_name = "TEXT")]
    find: Option<String>,
    #[command(flatten)]
    bound: Bound,
}

/// Everything that phones delivered, newest first.
#[derive(Debug, Args)]
pub struct Messages {
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

/// Who decided what about money, newest first. Nothing is ever taken out of it.
#[derive(Debug, Args)]
pub struct Audit {
    /// Only of this store
    #[arg(long)]
    store: Option<String>,
    /// Who did it, or how the name begins
    #[arg(long)]
    actor: Option<String>,
    /// transfer/ID, claim/ID, wallet/ID, store/ID …, or how it begins
    #[arg(long)]
    subject: Option<String>,
    /// What was done
    #[arg(long, value_parser = PossibleValuesParser::new(AUDIT_EVENTS))]
    event: Option<String>,
    #[command(flatten)]
    bound: Bound,
}

#[derive(Debug, Args)]
struct Bound {
    /// How many at most
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
}

pub async fn claims(asked: &Claims, rooms: &Rooms, output: &Output) -> Result<ExitCode, Trouble> {
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
    Ok(listed(output, "claims", &claims, "no claims", |claim| {
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
    }))
}

pub async fn messages(
    asked: &Messages,
    rooms: &Rooms,
    output: &Output,
) -> Result<ExitCode, Trouble> {
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
    Ok(listed(output, "messages", &messages, empty, |message| {
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
    }))
}

pub async fn audit(asked: &Audit, rooms: &Rooms, output: &Output) -> Result<ExitCode, Trouble> {
    known_store(rooms, asked.store.as_deref()).await?;
    let filter = AuditFilter {
        store: asked.store.clone(),
        actor: asked.actor.clone(),
        about: asked.subject.clone(),
        event: asked.event.clone(),
        limit: asked.bound.limit,
        ..AuditFilter::default()
    };
    let lines = rooms.payments.audit(&filter).await.map_err(failed)?;
    let empty = "nothing was decided yet";
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
