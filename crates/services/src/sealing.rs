//! What suppliers tell in secret: written down sealed, opened for texts alone.

use serde_json::{Value, json};
use wharf_core::Secret;

use crate::language::Step;
use crate::order::Order;
use crate::supplier::{Facts, SECRET, Scene};
use crate::world::Suppliers;

impl Suppliers {
    /// Facts as they may be written down: what is secret by its name, or because the connector says so, is sealed, and
    /// only the name under which the vault has it stays.
    pub(crate) async fn sealed(
        &self,
        order: &Order,
        step: &Step,
        facts: Facts,
    ) -> Result<Facts, String> {
        let mut written = Facts::new();
        for (name, value) in facts {
            let secret =
                step.secret.contains(&name) || SECRET.contains(&name.to_ascii_lowercase().as_str());
            if !secret || value.is_null() || sealed_name(&value).is_some() {
                written.insert(name, value);
                continue;
            }
            let kept = format!("{KEPT}{}.{name}.{}", step.name, order.generation);
            let text = Secret::new(value.to_string());
            self.vault.keep(&order.id, &kept, &text).await?;
            written.insert(name, json!({ "sealed": kept }));
        }
        Ok(written)
    }

    /// Of the answer that said "pending" what its poll uses, as it may be written down.
    pub(crate) async fn sealed_answer(
        &self,
        order: &Order,
        step: &Step,
        name: &str,
        accepted: &Value,
    ) -> Result<Value, String> {
        let mut needed = json!({});
        for path in step.used() {
            if path == "accepted" {
                needed = accepted.clone();
                break;
            }
            if let Some(path) = path.strip_prefix("accepted.") {
                let path: Vec<&str> = path.split('.').collect();
                copy(accepted, &mut needed, &path);
            }
        }
        let mut places = Vec::new();
        secrets_of(&needed, "", &step.secret, &mut places);
        for (path, secret) in places {
            let Some(place) = needed.pointer_mut(&path) else {
                continue;
            };
            let kept = format!("{KEPT}{name}.accepted{path}.{}", order.generation);
            self.vault
                .keep(&order.id, &kept, &Secret::new(secret.to_string()))
                .await?;
            *place = json!({ "sealed": kept });
        }
        Ok(needed)
    }

    /// What [`sealed_answer`](Self::sealed_answer) wrote down, for its poll.
    pub(crate) async fn accepted(
        &self,
        order: &Order,
        accepted: &Value,
        scene: &mut Scene,
    ) -> Result<(), String> {
        let mut value = accepted.clone();
        let mut places = Vec::new();
        sealed_in(&value, "", &mut places);
        for path in places {
            let Some(place) = value.pointer_mut(&path) else {
                continue;
            };
            let facts = Facts::from_iter([("it".to_owned(), place.take())]);
            let facts = self.unsealed(order, &facts, &mut scene.secrets).await?;
            *place = facts.get("it").cloned().unwrap_or_default();
        }
        scene.context.insert("accepted".to_owned(), value);
        Ok(())
    }

    /// The values themselves, and what of them no log may show.
    pub(crate) async fn unsealed(
        &self,
        order: &Order,
        facts: &Facts,
        secrets: &mut Vec<String>,
    ) -> Result<Facts, String> {
        let mut values = Facts::new();
        for (name, value) in facts {
            let value = match sealed_name(value) {
                None => value.clone(),
                Some(kept) => {
                    let text = self.vault.read(&order.id, kept).await?;
                    let text = text.ok_or_else(|| format!("the secret \"{name}\" is gone"))?;
                    let value: Value =
                        serde_json::from_str(text.expose()).map_err(|error| error.to_string())?;
                    texts_of(&value, secrets);
                    value
                }
            };
            values.insert(name.clone(), value);
        }
        Ok(values)
    }
}

/// Under which name the vault has a sealed value.
fn sealed_name(value: &Value) -> Option<&str> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    let name = map.get("sealed")?.as_str()?;
    name.starts_with(KEPT).then_some(name)
}

/// Copies what is at a path, as far as it is there.
fn copy(from: &Value, to: &mut Value, path: &[&str]) {
    let Some((name, rest)) = path.split_first() else {
        to.clone_from(from);
        return;
    };
    match (from, to) {
        (Value::Object(from), Value::Object(to)) => {
            if let Some(value) = from.get(*name) {
                let place = to.entry(*name).or_insert_with(|| json!({}));
                copy(value, place, rest);
            }
        }
        // The path goes on in a list, or in what is no object: that is copied whole.
        (from, to) => to.clone_from(from),
    }
}

/// Where secret values are in an answer, as JSON pointers, and which.
fn secrets_of(value: &Value, at: &str, secret: &[String], found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                let hidden =
                    secret.contains(name) || SECRET.contains(&name.to_ascii_lowercase().as_str());
                if hidden && !value.is_null() {
                    found.push((at, value.clone()));
                } else {
                    secrets_of(value, &at, secret, found);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                secrets_of(item, &format!("{at}/{index}"), secret, found);
            }
        }
        _ => {}
    }
}

/// Where sealed values are, as JSON pointers.
fn sealed_in(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        value if sealed_name(value).is_some() => found.push(at.to_owned()),
        Value::Object(map) => {
            for (name, value) in map {
                let name = name.replace('~', "~0").replace('/', "~1");
                sealed_in(value, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                sealed_in(item, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// All texts in a secret value.
fn texts_of(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts_of(item, texts)),
        Value::Object(map) => map.values().for_each(|item| texts_of(item, texts)),
        _ => {}
    }
}

/// How the vault's names of kept values begin.
const KEPT: &str = "kept.";
