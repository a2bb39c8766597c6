//! Wallets that have taken in almost what their operator lets them: what customers send beyond it fails. Nothing is
//! held for that; operators must see it in time.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::Payments;
use crate::PaymentsError;
use crate::tables::{lists, stores};
use crate::texts::zone_of;
use crate::views::{CeilingView, Period};

impl Payments {
    /// The wallets in use that are near a ceiling of theirs, or beyond it, by store and id.
    pub async fn near_ceilings(&self) -> Result<Vec<CeilingView>, PaymentsError> {
        let now = self.store.clock().now();
        let mut db = self.connection().await?;
        let mut near = Vec::new();
        for store in stores::all(&mut db).await? {
            let caution = &store.caution;
            let ceilings = [
                (Period::Day, caution.ceiling_wallet_day),
                (Period::Month, caution.ceiling_wallet_month),
            ];
            if !store.enabled || ceilings.iter().all(|(_, ceiling)| *ceiling == 0) {
                continue;
            }
            let starts = Starts::of(now, &zone_of(caution.country));
            let sums = lists::received_in(&mut db, &store.id, starts.day, starts.month).await?;
            for sum in sums {
                for (period, ceiling) in ceilings {
                    let received = match period {
                        Period::Day => sum.day,
                        Period::Month => sum.month,
                    };
                    if ceiling > 0 && received >= ceiling - ceiling / 5 {
                        near.push(CeilingView {
                            store: store.id.clone(),
                            wallet: sum.wallet.clone(),
                            period,
                            received,
                            ceiling,
                            currency: store.currency().to_string(),
                        });
                    }
                }
            }
        }
        Ok(near)
    }
}

/// When the day and the month began where the wallets are; epoch milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Starts {
    day: i64,
    month: i64,
}

impl Starts {
    fn of(now: Timestamp, zone: &TimeZone) -> Self {
        let today = now.to_zoned(zone.clone()).date();
        let start = |date: Date| {
            let start = date.to_zoned(zone.clone()).map(|start| start.timestamp());
            // Dates that far away have no clock.
            start.unwrap_or(now).as_millisecond()
        };
        Self {
            day: start(today),
            month: start(today.first_of_month()),
        }
    }
}

#[cfg(test)]
mod tests {
    use wharf_core::Country;

    use super::*;

    #[test]
    fn days_and_months_begin_where_the_wallets_are() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let starts = |now: &str, country| {
            let starts = Starts::of(at(now), &zone_of(country));
            [starts.day, starts.month].map(|ms| Timestamp::from_millisecond(ms).unwrap())
        };
        assert_eq!(
            starts("2026-11-30T22:30:00Z", Country::Egypt),
            [at("2026-11-30T22:00:00Z"), at("2026-11-30T22:00:00Z")],
            "December in Cairo"
        );
        assert_eq!(
            starts("2026-09-03T11:26:09Z", Country::Egypt),
            [at("2026-09-02T21:00:00Z"), at("2026-08-31T21:00:00Z")]
        );
        assert_eq!(
            starts("2026-09-03T11:26:09Z", Country::Bangladesh),
            [at("2026-09-02T18:00:00Z"), at("2026-08-31T18:00:00Z")]
        );
    }
}
