//! Named values of a delivery, whatever form they came in, and what they are read as.

use jiff::Timestamp;
use serde_json::{Map, Value};
use url::form_urlencoded;

/// The values of one message, by name, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    pub fn of_form(bytes: &[u8]) -> Self {
        Self(form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// Texts, numbers and truth values of an object; what is nested is left out.
    pub fn of_json(object: &Map<String, Value>) -> Self {
        let texts = object.iter().filter_map(|(name, value)| {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Bool(flag) => flag.to_string(),
                _ => return None,
            };
            Some((name.clone(), text))
        });
        Self(texts.collect())
    }

    /// The first value that is there and not empty, in the order of `names`.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| {
            let found = self.0.iter().find(|(known, _)| known == name);
            found
                .map(|(_, value)| value.as_str())
                .filter(|value| !value.is_empty())
        })
    }

    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

/// A time in seconds, in milliseconds, or in ISO 8601 with its offset. A local time without one is nothing
/// that can be relied on.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let number = text.split_once('.').map_or(text, |(whole, _)| whole);
    let at = match number.parse::<i64>() {
        Ok(number) if number < MILLISECONDS_FROM => Timestamp::from_second(number).ok()?,
        Ok(number) => Timestamp::from_millisecond(number).ok()?,
        Err(_) => text.parse().ok()?,
    };
    (EARLIEST..LATEST).contains(&at.as_second()).then_some(at)
}

/// A SIM card's name as set-ups know it: its number where the app tells one (`1`, `SIM1`, `SIM2_Vodafone`),
/// else the text in lower case.
pub(crate) fn sim(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let after = text.strip_prefix("sim").unwrap_or(&text).trim_start();
    let mut digits = after.chars().take_while(char::is_ascii_digit);
    match (digits.next(), digits.next()) {
        (Some(digit), None) => Some(digit.to_string()),
        _ => Some(text.chars().take(40).collect::<String>()).filter(|text| !text.is_empty()),
    }
}

/// Where a forwarder tells the SIM card: this did not come as a message, but any app on the phone showed it,
/// under whatever name it chose.
pub(crate) const NOTIFICATION: &str = "notification";
/// Numbers below are seconds: the year 5138 in seconds, 1973 in milliseconds.
const MILLISECONDS_FROM: i64 = 100_000_000_000;
/// The years 2000 and 2100: what lies outside is a clock that was never set.
const EARLIEST: i64 = 946_684_800;
const LATEST: i64 = 4_102_444_800;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_come_in_three_forms() {
        for text in [
            "1788434769",
            "1788434769000",
            "1788434769.4",
            "2026-09-03T14:26:09+03:00",
            "2026-09-03T11:26:09Z",
        ] {
            let at = moment(text).map(|at| at.as_second());
            assert_eq!(at, Some(1_788_434_769), "{text}");
        }
        for text in [
            "",
            "0",
            "-1",
            "yesterday",
            "2026-09-03 14:26:09",
            "99999999999999999999",
            "1000",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn sim_cards_have_their_number() {
        for (text, name) in [
            ("1", "1"),
            ("SIM2", "2"),
            ("SIM1_Vodafone", "1"),
            ("sim 2", "2"),
            ("Work ", "work"),
            ("01012345678", "01012345678"),
        ] {
            assert_eq!(sim(text).as_deref(), Some(name));
        }
        assert_eq!(sim("  "), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_not(text in ".{0,40}") {
            let _ = moment(&text);
            let _ = sim(&text);
        }
    }
}
