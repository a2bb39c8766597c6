//! The signed token of a form: it says what the form is for, and that we made it. It stands in for a CSRF
//! token (nobody else can make one for this client) and for the ownership of the invoice.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use wharf_core::{Money, Secret};

use crate::keys;
use crate::texts::Language;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Form {
    pub site: String,
    pub store: String,
    pub client: i64,
    pub invoice: i64,
    pub quote: String,
    pub due: Money,
    /// The path of the WHMCS root, with a slash at the end.
    pub base: String,
    pub language: Language,
    /// When the page was made, epoch milliseconds.
    pub at: i64,
}

impl Form {
    pub(super) fn seal(&self, key: &Secret) -> Option<String> {
        let body = URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).ok()?);
        let tag = keys::sign(key, &[PURPOSE, body.as_bytes()])?;
        Some(format!("{body}.{tag}"))
    }

    /// The form that a token was made for; `None` for anything that we did not sign, or too long ago.
    pub(super) fn open(token: &str, key: &Secret, now: i64) -> Option<Self> {
        let (body, tag) = token.split_once('.')?;
        if !keys::verify(key, &[PURPOSE, body.as_bytes()], tag) {
            return None;
        }
        let form: Self = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).ok()?).ok()?;
        (now - form.at <= LIFETIME).then_some(form)
    }
}

const PURPOSE: &[u8] = b"wharf invoice form 2:";
const LIFETIME: i64 = 24 * 3_600_000;

#[cfg(test)]
mod tests {
    use wharf_core::Currency;

    use super::*;

    #[test]
    fn only_what_we_signed_lately_opens() {
        let key = Secret::new("k");
        let form = Form {
            site: "main".into(),
            store: "nile".into(),
            client: 7,
            invoice: 12,
            quote: "q".into(),
            due: Money::new(1_000, Currency::USD),
            base: "/".into(),
            language: Language::Arabic,
            at: 5_000,
        };
        let token = form.seal(&key).unwrap();
        assert_eq!(Form::open(&token, &key, 6_000), Some(form.clone()));
        assert_eq!(Form::open(&token, &Secret::new("other"), 6_000), None);
        assert_eq!(Form::open(&token, &key, 5_001 + LIFETIME), None);
        let other = Form { client: 8, ..form }.seal(&key).unwrap();
        let (body, _) = other.split_once('.').unwrap();
        let (_, tag) = token.split_once('.').unwrap();
        assert_eq!(Form::open(&format!("{body}.{tag}"), &key, 6_000), None);
        for wrong in ["", ".", "a.b", "x"] {
            assert_eq!(Form::open(wrong, &key, 6_000), None);
        }
    }
}
