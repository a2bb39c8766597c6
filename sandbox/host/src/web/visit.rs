//! One request of a browser: its session, its fields, and the answers it can get.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, FromRequest, Request};
use axum::response::{Html, IntoResponse, Response};
use http::header::{COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

use super::session::{CartItem, Flash, SessionData};
use crate::app::{Actor, App, HostError};
use crate::clients::ClientDetails;
use crate::form::Form;
use crate::php::Session;
use crate::secrets;

pub(super) struct Visit {
    pub app: Arc<App>,
    /// The cookie's value.
    pub id: String,
    pub session: SessionData,
    pub query: Form,
    pub posted: bool,
    /// The posted fields; empty for GET.
    pub form: Form,
    pub ip: String,
    /// The script that is asked for, without its folder: `viewinvoice.php`.
    pub page: String,
    /// Path and query, to come back to.
    pub here: String,
}

/// An answer, or a failure of the host that becomes an error page.
pub(super) type Page = Result<Response, Failure>;

#[derive(Debug)]
pub(super) struct Failure(HostError);

impl<E: Into<HostError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        tracing::error!(error = %self.0, "a page failed");
        let text = format!(
            "<!doctype html><title>Error</title><h1>Something went wrong</h1><p>{}</p><p><a href=\"/\">Back to the shop</a></p>",
            escape(&self.0.to_string())
        );
        (StatusCode::INTERNAL_SERVER_ERROR, Html(text)).into_response()
    }
}

impl FromRequest<Arc<App>> for Visit {
    type Rejection = Response;

    /// Refuses posted forms that do not carry the session's token.
    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let (id, session) = open(app, &parts.headers);
        let posted = parts.method == Method::POST;
        let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), app)
            .await
            .map_err(IntoResponse::into_response)?;
        let visit = Self {
            app: Arc::clone(app),
            id,
            session,
            posted,
            query: Form::parse(parts.uri.query().unwrap_or_default().as_bytes()),
            form: if posted {
                Form::parse(&bytes)
            } else {
                Form::default()
            },
            ip: parts
                .extensions
                .get::<ConnectInfo<SocketAddr>>()
                .map_or_else(
                    || "127.0.0.1".to_owned(),
                    |peer| peer.0.ip().to_canonical().to_string(),
                ),
            page: parts.uri.path().trim_start_matches('/').to_owned(),
            here: parts
                .uri
                .path_and_query()
                .map_or_else(|| "/".to_owned(), ToString::to_string),
        };
        if posted && !secrets::same(visit.form.text("token"), &visit.session.token) {
            let text = "This form is too old. Go back, load the page again and send it once more.";
            return Err(visit
                .message(StatusCode::FORBIDDEN, "Please try again", text)
                .await
                .into_response());
        }
        Ok(visit)
    }
}

impl Visit {
    /// A posted field, else one of the address.
    pub fn field(&self, name: &str) -> &str {
        if self.form.get(name).is_some() {
            self.form.text(name)
        } else {
            self.query.text(name)
        }
    }

    pub fn actor(&self) -> Actor {
        let name = match (self.session.admin, self.session.client) {
            (Some(_), _) if self.page.starts_with("admin/") => "Admin",
            (_, Some(_)) => "Client",
            _ => "Visitor",
        };
        Actor {
            page: self.page.clone(),
            session: php_session(&self.session),
            ip: self.ip.clone(),
            name: name.to_owned(),
            request: Some(json!({
                "method": if self.posted { "POST" } else { "GET" },
                "query": self.query.encoded(),
                "post": self.form.encoded(),
                "ip": self.ip,
            })),
        }
    }

    /// The client that is logged in, or the way to the log-in page.
    pub async fn client(&self) -> Result<Result<crate::db::Row, Response>, Failure> {
        let client = match self.session.client {
            Some(id) => self.app.client(id).await?,
            None => None,
        };
        Ok(client.ok_or_else(|| self.redirect(&format!("/login.php?goto={}", encode(&self.here)))))
    }

