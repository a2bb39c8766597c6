//! The text that finds a credit again. WHMCS keeps no number of ours with a credit: its description must do.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use wharf_whmcs::api::CreditRow;

/// Whose money a description speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub store: &'a str,
    pub wallet: &'a str,
    pub operator_id: &'a str,
}

/// A description that names a wallet's transaction number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named<'a> {
    pub operator_id: &'a str,
    /// Store and wallet; `None` in a row that another tool wrote.
    pub origin: Option<(&'a str, &'a str)>,
}

impl Token<'_> {
    /// The beginning is what other tools look for; the bracket keeps stores and wallets of one WHMCS apart.
    pub(crate) fn payment(&self) -> String {
        format!("{PAYMENT}{} {}", self.operator_id, self.origin())
    }

    /// Of the credit that is taken away again.
    pub(crate) fn reversal(&self) -> String {
        format!("{REVERSAL}{} {}", self.operator_id, self.origin())
    }

    /// The number under which WHMCS takes a transaction only once, unique among the wallets of one WHMCS.
    pub(crate) fn number(&self) -> String {
        format!("{} {}", self.operator_id, self.origin())
    }

    fn origin(&self) -> String {
        format!("[b:{}/{}]", self.store, self.wallet)
    }

    /// Whether a row's description is about this transfer's credit. One without a bracket was written by
    /// another tool for the same number: that is our money too.
    pub(crate) fn is_in(&self, description: &str) -> bool {
        self.fits(named(description))
    }

    pub(crate) fn is_reversed_in(&self, description: &str) -> bool {
        self.fits(after(description, REVERSAL))
    }

    fn fits(&self, named: Option<Named<'_>>) -> bool {
        named.is_some_and(|named| {
            named.operator_id == self.operator_id
                && named
                    .origin
                    .is_none_or(|origin| origin == (self.store, self.wallet))
        })
    }
}

/// What a description of a payment names.
pub(crate) fn named(description: &str) -> Option<Named<'_>> {
    after(description, PAYMENT)
}

/// What a description of a credit that was taken back names.
pub(crate) fn named_reversal(description: &str) -> Option<Named<'_>> {
    after(description, REVERSAL)
}

/// Whether a description has a transaction number of whatever tool or gateway.
pub(crate) fn has_a_number(description: &str) -> bool {
    let lower = description.to_ascii_lowercase();
    ["trans_id", "trans id", "transid", "transaction id"]
        .iter()
        .any(|mark| lower.contains(mark))
}

/// Whether WHMCS or another tool tells what a row is for: an invoice, a gateway's payment, a transfer of ours.
pub(crate) fn is_explained(row: &CreditRow) -> bool {
    row.related.is_some()
        || has_a_number(&row.description)
        || row.description.to_ascii_lowercase().contains("invoice")
}

/// Whether a row may be of a time (epoch milliseconds) or later. WHMCS tells days, of its own zone.
pub(crate) fn is_since(row: &CreditRow, at: i64) -> bool {
    let noon = |day: Date| {
        let noon = day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC);
        noon.map(|noon| noon.timestamp().as_millisecond())
    };
    row.date
        .is_none_or(|day| noon(day).is_ok_and(|noon| noon >= at - A_DAY_AND_A_HALF))
}

fn after<'a>(description: &'a str, lead: &str) -> Option<Named<'a>> {
    let (_, rest) = description.split_once(lead)?;
    let end = rest
        .find(|c: char| c.is_whitespace() || matches!(c, '[' | '(' | '{'))
        .unwrap_or(rest.len());
    let (number, rest) = rest.split_at(end);
    let origin = rest
        .split_once("[b:")
        .and_then(|(_, rest)| rest.split_once(']'))
        .and_then(|(origin, _)| origin.split_once('/'));
    Some(Named {
        operator_id: number.trim_end_matches(['.', ',', ';', ':']),
        origin,
    })
    .filter(|named| !named.operator_id.is_empty())
}

const A_DAY_AND_A_HALF: i64 = 36 * 3_600_000;
const PAYMENT: &str = "VodafoneCash payment - trans_id: ";
const REVERSAL: &str = "VodafoneCash reversal - trans_id: ";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: Token<'static> = Token {
        store: "nile",
        wallet: "vf1",
        operator_id: "023123",
    };

    #[test]
    fn the_documented_text_comes_first() {
        assert_eq!(
            TOKEN.payment(),
            "VodafoneCash payment - trans_id: 023123 [b:nile/vf1]"
        );
    }

    #[test]
    fn only_the_same_number_of_the_same_wallet_is_the_same_credit() {
        for ours in [
            "VodafoneCash payment - trans_id: 023123 [b:nile/vf1]",
            "VodafoneCash payment - trans_id: 023123",
            "VodafoneCash payment - trans_id: 023123.",
            "VodafoneCash payment - trans_id: 023123[b:nile/vf1] by hand",
            "Checked: VodafoneCash payment - trans_id: 023123 (502.50 EGP)",
        ] {
            assert!(TOKEN.is_in(ours), "{ours}");
        }
        for other in [
            "VodafoneCash payment - trans_id: 0231234 [b:nile/vf1]",
            "VodafoneCash payment - trans_id: 23123 [b:nile/vf1]",
            "VodafoneCash payment - trans_id: 023123-4 [b:nile/vf1]",
            "VodafoneCash payment - trans_id: 023123 [b:nile/vf10]",
            "VodafoneCash payment - trans_id: 023123 [b:other/vf1]",
            "VodafoneCash payment - trans_id: ",
            "VodafoneCash reversal - trans_id: 023123 [b:nile/vf1]",
            "Add Funds",
        ] {
            assert!(!TOKEN.is_in(other), "{other}");
        }
        assert!(TOKEN.is_reversed_in(&TOKEN.reversal()));
        assert!(!TOKEN.is_reversed_in(&TOKEN.payment()));
    }

    proptest! {
        #[test]
        fn a_token_is_found_in_its_own_text_and_in_no_others(
            (a, b) in ("[0-9A-Z]{1,14}", "[0-9A-Z]{1,14}"),
            (store, wallet) in ("[a-z0-9_-]{1,8}", "[a-z0-9_-]{1,8}"),
            (other_store, other_wallet) in ("[a-z0-9_-]{1,8}", "[a-z0-9_-]{1,8}"),
        ) {
            let one = Token { store: &store, wallet: &wallet, operator_id: &a };
            let other = Token { store: &other_store, wallet: &other_wallet, operator_id: &b };
            let (text, other_text) = (one.payment(), other.payment());
            prop_assert!(one.is_in(&text));
            prop_assert_eq!(one.is_in(&other_text), one == other);
            prop_assert_ne!(one.number().is_empty(), true);
        }

        #[test]
        fn any_text_can_be_looked_at(text in ".{0,200}") {
            let _ = (named(&text), has_a_number(&text), TOKEN.is_in(&text));
        }
    }
}
