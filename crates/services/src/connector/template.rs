//! Texts with `{{ … }}` in a connector's file. Names that are not there are errors, never blanks.

use std::collections::BTreeSet;

use minijinja::{Environment, UndefinedBehavior};
use serde_json::{Map, Value};

/// What a connector's texts can use.
pub(crate) type Context = Map<String, Value>;

/// A text whose names were checked.
#[derive(Clone, Debug)]
pub(crate) struct Template(String);

/// A request's body: JSON with texts in it. A text that is one `{{ … }}` keeps the type of its value.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Whole(String),
    Text(Template),
    Plain(Value),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

impl Template {
    /// Checks that the text can be read and uses only `names` (`email`, `user.id`).
    pub(crate) fn check(text: &str, names: &BTreeSet<String>) -> Result<Self, String> {
        let environment = environment();
        let template = environment
            .template_from_str(text)
            .map_err(|error| error.to_string())?;
        known(
            template.undeclared_variables(true).into_iter().collect(),
            names,
        )?;
        Ok(Self(text.to_owned()))
    }

    pub(crate) fn render(&self, context: &Context) -> Result<String, String> {
        environment()
            .render_str(&self.0, context)
            .map_err(|error| error.to_string())
    }

    pub(crate) fn mentions(&self, root: &str) -> bool {
        environment()
            .template_from_str(&self.0)
            .is_ok_and(|template| template.undeclared_variables(false).contains(root))
    }
}

impl Body {
    /// `at` names the key, for errors.
    pub(crate) fn check(
        value: &toml::Value,
        at: &str,
        names: &BTreeSet<String>,
    ) -> Result<Self, (String, String)> {
        let wrong = |why| (at.to_owned(), why);
        Ok(match value {
            toml::Value::String(text) => match expression(text) {
                Some(inner) => {
                    let environment = environment();
                    let compiled = environment
                        .compile_expression(inner)
                        .map_err(|error| wrong(error.to_string()))?;
                    known(
                        compiled.undeclared_variables(true).into_iter().collect(),
                        names,
                    )
                    .map_err(wrong)?;
                    Self::Whole(inner.to_owned())
                }
                None => Self::Text(Template::check(text, names).map_err(wrong)?),
            },
            toml::Value::Array(items) => Self::List(
                items
                    .iter()
                    .map(|item| Self::check(item, at, names))
                    .collect::<Result<_, _>>()?,
            ),
            toml::Value::Table(table) => Self::Map(
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
            plain => {
                Self::Plain(serde_json::to_value(plain).map_err(|error| wrong(error.to_string()))?)
            }
        })
    }

    pub(crate) fn render(&self, context: &Context) -> Result<Value, String> {
        Ok(match self {
            Self::Whole(inner) => {
                let environment = environment();
                let compiled = environment
                    .compile_expression(inner)
                    .map_err(|error| error.to_string())?;
                let value = compiled.eval(context).map_err(|error| error.to_string())?;
                if value.is_undefined() {
                    return Err(format!("\"{inner}\" is not there"));
                }
                serde_json::to_value(value).map_err(|error| error.to_string())?
            }
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

    pub(crate) fn mentions(&self, root: &str) -> bool {
        match self {
            Self::Whole(inner) => environment()
                .compile_expression(inner)
                .is_ok_and(|compiled| compiled.undeclared_variables(false).contains(root)),
            Self::Text(template) => template.mentions(root),
            Self::Plain(_) => false,
            Self::List(items) => items.iter().any(|item| item.mentions(root)),
            Self::Map(items) => items.iter().any(|(_, item)| item.mentions(root)),
        }
    }
}

/// The inside of a text that is one expression.
fn expression(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    (!inner.contains("{{") && !inner.contains("}}")).then_some(inner.trim())
}

fn known(used: BTreeSet<String>, names: &BTreeSet<String>) -> Result<(), String> {
    match used.into_iter().find(|name| !names.contains(name)) {
        Some(name) => {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            Err(format!(
                "\"{name}\" is not known here; known are: {}",
                names.join(", ")
            ))
        }
        None => Ok(()),
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_filter("urlencode", urlencode);
    environment
}

/// Stricter than the engine's own: no blank for what is not there, and nothing but unreserved characters is
/// left as it is (RFC 3986, section 2.3), so that a value is one part of a path or query.
fn urlencode(value: &minijinja::Value) -> Result<String, minijinja::Error> {
    if value.is_undefined() || value.is_none() {
        return Err(minijinja::ErrorKind::UndefinedError.into());
    }
    let mut encoded = String::new();
    for byte in value.to_string().bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte))
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    Ok(encoded)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names() -> BTreeSet<String> {
        ["email", "user.id"].map(str::to_owned).into()
    }

    #[test]
    fn a_whole_expression_keeps_its_type_and_a_text_is_a_text() {
        let toml: toml::Value =
            toml::from_str("id = \"{{ user.id }}\"\nlabel = \"user {{ user.id }}\"\nfixed = 3")
                .unwrap();
        let body = Body::check(&toml, "body", &names()).unwrap();
        let context = json!({"email": "a@b.c", "user": {"id": 7}});
        let rendered = body.render(context.as_object().unwrap()).unwrap();
        assert_eq!(rendered, json!({"id": 7, "label": "user 7", "fixed": 3}));
        assert!(body.mentions("user") && !body.mentions("email"));
    }

    #[test]
    fn unknown_names_are_found_before_anything_is_sent() {
        let toml: toml::Value = toml::from_str("a = { b = \"{{ user.group }}\" }").unwrap();
        let (at, why) = Body::check(&toml, "body", &names()).unwrap_err();
        assert_eq!(
            (at.as_str(), why.as_str()),
            (
                "body.a.b",
                "\"user.group\" is not known here; known are: email, user.id"
            )
        );
        assert!(Template::check("{{ e-mail", &names()).is_err());
    }

    #[test]
    fn values_are_escaped_for_addresses_and_missing_ones_are_errors() {
        let template = Template::check("/users?email={{ email | urlencode }}", &names()).unwrap();
        let context = json!({"email": "a+b&c/é@example.com"});
        assert_eq!(
            template.render(context.as_object().unwrap()).unwrap(),
            "/users?email=a%2Bb%26c%2F%C3%A9%40example.com"
        );
        assert!(template.render(&Context::new()).is_err());
    }
}
