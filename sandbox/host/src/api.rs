//! `includes/api.php`: transport, log-in and the table of actions. The actions themselves, by subject, stand
//! in the modules below and read their fields from a [`Form`]; PHP's `localAPI` runs the same ones.

mod auth;
mod billing;
mod client_lists;
mod clients;
mod contacts;
mod domains;
mod encode;
mod invoices;
mod mood;
mod orders;
mod products;
mod provisioning;
mod system;
mod tlds;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

pub(crate) use mood::{Credits, Mood, change as change_mood, show as show_mood};

use crate::app::{Actor, App, HostError};
use crate::db::Row;
use crate::form::Form;
use crate::php::Session;
use crate::secrets;

/// One call of one action.
pub(crate) struct Call<'a> {
    pub app: &'a App,
    pub actor: Actor,
    pub form: Form,
}

/// Why an action did not happen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// The text that the caller gets.
    #[error("{0}")]
    Said(String),
    #[error(transparent)]
    Host(#[from] HostError),
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        Self::Host(error.into())
    }
}

pub(crate) type Answer = Result<Value, ApiError>;

/// An error that the caller reads.
pub(crate) fn said<T>(text: impl Into<String>) -> Result<T, ApiError> {
    Err(ApiError::Said(text.into()))
}

/// `POST /includes/api.php`
pub(crate) async fn entry(State(app): State<Arc<App>>, parts: Parts, body: Bytes) -> Response {
    let ways = app.mood.ways();
    if let Some(page) = mood::page(ways.page) {
        return page;
    }
    // Fields of the address count too, as in PHP's $_REQUEST; posted ones win.
    let query = parts.uri.query().unwrap_or_default();
    let form = Form::parse(&[query.as_bytes(), b"&", &body].concat());
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let ip = peer.map_or(IpAddr::from([127, 0, 0, 1]), |peer| {
        peer.0.ip().to_canonical()
    });
    let action = form.text("action").to_owned();
    let format = form.text("responsetype").to_ascii_lowercase();

    let (status, answer) = match auth::check(&app, &form, ip).await {
        Err(HostOrRefusal::Refused(text)) => (StatusCode::FORBIDDEN, refusal(&text)),
        Err(HostOrRefusal::Host(error)) => (StatusCode::OK, failure(&error)),
        Ok(admin) => {
            let session = Session {
                admin_id: Some(admin.id),
                ..Session::default()
            };
            let actor = Actor {
                page: "includes/api.php".into(),
                session,
                ip: ip.to_string(),
                name: admin.name.clone(),
                request: None,
            };
            (
                StatusCode::OK,
                run(
                    Call {
                        app: &app,
                        actor,
                        form,
                    },
                    &action,
                )
                .await,
            )
        }
    };
    encode::response(status, &format, &action, &answer, &ways.notice)
}

/// `POST /_internal/localapi`: the same actions for PHP of this host, which shows the internal key.
pub(crate) async fn local(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    let key = headers
        .get("x-internal-key")
        .and_then(|key| key.to_str().ok())
        .unwrap_or_default();
    if !secrets::same(key, &app.internal_key) {
        return (
            StatusCode::FORBIDDEN,
            Json(refusal("Authentication Failed")),
        )
            .into_response();
    }
    let empty = Map::new();
    let form = Form::from_json(
        request
            .get("values")
            .and_then(Value::as_object)
            .unwrap_or(&empty),
    );
    let action = request
        .get("action")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let name = request
        .get("admin")
        .and_then(Value::as_str)
        .unwrap_or("System")
        .to_owned();
    let actor = Actor {
        name,
        ..Actor::system("includes/api.php")
    };
    Json(
        run(
            Call {
                app: &app,
                actor,
                form,
            },
            &action,
        )
        .await,
    )
    .into_response()
}

/// What [`auth::check`] can answer besides a yes.
pub(crate) enum HostOrRefusal {
    Refused(String),
    Host(HostError),
}

impl From<HostError> for HostOrRefusal {
    fn from(error: HostError) -> Self {
        Self::Host(error)
    }
}

impl From<sqlx::Error> for HostOrRefusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Host(error.into())
    }
}

async fn run(call: Call<'_>, action: &str) -> Value {
    match dispatch(&call, action).await {
        Ok(Value::Object(fields)) => {
            let mut answer = Row::from_iter([("result".to_owned(), json!("success"))]);
            answer.extend(fields);
            Value::Object(answer)
        }
        Ok(_) => json!({ "result": "success" }),
        Err(ApiError::Said(text)) => refusal(&text),
        Err(ApiError::Host(error)) => failure(&error),
    }
}

