//! `/_sandbox/api`: how the API answers from now on, for whoever tests a caller of it. What an installation can
//! be set to (addresses, roles, keys), and what can stand before it (a maintenance page, a firewall, a PHP notice).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::auth;
use crate::app::{App, DATE_FORMATS, HostError};
use crate::db::{Columns as _, args};
use crate::seed;

/// What is out of the ordinary.
#[derive(Debug, Default)]
pub(crate) struct Mood(Mutex<Ways>);

#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Ways {
    /// Answered in place of everything: nothing is carried out.
    pub page: Page,
    /// Printed before each answer, which is carried out.
    pub notice: String,
    pub credits: Credits,
    /// How long AddTransaction waits between its look for the transaction id and its row.
    pub transid_window_ms: u64,
    /// `$api_access_key`; never shown.
    #[serde(skip)]
    pub access_key: Option<String>,
}

/// An HTML page in the API's place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Page {
    #[default]
    None,
    /// Status 503.
    Maintenance,
    /// Status 403: a challenge that only a browser passes.
    Firewall,
}

/// The shapes of GetCredits that are seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Credits {
    /// `credits.credit[]`.
    #[default]
    Nested,
    /// `credits[credit][0][id]`, as the documentation prints it.
    Flat,
    /// As nested, but a single row stands without its list.
    Single,
}

/// What shall change; what is left out stays.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Change {
    page: Option<Page>,
    notice: Option<String>,
    credits: Option<Credits>,
    transid_window_ms: Option<u64>,
    /// Empty: none.
    access_key: Option<String>,
    allowed_ips: Option<Vec<String>>,
    date_format: Option<String>,
    credential: Option<CredentialChange>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CredentialChange {
    identifier: String,
    /// Actions; `*` is every one.
    #[serde(default)]
    allow: Vec<String>,
    #[serde(default)]
    deny: Vec<String>,
    /// Taken back, or given out again.
    #[serde(default)]
    revoked: Option<bool>,
}

impl Mood {
    pub(crate) fn new(access_key: Option<String>) -> Self {
        Self(Mutex::new(Ways {
            access_key,
            ..Ways::default()
        }))
    }

