//! Wallets that have taken in almost what their operator lets them: what customers send beyond it fails. Nothing is
//! held for that; operators must see it in time.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use wharf_store::StoreError;

use crate::Payments;
use crate::PaymentsError;
use crate::tables::stores::StoreRow;
use crate::tables::{Db, lists, stores};
use crate::texts::zone_of;
use crate::views::{CeilingView, Period};

impl Payments {
    /// The wallets in use that are near a ceiling of theirs, or beyond it, by store and id.
    pub async fn near_ceilings(&self) -> Result<Vec<CeilingView>, PaymentsError> {
        let mut db = self.connection().await?;
        let mut near = Vec::new();
        for store in stores::all(&mut db).await? {
            if store.enabled {
                near.extend(self.ceilings_of(&mut db, &store).await?);
            }
        }
        near.retain(|one| one.received >= one.ceiling - one.ceiling / 5);
        Ok(near)
    }

    /// What the store's wallets in use have taken in of what they may; empty where the store says nothing of that.
    pub(crate) async fn ceilings_of(
        &self,
        db: &mut Db,
        store: &StoreRow,
    ) -> Result<Vec<CeilingView>, StoreError> {
        let caution = &store.caution;
        let mut ceilings = vec![
            (Period::Day, caution.ceiling_wallet_day),
            (Period::Month, caution.ceiling_wallet_month),
        ];
        ceilings.retain(|(_, ceiling)| *ceiling > 0);
        if ceilings.is_empty() {
            return Ok(Vec::new());
        }
        let starts = Starts::of(self.store.clock().now(), &zone_of(caution.country));
        let sums = lists::received_in(db, &store.id, starts.day, starts.month).await?;
        let mut views = Vec::new();
        for (wallet, enabled) in stores::wallets_with_state(db, &store.id).await? {
            let sum = sums.iter().find(|sum| sum.wallet == wallet.id);
            for (period, ceiling) in ceilings.iter().filter(|_| enabled) {
                views.push(CeilingView {
                    store: store.id.clone(),
                    wallet: wallet.id.clone(),
                    period: *period,
                    received: sum.map_or(0, |sum| match period {
                        Period::Day => sum.day,
                        Period::Month => sum.month,
                    }),
                    ceiling: *ceiling,
                    currency: store.currency().to_string(),
                });
            }
        }
        Ok(views)
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
