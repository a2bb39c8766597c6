//! What becomes of domains that nobody renewed: Grace, Redemption, Expired, by the settings of their
//! extension.

use jiff::civil::Date;

use crate::app::{Actor, App, HostError};
use crate::billing::renewals::Periods;
use crate::db::{Columns as _, args};

/// Moves every expired domain to the status of its day. An open renewal invoice gets the fee of the period
/// that begins.
pub(super) async fn statuses(app: &App, actor: &Actor) -> Result<Vec<String>, HostError> {
    let sql = "SELECT * FROM tbldomains WHERE status IN ('Active', 'Grace', 'Redemption')
               AND expirydate > '0000-00-00' AND expirydate < ? ORDER BY id";
    let today = app.today();
    let mut did = Vec::new();
    for domain in app.db.rows(sql, args![&today]).await? {
        let Some(days) = days_between(domain.text("expirydate"), &today) else {
            continue;
        };
        let periods = app.periods_of(domain.text("domain")).await?;
        let status = status_after(days, &periods);
        if status == domain.text("status") {
            continue;
        }
        let id = domain.int("id");
        let sql = "UPDATE tbldomains SET status = ?, updated_at = ? WHERE id = ?";
        app.db.exec(sql, args![status, app.now(), id]).await?;
        let line = format!(
            "{}: {} → {status}",
            domain.text("domain"),
            domain.text("status")
        );
        app.log_activity(
            actor,
            &format!("Domain Status Changed - Domain ID: {id} - {line}"),
            domain.int("userid"),
        )
        .await?;
        did.push(line);
        let now = app.domain(id).await?.unwrap_or_default();
        if app.add_due_fees(&now).await? {
            did.push(format!(
                "{}: fee added to the renewal invoice",
                now.text("domain")
            ));
        }
    }
    Ok(did)
}

fn status_after(days: i64, periods: &Periods) -> &'static str {
    let grace = periods.grace.map_or(0, |period| period.days);
    let redemption = periods.redemption.map_or(0, |period| period.days);
    if days <= grace {
        "Grace"
    } else if days <= grace + redemption {
        "Redemption"
    } else {
        "Expired"
    }
}

pub(crate) fn days_between(from: &str, to: &str) -> Option<i64> {
    let (from, to): (Date, Date) = (from.parse().ok()?, to.parse().ok()?);
    Some(i64::from(from.until(to).ok()?.get_days()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amount::Amount;
    use crate::billing::renewals::Period;

    #[test]
    fn each_day_after_expiry_has_its_status() {
        let period = |days| {
            Some(Period {
                days,
                fee: Amount::ZERO,
            })
        };
        let (both, none) = (
            Periods {
                grace: period(30),
                redemption: period(30),
            },
            Periods::default(),
        );
        for (days, status) in [
            (1, "Grace"),
            (30, "Grace"),
            (31, "Redemption"),
            (60, "Redemption"),
            (61, "Expired"),
        ] {
            assert_eq!(status_after(days, &both), status, "{days}");
        }
        assert_eq!(status_after(1, &none), "Expired");
        assert_eq!(days_between("2024-02-28", "2024-03-01"), Some(2));
        assert_eq!(days_between("2024-01-01", "2026-01-01"), Some(731));
        assert_eq!(days_between("0000-00-00", "2026-01-01"), None);
    }
}
