//! `wharf payments parse`: which template takes a message, or why none does.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::{Value, json};
use wharf_core::{Clock, Money};
use wharf_payments::wallets::{Explained, Reading, Wallets, golden};

use super::words::a_time;
use crate::cli::Global;
use crate::config::Config;
use crate::output::Output;
use crate::trouble::Trouble;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Who wrote the messages, as the phone shows it: VF-Cash
    #[arg(long, value_name = "NAME")]
    sender: Option<String>,
    /// A folder with wallet files besides the program's own [default: wallets_dir of the configuration]
    #[arg(long, value_name = "DIR")]
    wallets: Option<PathBuf>,
    /// When the messages arrived, such as 2026-09-03T14:26:09+03:00 [default: now]; dates in them must be near
    #[arg(long, value_name = "TIME", value_parser = a_time)]
    at: Option<Timestamp>,
    /// Read the golden samples of all wallet files instead, and say which ones come out wrong
    #[arg(long, conflicts_with_all = ["sender", "at"])]
    check: bool,
}

pub fn run(arguments: &Arguments, global: &Global, output: &Output) -> Result<ExitCode, Trouble> {
    let folder = arguments.wallets.clone().or_else(|| {
        let config = Config::load(global.config.as_deref()).ok()?;
        config.wallets_dir
    });
    let unusable = |error| {
        Trouble::misuse("the wallets' message templates cannot be loaded")
            .because(error)
            .mend("mend the file; its keys are described in docs/wallets.md")
    };
    if arguments.check {
        let checked = golden::check(folder.as_deref()).map_err(unusable)?;
        return Ok(show_check(&checked, output));
    }
    let wallets = Wallets::load(folder.as_deref()).map_err(unusable)?;
    let now = Clock::system().now();
    let (messages, is_list) = messages(arguments, now)?;
    let mut answers = Vec::with_capacity(messages.len());
    let mut all_understood = true;
    for (at, message) in messages.iter().enumerate() {
        let explained = wallets.read(&message.sender, &message.text, message.at);
        all_understood &= explained.reading.is_some();
        if at > 0 {
            output.line("");
        }
        answers.push(answer(&wallets, message, &explained, output));
    }
    match answers.as_slice() {
        [answer] if !is_list => output.json(answer),
        _ => output.json(&Value::Array(answers)),
    }
    Ok(ExitCode::from(if all_understood { 0 } else { 1 }))
}

struct Message {
    sender: String,
    text: String,
    at: Timestamp,
}

/// The messages of standard input, and whether it was a list.
fn messages(arguments: &Arguments, now: Timestamp) -> Result<(Vec<Message>, bool), Trouble> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .take(INPUT_LIMIT)
        .read_to_end(&mut bytes)
        .map_err(|error| Trouble::failed("standard input cannot be read").because(error))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        Trouble::misuse("the message is not UTF-8 text").mend("save it as UTF-8 first")
    })?;
    // As Windows saves it.
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    if text.trim().is_empty() {
        return Err(Trouble::misuse("there is no message on standard input")
            .mend("wharf payments parse --sender VF-Cash < sms.txt"));
    }
    let at = arguments.at.unwrap_or(now);
    let json = serde_json::from_str::<Value>(&text);
    if let Ok(Value::Array(_) | Value::Object(_)) = &json {
        let mut messages = Vec::new();
        let is_list = matches!(json, Ok(Value::Array(_)));
        let items = match json {
            Ok(Value::Array(items)) => items,
            Ok(item) => vec![item],
            Err(_) => Vec::new(),
        };
        for item in &items {
            collect(item, arguments, None, at, &mut messages)?;
        }
        if messages.is_empty() {
            return Err(
                Trouble::misuse("the list on standard input has no messages")
                    .mend("its objects need \"sender\" and \"text\""),
            );
        }
        return Ok((messages, is_list));
    }
    let Some(sender) = &arguments.sender else {
        if let (Err(error), true) = (json, text.trim_start().starts_with(['[', '{'])) {
            return Err(
                Trouble::misuse("standard input is not the JSON that it begins as")
                    .because(error)
                    .mend("write a list of objects with \"sender\" and \"text\""),
            );
        }
        return Err(Trouble::misuse("it is not told who wrote the message")
            .mend("name the sender as the phone shows it: --sender VF-Cash"));
    };
    let texts: Vec<&str> = text.split("\n---\n").collect();
    let messages = texts.iter().map(|text| Message {
        sender: sender.clone(),
        text: (*text).to_owned(),
        at,
    });
    Ok((messages.collect(), texts.len() > 1))
}

/// One message of a list, or a group of them with a sender in common, as exports of phones have it.
fn collect(
    item: &Value,
    arguments: &Arguments,
    group: Option<&str>,
    at: Timestamp,
    into: &mut Vec<Message>,
) -> Result<(), Trouble> {
    let found = |names: &[&str]| names.iter().find_map(|name| item.get(name));
    let named = found(&["sender", "from", "address", "_address"]).and_then(Value::as_str);
    let sender = arguments.sender.as_deref().or(named).or(group);
    if let Some(Value::Array(list)) = item.get("messages") {
        return list
            .iter()
            .try_for_each(|item| collect(item, arguments, sender, at, into));
    }
    let text = found(&["text", "body", "message", "content", "_body"]).and_then(Value::as_str);
    let (Some(text), Some(sender)) = (text, sender) else {
        return Err(Trouble::misuse("an item of the list is no message")
            .mend("each needs \"text\" and, without --sender, \"sender\""));
    };
    let told = found(&["at", "receivedAt", "date", "_date", "time", "timestamp"]).and_then(moment);
    into.push(Message {
        sender: sender.to_owned(),
        text: text.to_owned(),
        at: arguments.at.or(told).unwrap_or(at),
    });
    Ok(())
}

