//! `wharf payments review`: what waits for a person.

use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use wharf_payments::ReviewError;
use wharf_payments::views::{
    Decided, Decision, REVIEW_KINDS, ReviewFilter, ReviewView, Seen, number_text, visible,
};

use super::words::{
    failed, known_store, listed, money, nobody, or_dash, quoted, this_person, when,
};
use wharf_web::staff::{Operator, Operators, Role};

use crate::output::Output;
use crate::rooms::Rooms;
use crate::trouble::{Trouble, chain};

/// What waits for a person, newest first.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    filters: Filters,
}

#[derive(Debug, Args)]
struct Filters {
    /// Only of this store
    #[arg(long)]
    store: Option<String>,
    /// Only in this state
    #[arg(long, default_value = "open", value_parser = ["open", "approved", "rejected", "released", "expired", "all"])]
    state: String,
    /// What it is about
    #[arg(long, value_parser = PossibleValuesParser::new(REVIEW_KINDS))]
    kind: Option<String>,
    /// How many at most
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=1_000))]
    limit: i64,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show one with all the evidence
    Show { id: String },
    /// Let the money go to the customer. Of a credit that is not known: it is not booked in WHMCS, send it. Of a reversal:
    /// take the credit back. Of one whose taking back is not known: it is not taken back in WHMCS, do it
    Approve {
        #[command(flatten)]
        deciding: Deciding,
        #[command(flatten)]
        chosen: Chosen,
        #[command(flatten)]
        looked: Looked,
    },
    /// Keep the money from being credited. Of a credit that is not known: it is booked in WHMCS. Of a reversal: leave the
    /// credit. Of one whose taking back is not known: it is taken back in WHMCS
    Reject {
        #[command(flatten)]
        deciding: Deciding,
        #[command(flatten)]
        looked: Looked,
    },
    /// Take a rejection back: it waits for a person again
    Reopen(Deciding),
}

#[derive(Clone, Debug, Default, Args)]
struct Chosen {
    /// Which of several claims gets the money
    #[arg(long, value_name = "ID")]
    claim: Option<String>,
    /// Which of the phone's wallets the message is about, where it does not tell
    #[arg(long, value_name = "ID")]
    wallet: Option<String>,
}

#[derive(Clone, Debug, Default, Args)]
struct Looked {
    /// The word that "wharf payments review show ID" ends with, in --json "seen". It is asked for where the money goes to
    /// a claim that --claim does not name, or where other items about the transfer end as well; what has changed since
    /// is refused
    #[arg(long, value_name = "WORD")]
    seen: Option<String>,
}

#[derive(Debug, Args)]
struct Deciding {
    /// The review's id, as shown by "wharf payments review"
    id: String,
    /// Why; it is kept for ever
    #[arg(long)]
    reason: String,
    /// Who decides [default: the user at the keyboard]
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
}

pub async fn run(
    arguments: &Arguments,
    rooms: &Rooms,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    match &arguments.what {
        None => list(&arguments.filters, rooms, output).await,
        Some(What::Show { id }) => show(id, rooms, output).await,
        Some(What::Approve {
            deciding,
            chosen,
            looked,
        }) => decide(deciding, chosen, looked, Word::Approve, rooms, output).await,
        Some(What::Reject { deciding, looked }) => {
            let chosen = Chosen::default();
            decide(deciding, &chosen, looked, Word::Reject, rooms, output).await
        }
        Some(What::Reopen(deciding)) => {
            let (chosen, looked) = (Chosen::default(), Looked::default());
            decide(deciding, &chosen, &looked, Word::Reopen, rooms, output).await
        }
    }
}

async fn list(filters: &Filters, rooms: &Rooms, output: &Output) -> Result<ExitCode, Trouble> {
    known_store(rooms, filters.store.as_deref()).await?;
    let filter = ReviewFilter {
        store: filters.store.clone(),
        state: Some(filters.state.clone()),
        kind: filters.kind.clone(),
        limit: filters.limit,
        ..ReviewFilter::default()
    };
    let reviews = rooms.payments.reviews(&filter).await.map_err(failed)?;
    let empty = "nothing waits for a person";
    Ok(listed(output, "reviews", &reviews, empty, in_a_line))
}

