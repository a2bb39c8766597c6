//! What the engine writes down in English (why something waits, what WHMCS refused), told in Arabic.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::texts::{Language, filled};

/// What was written down, in a reader's language; as it is, where nobody has said it in that language.
pub(crate) fn said(language: Language, text: &str) -> String {
    match language {
        Language::English => text.to_owned(),
        Language::Arabic => in_arabic(text).unwrap_or_else(|| text.to_owned()),
    }
}

fn in_arabic(text: &str) -> Option<String> {
    SAYINGS.iter().find_map(|saying| saying.of(text))
}

/// One sentence with its changing parts.
struct Saying {
    /// What stands before each part, and the part's name.
    lead: Vec<(String, String)>,
    end: String,
    arabic: String,
}

impl Saying {
    fn read(english: &str, arabic: &str) -> Self {
        let (mut lead, mut rest) = (Vec::new(), english);
        while let Some((before, tail)) = rest.split_once('{') {
            let (name, after) = tail.split_once('}').unwrap_or((tail, ""));
            lead.push((before.to_owned(), name.to_owned()));
            rest = after;
        }
        Self {
            lead,
            end: rest.to_owned(),
            arabic: arabic.to_owned(),
        }
    }

    /// How much of it never changes: the more, the surer it is meant.
    fn weight(&self) -> usize {
        let fixed = self.lead.iter().map(|(before, _)| before.len());
        fixed.sum::<usize>() + self.end.len()
    }

    /// `None`: the text is another one. Parts called `sum…` are figures: the little words around them stand in other
    /// sentences, too.
    fn of(&self, text: &str) -> Option<String> {
        let parts = self.parts(text)?;
        let mut sums = parts.iter().filter(|(name, _)| name.starts_with("sum"));
        if sums.any(|(_, value)| !is_sum(value)) {
            return None;
        }
        let told: Vec<(&str, String)> = parts
            .iter()
            .map(|(name, value)| {
                // What is not Arabic runs in its own direction, together with what belongs to it.
                let isolated = self.arabic.contains(&format!("\u{2068}{{{name}}}"));
                let apart = || match isolated {
                    true => (*value).to_owned(),
                    false => format!("\u{2068}{value}\u{2069}"),
                };
                (*name, in_arabic(value).unwrap_or_else(apart))
            })
            .collect();
        let told: Vec<(&str, &str)> = told
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        Some(filled(&self.arabic, &told))
    }

    fn parts<'a>(&'a self, text: &'a str) -> Option<BTreeMap<&'a str, &'a str>> {
        let mut parts = BTreeMap::new();
        let rest = text.strip_suffix(self.end.as_str())?;
        let Some(((first, name), others)) = self.lead.split_first() else {
            return rest.is_empty().then_some(parts);
        };
        let (mut rest, mut name) = (rest.strip_prefix(first.as_str())?, name);
        for (before, next) in others {
            let (value, after) = rest.split_once(before.as_str())?;
            insert(&mut parts, name, value)?;
            (rest, name) = (after, next);
        }
        insert(&mut parts, name, rest)?;
        Some(parts)
    }
}

/// A figure, and perhaps its currency.
fn is_sum(text: &str) -> bool {
    let (figure, currency) = text.split_once(' ').unwrap_or((text, ""));
    figure.starts_with(|c: char| c.is_ascii_digit())
        && figure.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && currency.bytes().all(|b| b.is_ascii_uppercase())
}

/// A part that comes twice says the same both times.
fn insert<'a>(parts: &mut BTreeMap<&'a str, &'a str>, name: &'a str, value: &'a str) -> Option<()> {
    let known = parts.insert(name, value);
    (!value.is_empty() && known.is_none_or(|known| known == value)).then_some(())
}

