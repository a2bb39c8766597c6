//! Response text and its strict reading: what does not end in `EOF` was cut and is no answer.

use std::collections::BTreeMap;

use crate::{Cause, RegistrarError};

/// An answer as the platform gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub code: u16,
    pub description: String,
    /// Accepted, to be carried out later.
    pub pending: bool,
    properties: BTreeMap<String, Vec<String>>,
}

impl Response {
    /// Reads a whole answer.
    ///
    /// # Errors
    /// What is wrong with the text, when it is no complete answer.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mut fields: BTreeMap<String, String> = BTreeMap::new();
        let mut properties: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut ended = false;
        for line in text.lines() {
            if line.trim() == "EOF" {
                ended = true;
                break;
            }
            let Some((key, value)) = line.split_once('=') else {
                continue;
            };
            let key = key.trim().to_uppercase();
            let value = value.trim_start().trim_end_matches([' ', '\t', '\r']);
            match property_name(&key) {
                // The index is ignored: order of arrival counts.
                Some(name) => properties.entry(name).or_default().push(value.to_owned()),
                None => {
                    fields.insert(key, value.to_owned());
                }
            }
        }
        if text.trim().is_empty() {
            return Err("the answer is empty");
        }
        let Some(code) = fields.get("CODE").and_then(|code| code.parse::<u16>().ok()) else {
            return Err("the answer has no code");
        };
        if !(100..=999).contains(&code) {
            return Err("the answer has no code");
        }
        if !ended {
            return Err("the answer was cut off");
        }
        let Some(description) = fields.remove("DESCRIPTION") else {
            return Err("the answer has no description");
        };
        let pending = fields.get("PENDING").is_some_and(|pending| pending == "1");
        Ok(Self {
            code,
            description,
            pending,
            properties,
        })
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// The first value of a property; `None` when absent or empty.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.at(name, 0)
    }

    /// A property's value by index. Columns can be ragged: what is missing is `None`.
    pub fn at(&self, name: &str, index: usize) -> Option<&str> {
        self.properties
            .get(name)?
            .get(index)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// A property's value even when it is empty, which can mean something.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.properties.get(name)?.first().map(String::as_str)
    }

    pub fn all(&self, name: &str) -> &[String] {
        self.properties.get(name).map_or(&[], Vec::as_slice)
    }

    /// One row of a list, as an answer of its own.
    pub(super) fn row(&self, index: usize) -> Self {
        let cell = |(name, values): (&String, &Vec<String>)| {
            Some((name.clone(), vec![values.get(index)?.clone()]))
        };
        Self {
            properties: self.properties.iter().filter_map(cell).collect(),
            ..self.clone()
        }
    }

    /// The answer itself if it is a success, else the error that it means. `change` tells whether the command
    /// would have changed something.
    pub(super) fn into_result(self, change: bool) -> Result<Self, RegistrarError> {
        if self.is_success() {
            return Ok(self);
        }
        let Self {
            code, description, ..
        } = self;
        Err(match code {
            // Broken off inside the server: for a change nobody knows how far it got.
            420 | 421 | 520 if change => {
                RegistrarError::Unknown(format!("{description} (code {code})"))
            }
            400..=499 | 520 | 521 => RegistrarError::Temporary { code, description },
            _ => RegistrarError::Refused {
                code,
                cause: cause(code, &description),
                description,
            },
        })
    }
}

fn property_name(key: &str) -> Option<String> {
    let rest = key
        .strip_prefix("PROPERTY")?
        .trim_start()
        .strip_prefix('[')?;
    let (name, _) = rest.split_once(']')?;
    Some(name.chars().filter(|c| !c.is_whitespace()).collect())
}

fn cause(code: u16, description: &str) -> Cause {
    let description = description.to_ascii_lowercase();
    match code {
        530 if description.contains("acl") || description.contains("forbidden") => Cause::Forbidden,
        530 => Cause::Login,
        531 => Cause::NotOurs,
        540 | 554 => Cause::Taken,
        545 => Cause::NotFound,
        546 => Cause::Funds,
        _ => Cause::Other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIST: &str = "[RESPONSE]\r\nproperty[DOMAIN][0]=a.com\r\nPROPERTY[domain][7] = b.com \t\r\n\
        PROPERTY[QUOTA EXCEEDED][0]=1\r\nPROPERTY[AUTH][0]=a=b\r\nPROPERTY[LOCK][0]=\r\n\r\n\
        description = Command completed successfully; a=b\r\ncode=200\r\nQUEUETIME=0\r\nRUNTIME=0.004\r\n\r\nEOF\r\nCODE=500\r\n";

    #[test]
    fn a_response_is_read_as_the_platforms_own_clients_read_it() {
        let response = Response::parse(LIST).unwrap();
        assert_eq!(response.code, 200);
        assert_eq!(response.description, "Command completed successfully; a=b");
        assert_eq!(response.all("DOMAIN"), ["a.com", "b.com"]);
        assert_eq!(response.first("QUOTAEXCEEDED"), Some("1"));
        assert_eq!(response.first("AUTH"), Some("a=b"));
        assert_eq!(
            (
                response.first("LOCK"),
                response.raw("LOCK"),
                response.raw("NONE")
            ),
            (None, Some(""), None)
        );
        assert!(!response.pending);
    }

    #[test]
    fn an_answer_cut_anywhere_is_no_answer() {
        let whole = "[RESPONSE]\r\nCODE=200\r\nDESCRIPTION=ok\r\nPENDING=1\r\nEOF\r\n";
        assert!(Response::parse(whole).unwrap().pending);
        let end = whole.find("EOF").unwrap() + 3;
        for cut in 0..end {
            assert!(
                Response::parse(&whole[..cut]).is_err(),
                "{:?}",
                &whole[..cut]
            );
        }
        assert!(Response::parse("<html>Bad gateway</html>").is_err());
        assert!(Response::parse("CODE=20x\nDESCRIPTION=ok\nEOF").is_err());
    }

    #[test]
    fn codes_become_errors_that_say_what_to_do() {
        let error = |code: u16, text: &str, change| {
            Response::parse(&format!("CODE={code}\nDESCRIPTION={text}\nEOF"))
                .unwrap()
                .into_result(change)
                .unwrap_err()
        };
        assert!(matches!(
            error(421, "try again", false),
            RegistrarError::Temporary { .. }
        ));
        assert!(matches!(
            error(421, "try again", true),
            RegistrarError::Unknown(_)
        ));
        assert!(matches!(
            error(425, "locked", true),
            RegistrarError::Temporary { .. }
        ));
        assert!(matches!(
            error(521, "too many", true),
            RegistrarError::Temporary { .. }
        ));
        assert_eq!(
            error(530, "Authentication failed", true).cause(),
            Some(Cause::Login)
        );
        assert_eq!(
            error(530, "Operation forbidden by ACL", true).cause(),
            Some(Cause::Forbidden)
        );
        assert_eq!(
            error(545, "Object not found", false).cause(),
            Some(Cause::NotFound)
        );
        assert_eq!(
            error(549, "channel error", true).cause(),
            Some(Cause::Other)
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(?s).{0,200}") {
            let _ = Response::parse(&text);
        }
    }
}
