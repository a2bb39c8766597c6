//! Forms of the set-up: fields with what they mean beside them, filled with what stands or with what was sent.

use askama::Template;
use serde_json::{Map, Value, json};

use crate::pages::{Fragment, Look, Words, rendered};
use crate::wallets::text::clean;

/// A form on a page of its own.
pub(super) struct Form {
    pub title: String,
    pub lead: String,
    /// Where it leads back to, and what that is called.
    pub back: (String, String),
    pub action: String,
    pub groups: Vec<Group>,
    pub submit: String,
    /// Why it was not taken.
    pub problem: String,
    /// Takes away what it shows.
    pub remove: Option<Remove>,
}

pub(super) struct Remove {
    pub title: String,
    pub text: String,
    /// What keeps it from being taken away; empty where it can be.
    pub used: String,
}

pub(super) struct Group {
    pub title: String,
    /// Folded away: most people need none of it.
    pub folded: bool,
    pub fields: Vec<Field>,
}

pub(super) struct Field {
    pub name: String,
    pub label: String,
    pub hint: String,
    pub value: String,
    pub input: Input,
}

pub(super) enum Input {
    Text {
        required: bool,
    },
    /// Never filled in; what is said of the one that stands.
    Secret(String),
    Whole,
    Decimal,
    Yes,
    /// Not shown: where the form was come from.
    Hidden,
    /// Values with their texts.
    Choice(Vec<(String, String)>),
    /// Values with their texts, and whether each is chosen.
    Many(Vec<(String, String, bool)>),
}

/// How a setting is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    Whole,
    Amount,
    Yes,
    /// Of these; their texts are named with the prefix.
    Choice(&'static str, &'static [&'static str]),
    /// Several, with blanks between them.
    Words,
}

pub(super) struct Setting {
    pub name: &'static str,
    pub kind: Kind,
}

impl Setting {
    /// The field, with what was sent or else with what stands.
    pub fn field(&self, look: &Look<'_>, sent: bool, standing: &Value) -> Field {
        let words = look.words();
        let stands = standing.get(self.name);
        let text = match stands {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(list)) => {
                let each = list.iter().filter_map(Value::as_str);
                each.collect::<Vec<_>>().join(" ")
            }
            Some(Value::Bool(yes)) => if *yes { "1" } else { "" }.to_owned(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        Field {
            name: self.name.to_owned(),
            label: words.of("set", self.name),
            hint: words
                .known(&format!("set_{}_hint", self.name))
                .unwrap_or_default()
                .to_owned(),
            value: if sent {
                look.field(self.name).to_owned()
            } else {
                text
            },
            input: match self.kind {
                Kind::Text => Input::Text {
                    required: self.name == "name",
                },
                Kind::Words => Input::Text { required: false },
                Kind::Whole => Input::Whole,
                Kind::Amount => Input::Decimal,
                Kind::Yes => Input::Yes,
                Kind::Choice(prefix, values) => Input::Choice(
                    values
                        .iter()
                        .map(|value| {
                            let text = words.of(prefix, &value.replace('-', "_"));
                            ((*value).to_owned(), text)
                        })
                        .collect(),
                ),
            },
        }
    }

    /// Writes what was sent over what stands; `Err` says what is wrong with it.
    pub fn take(&self, look: &Look<'_>, into: &mut Map<String, Value>) -> Result<(), String> {
        let sent = look.field(self.name);
        let value = match self.kind {
            Kind::Yes => json!(!sent.is_empty()),
            Kind::Whole => match clean(sent).trim().parse::<u32>() {
                Ok(number) => json!(number),
                Err(_) => {
                    let words = look.words();
                    let field = words.of("set", self.name);
                    let name = if sent.is_empty() {
                        "needs_whole"
                    } else {
                        "not_whole"
                    };
                    return Err(words.fill(name, &[("field", &field), ("text", sent)]));
                }
            },
            Kind::Amount => json!(clean(sent).trim()),
            Kind::Words => json!(
                sent.split([' ', ',', '\n', '\r'])
                    .filter(|word| !word.is_empty())
                    .collect::<Vec<_>>()
            ),
            Kind::Text | Kind::Choice(..) => json!(sent),
        };
        into.insert(self.name.to_owned(), value);
        Ok(())
    }
}

impl Field {
    /// A field that is no setting of its own.
    pub fn new(look: &Look<'_>, name: &str, value: &str, input: Input) -> Self {
        let words = look.words();
        Self {
            name: name.to_owned(),
            label: words.of("set", name),
            hint: words
                .known(&format!("set_{name}_hint"))
                .unwrap_or_default()
                .to_owned(),
            value: value.to_owned(),
            input,
        }
    }
}

impl Field {
    /// For a secret, which is shown to nobody: only since when there is one.
    pub fn secret(words: Words, look: &Look<'_>, name: &str, since: Option<i64>) -> Self {
        let stands = match since {
            None => words.text("secret_none").to_owned(),
            Some(0) => words.text("secret_set").to_owned(),
            Some(at) => words.fill("secret_since", &[("time", &words.time(at))]),
        };
        Self::new(look, name, "", Input::Secret(stands))
    }

    /// Sent under another name than that of its texts.
    pub fn named(self, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..self
        }
    }
}

impl Form {
    pub fn removed_by(self, remove: Remove) -> Self {
        Self {
            remove: Some(remove),
            ..self
        }
    }

    pub fn page(&self, look: &Look<'_>) -> Fragment {
        Fragment {
            title: self.title.clone(),
            html: rendered(&FormPage {
                t: look.words(),
                csrf: look.csrf,
                form: self,
            }),
        }
    }
}

#[derive(Template)]
#[template(path = "staff/form.html")]
struct FormPage<'a> {
    t: Words,
    csrf: &'a str,
    form: &'a Form,
}