static SAYINGS: LazyLock<Vec<Saying>> = LazyLock::new(|| {
    let file = include_str!("../texts/sayings.ar.toml");
    let read: BTreeMap<String, String> = toml::from_str(file).unwrap_or_default();
    let mut sayings: Vec<Saying> = read
        .iter()
        .map(|(english, arabic)| Saying::read(english, arabic))
        .collect();
    sayings.sort_by_key(|saying| std::cmp::Reverse(saying.weight()));
    sayings
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wharf_whmcs::ApiError;

    use super::*;

    fn refused(message: &str) -> String {
        let message = message.to_owned();
        ApiError::Refused {
            action: "GetCredits",
            message,
        }
        .in_words()
    }

    fn arabic(text: &str) -> String {
        let told = said(Language::Arabic, text);
        assert_ne!(told, text, "nobody has said it in Arabic");
        told
    }

    /// Whether no English is left, but for what stands between isolates.
    fn is_arabic(text: &str) -> bool {
        let mut depth = 0_u32;
        let latin = |c: &char| c.is_ascii_alphabetic();
        let plain: String = text
            .chars()
            .filter(|c| match c {
                '\u{2068}' => {
                    depth += 1;
                    false
                }
                '\u{2069}' => {
                    depth = depth.saturating_sub(1);
                    false
                }
                _ => depth == 0,
            })
            .collect();
        let words = plain.split(|c: char| !latin(&c));
        words
            .filter(|word| !word.is_empty())
            .all(|word| ["WHMCS", "Wharf", "API", "JSON", "PHP"].contains(&word))
    }

    #[test]
    fn whatever_whmcs_and_the_connection_say_is_told_in_arabic() {
        let not_sent = |why: &str| {
            let (action, why) = ("AddCredit", why.to_owned());
            ApiError::NotSent { action, why }.in_words()
        };
        let unknown = |why: &str| {
            let (action, why) = ("AddCredit", why.to_owned());
            ApiError::Unknown { action, why }.in_words()
        };
        for text in [
            refused("Invalid IP 203.0.113.9"),
            refused("Invalid Permissions: API action \"GetCredits\" is not allowed"),
            refused("Authentication Failed"),
            refused("Access Denied"),
            refused("Client ID Not Found"),
            not_sent("invalid peer certificate: UnknownIssuer"),
            not_sent("dns error: failed to lookup address"),
            not_sent("connection refused"),
            not_sent("something else"),
            unknown("no answer in time"),
            unknown("HTTP status 502"),
            unknown("a web page instead of JSON"),
            unknown("the connection broke"),
        ] {
            let told = arabic(&text);
            assert!(is_arabic(&told), "{told}");
        }
    }

    #[test]
    fn what_to_enter_in_an_app_is_told_in_arabic() {
        for step in crate::devices::formats().flat_map(|format| format.steps) {
            let told = arabic(step);
            assert!(is_arabic(&told), "{told}");
            for whole in ["{url}", "{url}/heartbeat"] {
                assert_eq!(step.contains(whole), told.contains(whole), "{told}");
            }
        }
    }

    #[test]
    fn a_part_that_is_a_saying_itself_is_told_too() {
        let role = refused("Invalid Permissions");
        let text = format!(
            "the answer was lost; and Wharf may not look whether the credit is gone. {role}"
        );
        let told = arabic(&text);
        assert!(is_arabic(&told), "{told}");
        assert!(told.starts_with("ضاعت الإجابة، ") && told.contains("\u{2068}GetCredits\u{2069}"));
        assert!(!told.contains('{'), "{told}");
    }

    #[test]
    fn what_was_credited_is_told_in_arabic() {
        assert_eq!(
            arabic("36.99 USD for 1858.75 EGP at 50.25"),
            "\u{2068}36.99 USD\u{2069} مقابل \u{2068}1858.75 EGP\u{2069} بسعر \u{2068}50.25\u{2069}"
        );
        let would = arabic("would credit client 7 with 36.99 USD for 1858.75 EGP at 50.25");
        assert!(is_arabic(&would), "{would}");
    }

    #[test]
    fn what_nobody_has_said_stays_as_it_is() {
        for text in [
            "no room for this at the moment",
            "",
            "something new",
            "{address}",
            "WHMCS gave no usable answer: .",
        ] {
            assert_eq!(said(Language::Arabic, text), text);
            assert_eq!(said(Language::English, text), text);
        }
    }

    #[test]
    fn the_arabic_names_the_same_parts() {
        assert!(SAYINGS.len() > 30);
        for saying in SAYINGS.iter() {
            let mut parts: Vec<&str> = saying.lead.iter().map(|(_, name)| name.as_str()).collect();
            parts.sort_unstable();
            parts.dedup();
            let mut named: Vec<&str> = saying
                .arabic
                .split('{')
                .skip(1)
                .filter_map(|rest| rest.split_once('}'))
                .map(|(name, _)| name)
                .collect();
            named.sort_unstable();
            named.dedup();
            assert_eq!(parts, named, "{}", saying.arabic);
            assert!(saying.weight() > 4, "{}", saying.arabic);
            assert!(is_arabic(
                &saying
                    .arabic
                    .replace('{', "\u{2068}")
                    .replace('}', "\u{2069}")
            ));
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_told(text in ".{0,300}") {
            let _ = said(Language::Arabic, &text);
        }
    }
}
