//! The log-in page.

use askama::Template;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use wharf_core::Secret;
use wharf_payments::pages::{Fragment, Language};

use super::Staff;
use super::browser::{Fields, cookie, html, is_foreign, see_other, set_cookie};
use super::frame::{self, Frame};
use super::sessions::{Entered, random, same};
use super::signed::{SESSION, chain, language, remember_language, source_of};
use crate::app::App;

/// `GET /staff/login`
pub(super) async fn page(State(app): State<App>, request: Request) -> Response {
    let Some(staff) = app.staff() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (parts, _) = request.into_parts();
    let query = Fields::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let (language, chosen) = language(&parts.headers, &query);
    if let Some(token) = cookie(&parts.headers, SESSION)
        && matches!(staff.sessions.find(token).await, Ok(Some(_)))
    {
        return see_other(&next_of(&query));
    }
    let mut response = form(staff, language, &query, "", StatusCode::OK);
    if chosen {
        remember_language(&mut response, staff.options.secure, language);
    }
    response
}

/// `POST /staff/login`
pub(super) async fn enter(State(app): State<App>, request: Request<Body>) -> Response {
    let Some(staff) = app.staff() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (parts, body) = request.into_parts();
    let language = language(&parts.headers, &Fields::default()).0;
    let fields = match Fields::of_body(body).await {
        Ok(fields) => fields,
        Err(trouble) => {
            return form(
                staff,
                language,
                &Fields::default(),
                "misuse",
                trouble.status,
            );
        }
    };
    // Nobody may be logged in by another site's form.
    let before = cookie(&parts.headers, BEFORE).unwrap_or_default();
    if is_foreign(&parts.headers) || !same(fields.text("before"), before) {
        return form(
            staff,
            language,
            &fields,
            "stale_form",
            StatusCode::FORBIDDEN,
        );
    }
    let source = source_of(&app, &parts);
    let password = Secret::new(fields.text("password"));
    match staff
        .sessions
        .enter(fields.text("name"), password, &source)
        .await
    {
        Ok(Entered::In(token)) => {
            let mut response = see_other(&next_of(&fields));
            let secure = staff.options.secure;
            set_cookie(&mut response, secure, SESSION, token.expose(), None);
            set_cookie(&mut response, secure, BEFORE, "", Some(0));
            response
        }
        Ok(Entered::Refused) => form(
            staff,
            language,
            &fields,
            "wrong_login",
            StatusCode::UNAUTHORIZED,
        ),
        Ok(Entered::Locked) => form(
            staff,
            language,
            &fields,
            "locked",
            StatusCode::TOO_MANY_REQUESTS,
        ),
        Err(error) => {
            tracing::error!(error = %chain(&error), "a log-in failed");
            form(
                staff,
                language,
                &fields,
                "failed_text",
                StatusCode::SERVICE_UNAVAILABLE,
            )
        }
    }
}

fn form(
    staff: &Staff,
    language: Language,
    fields: &Fields,
    problem: &'static str,
    status: StatusCode,
) -> Response {
    let Ok(before) = random() else {
        return frame::bare(language, StatusCode::SERVICE_UNAVAILABLE, "failed");
    };
    let form = LogIn {
        t: frame::Words(language),
        problem,
        name: fields.text("name"),
        next: next_of(fields),
        before: before.expose(),
        ended: fields.text("ended") == "1",
    };
    let fragment = Fragment {
        title: frame::Words(language).text("log_in").to_owned(),
        html: form.render().unwrap_or_default(),
    };
    let frame = Frame {
        language,
        operator: None,
        csrf: "",
        path: "/login",
        query: fields,
        flash: None,
        waiting: 0,
    };
    let mut response = html(status, frame.around(&fragment));
    set_cookie(
        &mut response,
        staff.options.secure,
        BEFORE,
        before.expose(),
        None,
    );
    response
}

/// Only to a page of ours.
fn next_of(fields: &Fields) -> String {
    let next = fields.text("next");
    let ours = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(['\\', '\r', '\n'])
        && next.is_ascii();
    format!("/staff{}", if ours { next } else { "/" })
}

#[derive(Template)]
#[template(path = "log_in.html")]
struct LogIn<'a> {
    t: frame::Words,
    problem: &'static str,
    name: &'a str,
    next: String,
    before: &'a str,
    /// A form was sent that came too late.
    ended: bool,
}

const BEFORE: &str = "wharf_staff_before";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        let next = |text: &str| next_of(&Fields(vec![("next".to_owned(), text.to_owned())]));
        assert_eq!(next("/transfers?page=2"), "/staff/transfers?page=2");
        for bad in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "",
            "/x\r\ny",
        ] {
            assert_eq!(next(bad), "/staff/", "{bad:?}");
        }
    }
}
