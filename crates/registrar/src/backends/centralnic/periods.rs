//! Periods as the platform writes them: `1Y`, `1M`, `-5d`; a bare number is of the unit that is usual there.

/// Whole years of a list (`1Y,2Y` or one value each), in order and once. Terms in months have no place in WHMCS
/// and are left out; `12M` is a year.
pub(super) fn years<'a>(lists: impl IntoIterator<Item = &'a str>) -> Vec<i64> {
    let mut years: Vec<i64> = lists
        .into_iter()
        .flat_map(|list| list.split([',', ' ']))
        .filter_map(|term| year(term.trim()))
        .collect();
    years.sort_unstable();
    years.dedup();
    years
}

fn year(term: &str) -> Option<i64> {
    let unit = term.trim_start_matches(|c: char| c.is_ascii_digit());
    let number: i64 = term.strip_suffix(unit)?.parse().ok()?;
    match unit {
        "" | "Y" | "y" => (0..=100).contains(&number).then_some(number),
        "M" | "m" if number % 12 == 0 && number > 0 && number <= 1_200 => Some(number / 12),
        _ => None,
    }
}

/// Days, with their sign.
pub(super) fn days(text: &str) -> Option<i64> {
    let text = text.trim();
    let bare = text.strip_suffix(['d', 'D']).unwrap_or(text);
    let days: i64 = bare.strip_prefix('+').unwrap_or(bare).parse().ok()?;
    (days.abs() <= 36_600).then_some(days)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn terms_and_days_are_read() {
        assert_eq!(years(["2Y,1Y,0Y,1M,24M", "1Y", "3"]), [0, 1, 2, 3]);
        assert!(years(["", "1X", "Y", "-1Y", "99999999999999999999Y"]).is_empty());
        assert_eq!(
            ["-5d", "1d", "44D", "30", "-61d", "x", "", "1Y"].map(days),
            [
                Some(-5),
                Some(1),
                Some(44),
                Some(30),
                Some(-61),
                None,
                None,
                None
            ]
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,20}") {
            let _ = (years([text.as_str()]), days(&text));
        }
    }
}
