//! What a store asks of money before it credits it, as operators set it up.

use serde::{Deserialize, Serialize};
use wharf_core::country::CountryError;
use wharf_core::{Country, Currency, Money, Network, Secret};

use crate::keys::token_hash;
use crate::setup::Place;

/// Whether matched money is credited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    #[default]
    Credit,
    /// Everything but the credit: for a trial beside another system.
    Observe,
}

/// How a credit is booked in WHMCS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Booking {
    #[default]
    AddCredit,
    /// As a transaction of a gateway: WHMCS then refuses a number that it has already.
    AddTransaction,
}

/// Which matched payments wait for a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    Off,
    /// The first one of a phone for a client.
    #[default]
    FirstPayment,
    /// Those above `hold_above`.
    Above,
    Always,
}

/// What a client must do before a phone counts as the client's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhoneBinding {
    Off,
    /// Give the operator's transaction number (or its last digits), or be approved by a person.
    #[default]
    Prove,
}

/// The named settings as the database keeps them.
pub(crate) trait Named: Copy + Default + 'static {
    const ALL: &'static [(&'static str, Self)];

    fn named(text: &str) -> Self {
        let found = Self::ALL.iter().find(|(name, _)| *name == text);
        found.map(|(_, value)| *value).unwrap_or_default()
    }
}

impl Named for Mode {
    const ALL: &'static [(&'static str, Self)] =
        &[("credit", Self::Credit), ("observe", Self::Observe)];
}

impl Named for Booking {
    const ALL: &'static [(&'static str, Self)] = &[
        ("add_credit", Self::AddCredit),
        ("add_transaction", Self::AddTransaction),
    ];
}

impl Named for Hold {
    const ALL: &'static [(&'static str, Self)] = &[
        ("off", Self::Off),
        ("first_payment", Self::FirstPayment),
        ("above", Self::Above),
        ("always", Self::Always),
    ];
}

impl Named for PhoneBinding {
    const ALL: &'static [(&'static str, Self)] = &[("off", Self::Off), ("prove", Self::Prove)];
}

pub(crate) fn name_of<T: Named + PartialEq>(value: T) -> &'static str {
    let found = T::ALL.iter().find(|(_, known)| *known == value);
    found.map_or("", |(name, _)| name)
}

/// The keys of `[[store]]` about caution. Amounts are decimal text in the wallets' currency; 0 is "no limit".
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct CautionSetup {
    /// ISO code of the country whose wallets the store has.
    pub country: String,
    /// What the wallets hold, where it is not the country's own money.
    pub currency: String,
    pub mode: Mode,
    pub booking: Booking,
    /// The WHMCS gateway that transactions are booked on.
    pub booking_gateway: String,
    pub hold: Hold,
    pub hold_above: String,
    /// After how many days nobody's decision ends a hold.
    pub hold_days: u32,
    /// Above it two people must approve.
    pub second_person_above: String,
    pub phone_binding: PhoneBinding,
    pub phones_per_client: u32,
    pub clients_per_phone: u32,
    /// Whether the balances that messages print must continue each other.
    pub balance_check: bool,
    /// Above it a receipt waits until its wallet's balance is known.
    pub unseeded_above: String,
    /// Of one transfer; of a client and of a phone within 24 hours. Where nothing is said it is what Egypt's wallets
    /// allow, and no limit elsewhere.
    pub ceiling_transfer: String,
    pub ceiling_client_day: String,
    pub ceiling_phone_day: String,
    /// What the operators let each of the wallets take in, in a calendar day and month: near it operators are warned.
    pub ceiling_wallet_day: String,
    pub ceiling_wallet_month: String,
    /// Older messages are kept, but not credited by themselves.
    pub stale_hours: u32,
    /// Whether the claim check of unmodified modules is answered.
    pub unsigned_checks: bool,
    /// Networks that may ask it, as `203.0.113.0/24`; none is "all".
    pub check_sources: Vec<String>,
    /// A key that callers of it must have.
    #[serde(skip_serializing)]
    pub check_key: Option<Secret>,
    /// Claims that found nothing: of a client, a phone and a source within 10 minutes, of a client in a day.
    pub misses_client: u32,
    pub misses_client_day: u32,
    pub misses_phone: u32,
    pub misses_source: u32,
}

