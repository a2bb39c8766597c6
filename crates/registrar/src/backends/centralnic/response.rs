//! Response text and its strict reading: what does not end in `EOF` was cut and is no answer.

use std::borrow::Cow;
use std::collections::BTreeMap;

use wharf_core::DomainName;

use crate::{Cause, Nameservers, RegistrarError};

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
            let key = key.trim();
            let value = value.trim_start().trim_end_matches([' ', '\t', '\r']);
            match property_name(key) {
                // The index is ignored: order of arrival counts.
                Some(name) => match properties.get_mut(name.as_ref()) {
                    Some(values) => values.push(value.to_owned()),
                    None => {
                        properties.insert(name.into_owned(), vec![value.to_owned()]);
                    }
                },
                None => {
                    fields.insert(key.to_ascii_uppercase(), value.to_owned());
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

    /// The answer as one about one object.
    pub(super) fn whole(&self) -> Row<'_> {
        Row {
            response: self,
            row: None,
        }
    }

    /// One row of a list.
    pub(super) fn row(&self, index: usize) -> Row<'_> {
        Row {
            response: self,
            row: Some(index),
        }
    }

    /// The rows of a list by its longest column; columns that hold the paging have one value only.
    pub(super) fn rows(&self, column: &str) -> impl Iterator<Item = Row<'_>> {
        (0..self.all(column).len()).map(|index| self.row(index))
    }

    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.first(name)?.trim().parse().ok()
    }

    /// The answer itself if it is a success, else the error that it means. `change` tells whether the command
    /// would have changed something.
    pub(super) fn into_result(self, change: bool) -> Result<Self, RegistrarError> {
        // A question can be answered with "no"; a change that is answered so was not made.
        if self.is_success() && !(change && matches!(self.code, 211 | 213 | 219)) {
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

/// One object's properties: a whole answer, or a row of a list, whose cells hold several values with blanks
/// between them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    response: &'a Response,
    row: Option<usize>,
}

impl<'a> Row<'a> {
    /// The first value of a property; `None` when absent or empty.
    pub fn first(self, name: &str) -> Option<&'a str> {
        self.response.at(name, self.row.unwrap_or(0))
    }

    /// Even when it is empty.
    pub fn raw(self, name: &str) -> Option<&'a str> {
        let values = self.response.properties.get(name)?;
        values.get(self.row.unwrap_or(0)).map(String::as_str)
    }

    pub fn text(self, name: &str) -> Option<String> {
        self.first(name).map(str::to_owned)
    }

    pub fn number<T: std::str::FromStr>(self, name: &str) -> Option<T> {
        self.first(name)?.trim().parse().ok()
    }

    /// All values of a property.
    pub fn values(self, name: &str) -> Vec<&'a str> {
        if self.row.is_some() {
            return self
                .first(name)
                .unwrap_or_default()
                .split_whitespace()
                .collect();
        }
        let all = self.response.all(name).iter();
        all.map(String::as_str)
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// Yes or no in any of the platform's spellings.
    pub fn switch(self, name: &str) -> Option<bool> {
        match self.first(name)?.trim().to_ascii_uppercase().as_str() {
            "1" | "YES" | "Y" | "TRUE" => Some(true),
            "0" | "NO" | "N" | "FALSE" => Some(false),
            _ => None,
        }
    }

    /// Hosts that can be read as names; others cannot be shown, none has been seen.
    pub fn hosts(self, name: &str) -> Nameservers {
        self.values(name)
            .into_iter()
            .filter_map(|host| DomainName::parse(host).ok())
            .collect()
    }
}

/// The name between the brackets, in upper case and without blanks.
fn property_name(key: &str) -> Option<Cow<'_, str>> {
    let (start, rest) = key.split_at_checked("PROPERTY".len())?;
    if !start.eq_ignore_ascii_case("PROPERTY") {
        return None;
    }
    let (name, _) = rest.trim_start().strip_prefix('[')?.split_once(']')?;
    let is_canonical = name
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_lowercase());
    Some(if is_canonical {
        Cow::Borrowed(name)
    } else {
        let letters = name.chars().filter(|c| !c.is_whitespace());
        Cow::Owned(letters.map(|c| c.to_ascii_uppercase()).collect())
    })
}

fn cause(code: u16, description: &str) -> Cause {
    let text = description.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match code {
        // First: the name of a forbidden command can hold the words below.
        530 if says(&["acl", "forbidden"]) => Cause::Forbidden,
        219 | 530 | 531 | 541 | 549 | 552 if says(WRONG_CODE) => Cause::WrongCode,
        219 | 552 if says(&["transferprohibited", "prohibited by status"]) => Cause::Locked,
        530 => Cause::Login,
        531 => Cause::NotOurs,
        211 | 540 | 554 => Cause::Taken,
        545 => Cause::NotFound,
        546 => Cause::Funds,
        555 => Cause::AlreadyRenewed,
        548 => Cause::NotUpForRenewal,
        510 => Cause::NotExplicit,
        553 | 536 => Cause::TransferPending,
        534 => Cause::NoTransfer,
        552 | 543 | 544 | 547 => Cause::State,
        505 | 506 | 541 => Cause::InvalidValue,
        504 => Cause::MissingValue,
        _ => Cause::Other,
    }
}

/// How a wrong or missing auth code is told, by the platform and by registries behind it.
const WRONG_CODE: &[&str] = &[
    "wrong auth",
    "auth code required",
    "authinfo",
    "authorisation",
    "authorization information",
];

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
        for (code, text, cause) in [
            (549, "channel error", Cause::Other),
            (555, "Already renewed", Cause::AlreadyRenewed),
            (548, "Not up for renewal", Cause::NotUpForRenewal),
            (510, "Not supported", Cause::NotExplicit),
            (
                530,
                "Authorization failed; wrong auth code",
                Cause::WrongCode,
            ),
            (
                530,
                "Authorization failed; USERTRANSFER - AUTH CODE REQUIRED",
                Cause::WrongCode,
            ),
            (
                219,
                "Request is not available; DOMAIN TRANSFER IS PROHIBITED BY STATUS (clientTransferProhibited)",
                Cause::Locked,
            ),
            (
                219,
                "Request is not available; DOMAIN TRANSFER IS PROHIBITED BY STATUS (clientTransferProhibited)/WRONG AUTH",
                Cause::WrongCode,
            ),
            (553, "Transfer pending", Cause::TransferPending),
            (552, "Object status prohibits operation", Cause::State),
            (541, "Invalid attribute value; X-FOO", Cause::InvalidValue),
            (504, "Missing required attribute", Cause::MissingValue),
        ] {
            assert_eq!(error(code, text, true).cause(), Some(cause), "{text}");
        }
        // As an answer to a question it is one.
        let no = Response::parse("CODE=219\nDESCRIPTION=no\nEOF").unwrap();
        assert!(no.into_result(false).is_ok());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(?s).{0,200}") {
            let _ = Response::parse(&text);
        }

        #[test]
        fn no_answer_makes_it_panic(text in "(?s)((PROPERTY|property|CODE|DESCRIPTION|EOF|é)?[ \\[\\]=0-9A-Za-zß\r\n]{0,12}){0,20}") {
            if let Ok(response) = Response::parse(&(text + "\nCODE=200\nDESCRIPTION=ok\nEOF")) {
                for row in response.rows("A").chain([response.whole()]) {
                    let _ = (row.first("A"), row.values("A"), row.switch("A"), row.hosts("A"));
                }
            }
        }
    }
}
