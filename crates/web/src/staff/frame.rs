//! The frame around every page: navigation, who is logged in, language, what was just done.

use std::sync::LazyLock;

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use wharf_payments::pages::{Fragment, Language, Texts};

use super::assets::style_version;
use super::browser::{Fields, html};
use super::operators::{Operator, Role};

pub(super) struct Frame<'a> {
    pub language: Language,
    /// `None` on the log-in page.
    pub operator: Option<&'a Operator>,
    pub csrf: &'a str,
    /// Below `/staff`, with its query.
    pub path: &'a str,
    pub query: &'a Fields,
    pub flash: Option<&'static str>,
    /// Review items that wait.
    pub waiting: i64,
}

impl Frame<'_> {
    pub fn around(&self, fragment: &Fragment) -> String {
        let words = Words(self.language);
        let path = self.path.split('?').next().unwrap_or_default();
        let section = path.trim_matches('/').split('/').next().unwrap_or_default();
        let entries = ENTRIES
            .iter()
            .filter(|(_, _, role)| self.operator.is_some_and(|operator| operator.role >= *role))
            .map(|(name, text, _)| Entry {
                href: format!("/staff/{name}"),
                text: words.text(text),
                here: section == *name,
                waiting: if *name == "review" { self.waiting } else { 0 },
            })
            .collect();
        let other = match self.language {
            Language::English => Language::Arabic,
            Language::Arabic => Language::English,
        };
        let page = FramePage {
            t: words,
            lang: self.language.code(),
            dir: self.language.direction(),
            title: &fragment.title,
            style: style_version(),
            operator: self
                .operator
                .map(|operator| (operator.name.as_str(), words.role(&operator.role))),
            csrf: self.csrf,
            entries,
            other_language: self.in_language(other),
            other_code: other.code(),
            flash: self.flash.map(|flash| words.text(flash)),
            body: &fragment.html,
        };
        page.render().unwrap_or_default()
    }

    /// The same page in another language.
    fn in_language(&self, language: Language) -> String {
        let path = self.path.split('?').next().unwrap_or_default();
        let mut fields: Vec<(&str, &str)> = self
            .query
            .0
            .iter()
            .filter(|(name, _)| QUERY_KEPT.contains(&name.as_str()))
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        fields.push(("lang", language.code()));
        let query = serde_urlencoded::to_string(fields).unwrap_or_default();
        format!("/staff{path}?{query}")
    }
}

/// The texts of the frame, log-in and account pages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words(pub Language);

impl Words {
    /// The name itself where a file lacks it, which a test rules out.
    pub fn text(self, name: &'static str) -> &'static str {
        TEXTS.get(self.0, name).unwrap_or(name)
    }

    /// What happened to somebody who came or went; the machine's word where there is no other.
    pub fn event(self, event: &str) -> String {
        let text = TEXTS.get(self.0, &format!("event_{event}"));
        text.unwrap_or(event).to_owned()
    }

    pub fn role(self, role: &Role) -> &'static str {
        self.text(match role {
            Role::Viewer => "role_viewer",
            Role::Reviewer => "role_reviewer",
            Role::Admin => "role_admin",
        })
    }
}

/// The text that is shown after an action, if there is one of that name.
pub(super) fn flash(name: &str) -> Option<&'static str> {
    FLASHES.iter().copied().find(|known| *known == name)
}

/// What is said where a page cannot be shown. `more` says it exactly, if anything.
pub(super) fn refusal(language: Language, text: &'static str, more: &str) -> Fragment {
    let words = Words(language);
    let (title, body) = match text {
        "not_found" => ("not_found", "not_found_text"),
        "denied" => ("denied", "denied_text"),
        "misuse" => ("misuse", "misuse_text"),
        _ => ("failed", "failed_text"),
    };
    RefusalPage {
        t: words,
        title: words.text(title),
        body: words.text(body),
        more,
        back: None,
    }
    .fragment()
}

/// What is said about a form that was not made for this session; `back` is the page that it was on, below `/staff`.
pub(super) fn stale_form(language: Language, back: Option<&str>) -> Fragment {
    let words = Words(language);
    RefusalPage {
        t: words,
        title: words.text("stale_form_title"),
        body: words.text("stale_form"),
        more: "",
        back,
    }
    .fragment()
}

