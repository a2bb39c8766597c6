//! What people read, from the language files.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_core::Country;

use crate::sayings::said;
use crate::setup::Place;

/// A language that people are spoken to in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    #[serde(rename = "en")]
    English,
    #[serde(rename = "ar")]
    Arabic,
}

impl Language {
    /// WHMCS's name of a language, or its code.
    pub fn of(name: Option<&str>) -> Self {
        match name.map(str::to_ascii_lowercase).as_deref() {
            Some("arabic" | "ar") => Self::Arabic,
            _ => Self::English,
        }
    }

    /// As the public API's `lang` says it. Exactly this: WHMCS's names of languages have no meaning there.
    pub fn asked(lang: Option<&str>) -> Self {
        match lang {
            Some("ar") => Self::Arabic,
            _ => Self::English,
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Arabic => "ar",
        }
    }

    pub fn direction(self) -> &'static str {
        match self {
            Self::English => "ltr",
            Self::Arabic => "rtl",
        }
    }

    /// The text of that name; the name itself where a file lacks it, which a test rules out.
    pub(crate) fn text(self, name: &'static str) -> &'static str {
        TEXTS.get(self, name).unwrap_or(name)
    }

    /// Why something waits for a person, with the parts that its evidence knows.
    pub(crate) fn reason(self, kind: &str, reason: &str, evidence: &Value) -> String {
        let is_one = evidence.get("count").and_then(Value::as_i64) == Some(1);
        let named = |name: &str| {
            let one = is_one.then(|| TEXTS.get(self, &format!("review_{name}_one")));
            let one = one.flatten();
            one.or_else(|| TEXTS.get(self, &format!("review_{name}")))
        };
        let Some(text) = named(reason).or_else(|| named(kind)) else {
            return reason.to_owned();
        };
        let mut words = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, (part, after))) = rest
            .split_once('{')
            .and_then(|(before, tail)| Some((before, tail.split_once('}')?)))
        {
            words.push_str(before);
            match evidence.get(part) {
                Some(Value::String(value)) => words.push_str(&said(self, value)),
                None | Some(Value::Null) => words.push('?'),
                Some(value) => words.push_str(&value.to_string()),
            }
            rest = after;
        }
        words.push_str(rest);
        words
    }

    /// As [`text`](Self::text), with `{parts}` filled in.
    pub(crate) fn fill(self, name: &'static str, parts: &[(&str, &str)]) -> String {
        filled(self.text(name), parts)
    }
}

/// A language, spoken where a store's wallets are: their money, numbers and clock have their own names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Local {
    pub language: Language,
    pub place: Place,
}

impl Local {
    pub fn text(self, name: &str) -> String {
        self.fill(name, &[])
    }

    /// As [`Language::fill`]. Outside Egypt the text called `…_abroad` is meant, where there is one.
    pub fn fill(self, name: &str, parts: &[(&str, &str)]) -> String {
        let get = |name: &str| TEXTS.get(self.language, name);
        let abroad = (self.place.country != Country::Egypt)
            .then(|| get(&format!("{name}_abroad")))
            .flatten();
        let text = filled(abroad.or_else(|| get(name)).unwrap_or(name), parts);
        if !text.contains('{') {
            return text;
        }
        let clock = match self.place.country {
            Country::Egypt => "clock",
            _ => "clock_abroad",
        };
        let own = [
            ("clock", get(clock).unwrap_or_default().to_owned()),
            ("country", self.country().to_owned()),
            ("money", self.money()),
            ("example", self.place.country.example()),
        ];
        own.iter()
            .fold(text, |text, (part, value)| filled(&text, &[(part, value)]))
    }

    /// What people call the money that the wallets hold.
    pub fn money(self) -> String {
        let code = self.place.currency.as_str();
        TEXTS
            .get(self.language, &format!("money_{code}"))
            .unwrap_or(code)
            .to_owned()
    }

    pub fn country(self) -> &'static str {
        let country = self.place.country;
        TEXTS
            .get(self.language, &format!("country_{}", country.code()))
            .unwrap_or(country.name())
    }

    /// Hours and minutes there.
    pub fn time(self, ms: i64) -> String {
        let at = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
        at.to_zoned(zone_of(self.place.country))
            .strftime("%H:%M")
            .to_string()
    }

    /// As [`time`](Self::time), with the day where that is not today's.
    pub fn time_or_day(self, ms: i64, now: i64) -> String {
        let zone = zone_of(self.place.country);
        let at = |ms| {
            let at = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
            at.to_zoned(zone.clone())
        };
        match at(ms).date() == at(now).date() {
            true => self.time(ms),
            false => at(ms).strftime("%d/%m %H:%M").to_string(),
        }
    }
}

/// A country's clock. Where the machine has no time zones, its winter time.
pub(crate) fn zone_of(country: Country) -> TimeZone {
    let winter = || TimeZone::fixed(Offset::constant(country.winter_hours()));
    TimeZone::get(country.zone()).unwrap_or_else(|_| winter())
}

/// The texts of one kind of page, in all languages.
#[derive(Debug)]
pub struct Texts {
    english: BTreeMap<String, String>,
    arabic: BTreeMap<String, String>,
}

