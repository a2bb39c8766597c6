//! What every part of the host shares: database, PHP, clock, settings, activity log.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::{Value, json};
use wharf_core::Clock;

use crate::db::{Columns as _, Db, Row, args};
use crate::php::{ModuleKind, Php, PhpCall, PhpError, Session};
use crate::secrets::Vault;
use crate::web::{Sessions, Templates};

/// The version that the host claims to be.
pub(crate) const VERSION: &str = "8.13.1-release.1";

pub(crate) struct App {
    pub db: Db,
    pub php: Php,
    pub clock: Clock,
    pub vault: Vault,
    /// With a trailing slash.
    pub system_url: String,
    /// What PHP's `localAPI` shows to be let in.
    pub internal_key: String,
    pub mood: crate::api::Mood,
    pub sessions: Sessions,
    pub templates: Templates,
    /// Held by a run of the cron.
    pub cron_running: tokio::sync::Mutex<()>,
}

#[derive(Debug, thiserror::Error)]
pub enum HostError {
    #[error("the host's database failed")]
    Database(#[from] sqlx::Error),
    #[error("PHP failed")]
    Php(#[from] PhpError),
    #[error("{path} cannot be read or written")]
    Files {
        path: std::path::PathBuf,
        source: std::io::Error,
    },
    #[error("the seed is wrong: {0}")]
    Seed(String),
    #[error("a module refused: {0}")]
    Module(String),
    #[error("a page could not be rendered")]
    Page(#[from] minijinja::Error),
}

/// Who makes something happen, as far as modules and logs are concerned.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    /// PHP's `SCRIPT_NAME` for modules that are called.
    pub page: String,
    pub session: Session,
    pub ip: String,
    /// How the activity log names it.
    pub name: String,
    /// What the visitor sent to the page, for modules that read it themselves.
    pub request: Option<Value>,
}

impl Actor {
    pub fn system(page: &str) -> Self {
        Self {
            page: page.to_owned(),
            session: Session::default(),
            ip: String::new(),
            name: "System".to_owned(),
            request: None,
        }
    }
}

impl App {
    /// `YYYY-MM-DD HH:MM:SS`, in UTC.
    pub fn now(&self) -> String {
        in_utc(self.clock.now())
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string()
    }

    /// `YYYY-MM-DD`, in UTC.
    pub fn today(&self) -> String {
        in_utc(self.clock.now()).date().to_string()
    }

    pub async fn setting(&self, name: &str) -> Result<String, HostError> {
        let row = self
            .db
            .row(
                "SELECT value FROM tblconfiguration WHERE setting = ?",
                args![name],
            )
            .await?;
        Ok(row
            .map(|row| row.text("value").to_owned())
            .unwrap_or_default())
    }

    pub async fn set_setting(&self, name: &str, value: &str) -> Result<(), HostError> {
        let sql = "INSERT INTO tblconfiguration (setting, value, created_at, updated_at) VALUES (?1, ?2, ?3, ?3)
                   ON CONFLICT (setting) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at";
        self.db.exec(sql, args![name, value, self.now()]).await?;
        Ok(())
    }

    pub async fn log_activity(
        &self,
        actor: &Actor,
        description: &str,
        client: i64,
    ) -> Result<(), HostError> {
        let sql = "INSERT INTO tblactivitylog (date, description, \"user\", userid, admin_id, ipaddr) VALUES (?,?,?,?,?,?)";
        let admin = actor.session.admin_id.unwrap_or_default();
        self.db
            .exec(
                sql,
                args![
                    self.now(),
                    description,
                    &actor.name,
                    client,
                    admin,
                    &actor.ip
                ],
            )
            .await?;
        Ok(())
    }

    /// Notes a mail to a client (0: to staff). Nothing is sent.
    pub async fn mail(&self, client: i64, subject: &str, message: &str) -> Result<(), HostError> {
        let sql = "INSERT INTO tblemails (userid, subject, message, date) VALUES (?, ?, ?, ?)";
        self.db
            .exec(sql, args![client, subject, message, self.now()])
            .await?;
        Ok(())
    }

    /// Runs a hook point; what its hooks returned, those that returned nothing left out. A hook that fails
    /// is logged and stops nothing.
    pub async fn hook(
        &self,
        actor: &Actor,
        point: &str,
        vars: Value,
    ) -> Result<Vec<Value>, HostError> {
        let call = PhpCall {
            kind: ModuleKind::Addon,
            module: String::new(),
            function: "__hook".to_owned(),
            params: Row::from_iter([
                ("point".to_owned(), json!(point)),
                ("vars".to_owned(), vars),
            ]),
            page: actor.page.clone(),
            session: actor.session.clone(),
        };
        let answer = match self.php.call(call).await {
            Ok(answer) => answer,
            Err(error) => {
                self.log_activity(actor, &format!("Hook {point} could not be run: {error}"), 0)
                    .await?;
                return Ok(Vec::new());
            }
        };
        if let Some(failure) = answer.failure {
            let text = format!(
                "Hook {point} failed: {} ({}:{})",
                failure.message, failure.file, failure.line
            );
            self.log_activity(actor, &text, 0).await?;
        }
        Ok(match answer.value {
            Value::Array(results) => results
                .into_iter()
                .filter(|result| !result.is_null())
                .collect(),
            _ => Vec::new(),
        })
    }

    /// The currency of a client, or the default one for id 0.
    pub async fn currency_of(&self, client: i64) -> Result<Row, HostError> {
        let sql = "SELECT c.* FROM tblcurrencies c LEFT JOIN tblclients u ON u.currency = c.id AND u.id = ?
                   ORDER BY u.id IS NULL, c.\"default\" DESC, c.id LIMIT 1";
        Ok(self.db.row(sql, args![client]).await?.unwrap_or_default())
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("system_url", &self.system_url)
            .finish_non_exhaustive()
    }
}

/// The same day of the month later (or its last day); an unreadable date stays as it is.
pub(crate) fn add_months(date: &str, months: i64) -> String {
    let later = date
        .parse::<Date>()
        .ok()
        .and_then(|day| day.checked_add(Span::new().try_months(months).ok()?).ok());
    later.map_or_else(|| date.to_owned(), |day| day.to_string())
}

/// Days later, or earlier; an unreadable date stays as it is.
pub(crate) fn add_days(date: &str, days: i64) -> String {
    let later = date
        .parse::<Date>()
        .ok()
        .and_then(|day| day.checked_add(Span::new().try_days(days).ok()?).ok());
    later.map_or_else(|| date.to_owned(), |day| day.to_string())
}

/// A date as API clients write it: `2030-01-31` or `20300131`.
pub(crate) fn read_date(text: &str) -> Option<String> {
    let dashed = if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        let (year, rest) = text.split_at(4);
        let (month, day) = rest.split_at(2);
        format!("{year}-{month}-{day}")
    } else {
        text.get(..10).unwrap_or(text).to_owned()
    };
    dashed.parse::<Date>().ok().map(|day| day.to_string())
}

/// A date in the installation's own format, with or without a time, as the database keeps it. What does not fit
/// becomes the zero date, as in MySQL.
pub(crate) fn local_date(format: &str, text: &str) -> String {
    let (day, time) = text
        .trim()
        .split_once(' ')
        .unwrap_or((text.trim(), "00:00:00"));
    let wanted = DATE_FORMATS.iter().find(|(name, _)| *name == format);
    let pattern = wanted.map_or("%Y-%m-%d", |(_, pattern)| pattern);
    match Date::strptime(pattern, day) {
        Ok(day) => format!("{day} {time}"),
        Err(_) => "0000-00-00 00:00:00".to_owned(),
    }
}

/// The formats that an installation can be set to.
pub(crate) const DATE_FORMATS: [(&str, &str); 6] = [
    ("DD/MM/YYYY", "%d/%m/%Y"),
    ("DD.MM.YYYY", "%d.%m.%Y"),
    ("DD-MM-YYYY", "%d-%m-%Y"),
    ("MM/DD/YYYY", "%m/%d/%Y"),
    ("YYYY/MM/DD", "%Y/%m/%d"),
    ("YYYY-MM-DD", "%Y-%m-%d"),
];

fn in_utc(at: Timestamp) -> jiff::Zoned {
    at.to_zoned(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_and_moved() {
        assert_eq!(read_date("20141230").as_deref(), Some("2014-12-30"));
        assert_eq!(
            read_date("2014-12-30 10:00:00").as_deref(),
            Some("2014-12-30")
        );
        assert_eq!(read_date("2014-13-30"), None);
        for (format, text, kept) in [
            ("DD/MM/YYYY", "30/12/2014", "2014-12-30 00:00:00"),
            ("MM/DD/YYYY", "12/30/2014 10:11:12", "2014-12-30 10:11:12"),
            ("MM/DD/YYYY", "30/12/2014", "0000-00-00 00:00:00"),
            ("YYYY-MM-DD", "2014-12-30", "2014-12-30 00:00:00"),
        ] {
            assert_eq!(local_date(format, text), kept);
        }
        assert_eq!(add_months("2024-01-31", 1), "2024-02-29");
        assert_eq!(add_months("0000-00-00", 1), "0000-00-00");
        assert_eq!(add_days("2024-02-28", 2), "2024-03-01");
        assert_eq!(add_days("2024-03-01", -2), "2024-02-28");
    }
}
