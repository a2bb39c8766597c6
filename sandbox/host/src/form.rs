//! Form fields as PHP sees them: `pid[0]`, `domain[]`, `email_preferences[general]`.

use serde_json::{Map, Value};

/// The fields of a request, in order. For a name given twice the last value counts, as in PHP.
#[derive(Clone, Debug, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    pub fn parse(encoded: &[u8]) -> Self {
        Self(serde_urlencoded::from_bytes(encoded).unwrap_or_default())
    }

    /// From `localAPI`'s values: nested arrays become bracketed names, booleans 1 and empty.
    pub fn from_json(values: &Map<String, Value>) -> Self {
        let mut fields = Vec::new();
        for (name, value) in values {
            flatten(name, value, &mut fields);
        }
        Self(fields)
    }

    pub fn from_fields(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Trimmed; empty when not given.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default().trim()
    }

    pub fn int(&self, name: &str) -> i64 {
        self.text(name).parse().unwrap_or_default()
    }

    pub fn flag(&self, name: &str) -> bool {
        is_on(self.text(name))
    }

    /// The members of an array: `name[0]`, `name[key]`, `name[]`; a plain `name` is its member 0.
    pub fn list(&self, name: &str) -> Vec<(String, String)> {
        let mut members: Vec<(String, String)> = Vec::new();
        for (field, value) in &self.0 {
            let key = if field == name {
                "0".to_owned()
            } else if let Some(key) = field
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix('['))
            {
                match key.split_once(']') {
                    Some(("", _)) => members.len().to_string(),
                    Some((key, _)) => key.to_owned(),
                    None => continue,
                }
            } else {
                continue;
            };
            members.retain(|(known, _)| *known != key);
            members.push((key, value.clone()));
        }
        members
    }

    /// One member of an array.
    pub fn member(&self, name: &str, key: &str) -> Option<String> {
        self.list(name)
            .into_iter()
            .find(|(known, _)| known == key)
            .map(|(_, value)| value)
    }

    /// As it was sent, for PHP to read by its own rules.
    pub fn encoded(&self) -> String {
        serde_urlencoded::to_string(&self.0).unwrap_or_default()
    }

    pub fn fields(&self) -> &[(String, String)] {
        &self.0
    }
}

/// What WHMCS takes for true.
pub fn is_on(text: &str) -> bool {
    matches!(
        text.to_ascii_lowercase().as_str(),
        "1" | "true" | "on" | "yes"
    )
}

fn flatten(name: &str, value: &Value, fields: &mut Vec<(String, String)>) {
    let text = match value {
        Value::Null => String::new(),
        Value::Bool(flag) => if *flag { "1" } else { "" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(members) => {
            for (index, member) in members.iter().enumerate() {
                flatten(&format!("{name}[{index}]"), member, fields);
            }
            return;
        }
        Value::Object(members) => {
            for (key, member) in members {
                flatten(&format!("{name}[{key}]"), member, fields);
            }
            return;
        }
    };
    fields.push((name.to_owned(), text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_are_read_as_php_reads_them() {
        let form = Form::parse(b"pid%5B0%5D=7&pid[1]=8&d[]=a&d[]=b&one=x&one=y&e[general]=1");
        let pairs = |name| {
            form.list(name)
                .into_iter()
                .map(|(k, v)| format!("{k}={v}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(pairs("pid"), ["0=7", "1=8"]);
        assert_eq!(pairs("d"), ["0=a", "1=b"]);
        assert_eq!(pairs("one"), ["0=y"]);
        assert_eq!(form.member("e", "general").as_deref(), Some("1"));
        assert_eq!(form.text("one"), "y");
    }
}
