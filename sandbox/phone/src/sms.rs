//! The operator's texts: Vodafone Cash's newest Arabic ones. Times are Cairo's, to the minute.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use wharf_core::{Currency, Money};

/// The sender that phones show.
pub const SENDER: &str = "VF-Cash";

/// What a text tells.
#[derive(Debug)]
pub struct Facts<'a> {
    pub amount: i64,
    pub fee: i64,
    /// The wallet that the text is sent to.
    pub wallet: &'a str,
    pub peer: &'a str,
    pub peer_name: &'a str,
    /// Of `wallet`, afterwards.
    pub balance: i64,
    pub at: Timestamp,
    pub operation: &'a str,
}

pub fn received(facts: &Facts<'_>) -> String {
    format!(
        "تم استلام مبلغ {} جنيه من {}؛\nالمسجل بإسم {}\nعلى رقم محفظتك {} بتاريخ {}.\nرصيدك الحالي: {} جنيه\nرقم العملية: {}",
        pounds(facts.amount),
        facts.peer,
        facts.peer_name,
        facts.wallet,
        minute(facts.at),
        pounds(facts.balance),
        facts.operation,
    )
}

pub fn sent(facts: &Facts<'_>) -> String {
    format!(
        "تم تحويل {} جنيه لرقم {} المسجل بإسم {}؛ مصاريف الخدمة {} جنيه رصيد حسابك فى فودافون كاش الحالي {}. تاريخ العملية: {} رقم العملية: {}",
        pounds(facts.amount),
        facts.peer,
        facts.peer_name,
        pounds(facts.fee),
        pounds(facts.balance),
        minute(facts.at),
        facts.operation,
    )
}

/// `1740.50`.
pub fn pounds(minor: i64) -> String {
    Money::new(minor, Currency::EGP).amount()
}

/// Cairo's local time with its offset, ISO 8601.
pub fn cairo_iso(at: Timestamp) -> String {
    at.to_zoned(cairo())
        .strftime("%Y-%m-%dT%H:%M:%S%:z")
        .to_string()
}

/// `HH:MM YY-MM-DD`.
fn minute(at: Timestamp) -> String {
    at.to_zoned(cairo()).strftime("%H:%M %y-%m-%d").to_string()
}

/// Written out, so that no time zone database is needed: summer time since 2023 runs from April's last
/// Friday to the end of October's last Thursday.
fn cairo() -> TimeZone {
    TimeZone::posix("EET-2EEST,M4.5.5/0,M10.5.4/24").unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(at: &str) -> Facts<'_> {
        Facts {
            amount: 50_300,
            fee: 252,
            wallet: "01000000001",
            peer: "01012345678",
            peer_name: "Mona A. Adel",
            balance: 174_050,
            at: at.parse().unwrap(),
            operation: "025118181818",
        }
    }

    #[test]
    fn the_receivers_text_is_the_operators() {
        insta::assert_snapshot!(received(&facts("2026-11-21T10:07:59Z")), @r"
        تم استلام مبلغ 503.00 جنيه من 01012345678؛
        المسجل بإسم Mona A. Adel
        على رقم محفظتك 01000000001 بتاريخ 12:07 26-11-21.
        رصيدك الحالي: 1740.50 جنيه
        رقم العملية: 025118181818
        ");
    }

    #[test]
    fn the_payers_text_is_the_operators() {
        insta::assert_snapshot!(sent(&facts("2026-07-21T22:07:59Z")), @r"
        تم تحويل 503.00 جنيه لرقم 01012345678 المسجل بإسم Mona A. Adel؛ مصاريف الخدمة 2.52 جنيه رصيد حسابك فى فودافون كاش الحالي 1740.50. تاريخ العملية: 01:07 26-07-22 رقم العملية: 025118181818
        ");
    }

    #[test]
    fn cairo_has_summer_time() {
        assert_eq!(
            cairo_iso("2026-07-21T22:00:00Z".parse().unwrap()),
            "2026-07-22T01:00:00+03:00"
        );
        assert_eq!(
            cairo_iso("2026-04-23T21:59:59Z".parse().unwrap()),
            "2026-04-23T23:59:59+02:00"
        );
        assert_eq!(
            cairo_iso("2026-04-23T22:00:00Z".parse().unwrap()),
            "2026-04-24T01:00:00+03:00"
        );
        assert_eq!(
            cairo_iso("2026-10-29T21:00:00Z".parse().unwrap()),
            "2026-10-29T23:00:00+02:00"
        );
    }
}
