//! Who runs a wallet: the sender that phones show, the currency, the numbers of its operations, its fees, and the
//! texts that it writes. The texts are this crate's own, after what such messages look like; they share nothing
//! with whoever reads them.

mod bkash;
mod eand;
mod instapay;
mod mpesa;
mod orange;
mod vodafone;

use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};
use wharf_core::{Currency, Money};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operator {
    VodafoneCash,
    EMoney,
    OrangeCash,
    Instapay,
    Bkash,
    Mpesa,
}

/// What an operator writes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    Received,
    Sent,
    WithdrawalAsked,
    Withdrawn,
    Paid,
    Airtime,
    Enquiry,
    NoBalance,
    WrongPin,
    Code,
    Advert,
    /// A prize that reads like a receipt.
    Prize,
    CashBack,
    /// Money that had come in was taken back.
    Reversal,
}

/// What a text tells.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// Which of the operator's texts.
    pub text: &'a str,
    pub amount: i64,
    pub fee: i64,
    /// The wallet that the text is sent to.
    pub wallet: &'a str,
    pub peer: &'a str,
    pub peer_name: &'a str,
    /// Of `wallet`, afterwards.
    pub balance: i64,
    pub at: Timestamp,
    pub operation: &'a str,
    /// The operation that is taken back.
    pub original: &'a str,
}

impl Operator {
    pub const ALL: [Self; 6] = [
        Self::VodafoneCash,
        Self::EMoney,
        Self::OrangeCash,
        Self::Instapay,
        Self::Bkash,
        Self::Mpesa,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::VodafoneCash => "vodafone-cash",
            Self::EMoney => "e-money",
            Self::OrangeCash => "orange-cash",
            Self::Instapay => "instapay",
            Self::Bkash => "bkash",
            Self::Mpesa => "mpesa",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::VodafoneCash => "Vodafone Cash",
            Self::EMoney => "e& money",
            Self::OrangeCash => "Orange Cash",
            Self::Instapay => "InstaPay",
            Self::Bkash => "bKash",
            Self::Mpesa => "M-PESA",
        }
    }

    pub fn currency(self) -> &'static str {
        match self {
            Self::Bkash => "BDT",
            Self::Mpesa => "KES",
            _ => "EGP",
        }
    }

    /// What phones show as the sender; banks have a sender each.
    pub fn sender(self, text: &str) -> &'static str {
        match self {
            Self::VodafoneCash => "VF-Cash",
            Self::EMoney => "e& money",
            Self::OrangeCash => "Orange Cash",
            Self::Instapay if text == "mashreq" => "Mashreq-EGY",
            Self::Instapay if text == "qnb" => "QNB",
            Self::Instapay => "BanK-AlAhly",
            Self::Bkash => "bKash",
            Self::Mpesa => "MPESA",
        }
    }

    /// The texts that can be chosen for money that comes in; the first is the usual one.
    pub fn texts(self) -> &'static [&'static str] {
        match self {
            Self::VodafoneCash => &[
                "g3",
                "g3-digits",
                "g3-remittance",
                "g2",
                "g1b",
                "g1",
                "en-a",
                "en-b",
                "en-c",
            ],
            Self::EMoney => &["ar", "deposit"],
            Self::OrangeCash => &["ar", "old", "en"],
            Self::Instapay => &["nbe", "mashreq", "qnb"],
            Self::Bkash | Self::Mpesa => &["en"],
        }
    }

    /// The text of that name, or the usual one.
    pub fn text(self, name: &str) -> &'static str {
        let known = self.texts().iter().find(|text| **text == name);
        known.or(self.texts().first()).copied().unwrap_or_default()
    }

    /// Whether a number is one of this operator's country.
    pub fn has_number(self, number: &str) -> bool {
        let (start, digits) = match self {
            Self::Mpesa => ("07", 10),
            _ => ("01", 11),
        };
        number.len() == digits
            && number.starts_with(start)
            && number.bytes().all(|b| b.is_ascii_digit())
    }

    /// An operation's number as this operator prints it. Numbers rise, in every form.
    pub fn operation(self, serial: i64, text: &str) -> String {
        match self {
            Self::OrangeCash => format!("{:010}", serial % 10_000_000_000),
            Self::Instapay if text != "nbe" => format!("{:08x}", serial & 0xffff_ffff),
            Self::Bkash => format!("CK{}", base36(serial)),
            Self::Mpesa => format!("UK{}", base36(serial)),
            _ => format!("{serial:012}"),
        }
    }

    /// What the payer bears.
    pub fn fee(self, amount: i64) -> i64 {
        match self {
            Self::Bkash => 500,
            Self::Mpesa => (amount / 100).clamp(0, 10_800),
            Self::Instapay => (amount / 1_000).clamp(50, 2_000),
            // 0.5 % of the amount, but at least 1 and at most 15 pounds.
            _ => (amount / 200).clamp(100, 1_500),
        }
    }

    /// What a withdrawal costs. Some texts do not say it.
    pub fn withdrawal_fee(self, amount: i64) -> i64 {
        match self {
            Self::Bkash => amount * 185 / 10_000,
            Self::Instapay => 0,
            _ => amount / 100,
        }
    }

    /// `None`: this operator sends nothing of the kind.
    pub fn write(self, event: Event, facts: &Facts<'_>) -> Option<String> {
        match self {
            Self::VodafoneCash => vodafone::write(event, facts),
            Self::EMoney => eand::write(event, facts),
            Self::OrangeCash => orange::write(event, facts),
            Self::Instapay => instapay::write(event, facts),
            Self::Bkash => bkash::write(event, facts),
            Self::Mpesa => mpesa::write(event, facts),
        }
    }

    /// Local time with its offset, ISO 8601.
    pub fn iso(self, at: Timestamp) -> String {
        self.local(at, "%Y-%m-%dT%H:%M:%S%:z")
    }

    fn local(self, at: Timestamp, pattern: &str) -> String {
        at.to_zoned(self.zone()).strftime(pattern).to_string()
    }

    /// Written out, so that no time zone database is needed. Egypt's summer time since 2023 runs from April's last
    /// Friday to the end of October's last Thursday.
    fn zone(self) -> TimeZone {
        match self {
            Self::Bkash => TimeZone::fixed(Offset::constant(6)),
            Self::Mpesa => TimeZone::fixed(Offset::constant(3)),
            _ => TimeZone::posix("EET-2EEST,M4.5.5/0,M10.5.4/24").unwrap_or(TimeZone::UTC),
        }
    }
}

