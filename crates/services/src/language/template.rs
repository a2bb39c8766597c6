//! Texts with `{{ … }}` in a connector's file. Names that are not there are errors, never blanks, and a text that
//! does not come to an end is one too.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use minijinja::value::Kwargs;
use minijinja::{Environment, Error, ErrorKind, Output, State, UndefinedBehavior};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// What a connector's texts can use.
pub(crate) type Context = Map<String, Value>;

/// The names that a text may use: `client.email`, or everything below `item` as `item.*`.
pub(crate) type Names = BTreeSet<String>;

/// A text whose names were checked.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    text: String,
    names: Vec<String>,
    /// Its values are parts of a path.
    path: bool,
}

/// A condition: an expression whose names were checked.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    text: String,
    names: Vec<String>,
}

/// JSON with texts in it. A text that is one `{{ … }}` keeps the type of its value.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Whole(Condition),
    Text(Template),
    Plain(Value),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

impl Template {
    /// Checks that the text can be read and uses only `names`.
    pub(crate) fn check(text: &str, names: &Names) -> Result<Self, String> {
        Self::read(text, names, false)
    }

    /// As [`check`](Self::check), for a path: what is put in is encoded, so that it stays one part of the path.
    pub(crate) fn path(text: &str, names: &Names) -> Result<Self, String> {
        if !text.starts_with('/') || text.starts_with("//") {
            return Err("it must begin with one \"/\"".to_owned());
        }
        Self::read(text, names, true)
    }

    fn read(text: &str, names: &Names, path: bool) -> Result<Self, String> {
        let template = TEXTS.template_from_str(text).map_err(in_words)?;
        let used = used(template.undeclared_variables(true), names)?;
        Ok(Self {
            text: text.to_owned(),
            names: used,
            path,
        })
    }

    pub(crate) fn render(&self, context: &Context) -> Result<String, String> {
        let environment: &Environment = if self.path { &PATHS } else { &TEXTS };
        environment
            .render_str(&self.text, context)
            .map_err(|error| lacking(&self.names, context, error))
    }

    /// The names in it.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

impl Condition {
    pub(crate) fn check(text: &str, names: &Names) -> Result<Self, String> {
        let compiled = TEXTS.compile_expression(text).map_err(in_words)?;
        let used = used(compiled.undeclared_variables(true), names)?;
        Ok(Self {
            text: text.to_owned(),
            names: used,
        })
    }

    pub(crate) fn holds(&self, context: &Context) -> Result<bool, String> {
        let compiled = TEXTS.compile_expression(&self.text).map_err(in_words)?;
        let value = compiled
            .eval(context)
            .map_err(|error| lacking(&self.names, context, error))?;
        Ok(value.is_true())
    }

