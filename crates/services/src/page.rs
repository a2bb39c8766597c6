//! The fragment that WHMCS shows on the product's page.

use std::sync::LazyLock;

use askama::Template;
use serde::Deserialize;

/// A service, as its customer sees it.
#[derive(Clone, Debug)]
pub(crate) struct ServicePage {
    pub language: Language,
    pub status: Status,
    pub title: Option<String>,
    pub domain: Option<String>,
    pub plan: Option<String>,
    pub licence: Option<String>,
    pub dashboard: Option<String>,
    pub note: Option<Note>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Active,
    Suspended,
    Terminated,
    SettingUp,
    Unknown,
}

/// Why the page may not be the whole truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    SettingUp,
    /// The supplier did not answer; this is what it told so long ago.
    Old {
        minutes: i64,
    },
    /// The supplier has no such service any more.
    Gone,
    NoRecord,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Arabic,
}

impl Language {
    /// By WHMCS's name of a language.
    pub(crate) fn of(name: Option<&str>) -> Self {
        match name.map(str::to_lowercase).as_deref() {
            Some("arabic" | "ar") => Self::Arabic,
            _ => Self::English,
        }
    }

    fn texts(self) -> &'static Texts {
        match self {
            Self::English => &ENGLISH,
            Self::Arabic => &ARABIC,
        }
    }
}

impl ServicePage {
    pub(crate) fn unknown(language: Language) -> Self {
        Self {
            language,
            status: Status::Unknown,
            title: None,
            domain: None,
            plan: None,
            licence: None,
            dashboard: None,
            note: Some(Note::NoRecord),
        }
    }

    pub(crate) fn html(&self) -> String {
        let texts = self.language.texts();
        let fragment = Fragment {
            page: self,
            texts,
            status: texts.status(self.status),
            state: match self.status {
                Status::Active => "good",
                Status::SettingUp | Status::Suspended => "wait",
                Status::Terminated | Status::Unknown => "off",
            },
            note: self.note.map(|note| texts.note(note)),
        };
        fragment.render().unwrap_or_else(|error| {
            tracing::error!(%error, "a page cannot be rendered");
            String::new()
        })
    }
}

#[derive(Template)]
#[template(path = "service.html")]
struct Fragment<'a> {
    page: &'a ServicePage,
    texts: &'a Texts,
    status: &'a str,
    state: &'a str,
    note: Option<String>,
}

/// A language file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    code: String,
    direction: String,
    heading: String,
    status: String,
    active: String,
    suspended: String,
    terminated: String,
    setting_up: String,
    unknown: String,
    domain: String,
    plan: String,
    licence: String,
    dashboard: String,
    note_setting_up: String,
    note_old: String,
    note_gone: String,
    note_no_record: String,
}

impl Texts {
    fn status(&self, status: Status) -> &str {
        match status {
            Status::Active => &self.active,
            Status::Suspended => &self.suspended,
            Status::Terminated => &self.terminated,
            Status::SettingUp => &self.setting_up,
            Status::Unknown => &self.unknown,
        }
    }

    fn note(&self, note: Note) -> String {
        match note {
            Note::SettingUp => self.note_setting_up.clone(),
            Note::Old { minutes } => self.note_old.replace("{minutes}", &minutes.to_string()),
            Note::Gone => self.note_gone.clone(),
            Note::NoRecord => self.note_no_record.clone(),
        }
    }
}

static ENGLISH: LazyLock<Texts> = LazyLock::new(|| read(include_str!("../lang/en.toml")));
static ARABIC: LazyLock<Texts> = LazyLock::new(|| read(include_str!("../lang/ar.toml")));

/// The files are part of the program; a test reads them.
fn read(text: &str) -> Texts {
    toml::from_str(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(language: Language) -> ServicePage {
        ServicePage {
            language,
            status: Status::Active,
            title: Some("SiteShield".to_owned()),
            domain: Some("example.com".to_owned()),
            plan: Some("pro".to_owned()),
            licence: Some("SSHD-<b>1</b>".to_owned()),
            dashboard: Some("https://shield.example.com/dashboard/svc_1?a=1&b=2".to_owned()),
            note: None,
        }
    }

    #[test]
    fn both_language_files_are_whole() {
        for text in [
            include_str!("../lang/en.toml"),
            include_str!("../lang/ar.toml"),
        ] {
            toml::from_str::<Texts>(text).unwrap();
        }
        assert!(ENGLISH.note_old.contains("{minutes}") && ARABIC.note_old.contains("{minutes}"));
    }

    #[test]
    fn values_are_escaped() {
        let html = page(Language::English).html();
        assert!(
            html.contains("SSHD-&#60;b&#62;1") && !html.contains("<b>1"),
            "{html}"
        );
        assert!(html.contains("dashboard/svc_1?a=1&#38;b=2"), "{html}");
    }

    #[test]
    fn arabic_reads_from_right_to_left() {
        let html = page(Language::of(Some("Arabic"))).html();
        assert!(
            html.contains("dir=\"rtl\"") && html.contains("lang=\"ar\""),
            "{html}"
        );
        assert!(
            html.contains("<bdi dir=\"ltr\">"),
            "keys and names stay left to right: {html}"
        );
    }

    #[test]
    fn what_is_not_known_is_said() {
        let html = ServicePage::unknown(Language::English).html();
        assert!(
            html.contains(&ENGLISH.note_no_record) && !html.contains("<a "),
            "{html}"
        );
        let old = ServicePage {
            note: Some(Note::Old { minutes: 12 }),
            ..page(Language::English)
        }
        .html();
        assert!(old.contains("12 minutes"), "{old}");
    }
}
