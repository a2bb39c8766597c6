//! The fragment that WHMCS shows on the product's page. It works without scripts.

use std::sync::LazyLock;

use askama::Template;
use serde::Deserialize;

/// A service, as its customer sees it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServicePage {
    pub language: Language,
    /// WHMCS's number.
    pub service: i64,
    pub status: Status,
    pub title: Option<String>,
    pub domain: Option<String>,
    pub plan: Option<String>,
    pub facts: Vec<PageFact>,
    pub bars: Vec<Bar>,
    pub links: Vec<PageLink>,
    /// Whether WHMCS can sign the customer on at the supplier.
    pub sign_on: bool,
    pub buttons: Vec<PageButton>,
    pub note: Option<Note>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PageFact {
    pub title: String,
    pub value: String,
    /// Something to be copied as it is: a key, an address.
    pub copy: bool,
    /// Shown only when it is asked for.
    pub secret: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PageLink {
    pub title: String,
    pub url: String,
}

/// How much of something is used up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bar {
    pub title: String,
    pub used: String,
    pub limit: Option<String>,
    pub unit: String,
}

/// A function of the module that the customer may run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PageButton {
    pub title: String,
    /// Its name in the module, without the prefix.
    pub function: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Status {
    Active,
    Suspended,
    Terminated,
    SettingUp,
    #[default]
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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Language {
    #[default]
    English,
    Arabic,
    German,
    French,
}

impl Language {
    /// By WHMCS's name of a language.
    pub(crate) fn of(name: Option<&str>) -> Self {
        match name.map(str::to_lowercase).as_deref() {
            Some("arabic" | "ar") => Self::Arabic,
            Some("german" | "deutsch" | "de") => Self::German,
            Some("french" | "fr") => Self::French,
            _ => Self::English,
        }
    }

    /// `en`
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Arabic => "ar",
            Self::German => "de",
            Self::French => "fr",
        }
    }

    pub(crate) fn texts(self) -> &'static Texts {
        match self {
            Self::English => &ENGLISH,
            Self::Arabic => &ARABIC,
            Self::German => &GERMAN,
            Self::French => &FRENCH,
        }
    }
}

impl ServicePage {
    pub(crate) fn unknown(language: Language) -> Self {
        Self {
            language,
            note: Some(Note::NoRecord),
            ..Self::default()
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

    fn copies(&self) -> bool {
        self.facts.iter().any(|fact| fact.copy && !fact.secret)
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
pub(crate) struct Texts {
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
    pub sign_on: String,
    pub no_sign_on: String,
    used: String,
    used_without_limit: String,
    show: String,
    copy: String,
    copied: String,
    actions: String,
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

    fn used_of(&self, bar: &Bar) -> String {
        let with_unit = |amount: &str| format!("{amount} {}", bar.unit).trim_end().to_owned();
        match &bar.limit {
            Some(limit) => self
                .used
                .replace("{used}", &bar.used)
                .replace("{limit}", &with_unit(limit)),
            None => self
                .used_without_limit
                .replace("{used}", &with_unit(&bar.used)),
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
static GERMAN: LazyLock<Texts> = LazyLock::new(|| read(include_str!("../lang/de.toml")));
static FRENCH: LazyLock<Texts> = LazyLock::new(|| read(include_str!("../lang/fr.toml")));

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
            service: 17,
            status: Status::Active,
            title: Some("SiteShield".to_owned()),
            domain: Some("example.com".to_owned()),
            plan: Some("pro".to_owned()),
            facts: vec![
                PageFact {
                    title: "Licence key".to_owned(),
                    value: "SSHD-<b>1</b>".to_owned(),
                    copy: true,
                    secret: false,
                },
                PageFact {
                    title: "Password".to_owned(),
                    value: "hidden".to_owned(),
                    copy: true,
                    secret: true,
                },
            ],
            bars: vec![Bar {
                title: "Traffic".to_owned(),
                used: "12".to_owned(),
                limit: Some("50".to_owned()),
                unit: "GB".to_owned(),
            }],
            links: vec![PageLink {
                title: "Open".to_owned(),
                url: "https://shield.example.com/dashboard/svc_1?a=1&b=2".to_owned(),
            }],
            sign_on: true,
            buttons: vec![PageButton {
                title: "Scan".to_owned(),
                function: "Button1".to_owned(),
            }],
            note: None,
        }
    }

    #[test]
    fn the_language_files_are_whole_and_keep_their_places() {
        for text in [
            include_str!("../lang/en.toml"),
            include_str!("../lang/ar.toml"),
            include_str!("../lang/de.toml"),
            include_str!("../lang/fr.toml"),
        ] {
            let texts = toml::from_str::<Texts>(text).unwrap();
            assert!(texts.note_old.contains("{minutes}"), "{text}");
            assert!(texts.used.contains("{used}") && texts.used.contains("{limit}"));
            assert!(texts.used_without_limit.contains("{used}"), "{text}");
            assert_eq!(Language::of(Some(&texts.code)).texts().code, texts.code);
        }
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
    fn what_can_be_done_is_a_form_or_a_link_and_secrets_stay_folded() {
        let html = page(Language::of(Some("german"))).html();
        for wanted in [
            "<progress max=\"50\" value=\"12\" aria-label=\"Traffic\">",
            "12 von 50 GB belegt",
            "<form method=\"post\" action=\"clientarea.php?action=productdetails&amp;id=17\">",
            "name=\"a\" value=\"Button1\">Scan<",
            "id=17&amp;dosinglesignon=1",
            "<details><summary>Anzeigen</summary><code><bdi dir=\"ltr\">hidden</bdi>",
        ] {
            assert!(html.contains(wanted), "{wanted}: {html}");
        }
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
