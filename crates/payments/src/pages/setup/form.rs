//! Forms of the set-up: fields with what they mean beside them, filled with what stands or with what was sent.

use std::collections::BTreeMap;

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
    /// What its fields held when it was opened, as JSON; empty where something is added. It comes back with the form.
    pub shown: String,
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

    /// A secret is written only where one was typed, so that an old form undoes none.
    fn is_compared(&self) -> bool {
        let untold = matches!(self.input, Input::Secret(_) | Input::Hidden);
        !untold && self.name != "signing_key" && !self.name.starts_with("remove_")
    }

    /// What stands in it, as one text.
    fn holds(&self) -> String {
        match &self.input {
            Input::Many(choices) => {
                let chosen = choices.iter().filter(|(_, _, chosen)| *chosen);
                together(chosen.map(|(value, ..)| value.as_str()))
            }
            _ => self.value.clone(),
        }
    }

    /// What was sent of it, as [`holds`](Self::holds) tells it.
    fn sent(&self, look: &Look<'_>) -> String {
        match &self.input {
            Input::Many(_) => {
                let chosen = look.query.iter().filter(|(name, _)| *name == self.name);
                together(chosen.map(|(_, value)| value.as_str()))
            }
            _ => look.field(&self.name).to_owned(),
        }
    }

    /// Whether that is what stands in it, however it is written.
    fn says(&self, value: &str) -> bool {
        match self.input {
            Input::Decimal => plain(&self.value) == plain(value),
            _ => self.holds() == value,
        }
    }

    fn hold(&mut self, value: &str) {
        match &mut self.input {
            Input::Many(choices) => {
                for (choice, _, chosen) in choices {
                    *chosen = value.split(' ').any(|one| one == choice);
                }
            }
            _ => value.clone_into(&mut self.value),
        }
    }

    /// A value as the form shows it.
    fn told(&self, words: Words, value: &str) -> String {
        let text = match &self.input {
            Input::Yes => words
                .text(if value.is_empty() { "no" } else { "yes" })
                .to_owned(),
            Input::Choice(choices) => {
                let chosen = choices.iter().find(|(choice, _)| choice == value);
                chosen.map_or(value, |(_, text)| text).to_owned()
            }
            Input::Many(choices) => {
                let chosen = choices
                    .iter()
                    .filter(|(choice, ..)| value.split(' ').any(|one| one == choice));
                let texts: Vec<&str> = chosen.map(|(_, text, _)| text.as_str()).collect();
                texts.join(words.text("comma"))
            }
            _ => value.to_owned(),
        };
        if text.is_empty() {
            return "–".to_owned();
        }
        // In its own direction, whatever stands around it.
        format!("\u{2068}{text}\u{2069}")
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

    /// Of something that is set up already: whoever saves it is told if somebody else changed it meanwhile.
    pub fn over_standing(self) -> Self {
        let values: BTreeMap<&str, String> = self
            .fields()
            .map(|field| (field.name.as_str(), field.holds()))
            .collect();
        Self {
            shown: serde_json::to_string(&values).unwrap_or_default(),
            ..self
        }
    }

    /// With what was sent, to be sent once more.
    pub fn sent_again(self, look: &Look<'_>) -> Self {
        Self {
            shown: look.field(SHOWN).to_owned(),
            ..self
        }
    }

    /// Of the form with what stands: the form to show in place of saving, where saving what was sent would undo what
    /// somebody else has changed since it was opened. What was typed stays, and what was left alone follows the other.
    pub fn undoing(mut self, look: &Look<'_>) -> Option<Self> {
        let words = look.words();
        let shown: BTreeMap<String, String> =
            serde_json::from_str(look.field(SHOWN)).unwrap_or_default();
        let before = |name: &str| shown.get(name).map(String::as_str).unwrap_or_default();
        let changed: Vec<String> = self
            .fields()
            .filter(|field| field.holds() != before(&field.name))
            .filter(|field| !field.says(&field.sent(look)))
            .map(|field| {
                let parts = [
                    ("field", field.label.as_str()),
                    ("before", &field.told(words, before(&field.name))),
                    ("now", &field.told(words, &field.holds())),
                ];
                words.fill("changed_field", &parts)
            })
            .collect();
        if changed.is_empty() {
            return None;
        }
        self = self.over_standing();
        for field in self.groups.iter_mut().flat_map(|group| &mut group.fields) {
            let sent = field.sent(look);
            if field.is_compared() && sent != before(&field.name) {
                field.hold(&sent);
            }
        }
        let what = changed.join(words.text("semicolon"));
        self.problem = words.fill("changed_meanwhile", &[("what", &what)]);
        Some(self)
    }

    /// Whether a folded group is shown unfolded: what is wrong, or what was changed, is in it.
    fn opens(&self, group: &Group) -> bool {
        let shown: BTreeMap<String, String> = serde_json::from_str(&self.shown).unwrap_or_default();
        let is_other = |field: &Field| {
            let before = shown.get(&field.name);
            field.is_compared() && before.is_some_and(|before| !field.says(before))
        };
        let mut fields = group.fields.iter();
        !self.problem.is_empty()
            && fields.any(|field| self.problem.contains(&field.label) || is_other(field))
    }

    fn fields(&self) -> impl Iterator<Item = &Field> {
        let all = self.groups.iter().flat_map(|group| &group.fields);
        all.filter(|field| field.is_compared())
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

/// An amount without what it can do without.
fn plain(amount: &str) -> String {
    let amount = clean(amount);
    match amount.trim().split_once('.') {
        Some((whole, part)) if part.bytes().all(|byte| byte == b'0') => whole.to_owned(),
        Some((whole, part)) => format!("{whole}.{}", part.trim_end_matches('0')),
        None => amount.trim().to_owned(),
    }
}

/// Values of a field that has several, in one order.
fn together<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let mut values: Vec<&str> = values.collect();
    values.sort_unstable();
    values.join(" ")
}

/// The field that brings back what a form showed.
const SHOWN: &str = "shown";

#[derive(Template)]
#[template(path = "staff/form.html")]
struct FormPage<'a> {
    t: Words,
    csrf: &'a str,
    form: &'a Form,
}
