//! Reading one message: a pure function from sender, text and time of arrival.

use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use wharf_core::{Currency, Phone};

use super::text::{amount, clean, fold};
use super::{Template, Wallet, Wallets};

/// What a message tells. Only `Received` is money that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Received,
    Sent,
    Withdrawn,
    Paid,
    Enquiry,
    Other,
}

/// A message as its template reads it. Amounts are minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reading {
    pub operator: String,
    pub template: String,
    pub kind: Kind,
    pub currency: Currency,
    pub amount: Option<i64>,
    /// The other side's phone; `None` when it is not told, masked or no mobile number.
    pub phone: Option<Phone>,
    pub payer: Option<String>,
    /// Our own wallet's number, where the message names it.
    pub wallet: Option<Phone>,
    pub balance: Option<i64>,
    /// The operator's transaction number: text, leading zeros count.
    pub operator_id: Option<String>,
    pub happened_at: Option<Timestamp>,
    /// Why a person should look before money is credited.
    pub doubts: Vec<Doubt>,
}

/// What is odd about a message that fits a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Doubt {
    /// The amount is missing, zero or not well-formed.
    Amount,
    /// The date is no date, or more than 48 hours from the arrival.
    Date,
}

/// A reading and how it came about; for people who look for the reason.
#[derive(Clone, Debug, Serialize)]
pub struct Explained {
    pub operator: Option<String>,
    pub normalised: String,
    /// Templates in the order tried, the last one is the one that fitted.
    pub tried: Vec<String>,
    pub reading: Option<Reading>,
}

impl Wallets {
    /// Reads a message. Nothing is read from an unknown sender; no reading means "not understood", which is
    /// never money.
    pub fn read(&self, sender: &str, body: &str, arrived_at: Timestamp) -> Explained {
        let normalised = clean(body);
        let Some(wallet) = self.by_sender(sender) else {
            return Explained {
                operator: None,
                normalised,
                tried: Vec::new(),
                reading: None,
            };
        };
        let folded = fold(&normalised);
        let mut tried = Vec::new();
        let mut reading = None;
        for template in &wallet.templates {
            tried.push(template.name.clone());
            reading = wallet.fit(template, &normalised, &folded, arrived_at);
            if reading.is_some() {
                break;
            }
        }
        Explained {
            operator: Some(wallet.name.clone()),
            normalised,
            tried,
            reading,
        }
    }
}

impl Wallet {
    fn fit(
        &self,
        template: &Template,
        text: &str,
        folded: &str,
        arrived_at: Timestamp,
    ) -> Option<Reading> {
        let parts = template.pattern.fit(folded)?;
        // Cut out of the unfolded text: folding keeps offsets.
        let part = |name: &str| {
            parts
                .name(name)
                .and_then(|found| text.get(found.range()))
                .map(str::trim)
        };
        let minor = |name: &str| part(name).and_then(amount);
        let phone = |name: &str| part(name).and_then(|text| Phone::parse(text).ok());
        let happened_at = part("date")
            .zip(template.date.as_deref())
            .and_then(|(date, format)| moment(date, format, &self.zone));

        let mut doubts = Vec::new();
        let money = minor("amount").filter(|minor| *minor > 0);
        if template.kind == Kind::Received && money.is_none() {
            doubts.push(Doubt::Amount);
        }
        let near = |at: Timestamp| at.duration_since(arrived_at).abs() <= SANE;
        if template.date.is_some() && part("date").is_some() && !happened_at.is_some_and(near) {
            doubts.push(Doubt::Date);
        }
        Some(Reading {
            operator: self.name.clone(),
            template: template.name.clone(),
            kind: template.kind,
            currency: self.currency,
            amount: money,
            phone: phone("phone"),
            payer: part("name")
                .filter(|name| !name.is_empty())
                .map(str::to_owned),
            wallet: phone("wallet"),
            balance: minor("balance"),
            operator_id: part("id").map(str::to_owned),
            happened_at,
            doubts,
        })
    }
}

/// A local date of the wallet's country. Which of two hours a date at the end of summer time means is not
/// told; the earlier one is taken, as nothing exact hangs on it.
fn moment(text: &str, format: &str, zone: &str) -> Option<Timestamp> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let civil: DateTime = strtime::parse(format, &text).ok()?.to_datetime().ok()?;
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::fixed(WITHOUT_ZONES));
    Some(zone.to_ambiguous_zoned(civil).earlier().ok()?.timestamp())
}

const SANE: SignedDuration = SignedDuration::from_hours(48);
/// Where the system has no time zone data: Egypt's winter time.
const WITHOUT_ZONES: Offset = Offset::constant(2);
