//! One wallet file: its keys, and the wallet that it makes.

use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use wharf_core::{Country, Currency};

use super::golden::{Nothing, Sample};
use super::pattern::{Marks, Pattern, unknown_part};
use super::text::{self, Grouping};
use super::{Kind, Template, Wallet, WalletError};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WalletFile {
    pub(super) name: String,
    /// Adds to the wallet of that name instead of replacing it.
    #[serde(default)]
    pub(super) extends: bool,
    title: Option<String>,
    country: Option<Country>,
    currency: Option<Currency>,
    zone: Option<String>,
    grouping: Option<Grouping>,
    enabled: Option<bool>,
    #[serde(default)]
    pub(super) senders: Vec<String>,
    /// Words of its receipts: a text that has them and fits none is taken for nothing else, and one that has them
    /// twice is two receipts.
    #[serde(default)]
    pub(super) receipt: Vec<String>,
    /// How long its transaction numbers are; one of another length was cut, or has something stuck to it.
    digits: Option<usize>,
    /// Whether its balances always have their decimals; one without was cut.
    cents: Option<bool>,
    /// Whether all its receipts tell who sends, where the templates do not show it.
    tells_payers: Option<bool>,
    #[serde(default)]
    pub(super) template: Vec<TemplateEntry>,
    /// Texts that no template may fit.
    #[serde(default)]
    pub(super) nothing: Vec<Nothing>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TemplateEntry {
    pub(super) name: String,
    pub(super) kind: Kind,
    pattern: String,
    date: Option<Dates>,
    #[serde(default)]
    pub(super) sample: Vec<Sample>,
}

/// One way to write a date, or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Dates {
    One(String),
    Several(Vec<String>),
}

impl WalletFile {
    pub(super) fn read(file: &str, text: &str) -> Result<Self, WalletError> {
        toml::from_str(text).map_err(|error| WalletError::File {
            file: file.to_owned(),
            why: complaint(text, &error),
        })
    }

    /// The wallet that the file describes; `base` is the one that it extends.
    pub(super) fn wallet(&self, file: &str, base: Option<&Wallet>) -> Result<Wallet, WalletError> {
        let wrong = |why: String| WalletError::File {
            file: file.to_owned(),
            why,
        };
        let base = match (self.extends, base) {
            (true, None) => {
                let why = format!("it extends \"{}\", but there is no such wallet", self.name);
                return Err(wrong(why));
            }
            (true, base) => base,
            (false, _) => None,
        };
        let lacks = |key: &str| wrong(format!("its key \"{key}\" is missing, or empty"));
        let country = self.country.or(base.map(|base| base.country));
        let country = country.unwrap_or_default();
        let zone = match (&self.zone, base) {
            (Some(zone), _) => zone.clone(),
            (None, Some(base)) => base.zone.clone(),
            (None, None) => country.zone().to_owned(),
        };
        // Without any zones (a bare container) the country's winter time serves.
        if TimeZone::get(&zone).is_err() && TimeZone::get("Africa/Cairo").is_ok() {
            return Err(wrong(format!("its zone \"{zone}\" is unknown")));
        }
        let mut templates = Vec::with_capacity(self.template.len());
        for entry in &self.template {
            let why = |why: String| wrong(format!("template \"{}\": {why}", entry.name));
            if templates
                .iter()
                .any(|known: &Template| known.name == entry.name)
            {
                return Err(why("there are two of that name".to_owned()));
            }
            templates.push(entry.template().map_err(why)?);
        }
        if let Some(base) = base {
            let new: Vec<String> = templates.iter().map(|made| made.name.clone()).collect();
            let kept = base.templates.iter();
            let kept: Vec<Template> = kept
                .filter(|known| !new.contains(&known.name))
                .cloned()
                .collect();
            templates.extend(kept);
        }
        let mut senders = Vec::new();
        for sender in &self.senders {
            let key = text::sender_key(sender);
            let number = key.chars().all(|c| c.is_ascii_digit() || c == '+');
            if key.is_empty() || number && key.len() > LONGEST_SHORT_CODE {
                let why = format!("the sender \"{sender}\" is empty or a phone number");
                return Err(wrong(why));
            }
            senders.push(key);
        }
        match base {
            Some(base) if senders.is_empty() => senders.clone_from(&base.senders),
            None if senders.is_empty() => return Err(lacks("senders")),
            _ => {}
        }
        let mut receipt = self.receipt.clone();
        if let Some(base) = base {
            receipt.extend(base.receipt.sources().iter().cloned());
        }
        let receipt = Marks::new(receipt);
        receipt
            .check()
            .map_err(|why| wrong(format!("its key \"receipt\": {why}")))?;
        Ok(Wallet {
            receipt,
            digits: self.digits.or(base.and_then(|base| base.digits)),
            cents: self.cents.or(base.map(|base| base.cents)).unwrap_or(false),
            tells_payers: self
                .tells_payers
                .or(base.and_then(|base| base.tells_payers)),
            name: self.name.clone(),
            title: self
                .title
                .clone()
                .or(base.map(|base| base.title.clone()))
                .ok_or_else(|| lacks("title"))?,
            country,
            currency: self
                .currency
                .or(base.map(|base| base.currency))
                .unwrap_or(country.currency()),
            grouping: self
                .grouping
                .or(base.map(|base| base.grouping))
                .unwrap_or_default(),
            enabled: self
                .enabled
                .or(base.map(|base| base.enabled))
                .unwrap_or(true),
            zone,
            senders,
            templates,
        })
    }
}

impl TemplateEntry {
    fn template(&self) -> Result<Template, String> {
        if let Some((part, known)) = unknown_part(&self.pattern) {
            return Err(format!(
                "its pattern has {part}, which is no part. There are: {known}"
            ));
        }
        let pattern = Pattern::new(&self.pattern);
        if matches!(self.kind, Kind::Received) && !pattern.has("amount") {
            return Err("it receives money, but its pattern has no <amount>".to_owned());
        }
        let dates = match &self.date {
            None => Vec::new(),
            Some(Dates::One(format)) => vec![format.clone()],
            Some(Dates::Several(formats)) => formats.clone(),
        };
        if !dates.is_empty() && !pattern.has("date") {
            return Err("it has a date, but its pattern has no <date>".to_owned());
        }
        let then = Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
        for format in &dates {
            strtime::format(format, &then)
                .map_err(|error| format!("its date \"{format}\" is none: {error}"))?;
        }
        Ok(Template {
            name: self.name.clone(),
            kind: self.kind,
            dates,
            pattern,
        })
    }
}

/// The line and what is wrong there, in one line.
fn complaint(text: &str, error: &toml::de::Error) -> String {
    let line = error.span().map_or(String::new(), |span| {
        let before = text.get(..span.start).unwrap_or_default();
        format!("line {}: ", before.matches('\n').count() + 1)
    });
    format!("{line}{}", error.message().replace('\n', "; "))
}

/// Digits; a longer number is somebody's phone.
const LONGEST_SHORT_CODE: usize = 6;