impl Default for CautionSetup {
    fn default() -> Self {
        let no_limit = || "0".to_owned();
        Self {
            country: Country::Egypt.code().to_owned(),
            currency: String::new(),
            mode: Mode::default(),
            booking: Booking::default(),
            booking_gateway: String::new(),
            hold: Hold::default(),
            hold_above: no_limit(),
            hold_days: 14,
            second_person_above: no_limit(),
            phone_binding: PhoneBinding::default(),
            phones_per_client: 2,
            clients_per_phone: 1,
            balance_check: true,
            unseeded_above: no_limit(),
            ceiling_transfer: String::new(),
            ceiling_client_day: String::new(),
            ceiling_phone_day: String::new(),
            ceiling_wallet_day: no_limit(),
            ceiling_wallet_month: no_limit(),
            stale_hours: 48,
            unsigned_checks: true,
            check_sources: Vec::new(),
            check_key: None,
            misses_client: 5,
            misses_client_day: 20,
            misses_phone: 10,
            misses_source: 30,
        }
    }
}

/// The same, read: amounts in minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caution {
    pub country: Country,
    pub currency: Currency,
    pub mode: Mode,
    pub booking: Booking,
    pub booking_gateway: String,
    pub hold: Hold,
    pub hold_above: i64,
    pub hold_days: i64,
    pub second_person_above: i64,
    pub phone_binding: PhoneBinding,
    pub phones_per_client: i64,
    pub clients_per_phone: i64,
    pub balance_check: bool,
    pub unseeded_above: i64,
    pub ceiling_transfer: i64,
    pub ceiling_client_day: i64,
    pub ceiling_phone_day: i64,
    pub ceiling_wallet_day: i64,
    pub ceiling_wallet_month: i64,
    pub stale_ms: i64,
    pub unsigned_checks: bool,
    /// Blanks between them.
    pub check_sources: String,
    /// Empty: no key is asked for.
    pub check_key_hash: String,
    pub misses_client: i64,
    pub misses_client_day: i64,
    pub misses_phone: i64,
    pub misses_source: i64,
}

