//! `wharf payments transfers`: money that arrived, and what became of it.

use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use jiff::civil::Date;
use serde_json::json;
use wharf_payments::views::{
    TRANSFER_STATES, TransferFilter, TransferStory, TransferView, number_text,
};

use super::words::{
    a_client, a_day, failed, known_store, known_wallet, listed, money, or_dash, quoted, when,
};
use crate::output::Output;
use crate::rooms::Rooms;
use crate::trouble::{Trouble, chain};

/// Money that arrived, newest first.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    filters: Filters,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Tell a transfer's whole story: its message, claims, credit, and who decided what
    Show {
        /// The transfer's id, or the operator's transaction number
        id: String,
    },
}

#[derive(Debug, Args)]
struct Filters {
    /// Only of this store
    #[arg(long)]
    store: Option<String>,
    /// Only of this wallet
    #[arg(long)]
    wallet: Option<String>,
    /// Only in this state
    #[arg(long, value_parser = PossibleValuesParser::new(TRANSFER_STATES))]
    state: Option<String>,
    /// A transaction number, a phone in any form, or an id; else the end of a number, or a part of a payer's name
    #[arg(long, value_name = "TEXT")]
    find: Option<String>,
    /// Only those of this WHMCS client
    #[arg(long, value_name = "ID", value_parser = a_client)]
    client: Option<i64>,
    /// Only those that arrived on this day or later, in the wallets' time
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = a_day)]
    since: Option<Date>,
    /// Only those that arrived on this day or earlier
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = a_day)]
    until: Option<Date>,
    /// How many at most
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
}

pub async fn run(
    arguments: &Arguments,
    rooms: &Rooms,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    if let Some(What::Show { id }) = &arguments.what {
        return show(rooms, id, output).await;
    }
    let filters = &arguments.filters;
    known_store(rooms, filters.store.as_deref()).await?;
    known_wallet(rooms, filters.wallet.as_deref()).await?;
    let store = filters.store.as_deref();
    in_order(filters.since, filters.until)?;
    let last = filters.until.and_then(|day| day.tomorrow().ok());
    let filter = TransferFilter {
        store: filters.store.clone(),
        wallet: filters.wallet.clone(),
        state: filters.state.clone(),
        text: filters.find.clone(),
        client: filters.client,
        since: start(rooms, filters.since, store).await?,
        until: start(rooms, last, store).await?,
        limit: filters.limit,
        after: None,
    };
    let transfers = rooms.payments.transfers(&filter).await.map_err(failed)?;
    let empty = "no transfers";
    Ok(listed(output, "transfers", &transfers, empty, in_a_line))
}

/// Refuses an end before its beginning: nothing lies between.
pub(super) fn in_order(since: Option<Date>, until: Option<Date>) -> Result<(), Trouble> {
    match since.zip(until) {
        Some((since, until)) if until < since => Err(Trouble::misuse(format!(
            "--until {until} lies before --since {since}"
        ))),
        _ => Ok(()),
    }
}

/// When a day begins, as the pages and exports count it.
async fn start(
    rooms: &Rooms,
    day: Option<Date>,
    store: Option<&str>,
) -> Result<Option<i64>, Trouble> {
    let Some(day) = day else {
        return Ok(None);
    };
    let start = rooms.payments.start_of_day(day, store).await;
    start
        .map(Some)
        .map_err(|error| Trouble::failed(chain(&error)))
}

async fn show(rooms: &Rooms, id: &str, output: &Output) -> Result<ExitCode, Trouble> {
    let payments = &rooms.payments;
    let mut story = payments.transfer_story(id).await.map_err(failed)?;
    if story.is_none() {
        let named = TransferFilter {
            text: Some(id.to_owned()),
            limit: 2,
            ..TransferFilter::default()
        };
        story = match payments.transfers(&named).await.map_err(failed)?.as_slice() {
            [only] => payments.transfer_story(&only.id).await.map_err(failed)?,
            [] => None,
            _ => {
                return Err(
                    Trouble::failed(format!("{id} names several transfers")).mend(format!(
                        "wharf payments transfers --find {id} shows their ids"
                    )),
                );
            }
        };
    }
    let story = story.ok_or_else(|| {
        Trouble::failed(format!("there is no transfer {id}"))
            .mend("\"wharf payments transfers\" shows them")
    })?;
    output.json(&json!({ "transfer": story }));
    tell(&story, output);
    Ok(ExitCode::SUCCESS)
}

fn tell(story: &TransferStory, output: &Output) {
    let transfer = &story.transfer;
    output.line(in_a_line(transfer));
    if let Some(message) = &story.message {
        output.line(format!(
            "\nmessage {} from {} by {}, {} deliveries, read by {}{}",
            message.id,
            message.sender,
            message.device,
            message.deliveries,
            message.template.as_deref().unwrap_or("no template"),
            quoted(message)
        ));
    }
    for claim in &story.claims {
        output.line(format!(
            "\nclaim {}  {}  client {} of {}, invoice {}, {} from {}, number {}: {}{}",
            claim.id,
            when(claim.created_at),
            claim.client,
            claim.site,
            or_dash(claim.invoice),
            money(claim.amount_minor, &claim.currency),
            claim.phone,
            or_dash(claim.operator_id.as_deref()),
            claim.state,
            reason(claim.reason.as_deref()),
        ));
    }
    for review in &story.reviews {
        output.line(format!(
            "\nreview {}  {}  {}: {}",
            review.id, review.kind, review.state, review.reason_en
        ));
    }
    for effect in &story.credit {
        output.line(format!(
            "\neffect {}  {}  {}: {}, attempt {}{}",
            effect.id,
            when(effect.updated_at),
            effect.kind,
            effect.state,
            effect.attempt,
            reason(effect.reason.as_deref()),
        ));
    }
    if !story.audit.is_empty() {
        output.line("");
    }
    for line in &story.audit {
        output.line(format!(
            "{}  {:<12}  {:<12}  {}  {}",
            when(line.at),
            line.actor,
            line.event,
            line.subject,
            line.detail
        ));
    }
}

fn in_a_line(transfer: &TransferView) -> String {
    let credit = transfer.credit_minor.map_or(String::new(), |minor| {
        let currency = transfer.credit_currency.as_deref().unwrap_or_default();
        format!(
            "  → {} to client {}",
            money(minor, currency),
            or_dash(transfer.client)
        )
    });
    format!(
        "{}  {}  {:<9}  {:>14}  from {:<14}  {} {}{credit}{}",
        transfer.id,
        when(transfer.happened_at),
        transfer.state,
        money(transfer.amount_minor, &transfer.currency),
        or_dash(transfer.phone.as_deref()),
        transfer.wallet,
        number_text(&transfer.operator_id),
        reason(transfer.reason.as_deref()),
    )
}

fn reason(reason: Option<&str>) -> String {
    reason.map_or(String::new(), |reason| format!("  ({reason})"))
}