/// ISO 8601, or seconds or milliseconds since 1970.
fn moment(value: &Value) -> Option<Timestamp> {
    let number = value
        .as_i64()
        .or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    match number {
        Some(number) if number <= 0 => None,
        Some(number) if number >= MILLISECONDS => Timestamp::from_millisecond(number).ok(),
        Some(number) => Timestamp::from_second(number).ok(),
        None => value.as_str()?.parse().ok(),
    }
}

fn answer(wallets: &Wallets, message: &Message, explained: &Explained, output: &Output) -> Value {
    let Some(reading) = &explained.reading else {
        return not_understood(wallets, message, explained, output);
    };
    let template = format!("{}/{}", reading.operator, reading.template);
    output.line(format!("{template}: {}", meaning(reading)));
    let money =
        |minor: Option<i64>| minor.map(|minor| Money::new(minor, reading.currency).to_string());
    for (name, value) in [
        ("amount", money(reading.amount)),
        ("fee", money(reading.fee)),
        ("balance", money(reading.balance)),
        (
            "phone",
            reading.phone.as_ref().map(|phone| phone.national()),
        ),
        ("name", reading.payer.clone()),
        ("address", reading.address.clone()),
        (
            "wallet",
            reading.wallet.as_ref().map(|phone| phone.national()),
        ),
        ("id", reading.operator_id.clone()),
        ("takes back", reading.original_id.clone()),
        ("time", reading.happened_at.map(|at| at.to_string())),
    ] {
        if let Some(value) = value {
            output.line(format!("  {name:<11}{value}"));
        }
    }
    for doubt in &reading.doubts {
        output.line(format!("  doubt      {}", doubt.words()));
    }
    json!({
        "template": template,
        "operator": reading.operator,
        "kind": reading.kind,
        "amount_minor": reading.amount,
        "currency": reading.currency,
        "fee_minor": reading.fee,
        "balance_minor": reading.balance,
        "phone": reading.phone,
        "name": reading.payer,
        "address": reading.address,
        "wallet": reading.wallet,
        "id": reading.operator_id,
        "original_id": reading.original_id,
        "time": reading.happened_at,
        "doubts": reading.doubts,
        "tried": explained.tried,
    })
}

fn meaning(reading: &Reading) -> &'static str {
    use wharf_payments::wallets::Kind;
    match reading.kind {
        Kind::Received => "money that came",
        Kind::Sent => "money that was sent",
        Kind::WithdrawalAsked => "a withdrawal that is not done yet",
        Kind::Withdrawn => "money that was withdrawn",
        Kind::Paid => "a payment that was made",
        Kind::Airtime => "airtime that was bought",
        Kind::Enquiry => "the balance",
        Kind::Failed => "something that failed",
        Kind::Reversed => "a transfer that was taken back",
        Kind::Code => "a one-time code",
        Kind::Advert => "advertising",
    }
}

fn not_understood(
    wallets: &Wallets,
    message: &Message,
    explained: &Explained,
    output: &Output,
) -> Value {
    let sender = &message.sender;
    let reason = match &explained.operator {
        None => match wallets.switched_off_sender(sender) {
            Some(off) => format!(
                "the wallet \"{off}\" has the sender \"{sender}\", but is switched off; a file of your own with enabled = true switches it on"
            ),
            None => format!("no wallet has the sender \"{sender}\""),
        },
        Some(_) if explained.normalised.is_empty() => {
            "the text is empty, or longer than any message".to_owned()
        }
        Some(_) => {
            let known = wallets.names_of_sender(sender).join("\" or \"");
            format!("no template of \"{known}\" fits the whole text")
        }
    };
    output.line(format!("not understood: {reason}"));
    let nearest = wallets.nearest(sender, &message.text);
    if let Some(near) = &nearest {
        let (fitting, of) = (near.fitting, near.of);
        output.line(format!(
            "  nearest    {} ({fitting} of {of} pieces of its pattern fit)",
            near.template
        ));
        output.line(format!(
            "  fits       {}",
            near.fits.trim_end().replace('\n', "⏎")
        ));
        let expected = near.expected.as_deref().unwrap_or("the end of the text");
        output.line(format!("  then       {expected}"));
        let found = near.found.replace('\n', "⏎");
        output.line(format!(
            "  but found  {}",
            if found.is_empty() {
                "the end of the text"
            } else {
                &found
            }
        ));
    }
    json!({
        "template": null,
        "operator": explained.operator,
        "kind": null,
        "amount_minor": null,
        "currency": null,
        "fee_minor": null,
        "balance_minor": null,
        "phone": null,
        "name": null,
        "address": null,
        "wallet": null,
        "id": null,
        "original_id": null,
        "time": null,
        "doubts": [],
        "tried": explained.tried,
        "reason": reason,
        "nearest": nearest,
    })
}

fn show_check(checked: &golden::Checked, output: &Output) -> ExitCode {
    for wrong in &checked.wrong {
        output.line(wrong);
    }
    output.line(format!(
        "{} samples, {} wrong",
        checked.samples,
        checked.wrong.len()
    ));
    output.json(&json!({ "samples": checked.samples, "wrong": checked.wrong }));
    ExitCode::from(if checked.wrong.is_empty() { 0 } else { 1 })
}

const INPUT_LIMIT: u64 = 64 * 1024 * 1024;
/// Above it a number is milliseconds: it would be the year 5138 in seconds.
const MILLISECONDS: i64 = 100_000_000_000;