    fn value(&self, context: &Context) -> Result<Value, String> {
        let compiled = TEXTS.compile_expression(&self.text).map_err(in_words)?;
        let value = compiled
            .eval(context)
            .map_err(|error| lacking(&self.names, context, error))?;
        if value.is_undefined() {
            return Err(format!("\"{}\" is not there", self.text));
        }
        serde_json::to_value(value).map_err(|error| error.to_string())
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

impl Body {
    /// `at` names the key, for errors.
    pub(crate) fn check(value: &Value, at: &str, names: &Names) -> Result<Self, (String, String)> {
        let wrong = |why| (at.to_owned(), why);
        Ok(match value {
            Value::String(text) => match expression(text) {
                Some(inner) => Self::Whole(Condition::check(inner, names).map_err(wrong)?),
                None => Self::Text(Template::check(text, names).map_err(wrong)?),
            },
            Value::Array(items) => Self::List(
                items
                    .iter()
                    .map(|item| Self::check(item, at, names))
                    .collect::<Result<_, _>>()?,
            ),
            Value::Object(table) => Self::Map(
                table
                    .iter()
                    .map(|(key, item)| {
                        Ok((
                            key.clone(),
                            Self::check(item, &format!("{at}.{key}"), names)?,
                        ))
                    })
                    .collect::<Result<_, (String, String)>>()?,
            ),
            plain => Self::Plain(plain.clone()),
        })
    }

    pub(crate) fn render(&self, context: &Context) -> Result<Value, String> {
        Ok(match self {
            Self::Whole(inner) => inner.value(context)?,
            Self::Text(template) => Value::String(template.render(context)?),
            Self::Plain(value) => value.clone(),
            Self::List(items) => Value::Array(
                items
                    .iter()
                    .map(|item| item.render(context))
                    .collect::<Result<_, _>>()?,
            ),
            Self::Map(items) => Value::Object(
                items
                    .iter()
                    .map(|(key, item)| Ok((key.clone(), item.render(context)?)))
                    .collect::<Result<_, String>>()?,
            ),
        })
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            Self::Whole(inner) => inner.names().collect(),
            Self::Text(template) => template.names().collect(),
            Self::Plain(_) => Vec::new(),
            Self::List(items) => items.iter().flat_map(Self::names).collect(),
            Self::Map(items) => items.iter().flat_map(|(_, item)| item.names()).collect(),
        }
    }
}

/// The inside of a text that is one expression.
fn expression(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    (!inner.contains("{{") && !inner.contains("}}")).then_some(inner.trim())
}

/// The names that a text uses, if all of them are known.
fn used(used: std::collections::HashSet<String>, names: &Names) -> Result<Vec<String>, String> {
    let mut used: Vec<String> = used
        .into_iter()
        .filter(|name| !FUNCTIONS.contains(&name.as_str()))
        .collect();
    used.sort();
    match used.iter().find(|name| !is_known(name, names)) {
        Some(name) => Err(format!(
            "\"{name}\" is not known here; known are: {}",
            near(name, names)
        )),
        None => Ok(used),
    }
}

/// The names below the same root; without any, the roots.
fn near(name: &str, names: &Names) -> String {
    let root = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    let same: Names = names
        .iter()
        .filter(|known| root(known) == root(name))
        .cloned()
        .collect();
    let shown: Names = if same.is_empty() {
        names.iter().map(|known| root(known)).collect()
    } else {
        same
    };
    shown.into_iter().collect::<Vec<_>>().join(", ")
}

fn is_known(name: &str, names: &Names) -> bool {
    let below = format!("{name}.");
    names.iter().any(|known| match known.strip_suffix(".*") {
        Some(root) => {
            name == root
                || name
                    .strip_prefix(root)
                    .is_some_and(|rest| rest.starts_with('.'))
        }
        None => {
            name == known
                || known.starts_with(&below)
                || name
                    .strip_prefix(known.as_str())
                    .is_some_and(|rest| rest.starts_with('.'))
        }
    })
}

static TEXTS: LazyLock<Environment<'static>> = LazyLock::new(environment);
static PATHS: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = environment();
    environment.set_formatter(encoded);
    environment
});

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.add_filter("urlencode", urlencode);
    environment.add_filter("ascii", |text: String| deunicode::deunicode(&text));
    environment.add_filter("cut", cut);
    environment.add_filter("slug", slug);
    environment.add_filter("hash", hash);
    environment.add_filter("base64", |text: String| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(text)
    });
    environment
}

/// In a path every value is encoded, and none may be missing or empty: `/services/` is not `/services/7`.
fn encoded(out: &mut Output<'_>, _: &State<'_, '_>, value: &minijinja::Value) -> Result<(), Error> {
    let text = if value.is_safe() {
        value.to_string()
    } else {
        urlencode(value)?.to_string()
    };
    if text.is_empty() {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "a value of the path is empty",
        ));
    }
    out.write_str(&text).map_err(Error::from)
}

/// Leaves nothing but unreserved characters (RFC 3986, section 2.3) as it is.
fn urlencode(value: &minijinja::Value) -> Result<minijinja::Value, Error> {
    if value.is_undefined() || value.is_none() {
        return Err(ErrorKind::UndefinedError.into());
    }
    let mut encoded = String::new();
    for byte in value.to_string().bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    Ok(minijinja::Value::from_safe_string(encoded))
}

/// At most so many characters, without blanks at the end.
fn cut(text: String, most: usize) -> String {
    let cut: String = text.chars().take(most).collect();
    cut.trim_end().to_owned()
}

