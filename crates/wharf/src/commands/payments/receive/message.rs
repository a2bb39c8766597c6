//! A message as Gammu's smsd describes it in the environment of the program that it runs.

use jiff::Timestamp;
use serde_json::{Value, json};

/// A message with its parts joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub from: String,
    pub text: String,
    pub received_at: Timestamp,
    /// The modem, as smsd's PhoneID names it.
    pub sim: Option<String>,
}

impl Message {
    /// None where there is no message. Where Gammu has joined the parts, its joining counts; else those of one sender are
    /// joined in their order.
    pub fn of_gammu(
        environment: impl Fn(&str) -> Option<String>,
        received_at: Timestamp,
    ) -> Vec<Self> {
        let count = |name: &str| -> usize {
            let count = environment(name).and_then(|text| text.trim().parse().ok());
            count.unwrap_or(0_usize).min(PARTS)
        };
        let messages = count("SMS_MESSAGES");
        let sim = environment("PHONE_ID").filter(|id| !id.trim().is_empty());
        let message = |from: String, text: String| Self {
            from,
            text,
            received_at,
            sim: sim.clone(),
        };
        let number = |at: usize| environment(&format!("SMS_{at}_NUMBER"));
        let decoded: String = (0..count("DECODED_PARTS"))
            .filter_map(|at| environment(&format!("DECODED_{at}_TEXT")))
            .collect();
        if messages > 0 && !decoded.is_empty() {
            return vec![message(number(1).unwrap_or_default(), decoded)];
        }
        let mut all: Vec<Self> = Vec::new();
        for at in 1..=messages {
            let text = environment(&format!("SMS_{at}_TEXT")).unwrap_or_default();
            match (all.last_mut(), number(at)) {
                (Some(last), from) if from.as_ref().is_none_or(|from| *from == last.from) => {
                    last.text.push_str(&text);
                }
                (_, from) => all.push(message(from.unwrap_or_default(), text)),
            }
        }
        all
    }

    /// As it goes to the daemon.
    pub fn to_json(&self) -> Value {
        json!({
            "from": self.from,
            "text": self.text,
            "receivedAt": self.received_at.as_millisecond(),
            "sim": self.sim,
        })
    }
}

/// More than any message has.
const PARTS: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    fn all_of(pairs: &[(&str, &str)]) -> Vec<Message> {
        let environment = |name: &str| {
            let found = pairs.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Message::of_gammu(environment, Timestamp::UNIX_EPOCH)
    }

    fn of(pairs: &[(&str, &str)]) -> Option<Message> {
        let mut all = all_of(pairs);
        assert!(all.len() < 2, "{all:?}");
        all.pop()
    }

    #[test]
    fn what_two_senders_wrote_is_not_one_message() {
        let two = all_of(&[
            ("SMS_MESSAGES", "3"),
            ("SMS_1_NUMBER", "VF-Cash"),
            ("SMS_1_TEXT", "one "),
            ("SMS_2_NUMBER", "VF-Cash"),
            ("SMS_2_TEXT", "two"),
            ("SMS_3_NUMBER", "01012345678"),
            ("SMS_3_TEXT", "hello"),
        ]);
        let told: Vec<(&str, &str)> = two
            .iter()
            .map(|message| (message.from.as_str(), message.text.as_str()))
            .collect();
        assert_eq!(told, [("VF-Cash", "one two"), ("01012345678", "hello")]);
    }

    #[test]
    fn a_message_of_one_part() {
        let message = of(&[
            ("SMS_MESSAGES", "1"),
            ("SMS_1_NUMBER", "VF-Cash"),
            ("SMS_1_TEXT", "تم استلام"),
            ("PHONE_ID", "modem-1"),
        ])
        .unwrap();
        assert_eq!(
            (message.from.as_str(), message.text.as_str()),
            ("VF-Cash", "تم استلام")
        );
        assert_eq!(message.sim.as_deref(), Some("modem-1"));
    }

    #[test]
    fn parts_are_joined_once() {
        let parts = [
            ("SMS_MESSAGES", "3"),
            ("SMS_1_NUMBER", "VF-Cash"),
            ("SMS_1_TEXT", "one "),
            ("SMS_2_TEXT", "two "),
            ("SMS_3_TEXT", "three"),
        ];
        assert_eq!(of(&parts).unwrap().text, "one two three");
        let mut joined = parts.to_vec();
        joined.extend([("DECODED_PARTS", "1"), ("DECODED_0_TEXT", "one two three")]);
        assert_eq!(of(&joined).unwrap().text, "one two three");
        // Parts that are no text (pictures) have none.
        joined.extend([("DECODED_PARTS", "0")]);
        joined.remove(5);
        assert_eq!(of(&joined).unwrap().text, "one two three");
    }

    #[test]
    fn without_a_message_there_is_none() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[("SMS_MESSAGES", "0")]), None);
        assert_eq!(of(&[("SMS_MESSAGES", "many")]), None);
        // A part that never came leaves the rest, which no template will take for a whole message.
        let torn = [("SMS_MESSAGES", "99999"), ("SMS_2_TEXT", "the end")];
        assert_eq!(of(&torn).unwrap().text, "the end");
    }
}
