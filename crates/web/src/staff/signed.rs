//! A request of somebody who is logged in. Without a session the answer is the log-in page; a form without
//! its session's token is refused.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse as _, Response};
use http::request::Parts;
use http::{Method, StatusCode};
use wharf_payments::pages::{Fragment, Language, Look, PageError};

use super::browser::{Fields, came_from, cookie, html, is_foreign, see_other, set_cookie};
use super::frame::{self, Frame};
use super::operators::Role;
use super::sessions::{Session, same};
use super::{Staff, source};
use crate::answer::status_of;
use crate::app::App;
use crate::listen::Peer;

/// Who asks, in which language, and where from.
#[derive(Debug)]
pub(super) struct Signed {
    pub session: Session,
    pub language: Language,
    /// Path and query, below `/staff/`.
    pub path: String,
    pub query: Fields,
    pub source: String,
    /// A text's name, shown once after an action.
    flash: Option<&'static str>,
    chosen: bool,
}

impl Signed {
    pub fn may(&self, role: Role) -> bool {
        self.session.operator.role >= role
    }

    /// What the capability must know to make a page.
    pub fn look(&self) -> Look<'_> {
        Look {
            language: self.language,
            csrf: &self.session.csrf,
            actor: &self.session.operator.name,
            may_decide: self.may(Role::Reviewer),
            may_set_up: self.may(Role::Admin),
            query: &self.query.0,
        }
    }

    /// The page in its frame, or what is wrong.
    pub async fn show(&self, staff: &Staff, made: Result<Fragment, PageError>) -> Response {
        match made {
            Ok(fragment) => self.framed(staff, StatusCode::OK, &fragment).await,
            Err(error) => self.wrong(staff, &error).await,
        }
    }

    pub async fn wrong(&self, staff: &Staff, error: &PageError) -> Response {
        let (status, text) = match error {
            PageError::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            PageError::Misuse(_) => (StatusCode::UNPROCESSABLE_ENTITY, "misuse"),
            PageError::Payments(error) => {
                tracing::error!(error = %chain(error), "a staff page could not be made");
                (status_of(error.class()), "failed")
            }
        };
        let more = match error {
            PageError::Misuse(text) => text.as_str(),
            _ => "",
        };
        self.refusal(staff, status, text, more).await
    }

    /// This role may not do that.
    pub async fn denied(&self, staff: &Staff) -> Response {
        self.refusal(staff, StatusCode::FORBIDDEN, "denied", "")
            .await
    }

    async fn refusal(
        &self,
        staff: &Staff,
        status: StatusCode,
        text: &'static str,
        more: &str,
    ) -> Response {
        let fragment = frame::refusal(self.language, text, more);
        self.framed(staff, status, &fragment).await
    }

    pub async fn framed(&self, staff: &Staff, status: StatusCode, fragment: &Fragment) -> Response {
        let waiting = staff
            .options
            .payments
            .waiting_reviews()
            .await
            .unwrap_or_default();
        let frame = Frame {
            language: self.language,
            operator: Some(&self.session.operator),
            csrf: &self.session.csrf,
            path: &self.path,
            query: &self.query,
            flash: self.flash,
            waiting,
        };
        let mut response = html(status, frame.around(fragment));
        let secure = staff.options.secure;
        if self.flash.is_some() {
            set_cookie(&mut response, secure, FLASH, "", Some(0));
        }
        if self.chosen {
            remember_language(&mut response, secure, self.language);
        }
        response
    }

    /// To another page, which says what was done.
    pub fn done(&self, staff: &Staff, path: &str, flash: &'static str) -> Response {
        let mut response = see_other(path);
        set_cookie(&mut response, staff.options.secure, FLASH, flash, Some(60));
        response
    }
}

impl FromRequestParts<App> for Signed {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Some(staff) = app.staff() else {
            return Err(StatusCode::NOT_FOUND.into_response());
        };
        let query = Fields::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let path = below(parts);
        let found = match cookie(&parts.headers, SESSION) {
            Some(token) => staff.sessions.find(token).await.map_err(|error| {
                tracing::error!(error = %chain(&error), "a session cannot be looked up");
                let language = language(&parts.headers, &query).0;
                frame::bare(language, StatusCode::SERVICE_UNAVAILABLE, "failed")
            })?,
            None => None,
        };
        let Some(session) = found else {
            return Err(see_other(&log_in_for(parts, path)));
        };
        let (language, chosen) = language(&parts.headers, &query);
        let flash = cookie(&parts.headers, FLASH).and_then(frame::flash);
        Ok(Self {
            session,
            language,
            path,
            query,
            source: source_of(app, parts),
            flash,
            chosen,
        })
    }
}