/// A refusal without the frame, where nobody is known.
pub(super) fn bare(language: Language, status: StatusCode, text: &'static str) -> Response {
    let frame = Frame {
        language,
        operator: None,
        csrf: "",
        path: "/login",
        query: &Fields::default(),
        flash: None,
        waiting: 0,
    };
    html(status, frame.around(&refusal(language, text, "")))
}

struct Entry {
    href: String,
    text: &'static str,
    here: bool,
    waiting: i64,
}

#[derive(Template)]
#[template(path = "frame.html")]
struct FramePage<'a> {
    t: Words,
    lang: &'static str,
    dir: &'static str,
    title: &'a str,
    style: String,
    operator: Option<(&'a str, &'static str)>,
    csrf: &'a str,
    entries: Vec<Entry>,
    other_language: String,
    other_code: &'static str,
    flash: Option<&'static str>,
    body: &'a str,
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage<'a> {
    t: Words,
    title: &'static str,
    body: &'static str,
    more: &'a str,
    back: Option<&'a str>,
}

impl RefusalPage<'_> {
    fn fragment(&self) -> Fragment {
        Fragment {
            title: self.title.to_owned(),
            html: self.render().unwrap_or_default(),
        }
    }
}

static TEXTS: LazyLock<Texts> = LazyLock::new(|| {
    Texts::read(
        include_str!("../../texts/staff.en.toml"),
        include_str!("../../texts/staff.ar.toml"),
    )
});

/// Path below `/staff/`, text, and who sees it.
const ENTRIES: [(&str, &str, Role); 13] = [
    ("", "nav_dashboard", Role::Viewer),
    ("review", "nav_review", Role::Viewer),
    ("transfers", "nav_transfers", Role::Viewer),
    ("claims", "nav_claims", Role::Viewer),
    ("messages", "nav_messages", Role::Viewer),
    ("stores", "nav_stores", Role::Viewer),
    ("wallets", "nav_wallets", Role::Viewer),
    ("devices", "nav_devices", Role::Viewer),
    ("reconcile", "nav_reconcile", Role::Viewer),
    ("services", "nav_services", Role::Viewer),
    ("journal", "nav_journal", Role::Viewer),
    ("audit", "nav_audit", Role::Viewer),
    ("operators", "operators", Role::Admin),
];

const FLASHES: [&str; 17] = [
    "flash_password",
    "flash_approved",
    "flash_booked",
    "flash_not_booked",
    "flash_taken_back",
    "flash_not_taken_back",
    "flash_conflict_settled",
    "flash_second",
    "flash_rejected",
    "flash_reopened",
    "flash_rate",
    "flash_settled",
    "flash_held",
    "flash_reconciled",
    "flash_removed",
    "flash_saved",
    "flash_service_done",
];

/// What stays in the address when only the language changes.
const QUERY_KEPT: [&str; 15] = [
    "store", "wallet", "state", "kind", "text", "since", "until", "client", "device", "actor",
    "event", "subject", "next", "list", "ended",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_texts() {
        let has = |name: &str| TEXTS.get(Language::English, name).is_some();
        assert_eq!(TEXTS.differences(), [""; 0]);
        let named = ENTRIES.iter().map(|(_, text, _)| *text).chain(FLASHES);
        for name in named {
            assert!(has(name), "{name}");
        }
        for word in wharf_payments::pages::NOTED {
            assert!(flash(&format!("flash_{word}")).is_some(), "{word}");
        }
        let templates = [
            include_str!("../../templates/account.html"),
            include_str!("../../templates/frame.html"),
            include_str!("../../templates/log_in.html"),
            include_str!("../../templates/operators.html"),
            include_str!("../../templates/refusal.html"),
            include_str!("../../templates/service.html"),
            include_str!("../../templates/services.html"),
        ];
        for name in templates
            .iter()
            .flat_map(|text| text.split("t.text(\"").skip(1))
            .filter_map(|rest| rest.split_once('"'))
            .map(|(name, _)| name)
        {
            assert!(has(name), "{name}");
        }
    }
}