/// What is wrong with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CautionError {
    Country(CountryError),
    Currency(String),
    Amount { name: &'static str, text: String },
    Range { name: &'static str, to: u32 },
    Source(String),
    Gateway,
    ShortKey,
}

impl CautionSetup {
    pub(crate) fn place(&self) -> Result<Place, CautionError> {
        let country: Country = self.country.parse().map_err(CautionError::Country)?;
        let currency = match self.currency.trim() {
            "" => country.currency(),
            code => code
                .parse()
                .map_err(|_| CautionError::Currency(code.to_owned()))?,
        };
        Ok(Place { country, currency })
    }

    /// As it stands; the key is left out.
    pub(crate) fn of(caution: &Caution) -> Self {
        let amount = |minor: i64| match minor {
            0 => "0".to_owned(),
            minor => Money::new(minor, caution.currency).amount(),
        };
        let count = |value: i64| u32::try_from(value).unwrap_or(u32::MAX);
        let own = caution.currency == caution.country.currency();
        Self {
            country: caution.country.code().to_owned(),
            currency: if own {
                String::new()
            } else {
                caution.currency.to_string()
            },
            mode: caution.mode,
            booking: caution.booking,
            booking_gateway: caution.booking_gateway.clone(),
            hold: caution.hold,
            hold_above: amount(caution.hold_above),
            hold_days: count(caution.hold_days),
            second_person_above: amount(caution.second_person_above),
            phone_binding: caution.phone_binding,
            phones_per_client: count(caution.phones_per_client),
            clients_per_phone: count(caution.clients_per_phone),
            balance_check: caution.balance_check,
            unseeded_above: amount(caution.unseeded_above),
            ceiling_transfer: amount(caution.ceiling_transfer),
            ceiling_client_day: amount(caution.ceiling_client_day),
            ceiling_phone_day: amount(caution.ceiling_phone_day),
            ceiling_wallet_day: amount(caution.ceiling_wallet_day),
            ceiling_wallet_month: amount(caution.ceiling_wallet_month),
            stale_hours: count(caution.stale_ms / 3_600_000),
            unsigned_checks: caution.unsigned_checks,
            check_sources: caution
                .check_sources
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
            check_key: None,
            misses_client: count(caution.misses_client),
            misses_client_day: count(caution.misses_client_day),
            misses_phone: count(caution.misses_phone),
            misses_source: count(caution.misses_source),
        }
    }

    pub(crate) fn read(&self) -> Result<Caution, CautionError> {
        let Place { country, currency } = self.place()?;
        let amount = |name: &'static str, text: &String| {
            let read = Money::parse(text.trim(), currency).map(|money| money.minor);
            read.ok()
                .filter(|minor| *minor >= 0)
                .ok_or_else(|| CautionError::Amount {
                    name,
                    text: text.clone(),
                })
        };
        let ceiling = |name: &'static str, text: &String| match (text.trim(), country) {
            ("", Country::Egypt) => amount(name, &EGYPT_ALLOWS.to_owned()),
            ("", _) => Ok(0),
            _ => amount(name, text),
        };
        let count = |name: &'static str, value: u32, to: u32| {
            if value <= to {
                Ok(i64::from(value))
            } else {
                Err(CautionError::Range { name, to })
            }
        };
        for source in &self.check_sources {
            if source.parse::<Network>().is_err() {
                return Err(CautionError::Source(source.clone()));
            }
        }
        if self.booking == Booking::AddTransaction && self.booking_gateway.trim().is_empty() {
            return Err(CautionError::Gateway);
        }
        let key = self.check_key.as_ref().filter(|key| !key.is_empty());
        if key.is_some_and(|key| key.expose().chars().count() < SHORTEST_KEY) {
            return Err(CautionError::ShortKey);
        }
        Ok(Caution {
            mode: self.mode,
            booking: self.booking,
            booking_gateway: self.booking_gateway.trim().to_owned(),
            hold: self.hold,
            hold_above: amount("hold_above", &self.hold_above)?,
            hold_days: count("hold_days", self.hold_days, 365)?.max(1),
            second_person_above: amount("second_person_above", &self.second_person_above)?,
            phone_binding: self.phone_binding,
            phones_per_client: count("phones_per_client", self.phones_per_client, 1_000)?,
            clients_per_phone: count("clients_per_phone", self.clients_per_phone, 1_000)?,
            balance_check: self.balance_check,
            unseeded_above: amount("unseeded_above", &self.unseeded_above)?,
            ceiling_transfer: ceiling("ceiling_transfer", &self.ceiling_transfer)?,
            ceiling_client_day: ceiling("ceiling_client_day", &self.ceiling_client_day)?,
            ceiling_phone_day: ceiling("ceiling_phone_day", &self.ceiling_phone_day)?,
            ceiling_wallet_day: amount("ceiling_wallet_day", &self.ceiling_wallet_day)?,
            ceiling_wallet_month: amount("ceiling_wallet_month", &self.ceiling_wallet_month)?,
            stale_ms: count("stale_hours", self.stale_hours, 24 * 365)?.max(1) * 3_600_000,
            unsigned_checks: self.unsigned_checks,
            check_sources: self.check_sources.join(" "),
            check_key_hash: key.map_or_else(String::new, |key| token_hash(key.expose())),
            misses_client: count("misses_client", self.misses_client, 10_000)?,
            misses_client_day: count("misses_client_day", self.misses_client_day, 10_000)?,
            misses_phone: count("misses_phone", self.misses_phone, 10_000)?,
            misses_source: count("misses_source", self.misses_source, 1_000_000)?,
            country,
            currency,
        })
    }
}

/// Of what claim checks identify themselves with, in characters.
const SHORTEST_KEY: usize = 8;
/// What the central bank allows a wallet to take in, for one transfer and within a day.
const EGYPT_ALLOWS: &str = "60000";

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Caution, CautionError> {
        toml::from_str::<CautionSetup>(text).unwrap().read()
    }

    #[test]
    fn a_store_that_says_nothing_is_careful() {
        let caution = read("").unwrap();
        assert_eq!(
            (
                caution.hold,
                caution.phone_binding,
                caution.balance_check,
                caution.stale_ms
            ),
            (
                Hold::FirstPayment,
                PhoneBinding::Prove,
                true,
                48 * 3_600_000
            )
        );
        assert_eq!(
            (caution.ceiling_transfer, caution.unseeded_above),
            (6_000_000, 0)
        );
        assert_eq!(
            (caution.ceiling_wallet_day, caution.ceiling_wallet_month),
            (0, 0)
        );
    }

    #[test]
    fn amounts_are_in_the_country_s_money() {
        assert_eq!(
            read("hold_above = \"1250.50\"").unwrap().hold_above,
            125_050
        );
        assert_eq!(
            read("country = \"rw\"\nhold_above = \"1250\"")
                .unwrap()
                .hold_above,
            1_250
        );
        for wrong in [
            "hold_above = \"-1\"",
            "hold_above = \"1e3\"",
            "country = \"XX\"",
            "stale_hours = 9000",
            "booking = \"add_transaction\"",
            "check_sources = [\"203.0.113.0/33\"]",
            "check_sources = [\"shop.example.com\"]",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for (name, hold) in Hold::ALL {
            assert_eq!((Hold::named(name), name_of(*hold)), (*hold, *name));
        }
    }
}
