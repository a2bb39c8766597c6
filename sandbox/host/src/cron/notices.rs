//! Renewal notices: so many days before a domain expires, or after.

use super::expiry::days_between;
use crate::app::{Actor, App, HostError};
use crate::db::{Columns as _, args};

/// One mail for each domain and day of the setting; a day that the cron missed is made up for, once.
pub(super) async fn send(app: &App, actor: &Actor) -> Result<Vec<String>, HostError> {
    let setting = app.setting_or("DomainRenewalNotices", "30,7,1,-1").await?;
    let days: Vec<i64> = setting
        .split(',')
        .filter_map(|days| days.trim().parse().ok())
        .collect();
    let sql = "SELECT * FROM tbldomains WHERE status IN ('Active', 'Grace') AND donotrenew = 0 AND expirydate > '0000-00-00' ORDER BY id";
    let today = app.today();
    let mut did = Vec::new();
    for domain in app.db.rows(sql, &[]).await? {
        let expiry = domain.text("expirydate");
        let Some(left) = days_between(&today, expiry) else {
            continue;
        };
        // Kept as the expiry that was spoken of, and the days that were.
        let (of, sent) = domain.text("reminders").split_once(':').unwrap_or_default();
        let mut sent: Vec<i64> = if of == expiry {
            sent.split(',')
                .filter_map(|days| days.parse().ok())
                .collect()
        } else {
            Vec::new()
        };
        let due: Vec<i64> = days
            .iter()
            .copied()
            .filter(|day| left <= *day && (left >= 0) == (*day >= 0) && !sent.contains(day))
            .collect();
        if due.is_empty() {
            continue;
        }
        sent.extend(&due);
        let kept: Vec<String> = sent.iter().map(i64::to_string).collect();
        let sql = "UPDATE tbldomains SET reminders = ? WHERE id = ?";
        app.db
            .exec(
                sql,
                args![format!("{expiry}:{}", kept.join(",")), domain.int("id")],
            )
            .await?;
        let name = domain.text("domain");
        let (subject, line) = if left >= 0 {
            (
                "Upcoming Domain Renewal Notice",
                format!("{name} expires in {left} days, on {expiry}"),
            )
        } else {
            (
                "Expired Domain Notice",
                format!("{name} expired {} days ago, on {expiry}", -left),
            )
        };
        app.mail(domain.int("userid"), subject, &line).await?;
        app.log_activity(actor, &format!("{subject} - {line}"), domain.int("userid"))
            .await?;
        did.push(format!("notice: {line}"));
    }
    Ok(did)
}
