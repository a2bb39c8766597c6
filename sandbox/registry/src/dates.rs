//! Calendar arithmetic, in UTC.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// `YYYY-MM-DD HH:MM:SS`, the platform's DATETIME. Lists have thousands of these, which is too many for a
/// general formatter in a debug build.
pub fn text(at: Timestamp) -> String {
    let second = at.as_millisecond().div_euclid(1_000);
    let (days, rest) = (second.div_euclid(86_400), second.rem_euclid(86_400));
    // Years that begin in March, 400 at a time.
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    let year = year_of_era + era * 400 + next;
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day_of_month:02} {hour:02}:{minute:02}:{second:02}")
}

/// Reads `YYYY-MM-DD`, with or without the time.
pub fn read(text: &str) -> Option<Timestamp> {
    let (day, time) = text
        .trim()
        .split_once([' ', 'T'])
        .unwrap_or((text.trim(), "00:00:00"));
    format!("{day}T{}Z", time.trim_end_matches('Z'))
        .parse()
        .ok()
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
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn dates_are_written_as_a_general_formatter_writes_them(second in -62_000_000_000_i64..250_000_000_000) {
            let at = Timestamp::from_second(second).unwrap();
            prop_assert_eq!(text(at), at.strftime("%Y-%m-%d %H:%M:%S").to_string());
            prop_assert_eq!(read(&text(at)), Some(at));
        }
    }

    #[test]
    fn leap_days_and_years_are_the_calendars() {
        let leap: Timestamp = "2028-02-29T14:53:20.5Z".parse().unwrap();
        assert_eq!(text(years_after(leap, 1)), "2029-02-28 14:53:20");
        assert_eq!(text(days_after(leap, -5)), "2028-02-24 14:53:20");
        assert_eq!(text(whole_second(leap)), "2028-02-29 14:53:20");
    }
}