async fn show(id: &str, rooms: &Rooms, output: &Output) -> Result<ExitCode, Trouble> {
    let review = rooms.payments.review(id).await.map_err(failed)?;
    let review = review.ok_or_else(|| unknown(id))?;
    output.json(&json!({ "review": review }));
    output.line(in_a_line(&review));
    if let Some(message) = &review.message {
        output.line(format!(
            "\nmessage from {} by {}{}",
            message.sender,
            message.device,
            quoted(message)
        ));
    }
    if let Some(description) = review.evidence.get("description").and_then(Value::as_str) {
        output.line(format!("\nin WHMCS it has the description: {description}"));
    }
    if let Some(balance) = review
        .message
        .as_ref()
        .and_then(|message| message.balance_minor)
        .filter(|_| !review.wallets.is_empty())
    {
        let balance = money(balance, &review.currency);
        output.line(format!("\nthe message prints the balance {balance}"));
    }
    for wallet in &review.wallets {
        let balance = wallet.balance_minor.map_or_else(
            || "no balance known".to_owned(),
            |minor| format!("last known balance {}", money(minor, &review.currency)),
        );
        output.line(format!(
            "\nwallet {}  {}  {balance}",
            wallet.id, wallet.number
        ));
    }
    for payer in &review.payers {
        output.line(format!(
            "\nthe phone is known to be that of client {} of {}: {} payments from it before",
            payer.client, payer.site, payer.paid
        ));
    }
    for claim in &review.claims {
        output.line(format!(
            "\nclaim {}  {}  client {} of {}, invoice {}: {} from {}, {}{}",
            claim.id,
            when(claim.created_at),
            claim.client,
            claim.site,
            or_dash(claim.invoice),
            money(claim.amount_minor, &claim.currency),
            claim.phone,
            claim.state,
            if review.payers.iter().any(|payer| payer.claims(claim)) {
                ", known to pay from this phone"
            } else {
                ""
            }
        ));
    }
    if !review.chain.is_empty() {
        output.line("\nbalances around it");
    }
    let currency = &review.currency;
    for link in &review.chain {
        let expected = link
            .expected_minor
            .filter(|expected| *expected != link.balance_minor)
            .map_or(String::new(), |expected| {
                format!(", expected {}", money(expected, currency))
            });
        output.line(format!(
            "{} {}  {:<10}  {}  {:>14}  balance {}{expected}  {}",
            if link.is_subject { ">" } else { " " },
            when(link.happened_at),
            link.kind,
            or_dash(link.operator_id.as_deref()),
            money(link.amount_minor, currency),
            money(link.balance_minor, currency),
            link.standing
        ));
    }
    for line in &review.history {
        output.line(format!(
            "\n{}  {}: {}, {}",
            when(line.at),
            line.event,
            line.actor,
            line.detail
        ));
    }
    if review.first.is_some() && review.state == "open" {
        if let Some(claim) = &review.first_claim {
            output.line(format!("for claim {claim}"));
        }
        output.line("a second person must approve it, too");
    }
    if let Some(transfer) = &review.made {
        output.line(format!("\nits message has made the transfer {transfer}"));
    }
    for other in &review.beside {
        output.line(format!(
            "\nalso open about this transfer, and ended by the same decision: {} {}",
            other.kind, other.id
        ));
    }
    if is_undecided(&review) {
        output.line(format!("\nto decide about this: --seen {}", review.seen));
    }
    Ok(ExitCode::SUCCESS)
}

