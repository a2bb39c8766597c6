//! Price classes: an extension in capitals without its dots, so that `COUK` does not say where the dots were.

use psl::Type;

use super::files::{ClassMap, Files};

#[derive(Debug)]
pub(super) struct Classes(ClassMap);

impl Classes {
    /// What files say: `_classes.toml`, and the class of each extension that has a file.
    pub fn new(map: ClassMap, files: &Files) -> Self {
        let mut all: ClassMap = files
            .names()
            .filter_map(|tld| Some((files.facts(tld).class?, tld.to_owned())))
            .collect();
        all.extend(map);
        Self(all)
    }

    /// What files say, else the one public suffix that the letters can mean.
    pub fn tld(&self, class: &str) -> Option<String> {
        let class = class.trim().to_ascii_uppercase();
        if let Some(tld) = self.0.get(&class) {
            return (!tld.is_empty()).then(|| tld.clone());
        }
        let letters = class.to_ascii_lowercase();
        if !letters.is_ascii() || letters.is_empty() {
            return None;
        }
        if letters.starts_with("xn--") || suffix(&letters) == Some(Type::Icann) {
            return Some(letters);
        }
        let split = |kind| {
            let mut fits = (1..letters.len())
                .map(|dot| letters.split_at(dot))
                .filter(|(_, above)| !takes_any_label(above))
                .map(|(below, above)| format!("{below}.{above}"))
                .filter(|whole| suffix(whole) == Some(kind));
            match (fits.next(), fits.next()) {
                (Some(only), None) => Some(only),
                _ => None,
            }
        };
        // Extensions that their owners sell (.uk.com) come after the registries' own.
        split(Type::Icann).or_else(|| split(Type::Private))
    }

    /// Extensions that a class could be about when neither files nor the public suffix list know: the letters as
    /// they are, and below each extension that they end with. The registrar has to say which of them it sells.
    pub fn guesses(&self, class: &str, files: &Files) -> Guesses {
        let class = class.trim().to_ascii_uppercase();
        let letters = class.to_ascii_lowercase();
        let is_label = |text: &str| {
            (2..=63).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !text.starts_with('-')
                && !text.ends_with('-')
        };
        if self.0.contains_key(&class) || !is_label(&letters) {
            return Guesses::default();
        }
        let below = (2..letters.len())
            .map(|dot| letters.split_at(dot))
            .filter(|(below, above)| {
                let is_extension = files.has(above) || suffix(above) == Some(Type::Icann);
                is_label(below) && (is_extension || takes_any_label(above))
            })
            .map(|(below, above)| format!("{below}.{above}"))
            .collect();
        Guesses {
            whole: Some(letters),
            below,
        }
    }
}

/// What a class could be about.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Guesses {
    pub whole: Option<String>,
    pub below: Vec<String>,
}

/// What the public suffix list says of exactly this text.
fn suffix(text: &str) -> Option<Type> {
    let found = psl::suffix(text.as_bytes())?;
    if found.as_bytes() == text.as_bytes() {
        found.typ()
    } else {
        None
    }
}

/// Below it the list calls any label a public suffix (`*.ck`), which says nothing about one of them.
fn takes_any_label(above: &str) -> bool {
    suffix(&format!("{NO_LABEL}.{above}")).is_some()
}

/// A label that no list names.
const NO_LABEL: &str = "q0-q";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::tlds::Tlds;

    #[test]
    fn the_dots_are_found_again() {
        let tlds = Tlds::load(None).unwrap();
        for (class, tld) in [
            ("COM", Some("com")),
            ("COUK", Some("co.uk")),
            ("COMBR", Some("com.br")),
            ("COIN", Some("co.in")),
            ("ORGMX", Some("org.mx")),
            ("NAMESLD", Some("name")),
            ("NAME", None),
            ("NETWORK", Some("network")),
            ("UKCOM", Some("uk.com")),
            ("XN--P1AI", Some("xn--p1ai")),
            ("MADEUPCLASS", None),
            // Below .ck anything can be an extension.
            ("ANCHORDOCK", None),
            ("", None),
            ("É", None),
        ] {
            assert_eq!(tlds.by_class(class).as_deref(), tld, "{class}");
        }
    }

    #[test]
    fn what_nobody_knows_is_guessed_at() {
        let tlds = Tlds::load(None).unwrap();
        let guesses = tlds.guesses("AMBERART");
        assert_eq!(guesses.whole.as_deref(), Some("amberart"));
        assert_eq!(guesses.below, ["amber.art"]);
        assert_eq!(tlds.guesses("ANCHORDOCK").below, ["anchordo.ck"]);
        // Said to be no extension of its own; no label at all.
        for none in ["NAME", "", "A", "É", "PREMIUM_COM_USD:1:1"] {
            assert_eq!(tlds.guesses(none), super::Guesses::default(), "{none}");
        }
    }

    proptest! {
        #[test]
        fn no_class_makes_it_panic(class in ".{0,12}") {
            static TLDS: std::sync::LazyLock<Tlds> = std::sync::LazyLock::new(|| Tlds::load(None).unwrap());
            let _ = TLDS.by_class(&class);
            for tld in TLDS.guesses(&class).below {
                prop_assert_eq!(tld.replace('.', ""), class.trim().to_ascii_lowercase());
            }
        }
    }
}