    pub fn flash(&self, good: bool, text: impl Into<String>) {
        let text = text.into();
        self.app
            .sessions
            .change(&self.id, |data| data.flash = Some(Flash { good, text }));
    }

    pub async fn render(&self, template: &str, vars: Value) -> Page {
        let html = self.html(template, vars).await?;
        Ok(self.with_cookie(Html(html).into_response()))
    }

    /// A page that says one thing.
    pub async fn message(&self, status: StatusCode, title: &str, text: &str) -> Page {
        let html = self
            .html("message.html", json!({ "title": title, "text": text }))
            .await?;
        Ok(self.with_cookie((status, Html(html)).into_response()))
    }

    pub fn redirect(&self, to: &str) -> Response {
        let mut response = StatusCode::SEE_OTHER.into_response();
        if let Ok(to) = HeaderValue::from_str(to) {
            response.headers_mut().insert(LOCATION, to);
        }
        self.with_cookie(response)
    }

    fn with_cookie(&self, mut response: Response) -> Response {
        let cookie = format!("{COOKIE_NAME}={}; Path=/; HttpOnly; SameSite=Lax", self.id);
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().insert(SET_COOKIE, cookie);
        }
        response
    }

    async fn html(&self, template: &str, vars: Value) -> Result<String, HostError> {
        let app = &self.app;
        let client = match self.session.client {
            Some(id) => app.client(id).await?,
            None => None,
        };
        let currency = app
            .currency_of(self.session.client.unwrap_or_default())
            .await?;
        let right_to_left = RIGHT_TO_LEFT.contains(&self.session.language.as_str());
        let mut all = json!({
            "company": app.setting("CompanyName").await?,
            "token": self.session.token,
            "language": self.session.language,
            "lang": if self.session.language == "arabic" { "ar" } else { "en" },
            "dir": if right_to_left { "rtl" } else { "ltr" },
            "cart_count": self.session.cart.len(),
            "currency": currency,
            "client": client.as_ref().map(|client| json!({ "id": client.get("id"), "name": ClientDetails::of(client).full_name() })),
            "admin": self.session.admin,
            "staff": self.page.starts_with("admin"),
            "flash": app.sessions.take_flash(&self.id),
        });
        if let (Some(all), Value::Object(vars)) = (all.as_object_mut(), vars) {
            all.extend(vars);
        }
        Ok(app.templates.render(template, &all)?)
    }
}

/// The session of a request that is not a page, and of one that is.
pub(super) fn open(app: &App, headers: &HeaderMap) -> (String, SessionData) {
    let cookies = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let found = cookies
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE_NAME)?.strip_prefix('='));
    let (id, data, _) = app.sessions.open(found);
    (id, data)
}

/// A session as PHP sees it.
pub(super) fn php_session(data: &SessionData) -> Session {
    Session {
        uid: data.client,
        admin_id: data.admin,
        language: data.language.clone(),
        token: data.token.clone(),
        id: data.php.clone(),
        cart: php_cart(&data.cart),
    }
}

/// The domains of a cart, under the names that hooks know.
fn php_cart(cart: &[CartItem]) -> Value {
    let domains: Vec<Value> = cart
        .iter()
        .filter_map(CartItem::domain)
        .map(|domain| {
            json!({
                "type": if domain.transfer { "transfer" } else { "register" },
                "domain": domain.name,
                "regperiod": domain.years,
                "eppcode": domain.auth,
                "idprotection": domain.id_protection,
                "dnsmanagement": domain.dns_management,
                "isPremium": domain.premium.is_some(),
            })
        })
        .collect();
    match domains.is_empty() {
        true => Value::Null,
        false => json!({ "domains": domains }),
    }
}

/// For use as a value in an address.
pub(super) fn encode(text: &str) -> String {
    serde_urlencoded::to_string([("v", text)])
        .unwrap_or_default()
        .split_off(2)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

const COOKIE_NAME: &str = "WHMCSsession";
const RIGHT_TO_LEFT: &[&str] = &["arabic", "hebrew", "farsi"];
