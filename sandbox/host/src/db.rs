//! The one database file, shared with PHP. Rows are maps from column to value, as modules see them: the
//! tables are WHMCS's, and so are their columns, which nothing here gives a type of its own.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Column, Row as _, Sqlite, SqlitePool, Transaction, TypeInfo, ValueRef};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::amount::Amount;

pub type Row = Map<String, Value>;
pub type Result<T> = std::result::Result<T, sqlx::Error>;

/// A value bound to a statement.
#[derive(Clone, Debug)]
pub enum Arg {
    Int(i64),
    Text(String),
}

impl From<i64> for Arg {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<bool> for Arg {
    fn from(value: bool) -> Self {
        Self::Int(value.into())
    }
}

impl From<&str> for Arg {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<&String> for Arg {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}

impl From<String> for Arg {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

/// Bound as text; the column's numeric affinity makes a number of it.
impl From<Amount> for Arg {
    fn from(value: Amount) -> Self {
        Self::Text(value.to_string())
    }
}

/// `args![1_i64, "text", amount]`
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::db::Arg::from($value)),*] as &[$crate::db::Arg] };
}
pub(crate) use args;

#[derive(Clone, Debug)]
pub struct Db {
    pool: SqlitePool,
    writing: Arc<Mutex<()>>,
}

impl Db {
    /// Opens the file, and makes it with all tables when it does not exist.
    pub async fn open(file: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(5));
        let pool = SqlitePoolOptions::new()
            .max_connections(8)
            .connect_with(options)
            .await?;
        sqlx::raw_sql(include_str!("schema.sql"))
            .execute(&pool)
            .await?;
        Ok(Self {
            pool,
            writing: Arc::default(),
        })
    }

    pub async fn rows(&self, sql: &str, args: &[Arg]) -> Result<Vec<Row>> {
        let found = bound(sql, args).fetch_all(&self.pool).await?;
        Ok(found.iter().map(to_map).collect())
    }

    pub async fn row(&self, sql: &str, args: &[Arg]) -> Result<Option<Row>> {
        Ok(bound(sql, args)
            .fetch_optional(&self.pool)
            .await?
            .as_ref()
            .map(to_map))
    }

    /// The first column of the first row as an integer; 0 when there is none.
    pub async fn count(&self, sql: &str, args: &[Arg]) -> Result<i64> {
        Ok(self
            .row(sql, args)
            .await?
            .map_or(0, |row| row.values().next().map_or(0, as_int)))
    }

    pub async fn exec(&self, sql: &str, args: &[Arg]) -> Result<Done> {
        let _alone = self.writing.lock().await;
        let done = bound(sql, args).execute(&self.pool).await?;
        Ok(Done {
            rows: done.rows_affected(),
            id: done.last_insert_rowid(),
        })
    }

    /// A write transaction. It takes SQLite's write lock at once, so that what it reads stays true until it
    /// commits. Never hold one across a call into PHP: the module would wait for it.
    pub async fn begin(&self) -> Result<Write> {
        // Writers of this process queue here fairly; SQLite's own waiting polls, and can starve one of many.
        let alone = self.writing.clone().lock_owned().await;
        let tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        Ok(Write { tx, _alone: alone })
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// What a statement changed.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    pub rows: u64,
    pub id: i64,
}

/// An open write transaction; dropping it undoes it.
#[derive(Debug)]
pub struct Write {
    tx: Transaction<'static, Sqlite>,
    _alone: OwnedMutexGuard<()>,
}

impl Write {
    pub async fn rows(&mut self, sql: &str, args: &[Arg]) -> Result<Vec<Row>> {
        let found = bound(sql, args).fetch_all(&mut *self.tx).await?;
        Ok(found.iter().map(to_map).collect())
    }

    pub async fn row(&mut self, sql: &str, args: &[Arg]) -> Result<Option<Row>> {
        Ok(bound(sql, args)
            .fetch_optional(&mut *self.tx)
            .await?
            .as_ref()
            .map(to_map))
    }

    pub async fn exec(&mut self, sql: &str, args: &[Arg]) -> Result<Done> {
        let done = bound(sql, args).execute(&mut *self.tx).await?;
        Ok(Done {
            rows: done.rows_affected(),
            id: done.last_insert_rowid(),
        })
    }

    /// Inserts one row; returns its id.
    pub async fn insert(&mut self, table: &str, columns: &[(&str, Arg)]) -> Result<i64> {
        let names: Vec<String> = columns
            .iter()
            .map(|(name, _)| format!("\"{name}\""))
            .collect();
        let marks = vec!["?"; columns.len()].join(",");
        let args: Vec<Arg> = columns.iter().map(|(_, arg)| arg.clone()).collect();
        let sql = format!("INSERT INTO {table} ({}) VALUES ({marks})", names.join(","));
        Ok(self.exec(&sql, &args).await?.id)
    }

    /// Sets columns of the row with this id.
    pub async fn update(&mut self, table: &str, id: i64, columns: &[(&str, Arg)]) -> Result<()> {
        if columns.is_empty() {
            return Ok(());
        }
        let sets: Vec<String> = columns
            .iter()
            .map(|(name, _)| format!("\"{name}\" = ?"))
            .collect();
        let mut args: Vec<Arg> = columns.iter().map(|(_, arg)| arg.clone()).collect();
        args.push(Arg::Int(id));
        self.exec(
            &format!("UPDATE {table} SET {} WHERE id = ?", sets.join(", ")),
            &args,
        )
        .await?;
        Ok(())
    }

    pub async fn commit(self) -> Result<()> {
        self.tx.commit().await
    }
}

