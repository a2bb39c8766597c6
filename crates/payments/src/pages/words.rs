//! What operators read, from the language files; times and amounts as they read them.

use std::sync::LazyLock;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use wharf_core::{Country, Currency, Money};

use crate::sayings::said;
use crate::texts::{Language, Texts, filled, zone_of};

/// The texts of the operators' pages in one language, and the clock by which they tell times.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    pub language: Language,
    /// Whose clock; `None`: of several, UTC.
    country: Option<Country>,
}

impl Words {
    pub fn new(language: Language) -> Self {
        Self {
            language,
            country: None,
        }
    }

    /// By the clock of a country; of none, by UTC.
    #[must_use]
    pub fn by_clock_of(self, country: Option<Country>) -> Self {
        Self { country, ..self }
    }

    /// The name itself where a file lacks it: machine words have a readable name of their own.
    pub fn text<'a>(&self, name: &'a str) -> &'a str {
        self.known(name).unwrap_or(name)
    }

    pub fn known(&self, name: &str) -> Option<&'static str> {
        TEXTS.get(self.language, name)
    }

    /// A machine word of that kind (`state`, `kind`, `reason`, …), or the word itself.
    pub fn of(&self, kind: &str, word: &str) -> String {
        self.known(&format!("{kind}_{word}"))
            .map_or_else(|| word.replace('_', " "), str::to_owned)
    }

    /// What the engine wrote down, in this language if somebody has said it there.
    pub fn said(&self, text: &str) -> String {
        said(self.language, text)
    }

    /// As [`text`](Self::text), with `{parts}` filled in.
    pub fn fill(&self, name: &str, parts: &[(&str, &str)]) -> String {
        filled(self.text(name), parts)
    }

    /// Day and minute; where it is UTC, that is said.
    pub fn time(&self, ms: i64) -> String {
        let shape = match self.country {
            Some(_) => "%Y-%m-%d %H:%M",
            None => "%Y-%m-%d %H:%M UTC",
        };
        self.local(ms).strftime(shape).to_string()
    }

    pub(super) fn local(&self, ms: i64) -> Zoned {
        Timestamp::from_millisecond(ms)
            .unwrap_or(Timestamp::UNIX_EPOCH)
            .to_zoned(self.zone())
    }

    pub(super) fn zone(&self) -> TimeZone {
        self.country.map_or(TimeZone::UTC, zone_of)
    }

    /// How long ago, roughly.
    pub fn ago(&self, ms: i64, now: i64) -> String {
        let minutes = (now - ms).max(0) / 60_000;
        let (name, count) = match minutes {
            0 => return self.text("ago_now").to_owned(),
            1..60 => ("ago_minutes", minutes),
            60..2_880 => ("ago_hours", minutes / 60),
            _ => ("ago_days", minutes / 1_440),
        };
        self.fill(name, &[("count", &count.to_string())])
    }
}

/// `12,345.60`, with the currency's code.
pub fn money(minor: i64, currency: Currency) -> String {
    format!(
        "{} {currency}",
        grouped(&Money::new(minor, currency).amount())
    )
}

pub(super) fn grouped(amount: &str) -> String {
    let (sign, rest) = amount
        .strip_prefix('-')
        .map_or(("", amount), |rest| ("-", rest));
    let (whole, part) = rest
        .split_once('.')
        .map_or((rest, None), |(whole, part)| (whole, Some(part)));
    let mut text = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    match part {
        Some(part) => format!("{sign}{text}.{part}"),
        None => format!("{sign}{text}"),
    }
}

static TEXTS: LazyLock<Texts> = LazyLock::new(|| {
    Texts::read(
        include_str!("../../texts/staff.en.toml"),
        include_str!("../../texts/staff.ar.toml"),
    )
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_texts_with_the_same_parts() {
        assert_eq!(TEXTS.differences(), [""; 0]);
    }

    #[test]
    fn every_event_has_a_word_and_every_word_an_event() {
        let texts: std::collections::BTreeMap<String, String> =
            toml::from_str(include_str!("../../texts/staff.en.toml")).unwrap();
        let words = texts.keys().filter_map(|name| name.strip_prefix("event_"));
        let mut events: Vec<String> = crate::views::AUDIT_EVENTS
            .iter()
            .map(|event| event.replace(' ', "_"))
            .collect();
        events.sort();
        assert_eq!(words.collect::<Vec<_>>(), events);
    }

    #[test]
    fn every_reason_has_words() {
        for language in [Language::English, Language::Arabic] {
            let has = |name: String| TEXTS.get(language, &name).is_some();
            for reason in crate::views::REASONS {
                let told = ["reason", "kind"].map(|kind| has(format!("{kind}_{reason}")));
                assert!(told.contains(&true), "{reason}");
            }
            for kind in crate::views::REVIEW_KINDS {
                assert!(has(format!("kind_{kind}")), "{kind}");
            }
        }
    }

    /// What is written beside `reason`, in all of the source.
    #[test]
    fn every_reason_that_is_written_is_known() {
        fn files(folder: &std::path::Path, into: &mut Vec<std::path::PathBuf>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => files(&path, into),
                    false => into.push(path),
                }
            }
        }
        let mut all = Vec::new();
        files(
            concat!(env!("CARGO_MANIFEST_DIR"), "/src").as_ref(),
            &mut all,
        );
        let mut found = 0;
        for path in all {
            let source = std::fs::read_to_string(&path).unwrap();
            for before in [
                "reason: Some(\"",
                "reason = Some(\"",
                "reason: \"",
                "Concern::new(",
            ] {
                for after in source.split(before).skip(1) {
                    let word = match before {
                        "Concern::new(" => after.split_once(", \"").map_or("", |(kind, rest)| {
                            if kind.contains([' ', '\n']) { "" } else { rest }
                        }),
                        _ => after,
                    };
                    let word = word.split('"').next().unwrap_or_default();
                    let is_word = word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
                    if !word.is_empty() && is_word {
                        let known = crate::views::REASONS.contains(&word);
                        assert!(known, "{word} in {}", path.display());
                        found += 1;
                    }
                }
            }
        }
        assert!(found > 10, "{found}");
    }

    #[test]
    fn every_text_of_the_templates_is_there() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/staff");
        let mut found = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            for name in text
                .split("t.text(\"")
                .skip(1)
                .filter_map(|rest| rest.split_once('"'))
                .map(|(name, _)| name)
            {
                assert!(TEXTS.get(Language::English, name).is_some(), "{name}");
                found += 1;
            }
        }
        assert!(found > 10);
    }

    #[test]
    fn amounts_are_grouped_and_times_are_told_roughly() {
        assert_eq!(money(1_234_560, Currency::EGP), "12,345.60 EGP");
        assert_eq!(grouped("-123456"), "-123,456");
        assert_eq!(grouped("999.00"), "999.00");
        let words = Words::new(Language::English);
        assert_eq!(words.ago(0, 59_000), "just now");
        assert_eq!(words.ago(0, 5 * 60_000), "5 min ago");
        assert_eq!(words.ago(0, 3 * 86_400_000), "3 days ago");
        let at = |country| words.by_clock_of(country).time(1_774_000_000_000);
        assert_eq!(at(Some(Country::Egypt)), "2026-03-20 11:46");
        assert_eq!(at(Some(Country::Bangladesh)), "2026-03-20 15:46");
        assert_eq!(at(None), "2026-03-20 09:46 UTC");
    }
}
