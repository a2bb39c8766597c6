//! Dates as the platform writes them, and the one that WHMCS is told.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, SpanRelativeTo, Timestamp, ToSpan as _};

use super::response::Row;

/// `YYYY-MM-DD HH:MM:SS`, UTC. Unset dates are absent, empty or zero; all of them are `None`.
pub(super) fn at(row: Row<'_>, property: &str) -> Option<DateTime> {
    date_time(row.first(property)?)
}

pub(super) fn timestamp(row: Row<'_>, property: &str) -> Option<Timestamp> {
    utc(at(row, property)?)
}

pub(super) fn utc(at: DateTime) -> Option<Timestamp> {
    at.to_zoned(TimeZone::UTC)
        .ok()
        .map(|zoned| zoned.timestamp())
}

/// As the platform writes it.
pub(super) fn text(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The day before, as WHMCS keeps only a day.
pub(super) fn day_before(row: Row<'_>, property: &str) -> Option<Date> {
    Some(at(row, property)?.checked_sub(1.day()).ok()?.date())
}

/// The expiry day for WHMCS, which keeps only a day: one day before the end of the paid term, or, where the
/// domain fails before that, of its finalization moved by what is paid beyond the registry's own date.
pub(super) fn expiry(row: Row<'_>) -> Option<Date> {
    let paid_until = at(row, "PAIDUNTILDATE")?;
    let failure = at(row, "FAILUREDATE")?;
    let end = if failure > paid_until {
        paid_until
    } else {
        let finalization = at(row, "FINALIZATIONDATE")?;
        let expiration =
            at(row, "EXPIRATIONDATE").or_else(|| at(row, "REGISTRATIONEXPIRATIONDATE"))?;
        let ahead = paid_until
            .since(expiration)
            .ok()?
            .total((jiff::Unit::Second, SpanRelativeTo::days_are_24_hours()))
            .ok()?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "seconds between two civil dates are whole and fit"
        )]
        finalization
            .checked_add(Span::new().try_seconds(ahead as i64).ok()?)
            .ok()?
    };
    Some(end.checked_sub(1.day()).ok()?.date())
}

pub(super) fn date_time(text: &str) -> Option<DateTime> {
    // Before there were domain names, a date is a zero in disguise.
    text.trim()
        .parse::<DateTime>()
        .ok()
        .filter(|at| at.year() >= 1985)
}

#[cfg(test)]
mod tests {
    use super::super::Response;
    use super::*;

    fn expiry_of(dates: &[(&str, &str)]) -> Option<String> {
        let mut text = String::from("CODE=200\nDESCRIPTION=ok\n");
        for (name, value) in dates {
            text.push_str(&format!("PROPERTY[{name}][0]={value}\n"));
        }
        expiry(Response::parse(&(text + "EOF")).unwrap().whole()).map(|date| date.to_string())
    }

    #[test]
    fn the_worked_example_of_com() {
        let dates = [
            ("EXPIRATIONDATE", "2017-09-26 14:53:20"),
            ("FINALIZATIONDATE", "2017-09-27 14:53:20"),
            ("PAIDUNTILDATE", "2018-09-26 14:53:20"),
            ("FAILUREDATE", "2018-11-09 14:53:20"),
        ];
        assert_eq!(expiry_of(&dates).as_deref(), Some("2018-09-25"));
    }

    #[test]
    fn a_domain_that_fails_first_ends_at_its_finalization() {
        let dates = [
            ("EXPIRATIONDATE", "2024-03-01 00:30:00"),
            ("FINALIZATIONDATE", "2024-03-02 00:30:00"),
            ("PAIDUNTILDATE", "2024-03-01 00:30:00"),
            ("FAILUREDATE", "2024-02-25 00:30:00"),
        ];
        assert_eq!(expiry_of(&dates).as_deref(), Some("2024-03-01"));
    }

    #[test]
    fn a_missing_date_is_unknown() {
        assert_eq!(expiry_of(&[("PAIDUNTILDATE", "2018-09-26 14:53:20")]), None);
        for empty in ["", "0000-00-00 00:00:00", "1970-01-01 00:00:00", "soon"] {
            assert_eq!(
                expiry_of(&[
                    ("PAIDUNTILDATE", empty),
                    ("FAILUREDATE", "2018-11-09 14:53:20")
                ]),
                None
            );
            assert_eq!(
                expiry_of(&[
                    ("PAIDUNTILDATE", "2018-09-26 14:53:20"),
                    ("FAILUREDATE", empty)
                ]),
                None
            );
        }
    }
}
