//! What the edge itself tells who asks: in his language, as the answers behind it do.

use std::borrow::Cow;
use std::sync::LazyLock;

use http::StatusCode;
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;
use wharf_payments::pages::{Language, Texts};

use crate::answer::Trouble;
use crate::limit::Limit;

/// As a query says it, even one that is not taken.
pub(super) fn of_query(query: &str) -> Language {
    let fields: Vec<(Cow<'_, str>, Cow<'_, str>)> =
        serde_urlencoded::from_str(query).unwrap_or_default();
    let lang = fields.iter().rev().find(|(name, _)| name == "lang");
    Language::asked(lang.map(|(_, value)| value.trim()))
}

/// As a signed claim says it, whatever else is wrong with it.
pub(super) fn of_claim(body: &[u8]) -> Language {
    #[derive(Deserialize)]
    struct Spoken<'a> {
        #[serde(borrow)]
        language: Option<Cow<'a, str>>,
    }
    let spoken: Option<Spoken<'_>> = serde_json::from_slice(body).ok();
    Language::of(spoken.and_then(|spoken| spoken.language).as_deref())
}

pub(super) fn trouble(language: Language, status: StatusCode, name: &'static str) -> Trouble {
    // The name itself where a file lacks it, which a test rules out.
    Trouble::new(status, TEXTS.get(language, name).unwrap_or(name))
}

/// A place among those who are worked for, or a word that there is none.
pub(super) fn enter(limit: &Limit, language: Language) -> Result<OwnedSemaphorePermit, Trouble> {
    limit
        .enter()
        .map_err(|full| trouble(language, full.status, "overloaded"))
}

static TEXTS: LazyLock<Texts> = LazyLock::new(|| {
    Texts::read(
        include_str!("../../texts/public.en.toml"),
        include_str!("../../texts/public.ar.toml"),
    )
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_texts() {
        assert_eq!(TEXTS.differences(), [""; 0]);
        assert!(TEXTS.get(Language::English, "failed").is_some());
    }

    #[test]
    fn the_language_is_found_as_the_answers_find_it() {
        for (query, language) in [
            ("lang=ar", Language::Arabic),
            ("lang=en&phone=1&lang=+ar+", Language::Arabic),
            ("lang=ar&lang=en", Language::English),
            ("lang=AR", Language::English),
            ("lang=arabic", Language::English),
            ("lang", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(of_query(query), language, "{query}");
        }
        for (body, language) in [
            (r#"{"language":"arabic","odd":1}"#, Language::Arabic),
            (r#"{"language":"\u0061r"}"#, Language::Arabic),
            (r#"{"language":"english"}"#, Language::English),
            ("{}", Language::English),
            ("no claim", Language::English),
        ] {
            assert_eq!(of_claim(body.as_bytes()), language, "{body}");
        }
    }
}