impl Texts {
    /// Of the languages' files. One that cannot be read has no texts, which a test rules out.
    pub fn read(english: &str, arabic: &str) -> Self {
        let read = |text| toml::from_str(text).unwrap_or_default();
        Self {
            english: read(english),
            arabic: read(arabic),
        }
    }

    pub fn get(&self, language: Language, name: &str) -> Option<&str> {
        let texts = match language {
            Language::English => &self.english,
            Language::Arabic => &self.arabic,
        };
        texts.get(name).map(String::as_str)
    }

    /// Where the languages' files differ otherwise than in their words: texts that one of them lacks, other parts,
    /// markup.
    pub fn differences(&self) -> Vec<String> {
        let mut found = Vec::new();
        for name in self.english.keys().chain(self.arabic.keys()) {
            let both = (self.english.get(name), self.arabic.get(name));
            let (Some(english), Some(arabic)) = both else {
                found.push(format!("{name} stands in one language only"));
                continue;
            };
            if parts(english) != parts(arabic) {
                found.push(format!("{name} has other parts"));
            }
            if english.contains('<') || arabic.contains('<') {
                found.push(format!("{name} has markup"));
            }
        }
        found
    }
}

/// The names in braces.
fn parts(text: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = text
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(part, _)| part)
        .collect();
    parts.sort_unstable();
    parts
}

/// With `{parts}` filled in.
pub(crate) fn filled(text: &str, parts: &[(&str, &str)]) -> String {
    parts.iter().fold(text.to_owned(), |text, (part, value)| {
        text.replace(&format!("{{{part}}}"), value)
    })
}

static TEXTS: LazyLock<Texts> = LazyLock::new(|| {
    Texts::read(
        include_str!("../texts/en.toml"),
        include_str!("../texts/ar.toml"),
    )
});

#[cfg(test)]
mod tests {
    use wharf_core::Currency;

    use super::*;

    #[test]
    fn both_languages_have_the_same_texts_with_the_same_parts() {
        assert_eq!(TEXTS.differences(), [""; 0]);
        for country in Country::ALL {
            let name = format!("country_{}", country.code());
            assert!(TEXTS.get(Language::Arabic, &name).is_some(), "{name}");
        }
    }

    #[test]
    fn who_paid_from_a_phone_before_is_named() {
        let told = |language: Language, clients: &str, count: i64| {
            let evidence = serde_json::json!({ "count": count, "limit": 1, "clients": clients });
            language.reason("binding", "binding_clients", &evidence)
        };
        assert_eq!(
            told(Language::English, "#35", 1),
            "Client #35 has paid from this phone number before; the limit is 1."
        );
        assert_eq!(
            told(Language::English, "#35, #36", 2),
            "Clients #35, #36 have paid from this phone number before; the limit is 1."
        );
        assert_eq!(
            told(Language::Arabic, "#35", 1),
            "دفع من هذا الرقم من قبل العميل #35، والحد هو 1."
        );
    }

    #[test]
    fn customers_are_told_of_the_money_and_numbers_of_their_country() {
        let said = |country: Country, language, name: &str| {
            let place = Place {
                country,
                currency: country.currency(),
            };
            Local { language, place }.text(name)
        };
        let english = Language::English;
        assert_eq!(
            said(Country::Egypt, english, "phone_invalid"),
            "This is not an Egyptian mobile number. Example: 01012345678"
        );
        assert_eq!(
            said(Country::Kenya, english, "phone_invalid"),
            "This is not a mobile number of Kenya. Example: 0712345678"
        );
        assert_eq!(
            said(Country::Uganda, english, "amount_invalid"),
            "This is not an amount. Please write it in UGX, for example 250"
        );
        assert_eq!(said(Country::Egypt, english, "clock"), "Cairo time");
        assert_eq!(
            said(Country::Bangladesh, english, "clock"),
            "Bangladesh time"
        );
        assert_eq!(
            said(Country::Bangladesh, Language::Arabic, "clock"),
            "بتوقيت بنغلاديش"
        );
        let place = Place {
            country: Country::Bangladesh,
            currency: Country::Bangladesh.currency(),
        };
        let local = Local {
            language: english,
            place,
        };
        assert_eq!(local.time(1_774_000_000_000), "15:46");
        let later = |hours: i64| {
            local.time_or_day(1_774_000_000_000, 1_774_000_000_000 + hours * 3_600_000)
        };
        assert_eq!((later(8), later(9)), ("15:46".into(), "20/03 15:46".into()));
        let egypt = Place {
            country: Country::Egypt,
            currency: Currency::EGP,
        };
        let arabic = Local {
            language: Language::Arabic,
            place: egypt,
        };
        assert_eq!(
            (arabic.money(), local.money()),
            ("جنيه".to_owned(), "BDT".to_owned())
        );
    }

    #[test]
    fn languages_are_found_by_whmcs_names_and_codes() {
        assert_eq!(Language::of(Some("arabic")), Language::Arabic);
        assert_eq!(Language::of(Some("AR")), Language::Arabic);
        for other in [None, Some("english"), Some("de"), Some("arabic2")] {
            assert_eq!(Language::of(other), Language::English);
        }
        assert_eq!(
            Language::English.fill("credited", &[("amount", "10.00 USD")]),
            "10.00 USD were credited to your balance. You can apply them to your invoice there."
        );
    }
}
