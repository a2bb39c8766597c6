//! `/_sandbox/rows/{table}`: what stands in the database, for proofs from outside. Never secrets.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::app::App;
use crate::cron::CronRun;
use crate::db::Arg;
use crate::form::Form;

/// All rows, oldest first; `?column=value` narrows.
pub(super) async fn rows(
    State(app): State<Arc<App>>,
    Path(table): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    if !TABLES.contains(&table.as_str()) {
        return (
            StatusCode::NOT_FOUND,
            Json(Value::from("this table is not shown")),
        )
            .into_response();
    }
    let mut sql = format!("SELECT * FROM {table} WHERE 1 = 1");
    let mut args: Vec<Arg> = Vec::new();
    for (column, value) in Form::parse(query.unwrap_or_default().as_bytes()).fields() {
        if !column.is_empty()
            && column
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_')
        {
            sql.push_str(&format!(" AND \"{column}\" = ?"));
            args.push(
                value
                    .parse::<i64>()
                    .map_or_else(|_| Arg::from(value), Arg::from),
            );
        }
    }
    match app.db.rows(&format!("{sql} ORDER BY id"), &args).await {
        Ok(mut rows) => {
            for row in &mut rows {
                row.retain(|column, _| !column.contains("password"));
            }
            Json(rows).into_response()
        }
        Err(error) => (
            StatusCode::BAD_REQUEST,
            Json(Value::from(error.to_string())),
        )
            .into_response(),
    }
}

/// `POST /_sandbox/cron` with the header `x-sandbox`, which no other site's page can send: the whole cron, for scripts.
pub(super) async fn cron(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    if !headers.contains_key("x-sandbox") {
        return StatusCode::FORBIDDEN.into_response();
    }
    match app.cron(CronRun::Everything).await {
        Ok(report) => Json(report).into_response(),
        Err(error) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            Json(Value::from(error.to_string())),
        )
            .into_response(),
    }
}

const TABLES: &[&str] = &[
    "tblaccounts",
    "tblactivitylog",
    "tblclients",
    "tblcredit",
    "tblcurrencies",
    "tblcustomfields",
    "tblcustomfieldsvalues",
    "tbldomainpricing",
    "tbldomains",
    "tbldomains_extra",
    "tblemails",
    "tblgatewaylog",
    "tblhosting",
    "tblmetric_usage",
    "tblupgrades",
    "tblservers",
    "tblinvoiceitems",
    "tblinvoices",
    "tblmodulelog",
    "tblmodulequeue",
    "tblorders",
    "tblpricing",
    "tblproductgroups",
    "tblproducts",
    "tblusers_clients",
];
