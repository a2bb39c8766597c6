//! Services that Wharf provisioned: how each stands, what was done for it, and what a person decides about it.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::StatusCode;
use wharf_payments::pages::{Alarm, Fragment, PageError};
use wharf_services::{
    Exchange, ReviewError, ServiceId, ServiceSummary, Services, State as ServiceState, Story,
    StoryEffect,
};

use super::Staff;
use super::browser::see_other;
use super::frame::Words;
use super::operators::Role;
use super::signed::{Posted, Signed, encoded};
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/services", get(list))
        .route("/services/{site}/{id}", get(one))
        .route("/services/{site}/{id}/{say}", get(back).post(decide))
}

async fn list(State(app): State<App>, signed: Signed) -> Response {
    let Some(staff) = app.staff() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (state, attention) = match signed.query.text("state") {
        "attention" => (None, true),
        word => (
            STATES.into_iter().find(|state| state.as_str() == word),
            false,
        ),
    };
    let found = services(staff).list(state, attention, MOST).await;
    let made = found.map_err(PageError::from).map(|found| {
        let t = Words(signed.language);
        let page = ListPage {
            t,
            chosen: signed.query.text("state"),
            states: STATES.map(|state| (state.as_str(), state_word(t, state))),
            services: &found,
            troubles: troubles(staff, t),
        };
        Fragment {
            title: t.text("nav_services").to_owned(),
            html: page.render().unwrap_or_default(),
        }
    });
    signed.show(staff, made).await
}

/// What the first page says of services: files of connectors with mistakes, and how many services wait for somebody.
pub(super) async fn alarms(staff: &Staff, signed: &Signed) -> Vec<Alarm> {
    let t = Words(signed.language);
    let mut alarms: Vec<Alarm> = troubles(staff, t)
        .into_iter()
        .map(|text| Alarm::new(text, "/staff/services"))
        .collect();
    let waiting = services(staff).list(None, true, MOST).await;
    let waiting = waiting.map_or(0, |waiting| waiting.len());
    if waiting > 0 {
        let text = t
            .text("services_wait")
            .replace("{count}", &waiting.to_string());
        alarms.push(Alarm::new(text, "/staff/services?state=attention"));
    }
    alarms
}

/// Files of connectors that are not in force as they are: which, on which line, why.
fn troubles(staff: &Staff, t: Words) -> Vec<String> {
    let troubles = services(staff).connector_troubles();
    let said = troubles.iter().map(|trouble| {
        let goes_on = if trouble.last_good_in_force {
            "connector_goes_on"
        } else {
            "connector_is_not"
        };
        let wrong = t.text("connector_wrong").replace("{why}", &trouble.why);
        format!("{wrong} {}", t.text(goes_on))
    });
    said.collect()
}

async fn one(
    State(app): State<App>,
    Path((site, service)): Path<(String, i64)>,
    signed: Signed,
) -> Response {
    let Some(staff) = app.staff() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let id = ServiceId { site, service };
    let made = page(staff, &signed, &id, "").await;
    signed.show(staff, made).await
}

async fn page(
    staff: &Staff,
    signed: &Signed,
    id: &ServiceId,
    problem: &str,
) -> Result<Fragment, PageError> {
    let story = services(staff).story(id).await.map_err(PageError::from)?;
    let story = story.ok_or(PageError::NotFound)?;
    let t = Words(signed.language);
    let title = format!("{} {}", story.summary.connector, story.summary.id.service);
    let page = ServicePage {
        t,
        csrf: &signed.session.csrf,
        may: signed.may(Role::Reviewer),
        title: &title,
        problem,
        now: staff.store.clock().now_ms(),
        story: &story,
    };
    let html = page.render().unwrap_or_default();
    Ok(Fragment { title, html })
}