async fn decide(
    deciding: &Deciding,
    chosen: &Chosen,
    looked: &Looked,
    word: Word,
    rooms: &Rooms,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    let actor = deciding
        .actor
        .clone()
        .or_else(this_person)
        .ok_or_else(nobody)?;
    let (payments, id) = (&rooms.payments, &deciding.id);
    let review = payments.review(id).await.map_err(failed)?;
    let review = review.ok_or_else(|| unknown(id))?;
    let seen = match &looked.seen {
        Some(seen) => seen.clone(),
        None if must_look(&review, chosen, word) => return Err(unseen(&review)),
        None => review.seen.clone(),
    };
    let decision = Decision {
        actor,
        reason: visible(&deciding.reason),
        claim: chosen.claim.clone(),
        wallet: chosen.wallet.clone(),
        seen: Seen::Shown(seen),
    };
    if matches!(word, Word::Approve) && review.needs_second {
        operator(rooms, &decision.actor).await?;
    }
    let kind = review.kind;
    let is_known = review.transfer.is_some();
    let credited = review
        .transfer
        .is_some_and(|transfer| matches!(transfer.state.as_str(), "credited" | "observed"));
    let decided = match word {
        Word::Approve => payments.approve(id, decision).await,
        Word::Reject => payments.reject(id, decision).await,
        Word::Reopen => payments.reopen(id, decision).await.map(|()| Decided::Done),
    };
    let decided = decided.map_err(|error| match &error {
        ReviewError::NotFound => unknown(&deciding.id),
        _ => Trouble::failed(chain(&error)).mend(format!(
            "\"wharf payments review show {}\" shows what there is to decide by",
            deciding.id
        )),
    })?;
    output.json(&json!({ "review": deciding.id, "decided": decided }));
    output.line(match (decided, word, kind.as_str()) {
        (Decided::NeedsSecond, ..) => "kept; a second person must approve it, too",
        (Decided::Done, Word::Reopen, _) => "opened again; it waits for a person",
        (Decided::Done, _, "credit_conflict") => "settled; comparisons leave this difference out",
        (Decided::Done, Word::Approve, "credit_unknown") => "not booked in WHMCS: it is sent",
        (Decided::Done, Word::Reject, "credit_unknown") => "booked in WHMCS: it counts as credited",
        (Decided::Done, Word::Approve, "credit_refused") => "WHMCS is asked once more to book it",
        (Decided::Done, Word::Approve, "removal_unknown") => "still in WHMCS: it is taken back",
        (Decided::Done, Word::Reject, "removal_unknown") => {
            "gone in WHMCS: it counts as taken back"
        }
        (Decided::Done, Word::Approve, "removal_refused") => {
            "WHMCS is asked once more to take it back"
        }
        (Decided::Done, Word::Reject, "removal_refused") => "the credit is left with the client",
        (Decided::Done, Word::Approve, "reversal") if !is_known => {
            "approved; nothing is known yet that was taken back: it is not credited when it comes"
        }
        (Decided::Done, Word::Approve, "reversal") => {
            "approved; what was credited for it is taken back, else it is not credited"
        }
        (Decided::Done, Word::Reject, "reversal") => "rejected; a credit stays as it is",
        (Decided::Done, _, _) if credited => "kept; what was credited stays as it is",
        (Decided::Done, Word::Approve, _) => "approved; the daemon goes on with it",
        (Decided::Done, Word::Reject, _) => "rejected; it is not credited",
    });
    Ok(ExitCode::SUCCESS)
}

/// Whether the decision touches what the command does not name: a claim that gets the money, or other items.
fn must_look(review: &ReviewView, chosen: &Chosen, word: Word) -> bool {
    let unnamed = !review.candidates.is_empty() && chosen.claim.is_none();
    match word {
        _ if !is_undecided(review) => false,
        Word::Approve => unnamed || !review.beside.is_empty(),
        Word::Reject => !review.beside.is_empty(),
        Word::Reopen => false,
    }
}

fn unseen(review: &ReviewView) -> Trouble {
    let what = match review.beside.is_empty() {
        true => "a claim gets this money, and nothing says that you have seen which",
        false => "more is open about this transfer, and nothing says that you have seen it",
    };
    Trouble::failed(what).mend(format!(
        "\"wharf payments review show {}\" shows it, and the word to give with --seen",
        review.id
    ))
}

fn is_undecided(review: &ReviewView) -> bool {
    ["open", "expired"].contains(&review.state.as_str())
}

/// Where two people must agree, each is one who can be known: an operator who may decide, and no invented name.
async fn operator(rooms: &Rooms, actor: &str) -> Result<(), Trouble> {
    let operators = Operators::new(rooms.store.clone()).list().await;
    let operators = operators.map_err(|error| Trouble::failed(chain(&error)))?;
    let may = |operator: &Operator| {
        operator.name.eq_ignore_ascii_case(actor)
            && !operator.disabled
            && operator.role != Role::Viewer
    };
    if operators.iter().any(may) {
        return Ok(());
    }
    Err(Trouble::failed(format!(
        "\"{actor}\" is no operator who may decide, and two people must agree here"
    ))
    .mend(
        "decide on the operators' pages, or name one with --actor; \"wharf operators\" shows them",
    ))
}

#[derive(Clone, Copy)]
enum Word {
    Approve,
    Reject,
    Reopen,
}

fn in_a_line(review: &ReviewView) -> String {
    let about = review.transfer.as_ref().map_or(String::new(), |transfer| {
        format!(
            "  {} from {}, number {}",
            money(transfer.amount_minor, &transfer.currency),
            or_dash(transfer.phone.as_deref()),
            number_text(&transfer.operator_id)
        )
    });
    let second = if review.needs_second && review.first.is_some() && review.state == "open" {
        "  (a second person must approve)"
    } else {
        ""
    };
    format!(
        "{}  {}  {:<8}  {:<13}  {}{about}{second}",
        review.id,
        when(review.opened_at),
        review.state,
        review.kind,
        review.reason_en
    )
}

fn unknown(id: &str) -> Trouble {
    Trouble::failed(format!("there is no review item {id}"))
        .mend("\"wharf payments review --state all\" shows them")
}
