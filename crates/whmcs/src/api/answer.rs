//! Reading WHMCS's answers: numbers that are text, lists that are objects, empty lists that are anything
//! (contract section 9.1).

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use wharf_core::{Currency, Money};

use super::error::ApiError;

/// A successful answer, or one row of a list in it.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    action: &'static str,
    fields: Map<String, Value>,
}

impl Answer {
    pub(super) fn new(action: &'static str, fields: Map<String, Value>) -> Self {
        Self { action, fields }
    }

    /// Text, or a number as text; trimmed, `None` when blank.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let text = match self.fields.get(name)? {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    pub(super) fn decimal(&self, name: &str) -> Option<Decimal> {
        let text = self.text(name)?;
        text.parse()
            .or_else(|_| Decimal::from_scientific(&text))
            .ok()
    }

    /// An amount. PHP prints sums of floats with the dust of binary fractions (`30.000000000000004`): only
    /// so fine a rest is rounded away.
    pub(super) fn money(&self, name: &str, currency: Currency) -> Option<Money> {
        let exact = self.decimal(name)?;
        let rounded = exact.round_dp(currency.exponent());
        let dust = (exact - rounded).abs() > Decimal::new(1, 7);
        if dust {
            return None;
        }
        Money::parse(&rounded.to_string(), currency).ok()
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        match self.fields.get(name) {
            Some(Value::Bool(on)) => *on,
            _ => matches!(
                self.text(name).as_deref(),
                Some("1" | "true" | "on" | "yes")
            ),
        }
    }

    /// A day; WHMCS's `0000-00-00` is none.
    pub(super) fn date(&self, name: &str) -> Option<Date> {
        let text = self.text(name)?;
        let day: Date = text.get(..10)?.parse().ok()?;
        (day.year() > 0).then_some(day)
    }

    /// The nested object, or this one where an older WHMCS has the fields at the top.
    pub(super) fn inner(&self, name: &str) -> Self {
        match self.fields.get(name) {
            Some(Value::Object(fields)) => Self::new(self.action, fields.clone()),
            _ => self.clone(),
        }
    }

    /// The rows of `credits.credit[]` and the like: nested, directly under the outer key, one object
    /// instead of a list, numbered objects, flattened names (`credits[credit][0][id]`), or any kind of
    /// nothing.
    pub(super) fn rows(&self, outer: &str, inner: &str) -> Vec<Self> {
        let rows = match self.fields.get(outer) {
            Some(Value::Object(wrapper)) => match wrapper.get(inner) {
                Some(list) => rows_of(list),
                None => rows_of(&Value::Object(wrapper.clone())),
            },
            Some(list) => rows_of(list),
            None => self.flattened(outer, inner),
        };
        rows.into_iter()
            .map(|fields| Self::new(self.action, fields))
            .collect()
    }

    fn flattened(&self, outer: &str, inner: &str) -> Vec<Map<String, Value>> {
        let mut rows = BTreeMap::<usize, Map<String, Value>>::new();
        let prefix = format!("{outer}[{inner}][");
        for (name, value) in &self.fields {
            let Some(rest) = name.strip_prefix(&prefix) else {
                continue;
            };
            let Some((index, field)) = rest.split_once("][") else {
                continue;
            };
            let (Ok(index), Some(field)) = (index.parse(), field.strip_suffix(']')) else {
                continue;
            };
            rows.entry(index)
                .or_default()
                .insert(field.to_owned(), value.clone());
        }
        rows.into_values().collect()
    }

    pub(super) fn required<T>(&self, name: &str, value: Option<T>) -> Result<T, ApiError> {
        value.ok_or_else(|| ApiError::Unknown {
            action: self.action,
            why: format!("the answer has no usable \"{name}\""),
        })
    }
}

fn rows_of(list: &Value) -> Vec<Map<String, Value>> {
    let objects = |value: &Value| value.as_object().cloned();
    match list {
        Value::Array(items) => items.iter().filter_map(objects).collect(),
        Value::Object(map) if map.is_empty() => Vec::new(),
        Value::Object(map) if map.keys().all(|key| key.parse::<u32>().is_ok()) => {
            map.values().filter_map(objects).collect()
        }
        Value::Object(map) => vec![map.clone()],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(value: Value) -> Answer {
        Answer::new("Test", value.as_object().unwrap().clone())
    }

    #[test]
    fn every_shape_of_a_list_is_that_list() {
        for shape in [
            json!({"credits": {"credit": [{"id": 1}, {"id": "2"}]}}),
            json!({"credits": [{"id": 1}, {"id": "2"}]}),
            json!({"credits": {"credit": {"0": {"id": 1}, "1": {"id": 2}}}}),
            json!({"credits[credit][0][id]": "1", "credits[credit][1][id]": 2}),
        ] {
            let ids: Vec<_> = answer(shape.clone())
                .rows("credits", "credit")
                .iter()
                .map(|row| row.integer("id"))
                .collect();
            assert_eq!(ids, [Some(1), Some(2)], "{shape}");
        }
        assert_eq!(
            answer(json!({"credits": {"credit": {"id": 1, "amount": "2.00"}}}))
                .rows("credits", "credit")
                .len(),
            1
        );
        for empty in [
            json!({}),
            json!({"credits": ""}),
            json!({"credits": []}),
            json!({"credits": {"credit": ""}}),
            json!({"credits": {}}),
            json!({"credits": null}),
        ] {
            assert!(
                answer(empty.clone()).rows("credits", "credit").is_empty(),
                "{empty}"
            );
        }
    }

    #[test]
    fn amounts_are_exact_whether_text_or_number() {
        let row = answer(
            json!({"a": "12.50", "b": 12.5, "c": 30.000_000_000_000_004, "d": "12.345", "e": "-7", "f": "x"}),
        );
        let minor = |name| row.money(name, Currency::USD).map(|money| money.minor);
        assert_eq!(
            (minor("a"), minor("b"), minor("c"), minor("e")),
            (Some(1250), Some(1250), Some(3000), Some(-700))
        );
        assert_eq!(
            (minor("d"), minor("f"), minor("absent")),
            (None, None, None)
        );
    }

    #[test]
    fn no_date_is_no_date() {
        let row = answer(
            json!({"a": "0000-00-00", "b": "2026-11-21", "c": "", "d": "2026-11-21 10:00:00"}),
        );
        assert_eq!(row.date("a"), None);
        assert_eq!(row.date("b"), row.date("d"));
        assert!(row.date("b").is_some() && row.date("c").is_none());
    }
}