async fn decide(
    State(app): State<App>,
    Path((site, service, say)): Path<(String, i64, String)>,
    posted: Posted,
) -> Response {
    let Some(staff) = app.staff() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Posted { signed, fields } = posted;
    if !signed.may(Role::Reviewer) {
        return signed.denied(staff).await;
    }
    let id = ServiceId { site, service };
    let by = &signed.session.operator.name;
    let words = Words(signed.language);
    let (services, reason) = (services(staff), fields.text("reason"));
    let ended = match say.as_str() {
        "settle" => services.settle_now(&id).await,
        "retry" => services.try_again(&id).await,
        "done" => {
            let marked = services.mark_done(&id, reason, by).await;
            marked.map(|()| "done".to_owned())
        }
        _ => return signed.wrong(staff, &PageError::NotFound).await,
    };
    tracing::info!(site = %id.site, service = id.service, say, operator = by, ended = ?ended.as_ref().ok(), "decided about a service");
    let problem = match ended {
        Ok(how) if how == "done" => {
            let path = path_of(&id);
            return signed.done(staff, &path, "flash_service_done");
        }
        Ok(how) => how,
        Err(ReviewError::Store(error)) => return signed.wrong(staff, &error.into()).await,
        Err(ReviewError::NoService(..)) => {
            return signed.wrong(staff, &PageError::NotFound).await;
        }
        Err(ReviewError::Nothing) => words.text("service_nothing").to_owned(),
        Err(ReviewError::UnderWay) => words.text("service_under_way").to_owned(),
        Err(ReviewError::NoReason) => words.text("service_no_reason").to_owned(),
    };
    match page(staff, &signed, &id, &problem).await {
        Ok(page) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            signed.framed(staff, status, &page).await
        }
        Err(error) => signed.wrong(staff, &error).await,
    }
}

/// Whoever opens a form's address again sees the page that it belongs to.
async fn back(Path((site, service, _)): Path<(String, i64, String)>, _: Signed) -> Response {
    see_other(&path_of(&ServiceId { site, service }))
}

fn path_of(id: &ServiceId) -> String {
    format!("/staff/services/{}/{}", encoded(&id.site), id.service)
}

fn services(staff: &Staff) -> &Services {
    &staff.options.services
}

fn state_word(t: Words, state: ServiceState) -> &'static str {
    t.text(match state {
        ServiceState::New => "service_new",
        ServiceState::Active => "service_active",
        ServiceState::Suspended => "service_suspended",
        ServiceState::Terminated => "service_terminated",
    })
}

fn tone(state: &ServiceState) -> &'static str {
    match state {
        ServiceState::Active => "good",
        ServiceState::New | ServiceState::Suspended => "warn",
        ServiceState::Terminated => "",
    }
}

#[derive(Template)]
#[template(path = "services.html")]
struct ListPage<'a> {
    t: Words,
    chosen: &'a str,
    states: [(&'static str, &'static str); 4],
    services: &'a [ServiceSummary],
    troubles: Vec<String>,
}

impl ListPage<'_> {
    fn is_chosen(&self, value: &str) -> bool {
        self.chosen == value
    }
}

#[derive(Template)]
#[template(path = "service.html")]
struct ServicePage<'a> {
    t: Words,
    csrf: &'a str,
    may: bool,
    title: &'a str,
    /// What came of the last decision, if it is not simply done.
    problem: &'a str,
    now: i64,
    story: &'a Story,
}

impl ServicePage<'_> {
    /// How long ago, roughly.
    fn ago(&self, at: &i64) -> String {
        match *at {
            0 => "–".to_owned(),
            at => wharf_payments::pages::Words::new(self.t.0).ago(at, self.now),
        }
    }

    fn calls(&self) -> impl Iterator<Item = &Exchange> {
        self.story.calls.iter().rev()
    }

    /// The journal's word for how an effect stands.
    fn stands(&self, effect: &StoryEffect) -> String {
        wharf_payments::pages::Words::new(self.t.0).of("effect", effect.state.as_str())
    }

    fn effects(&self) -> &[StoryEffect] {
        &self.story.effects
    }
}

const STATES: [ServiceState; 4] = [
    ServiceState::New,
    ServiceState::Active,
    ServiceState::Suspended,
    ServiceState::Terminated,
];
const MOST: i64 = 200;