/// A form that was sent from a page of the same session.
#[derive(Debug)]
pub(super) struct Posted {
    pub signed: Signed,
    pub fields: Fields,
}

impl FromRequest<App> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let signed = Signed::from_request_parts(&mut parts, app).await?;
        let Some(staff) = app.staff() else {
            return Err(StatusCode::NOT_FOUND.into_response());
        };
        let fields = match Fields::of_body(body).await {
            Ok(fields) => fields,
            Err(trouble) => {
                return Err(signed
                    .refusal(staff, trouble.status, "misuse", &trouble.text)
                    .await);
            }
        };
        if is_foreign(&parts.headers) || !same(fields.text("csrf"), &signed.session.csrf) {
            tracing::warn!(source = signed.source, "a form without its session's token");
            let back = came_from(&parts.headers).filter(|_| !is_foreign(&parts.headers));
            let fragment = frame::stale_form(signed.language, back.as_deref());
            return Err(signed.framed(staff, StatusCode::FORBIDDEN, &fragment).await);
        }
        Ok(Self { signed, fields })
    }
}

pub(super) async fn to_start() -> Response {
    see_other("/staff/")
}

/// Strangers learn nothing about which addresses there are.
pub(super) async fn nothing_here(
    axum::extract::State(app): axum::extract::State<App>,
    signed: Signed,
) -> Response {
    match app.staff() {
        Some(staff) => signed.wrong(staff, &PageError::NotFound).await,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The language, and whether it was chosen with this very request.
pub(super) fn language(headers: &http::HeaderMap, query: &Fields) -> (Language, bool) {
    match query.text("lang") {
        "ar" => return (Language::Arabic, true),
        "en" => return (Language::English, true),
        _ => {}
    }
    let kept = cookie(headers, LANGUAGE);
    let wished = || {
        let value = headers.get(http::header::ACCEPT_LANGUAGE)?;
        value.to_str().ok()?.split(['-', ',', ';']).next()
    };
    (Language::of(kept.or_else(wished)), false)
}

pub(super) fn remember_language(response: &mut Response, secure: bool, language: Language) {
    set_cookie(response, secure, LANGUAGE, language.code(), Some(A_YEAR));
}

pub(super) fn source_of(app: &App, parts: &Parts) -> String {
    let peer = parts.extensions.get::<Peer>().copied();
    source(peer.and_then(|peer| app.options().proxies.client(peer, &parts.headers)))
}

/// The log-in page that leads to what was asked for. Of a form whose session has ended it says so, and leads to the form's
/// page.
fn log_in_for(parts: &Parts, path: String) -> String {
    let posted = parts.method == Method::POST && !is_foreign(&parts.headers);
    let leaves = path.starts_with("/logout");
    let next = match parts.method == Method::GET {
        true => Some(path),
        // A decision's address shows what it is about.
        false => came_from(&parts.headers).or_else(|| path.starts_with("/review/").then_some(path)),
    };
    let next = next.filter(|next| !leaves && next != "/");
    let mut query = Vec::new();
    query.extend(next.map(|next| ("next", next)));
    query.extend((posted && !leaves).then(|| ("ended", "1".to_owned())));
    match serde_urlencoded::to_string(query) {
        Ok(query) if !query.is_empty() => format!("/staff/login?{query}"),
        _ => "/staff/login".to_owned(),
    }
}

/// The path below `/staff`, with its query.
fn below(parts: &Parts) -> String {
    let uri = parts
        .extensions
        .get::<axum::extract::OriginalUri>()
        .map_or(&parts.uri, |original| &original.0);
    let whole = uri.path_and_query().map_or("/", |text| text.as_str());
    let path = whole.strip_prefix("/staff").unwrap_or(whole);
    if path.is_empty() {
        "/".to_owned()
    } else {
        path.to_owned()
    }
}

pub(super) fn encoded(text: &str) -> String {
    serde_urlencoded::to_string([("", text)])
        .unwrap_or_default()
        .trim_start_matches('=')
        .to_owned()
}

pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

pub(super) const SESSION: &str = "wharf_staff";
const FLASH: &str = "wharf_staff_flash";
const LANGUAGE: &str = "wharf_staff_lang";
const A_YEAR: u64 = 365 * 24 * 3_600;
