//! What customers read, from the language files.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;

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
        let texts = match self {
            Self::English => &*ENGLISH,
            Self::Arabic => &*ARABIC,
        };
        texts.get(name).map_or(name, String::as_str)
    }

    /// Why something waits for a person, with the parts that its evidence knows.
    pub(crate) fn reason(self, kind: &str, reason: &str, evidence: &Value) -> String {
        let texts = match self {
            Self::English => &*ENGLISH,
            Self::Arabic => &*ARABIC,
        };
        let named = |name: &str| texts.get(&format!("review_{name}"));
        let Some(text) = named(reason).or_else(|| named(kind)) else {
            return reason.to_owned();
        };
        let mut words = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some((before, (part, after))) = rest
            .split_once('{')
            .and_then(|(before, tail)| Some((before, tail.split_once('}')?)))
        {
            words.push_str(before);
            match evidence.get(part) {
                Some(Value::String(value)) => words.push_str(value),
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
        let mut text = self.text(name).to_owned();
        for (part, value) in parts {
            text = text.replace(&format!("{{{part}}}"), value);
        }
        text
    }
}

type Texts = BTreeMap<String, String>;

static ENGLISH: LazyLock<Texts> =
    LazyLock::new(|| toml::from_str(include_str!("../texts/en.toml")).unwrap_or_default());
static ARABIC: LazyLock<Texts> =
    LazyLock::new(|| toml::from_str(include_str!("../texts/ar.toml")).unwrap_or_default());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_texts_with_the_same_parts() {
        let parts = |text: &str| {
            let mut parts: Vec<String> = text
                .split('{')
                .skip(1)
                .filter_map(|rest| rest.split_once('}'))
                .map(|(part, _)| part.to_owned())
                .collect();
            parts.sort();
            parts
        };
        assert!(ENGLISH.len() > 20);
        assert!(ENGLISH.keys().eq(ARABIC.keys()));
        for (name, text) in ENGLISH.iter() {
            assert_eq!(parts(text), parts(&ARABIC[name]), "{name}");
            assert!(!text.contains('<') && !ARABIC[name].contains('<'), "{name}");
        }
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