impl FromStr for Operator {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|operator| operator.name() == text)
            .ok_or(())
    }
}

impl Event {
    /// What somebody can make happen to a wallet, besides sending money.
    pub const MADE: [Self; 10] = [
        Self::Withdrawn,
        Self::Paid,
        Self::Airtime,
        Self::Enquiry,
        Self::NoBalance,
        Self::WrongPin,
        Self::Code,
        Self::Advert,
        Self::Prize,
        Self::CashBack,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Sent => "sent",
            Self::WithdrawalAsked => "withdrawal-asked",
            Self::Withdrawn => "withdrawn",
            Self::Paid => "paid",
            Self::Airtime => "airtime",
            Self::Enquiry => "enquiry",
            Self::NoBalance => "no-balance",
            Self::WrongPin => "wrong-pin",
            Self::Code => "code",
            Self::Advert => "advert",
            Self::Prize => "prize",
            Self::CashBack => "cash-back",
            Self::Reversal => "reversal",
        }
    }

    /// Whether it takes money out of the wallet.
    pub fn takes(self) -> bool {
        matches!(self, Self::Withdrawn | Self::Paid | Self::Airtime)
    }
}

/// `1740.50`.
pub fn plain(minor: i64) -> String {
    Money::new(minor, Currency::EGP).amount()
}

/// `1,740.50`.
fn grouped(minor: i64) -> String {
    let plain = plain(minor);
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, "00"));
    let mut text = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{text}.{fraction}")
}

/// Arabic-Indic digits, with the Arabic decimal sign.
fn arabic_digits(text: &str) -> String {
    let turn = |c: char| match c.to_digit(10) {
        Some(digit) => char::from_u32(0x660 + digit).unwrap_or(c),
        None => c,
    };
    text.chars().map(turn).collect()
}

/// Eight characters, as text in the order of the numbers.
fn base36(serial: i64) -> String {
    let mut rest = u64::try_from(serial).unwrap_or_default();
    let mut digits = Vec::new();
    for _ in 0..8 {
        let digit = u32::try_from(rest % 36).unwrap_or_default();
        digits.push(
            char::from_digit(digit, 36)
                .unwrap_or('0')
                .to_ascii_uppercase(),
        );
        rest /= 36;
    }
    digits.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn facts<'a>(text: &'a str, at: &str, operation: &'a str) -> Facts<'a> {
        Facts {
            text,
            amount: 150_300,
            fee: 252,
            wallet: "01000000001",
            peer: "01012345678",
            peer_name: "Mona A. Adel",
            balance: 174_050,
            at: at.parse().unwrap(),
            operation,
            original: "025118180000",
        }
    }

    #[test]
    fn cairo_has_summer_time() {
        let iso = |at: &str| Operator::VodafoneCash.iso(at.parse().unwrap());
        assert_eq!(iso("2026-07-21T22:00:00Z"), "2026-07-22T01:00:00+03:00");
        assert_eq!(iso("2026-04-23T21:59:59Z"), "2026-04-23T23:59:59+02:00");
        assert_eq!(iso("2026-04-23T22:00:00Z"), "2026-04-24T01:00:00+03:00");
        assert_eq!(iso("2026-10-29T21:00:00Z"), "2026-10-29T23:00:00+02:00");
    }

    #[test]
    fn numbers_rise_in_every_form() {
        for operator in Operator::ALL {
            for text in operator.texts() {
                let at = |serial| operator.operation(serial, text);
                assert!(at(25_118_181_818) < at(25_118_181_819), "{operator:?}");
                assert!(at(25_118_181_818) < at(25_200_000_000), "{operator:?}");
            }
        }
        assert_eq!(Operator::Bkash.operation(25_118_181_818, "en").len(), 10);
    }

    #[test]
    fn fees_are_within_bounds() {
        let fee = |amount| Operator::VodafoneCash.fee(amount);
        assert_eq!([fee(1), fee(50_300), fee(10_000_000)], [100, 251, 1_500]);
    }

    #[test]
    fn every_operator_writes_of_money_in_and_out_and_of_its_balance() {
        for operator in Operator::ALL {
            for text in operator.texts() {
                let facts = facts(text, "2026-11-21T10:07:59Z", "X1");
                for event in [Event::Received, Event::Sent, Event::Advert] {
                    let body = operator.write(event, &facts);
                    assert!(
                        body.is_some_and(|body| !body.is_empty()),
                        "{operator:?} {event:?}"
                    );
                }
            }
        }
        assert_eq!(grouped(12_345_678_900), "123,456,789.00");
        assert_eq!(grouped(99_950), "999.50");
        assert_eq!(arabic_digits("12:07 26"), "١٢:٠٧ ٢٦");
    }
}
