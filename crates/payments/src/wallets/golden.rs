//! Golden samples: messages in wallet files with what must be read from them. They are data too, so that a
//! provider can prove a file of its own without building anything.

use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;
use wharf_core::{Money, Phone};

use super::text::{amount_of, sender_key};
use super::{Kind, Reading, Wallet, WalletError, Wallets, sources};

/// What a sample's message must give. What is not told must not be read either.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sample {
    pub(super) at: Timestamp,
    pub(super) text: String,
    /// One of the file's senders; else the first.
    sender: Option<String>,
    amount: Option<String>,
    phone: Option<String>,
    payer: Option<String>,
    address: Option<String>,
    wallet: Option<String>,
    balance: Option<String>,
    fee: Option<String>,
    id: Option<String>,
    original: Option<String>,
    happened: Option<Timestamp>,
    /// Doubts that it must raise.
    #[serde(default)]
    doubts: Vec<String>,
}

/// A text that no template may take for money.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {
    pub(super) text: String,
}

/// A message of the samples.
#[derive(Clone, Debug)]
pub struct Golden {
    pub wallet: String,
    /// `None`: nothing may be read.
    pub template: Option<String>,
    pub sender: String,
    pub at: Timestamp,
    pub text: String,
}

/// What became of the samples.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    pub samples: usize,
    /// One line for each that reads otherwise than its file says.
    pub wrong: Vec<String>,
}

/// All samples of the shipped files and of `extra`'s; for measuring.
pub fn samples(extra: Option<&Path>) -> Result<Vec<Golden>, WalletError> {
    let mut all = Vec::new();
    for (_, file) in sources(extra)? {
        let sender = file.senders.first().cloned().unwrap_or_default();
        for entry in &file.template {
            all.extend(entry.sample.iter().map(|sample| Golden {
                wallet: file.name.clone(),
                template: Some(entry.name.clone()),
                sender: sample.sender.clone().unwrap_or_else(|| sender.clone()),
                at: sample.at,
                text: sample.text.clone(),
            }));
        }
        all.extend(file.nothing.iter().map(|nothing| Golden {
            wallet: file.name.clone(),
            template: None,
            sender: sender.clone(),
            at: Timestamp::UNIX_EPOCH,
            text: nothing.text.clone(),
        }));
    }
    Ok(all)
}

/// Reads every sample: with its own wallet, where it must give exactly what its file says, and under the
/// senders of all others, where it must never be money.
pub fn check(extra: Option<&Path>) -> Result<Checked, WalletError> {
    let loaded = Wallets::load(extra)?;
    // Two that nobody has switched on may be alike.
    let in_use: Vec<String> = loaded.names().map(str::to_owned).collect();
    let wallets = loaded.all_enabled();
    let mut checked = Checked::default();
    for (_, file) in sources(extra)? {
        let Some(wallet) = wallets.by_name(&file.name) else {
            continue;
        };
        let first = wallet.senders.first().cloned().unwrap_or_default();
        for entry in &file.template {
            // Another file replaced this one, or its template.
            if !wallet
                .templates
                .iter()
                .any(|known| known.name == entry.name)
            {
                continue;
            }
            for sample in &entry.sample {
                checked.samples += 1;
                let sender = sample.sender.as_deref().unwrap_or(&first);
                let explained = wallets.read(sender, &sample.text, sample.at);
                let of = format!("{}/{}", wallet.name, entry.name);
                let wrong = match &explained.reading {
                    None => vec!["nothing was read".to_owned()],
                    Some(reading) => sample.differs(wallet, &entry.name, entry.kind, reading),
                };
                checked
                    .wrong
                    .extend(wrong.iter().map(|why| format!("{of}: {why}")));
                for other in wallet.also_fitting(entry.kind, &sample.text) {
                    checked
                        .wrong
                        .push(format!("{of}: its sample fits \"{other}\" too"));
                }
                if !in_use.contains(&wallet.name) {
                    continue;
                }
                let as_sample = (sender, entry.kind, &*sample.text, sample.at);
                let others = wallets.read_as_others(wallet, &in_use, as_sample);
                checked.wrong.extend(
                    others
                        .into_iter()
                        .map(|other| format!("{of}: {other} takes it for its own")),
                );
            }
        }
        for nothing in &file.nothing {
            checked.samples += 1;
            for sender in &wallet.senders {
                let reading = wallets
                    .read(sender, &nothing.text, Timestamp::UNIX_EPOCH)
                    .reading;
                if let Some(reading) = reading.filter(|reading| !reading.kind.is_noise()) {
                    let why = format!(
                        "{}: read as {}: {}",
                        wallet.name, reading.template, nothing.text
                    );
                    checked.wrong.push(why);
                }
            }
        }
    }
    Ok(checked)
}