    pub(crate) fn ways(&self) -> Ways {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Ways> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a caller gets instead of the API.
pub(super) fn page(page: Page) -> Option<Response> {
    let (status, html) = match page {
        Page::None => return None,
        Page::Maintenance => (StatusCode::SERVICE_UNAVAILABLE, MAINTENANCE),
        Page::Firewall => (StatusCode::FORBIDDEN, FIREWALL),
    };
    Some((status, [(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response())
}

/// `GET /_sandbox/api`
pub(crate) async fn show(State(app): State<Arc<App>>) -> Response {
    match standing(&app).await {
        Ok(shown) => Json(shown).into_response(),
        Err(error) => trouble(&error),
    }
}

/// `POST /_sandbox/api` with the header `x-sandbox`, which no other site's page can send.
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Response {
    if !headers.contains_key("x-sandbox") {
        return StatusCode::FORBIDDEN.into_response();
    }
    let change: Change = match serde_json::from_slice(&body) {
        Ok(change) => change,
        Err(error) => return wrong(&error.to_string()),
    };
    match apply(&app, change).await {
        Ok(Ok(())) => show(State(app)).await,
        Ok(Err(text)) => wrong(&text),
        Err(error) => trouble(&error),
    }
}

/// Everything is looked at before anything is changed.
async fn apply(app: &App, change: Change) -> Result<Result<(), String>, HostError> {
    if let Some(format) = &change.date_format
        && !DATE_FORMATS.iter().any(|(name, _)| name == format)
    {
        let known: Vec<&str> = DATE_FORMATS.iter().map(|(name, _)| *name).collect();
        return Ok(Err(format!("date_format: one of {}", known.join(", "))));
    }
    if let Some(credential) = &change.credential
        && !turn_credential(app, credential).await?
    {
        return Ok(Err(format!(
            "there is no credential {}",
            credential.identifier
        )));
    }
    if let Some(addresses) = &change.allowed_ips {
        app.set_setting("APIAllowedIPs", &seed::php_ip_list(addresses))
            .await?;
    }
    if let Some(format) = &change.date_format {
        app.set_setting("DateFormat", format).await?;
    }
    let mut ways = app.mood.lock();
    if let Some(page) = change.page {
        ways.page = page;
    }
    if let Some(notice) = change.notice {
        ways.notice = notice;
    }
    if let Some(credits) = change.credits {
        ways.credits = credits;
    }
    if let Some(ms) = change.transid_window_ms {
        ways.transid_window_ms = ms;
    }
    if let Some(key) = change.access_key {
        ways.access_key = Some(key).filter(|key| !key.is_empty());
    }
    Ok(Ok(()))
}

/// Writes the credential's roles anew; `false` when there is no such credential.
async fn turn_credential(app: &App, change: &CredentialChange) -> Result<bool, HostError> {
    let found = app
        .db
        .row(
            "SELECT id, role_ids FROM tbldeviceauth WHERE identifier = ?",
            args![&change.identifier],
        )
        .await?;
    let Some(credential) = found else {
        return Ok(false);
    };
    for role in credential.text("role_ids").split(',') {
        let id: i64 = role.trim().parse().unwrap_or_default();
        let mut permitted = auth::permissions(app, id).await?;
        for action in &change.allow {
            permitted.insert(action.to_ascii_lowercase(), Value::from(1));
        }
        for action in &change.deny {
            permitted.remove(&action.to_ascii_lowercase());
        }
        app.db
            .exec(
                "UPDATE tblapi_roles SET permissions = ?, updated_at = ? WHERE id = ?",
                args![Value::Object(permitted).to_string(), app.now(), id],
            )
            .await?;
    }
    if let Some(revoked) = change.revoked {
        let sql = match revoked {
            true => "UPDATE tbldeviceauth SET deleted_at = ? WHERE id = ?",
            false => "UPDATE tbldeviceauth SET deleted_at = NULL, updated_at = ? WHERE id = ?",
        };
        app.db
            .exec(sql, args![app.now(), credential.int("id")])
            .await?;
    }
    Ok(true)
}

async fn standing(app: &App) -> Result<Value, HostError> {
    let ways = app.mood.ways();
    let mut credentials = Vec::new();
    let rows = app
        .db
        .rows(
            "SELECT identifier, role_ids, deleted_at FROM tbldeviceauth ORDER BY id",
            &[],
        )
        .await?;
    for row in rows {
        let mut actions = Map::new();
        for role in row.text("role_ids").split(',') {
            actions.extend(auth::permissions(app, role.trim().parse().unwrap_or_default()).await?);
        }
        credentials.push(json!({
            "identifier": row.text("identifier"),
            "actions": actions.keys().collect::<Vec<_>>(),
            "revoked": !row.text("deleted_at").is_empty(),
        }));
    }
    let mut shown = serde_json::to_value(&ways).unwrap_or_default();
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("access_key".into(), ways.access_key.is_some().into());
        fields.insert("allowed_ips".into(), auth::addresses(app).await?.into());
        fields.insert(
            "date_format".into(),
            app.setting("DateFormat").await?.into(),
        );
        fields.insert("credentials".into(), credentials.into());
    }
    Ok(shown)
}

fn wrong(text: &str) -> Response {
    (
        StatusCode::UNPROCESSABLE_ENTITY,
        Json(json!({ "error": text })),
    )
        .into_response()
}

fn trouble(error: &HostError) -> Response {
    (
        StatusCode::INTERNAL_SERVER_ERROR,
        Json(json!({ "error": error.to_string() })),
    )
        .into_response()
}

const MAINTENANCE: &str = "<!DOCTYPE html>\n<html><head><title>Down for Maintenance</title></head><body><h1>Down for Maintenance (Err 3)</h1>\n<p>We are currently performing maintenance and will be back shortly.</p></body></html>\n";
const FIREWALL: &str = "<!DOCTYPE html>\n<html><head><title>Just a moment...</title></head><body><h1>Checking your browser</h1>\n<noscript>Enable JavaScript and cookies to continue</noscript></body></html>\n";