async fn dispatch(call: &Call<'_>, action: &str) -> Answer {
    match action.to_ascii_lowercase().as_str() {
        "addcredit" => billing::add_credit(call).await,
        "getcredits" => billing::credits(call).await,
        "applycredit" => billing::apply_credit(call).await,
        "addinvoicepayment" => billing::add_invoice_payment(call).await,
        "capturepayment" => billing::capture_payment(call).await,
        "addtransaction" => billing::add_transaction(call).await,
        "gettransactions" => billing::transactions(call).await,
        "getpaymentmethods" => billing::payment_methods(call).await,
        "getcurrencies" => billing::currencies(call).await,
        "getinvoice" => invoices::invoice(call).await,
        "getinvoices" => invoices::invoices(call).await,
        "createinvoice" => invoices::create(call).await,
        "updateinvoice" => invoices::update(call).await,
        "addclient" => clients::add(call).await,
        "updateclient" => clients::update(call).await,
        "closeclient" => clients::close(call).await,
        "deleteclient" => clients::delete(call).await,
        "getclients" => clients::list(call).await,
        "getclientsdetails" => clients::details(call).await,
        "validatelogin" => clients::validate_login(call).await,
        "getclientsdomains" => client_lists::domains(call).await,
        "getclientsproducts" => client_lists::products(call).await,
        "getclientsaddons" => client_lists::addons(call).await,
        "getemails" => client_lists::emails(call).await,
        "addcontact" => contacts::add(call).await,
        "updatecontact" => contacts::update(call).await,
        "deletecontact" => contacts::delete(call).await,
        "getcontacts" => contacts::list(call).await,
        "getproducts" => products::products(call).await,
        "gettldpricing" => products::tld_pricing(call).await,
        "addorder" => orders::add(call).await,
        "acceptorder" => orders::accept(call).await,
        "getorders" => orders::list(call).await,
        "cancelorder" => orders::cancel(call).await,
        "fraudorder" => orders::fraud(call).await,
        "pendingorder" => orders::pending(call).await,
        "deleteorder" => orders::delete(call).await,
        "getorderstatuses" => orders::statuses(call).await,
        "updateclientdomain" => domains::update(call).await,
        "domainregister" => domains::register(call).await,
        "domaintransfer" => domains::transfer(call).await,
        "domainrenew" => domains::renew(call).await,
        "domainrelease" => domains::release(call).await,
        "domaintoggleidprotect" => domains::toggle_id_protect(call).await,
        "domainupdatewhoisinfo" => domains::update_whois_info(call).await,
        "createorupdatetld" => tlds::create_or_update(call).await,
        "domaingetnameservers" => domains::nameservers(call).await,
        "domainupdatenameservers" => domains::update_nameservers(call).await,
        "domaingetlockingstatus" => domains::locking(call).await,
        "domainupdatelockingstatus" => domains::update_locking(call).await,
        "domainrequestepp" => domains::request_epp(call).await,
        "domaingetwhoisinfo" => domains::whois_info(call).await,
        "domainwhois" => domains::whois(call).await,
        "getregistrars" => domains::registrars(call).await,
        "updateclientproduct" => provisioning::update(call).await,
        "modulecreate" => provisioning::create(call).await,
        "modulesuspend" => provisioning::suspend(call).await,
        "moduleunsuspend" => provisioning::unsuspend(call).await,
        "moduleterminate" => provisioning::terminate(call).await,
        "modulechangepackage" => provisioning::change_package(call).await,
        "modulechangepw" => provisioning::change_password(call).await,
        "modulecustom" => provisioning::custom(call).await,
        "getmodulequeue" => provisioning::queue(call).await,
        "getservers" => provisioning::servers(call).await,
        "whmcsdetails" => system::whmcs_details(call).await,
        "logactivity" => system::log_activity(call).await,
        "getactivitylog" => system::activity_log(call).await,
        "encryptpassword" => system::encrypt(call).await,
        "decryptpassword" => system::decrypt(call).await,
        "getconfigurationvalue" => system::configuration_value(call).await,
        "setconfigurationvalue" => system::set_configuration_value(call).await,
        "getadmindetails" => system::admin_details(call).await,
        "getadminusers" => system::admin_users(call).await,
        "getstats" => system::stats(call).await,
        "sendemail" => system::send_email(call).await,
        _ => said("Command Not Found"),
    }
}

fn refusal(text: &str) -> Value {
    json!({ "result": "error", "message": text })
}

fn failure(error: &HostError) -> Value {
    tracing::error!(error = %error, "an API action failed in the host itself");
    refusal("An unexpected error occurred")
}

impl Call<'_> {
    /// Paging: `limitstart` and `limitnum`, 0 and 25 when not given.
    fn page(&self) -> (i64, i64) {
        let count = match self.form.get("limitnum") {
            Some(_) => self.form.int("limitnum").clamp(0, 10_000),
            None => 25,
        };
        (self.form.int("limitstart").max(0), count)
    }

    /// A required id and the row behind it.
    async fn row_by_id(&self, field: &str, table: &str, missing: &str) -> Result<Row, ApiError> {
        let id = self.form.int(field);
        let row = self
            .app
            .db
            .row(
                &format!("SELECT * FROM {table} WHERE id = ?"),
                crate::db::args![id],
            )
            .await?;
        row.ok_or_else(|| ApiError::Said(missing.to_owned()))
    }

    /// Columns of an update: each field that was sent, under the column's name.
    fn sent<'c>(&self, names: &[(&str, &'c str)]) -> Vec<(&'c str, crate::db::Arg)> {
        names
            .iter()
            .filter_map(|(field, column)| {
                self.form
                    .get(field)
                    .map(|value| (*column, crate::db::Arg::from(value.trim())))
            })
            .collect()
    }
}