/// Lower-case ASCII letters, digits and single "-".
fn slug(text: String, kwargs: Kwargs) -> Result<String, Error> {
    let sign: Option<String> = kwargs.get("sign")?;
    kwargs.assert_all_used()?;
    let sign = sign.unwrap_or_else(|| "-".to_owned());
    let plain = deunicode::deunicode(&text).to_lowercase();
    let parts: Vec<&str> = plain
        .split(|sign: char| !sign.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect();
    Ok(parts.join(&sign))
}

/// SHA-256 in hexadecimal; the first characters, where a number is given.
fn hash(text: String, most: Option<usize>) -> String {
    let whole = hex::encode(Sha256::digest(text.as_bytes()));
    whole.chars().take(most.unwrap_or(64)).collect()
}

/// The engine's error; where a value is missing, which.
fn lacking(names: &[String], context: &Context, error: Error) -> String {
    let missing = names.iter().find(|name| !is_there(context, name));
    match missing {
        Some(name) if error.kind() == ErrorKind::UndefinedError => {
            format!("\"{name}\" has no value")
        }
        _ => in_words(error),
    }
}

fn is_there(context: &Context, name: &str) -> bool {
    let mut parts = name.split('.');
    let first = parts.next().and_then(|part| context.get(part));
    let found = parts.try_fold(first, |value, part| match value {
        Some(Value::Object(fields)) => Some(fields.get(part)),
        // What is no object has no names to look for.
        Some(_) => None,
        None => Some(None),
    });
    found.is_none_or(|value| value.is_some())
}

/// The engine's errors without the name that it makes up for the text.
fn in_words(error: Error) -> String {
    if error.kind() == ErrorKind::OutOfFuel {
        return "the text does not come to an end (it loops)".to_owned();
    }
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}

/// Of MiniJinja's own.
const FUNCTIONS: &[&str] = &["range", "dict", "namespace"];
/// A long text needs some hundreds.
const FUEL: u64 = 50_000;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names() -> Names {
        ["email", "user.id", "item.*"].map(str::to_owned).into()
    }

    fn render(text: &str, context: Value) -> Result<String, String> {
        Template::check(text, &names())?.render(context.as_object().unwrap())
    }

    fn path(text: &str, context: Value) -> Result<String, String> {
        Template::path(text, &names())?.render(context.as_object().unwrap())
    }

    #[test]
    fn a_whole_expression_keeps_its_type_and_a_text_is_a_text() {
        let body =
            json!({"id": "{{ user.id }}", "label": "user {{ user.id }}", "fixed": 3, "on": [true]});
        let body = Body::check(&body, "body", &names()).unwrap();
        let context = json!({"email": "a@b.c", "user": {"id": 7}});
        let rendered = body.render(context.as_object().unwrap()).unwrap();
        assert_eq!(
            rendered,
            json!({"id": 7, "label": "user 7", "fixed": 3, "on": [true]})
        );
        assert_eq!(body.names(), ["user.id", "user.id"]);
    }

    #[test]
    fn a_missing_value_is_named() {
        let context = json!({"email": "a@b.c", "user": {}});
        assert_eq!(
            render("{{ email }}{{ user.id }}", context.clone()),
            Err("\"user.id\" has no value".to_owned())
        );
        assert_eq!(
            path("/users/{{ user.id }}", context.clone()),
            Err("\"user.id\" has no value".to_owned())
        );
        assert_eq!(render("{{ email }}", context), Ok("a@b.c".to_owned()));
    }

    #[test]
    fn unknown_names_are_found_before_anything_is_sent() {
        let body = json!({"a": {"b": "{{ user.group }}"}});
        let (at, why) = Body::check(&body, "body", &names()).unwrap_err();
        assert_eq!(
            (at.as_str(), why.as_str()),
            (
                "body.a.b",
                "\"user.group\" is not known here; known are: user.id"
            )
        );
        assert!(Template::check("{{ e-mail", &names()).is_err());
        assert!(
            Template::check("{{ item.any.thing }}{{ user.id.part }}{{ user }}", &names()).is_ok()
        );
    }

    #[test]
    fn values_are_encoded_in_paths_and_missing_or_empty_ones_are_errors() {
        let email = json!({"email": "a+b&c/é@example.com"});
        for text in ["/users/{{ email }}", "/users/{{ email | urlencode }}"] {
            assert_eq!(
                path(text, email.clone()).unwrap(),
                "/users/a%2Bb%26c%2F%C3%A9%40example.com"
            );
        }
        assert!(path("/users/{{ email }}", json!({})).is_err());
        assert!(path("/users/{{ email }}", json!({"email": null})).is_err());
        assert_eq!(
            path("/users/{{ email }}", json!({"email": ""})).unwrap_err(),
            "invalid operation: a value of the path is empty"
        );
        for wrong in ["users", "//host/users", "{{ email }}"] {
            assert!(path(wrong, email.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_text_that_loops_is_an_error() {
        let loops = "{% for a in range(9000) %}{% for b in range(9000) %}x{% endfor %}{% endfor %}";
        assert_eq!(
            render(loops, json!({})).unwrap_err(),
            "the text does not come to an end (it loops)"
        );
    }

    #[test]
    fn filters_make_what_suppliers_accept() {
        let email = json!({"email": "Müller & Söhne شركة"});
        let all = "{{ email | ascii }}|{{ email | slug | cut(14) }}|{{ email | slug(sign='_') }}|{{ email | hash(8) }}|{{ 'a:b' | base64 }}|{{ email | lower | cut(7) }}";
        insta::assert_snapshot!(render(all, email).unwrap(), @"Muller & Sohne shrk@|muller-sohne-s|muller_sohne_shrk|af3c4912|YTpi|müller");
    }

    #[test]
    fn conditions_are_expressions() {
        let names = names();
        let yes = Condition::check("item.state == 'done' and not item.error", &names).unwrap();
        let context = json!({"item": {"state": "done", "error": null}});
        assert!(yes.holds(context.as_object().unwrap()).unwrap());
        assert!(Condition::check("nothing", &names).is_err());
    }
}