impl Sample {
    fn differs(
        &self,
        wallet: &Wallet,
        template: &str,
        kind: Kind,
        reading: &Reading,
    ) -> Vec<String> {
        let minor = |text: &Option<String>| {
            let decimals = wallet.currency.exponent();
            text.as_deref()
                .map(|text| amount_of(text, decimals, wallet.grouping).unwrap_or(i64::MIN))
        };
        let phone = |text: &Option<String>| {
            let read = |text: &str| Phone::parse_in(wallet.country, text).ok();
            text.as_deref().map(read)
        };
        let doubts: Vec<&str> = reading.doubts.iter().map(|doubt| doubt.as_str()).collect();
        let mut wrong = Vec::new();
        let mut same = |what: &str, expected: String, found: String| {
            if expected != found {
                wrong.push(format!("{what} should be {expected}, but is {found}"));
            }
        };
        same("the wallet", wallet.name.clone(), reading.operator.clone());
        same(
            "the template",
            template.to_owned(),
            reading.template.clone(),
        );
        same(
            "the kind",
            kind.as_str().to_owned(),
            reading.kind.as_str().to_owned(),
        );
        let show = |value: Option<i64>| {
            let money = value.map(|minor| Money::new(minor, wallet.currency).amount());
            money.unwrap_or_else(nothing)
        };
        same(
            "the amount",
            show(minor(&self.amount)),
            show(reading.amount),
        );
        same(
            "the balance",
            show(minor(&self.balance)),
            show(reading.balance),
        );
        same("the fee", show(minor(&self.fee)), show(reading.fee));
        let show = |value: Option<&Phone>| value.map_or_else(nothing, |phone| phone.e164().into());
        let told = phone(&self.phone);
        same(
            "the phone",
            show(told.as_ref().and_then(Option::as_ref)),
            show(reading.phone.as_ref()),
        );
        let told = phone(&self.wallet);
        same(
            "the wallet's number",
            show(told.as_ref().and_then(Option::as_ref)),
            show(reading.wallet.as_ref()),
        );
        let show = |value: &Option<String>| value.clone().unwrap_or_else(nothing);
        for (what, expected, found) in [
            ("the payer", &self.payer, &reading.payer),
            ("the address", &self.address, &reading.address),
            ("the id", &self.id, &reading.operator_id),
            ("the original id", &self.original, &reading.original_id),
        ] {
            same(what, show(expected), show(found));
        }
        let show = |value: Option<Timestamp>| value.map_or_else(nothing, |at| at.to_string());
        same("the time", show(self.happened), show(reading.happened_at));
        same("the doubts", self.doubts.join(", "), doubts.join(", "));
        wrong
    }
}

fn nothing() -> String {
    "nothing".to_owned()
}

impl Wallet {
    /// Templates of this wallet that would take the text for another kind of thing, and are not only noise.
    fn also_fitting(&self, kind: Kind, text: &str) -> Vec<&str> {
        let folded = super::text::fold(&super::text::clean(text));
        let fits = |other: &&super::Template| {
            other.kind != kind && !other.kind.is_noise() && other.pattern.fit(&folded).is_some()
        };
        self.templates
            .iter()
            .filter(fits)
            .map(|other| other.name.as_str())
            .collect()
    }
}

impl Wallets {
    /// Switched-off wallets must be right as well.
    fn all_enabled(mut self) -> Self {
        for wallet in &mut self.0 {
            wallet.enabled = true;
        }
        self
    }

    /// The other wallets that would take a message for money that came, or a receipt for anything, if it came
    /// from their senders.
    fn read_as_others(
        &self,
        wallet: &Wallet,
        in_use: &[String],
        (sender, kind, text, at): (&str, Kind, &str, Timestamp),
    ) -> Vec<String> {
        let sender = sender_key(sender);
        let mut taken = Vec::new();
        for other in self
            .0
            .iter()
            .filter(|other| other.name != wallet.name && in_use.contains(&other.name))
        {
            // Whoever shares the sender is tried with it above: the right wallet must win.
            let foreign = other.senders.iter().find(|_| !other.has_sender(&sender));
            let reading = foreign.and_then(|foreign| {
                let foreign = foreign.replace('?', "x");
                self.read(&foreign, text, at).reading
            });
            if let Some(reading) = reading
                && reading.operator == other.name
                && (reading.kind == Kind::Received
                    || kind == Kind::Received && !reading.kind.is_noise())
            {
                taken.push(format!("{}/{}", reading.operator, reading.template));
            }
        }
        taken
    }
}