/// Reading columns of a row; what is missing or NULL is empty or zero.
pub trait Columns {
    fn int(&self, column: &str) -> i64;
    fn text(&self, column: &str) -> &str;
    fn amount(&self, column: &str) -> Amount;
    /// A flag in either of WHMCS's spellings: 1 or `on`.
    fn on(&self, column: &str) -> bool;
}

impl Columns for Row {
    fn int(&self, column: &str) -> i64 {
        self.get(column).map_or(0, as_int)
    }

    fn text(&self, column: &str) -> &str {
        self.get(column).and_then(Value::as_str).unwrap_or_default()
    }

    fn amount(&self, column: &str) -> Amount {
        match self.get(column) {
            Some(Value::String(text)) => Amount::parse(text).unwrap_or_default(),
            Some(Value::Number(number)) => Amount::parse(&number.to_string()).unwrap_or_default(),
            _ => Amount::ZERO,
        }
    }

    fn on(&self, column: &str) -> bool {
        match self.get(column) {
            Some(Value::String(text)) => matches!(text.as_str(), "on" | "1" | "true" | "yes"),
            other => other.map_or(0, as_int) != 0,
        }
    }
}

fn as_int(value: &Value) -> i64 {
    match value {
        Value::Number(number) => number.as_i64().unwrap_or_default(),
        Value::String(text) => text.trim().parse().unwrap_or_default(),
        Value::Bool(flag) => (*flag).into(),
        _ => 0,
    }
}

fn bound(sql: &str, args: &[Arg]) -> sqlx::query::Query<'static, Sqlite, SqliteArguments> {
    // Every statement is text of this crate; values only ever come in as arguments.
    let mut query = sqlx::query(AssertSqlSafe(sql.to_owned()));
    for arg in args {
        query = match arg {
            Arg::Int(value) => query.bind(*value),
            Arg::Text(value) => query.bind(value.clone()),
        };
    }
    query
}

fn to_map(row: &SqliteRow) -> Row {
    row.columns()
        .iter()
        .map(|column| (column.name().to_owned(), cell(row, column)))
        .collect()
}

fn cell(row: &SqliteRow, column: &sqlx::sqlite::SqliteColumn) -> Value {
    let Ok(raw) = row.try_get_raw(column.ordinal()) else {
        return Value::Null;
    };
    if raw.is_null() {
        return Value::Null;
    }
    let decimals = DECIMALS
        .iter()
        .find(|(name, _)| *name == column.name())
        .map(|(_, decimals)| *decimals);
    let type_info = raw.type_info();
    let kind = type_info.name().to_owned();
    drop(raw);
    let at = column.ordinal();
    match (kind.as_str(), decimals) {
        ("TEXT", _) => row
            .try_get_unchecked::<String, _>(at)
            .map(Value::String)
            .unwrap_or_default(),
        ("REAL", decimals) => {
            // Two-decimal numbers survive the trip through a double unharmed up to 10^13.
            let number = row.try_get_unchecked::<f64, _>(at).unwrap_or_default();
            Value::String(format!("{number:.*}", decimals.unwrap_or(2)))
        }
        (_, Some(decimals)) => {
            let whole = row.try_get_unchecked::<i64, _>(at).unwrap_or_default();
            Value::String(format!("{whole}.{:0<decimals$}", ""))
        }
        _ => row
            .try_get_unchecked::<i64, _>(at)
            .map(Value::from)
            .unwrap_or_default(),
    }
}

/// Columns of DECIMAL type by name (the same name has the same scale in all tables). SQLite keeps whole
/// ones as integers; they are read as WHMCS gives them, `10.00`.
const DECIMALS: &[(&str, usize)] = &[
    ("amount", 2),
    ("amountin", 2),
    ("amountout", 2),
    ("annually", 2),
    ("asetupfee", 2),
    ("balance", 2),
    ("biennially", 2),
    ("bsetupfee", 2),
    ("credit", 2),
    ("fees", 2),
    ("firstpaymentamount", 2),
    ("monthly", 2),
    ("msetupfee", 2),
    ("qsetupfee", 2),
    ("quarterly", 2),
    ("rate", 5),
    ("recurring", 2),
    ("recurringamount", 2),
    ("semiannually", 2),
    ("setupfee", 2),
    ("ssetupfee", 2),
    ("subtotal", 2),
    ("tax", 2),
    ("tax2", 2),
    ("taxrate", 3),
    ("taxrate2", 3),
    ("total", 2),
    ("triennially", 2),
    ("tsetupfee", 2),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn amounts_come_back_as_they_went_in() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&folder.path().join("host.sqlite")).await.unwrap();
        for text in ["0.00", "10.00", "10.10", "0.07", "-3.20", "12345678901.23"] {
            let amount = Amount::parse(text).unwrap();
            let sql = "INSERT INTO tblcredit (clientid, date, amount) VALUES (1, '', ?)";
            let id = db.exec(sql, args![amount]).await.unwrap().id;
            let row = db
                .row("SELECT amount FROM tblcredit WHERE id = ?", args![id])
                .await
                .unwrap()
                .unwrap();
            assert_eq!(row.text("amount"), text);
            assert_eq!(row.amount("amount"), amount);
        }
    }

    #[tokio::test]
    async fn a_dropped_write_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&folder.path().join("host.sqlite")).await.unwrap();
        let mut write = db.begin().await.unwrap();
        write
            .insert(
                "tblcredit",
                &[
                    ("clientid", 1.into()),
                    ("date", "".into()),
                    ("amount", Amount(1).into()),
                ],
            )
            .await
            .unwrap();
        drop(write);
        assert_eq!(
            db.count("SELECT count(*) FROM tblcredit", &[])
                .await
                .unwrap(),
            0
        );
    }
}
