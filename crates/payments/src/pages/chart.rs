//! A bar chart as SVG, with a table that says the same in words.

use askama::Template;

use super::words::grouped;
use super::{Words, rendered};
use wharf_core::{Currency, Money};

/// What arrived on a day, and how much of it was credited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Day {
    /// `2026-11-26`
    pub name: String,
    pub count: i64,
    pub received: i64,
    pub credited: i64,
    /// How many of them were credited.
    pub credits: i64,
}

/// Empty where nothing arrived at all.
pub(super) fn bars(words: Words, days: &[Day], currency: Currency) -> String {
    let most = days
        .iter()
        .map(|day| day.received)
        .max()
        .unwrap_or_default();
    if most <= 0 {
        return String::new();
    }
    let step = WIDTH / i64::try_from(days.len()).unwrap_or(30).max(1);
    let tall = |amount: i64| {
        i64::try_from(i128::from(amount) * i128::from(HEIGHT) / i128::from(most)).unwrap_or(0)
    };
    let amount = |minor: i64| grouped(&Money::new(minor, currency).amount());
    let bars = days
        .iter()
        .zip(0..)
        .map(|(day, place)| {
            // What is there is seen, however small it is beside the rest.
            let received = tall(day.received).max(i64::from(day.received > 0) * 2);
            let credited = tall(day.credited).min(received);
            Bar {
                x: place * step + 1,
                width: (step - 2).max(1),
                open_y: HEIGHT - received,
                open_height: received - credited,
                credited_y: HEIGHT - credited,
                credited_height: credited,
                title: words.fill(
                    "chart_day",
                    &[
                        ("day", &day.name),
                        ("count", &day.count.to_string()),
                        ("received", &amount(day.received)),
                        ("credited", &amount(day.credited)),
                    ],
                ),
            }
        })
        .collect();
    let total = days.iter().map(|day| day.received).sum::<i64>();
    let count = days.iter().map(|day| day.count).sum::<i64>();
    rendered(&ChartPart {
        t: words,
        bars,
        label: words.fill(
            "chart_label",
            &[
                ("count", &count.to_string()),
                ("total", &format!("{} {currency}", amount(total))),
                ("most", &format!("{} {currency}", amount(most))),
            ],
        ),
        top: format!("{} {currency}", amount(most)),
        days: days
            .iter()
            .rev()
            .filter(|day| day.count > 0)
            .map(|day| {
                (
                    day.name.clone(),
                    day.count,
                    amount(day.received),
                    amount(day.credited),
                )
            })
            .collect(),
        first: days.first().map_or("", |day| &day.name),
        last: days.last().map_or("", |day| &day.name),
        width: WIDTH,
        height: HEIGHT,
    })
}

struct Bar {
    x: i64,
    width: i64,
    open_y: i64,
    open_height: i64,
    credited_y: i64,
    credited_height: i64,
    title: String,
}

#[derive(Template)]
#[template(path = "staff/chart.html")]
struct ChartPart<'a> {
    t: Words,
    bars: Vec<Bar>,
    label: String,
    top: String,
    days: Vec<(String, i64, String, String)>,
    first: &'a str,
    last: &'a str,
    width: i64,
    height: i64,
}

const WIDTH: i64 = 780;
const HEIGHT: i64 = 150;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Language;

    #[test]
    fn bars_are_as_tall_as_their_days() {
        let day = |name: &str, received, credited| Day {
            name: name.to_owned(),
            count: 1,
            received,
            credited,
            credits: 1,
        };
        let days = [
            day("2026-11-24", 10_000, 10_000),
            day("2026-11-25", 0, 0),
            day("2026-11-26", 5_000, 0),
        ];
        let svg = bars(Words::new(Language::English), &days, Currency::EGP);
        assert!(
            svg.contains(r#"height="150""#) && svg.contains(r#"height="75""#),
            "{svg}"
        );
        assert!(svg.contains("150.00 EGP"), "{svg}");
        assert_eq!(
            bars(
                Words::new(Language::English),
                &[day("2026-11-24", 0, 0)],
                Currency::EGP
            ),
            ""
        );
    }
}
