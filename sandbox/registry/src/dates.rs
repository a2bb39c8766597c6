//! Calendar arithmetic, in UTC.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// `YYYY-MM-DD HH:MM:SS`, the platform's DATETIME.
pub fn text(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

pub fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

pub fn years_after(at: Timestamp, years: i64) -> Timestamp {
    shifted(at, Span::new().years(years))
}

pub fn days_after(at: Timestamp, days: i64) -> Timestamp {
    shifted(at, Span::new().days(days))
}

/// Beyond the calendar's end the date stays what it is; no registry sells such terms.
fn shifted(at: Timestamp, by: Span) -> Timestamp {
    at.to_zoned(TimeZone::UTC)
        .checked_add(by)
        .map_or(at, |moved| moved.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leap_days_and_years_are_the_calendars() {
        let leap: Timestamp = "2028-02-29T14:53:20.5Z".parse().unwrap();
        assert_eq!(text(years_after(leap, 1)), "2029-02-28 14:53:20");
        assert_eq!(text(days_after(leap, -5)), "2028-02-24 14:53:20");
        assert_eq!(text(whole_second(leap)), "2028-02-29 14:53:20");
    }
}
