//! Where in a file's text something stands.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The line of a position, from 1.
pub(super) fn line(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or(text).matches('\n').count() + 1
}

/// The line of a key (`create[1].body.plan`), or of the last part of it that is there.
pub(super) fn line_of(text: &str, key: &str) -> usize {
    let Ok(table) = DeTable::parse(text) else {
        return 1;
    };
    let mut at = 0;
    let mut here = Here::Table(table.get_ref());
    for part in key.split(['.', '[', ']']).filter(|part| !part.is_empty()) {
        let next = match here {
            Here::Table(table) => table
                .iter()
                .find(|(name, _)| name.get_ref() == part)
                .map(|(name, value)| (name.span().start, value)),
            Here::Value(DeValue::Array(items)) => part
                .parse::<usize>()
                .ok()
                .and_then(|index| items.get(index))
                .map(|value| (value.span().start, value)),
            Here::Value(_) => None,
        };
        let Some((start, value)) = next else { break };
        at = start;
        here = Here::of(value);
    }
    line(text, at)
}

enum Here<'a> {
    Table(&'a DeTable<'a>),
    Value(&'a DeValue<'a>),
}

impl<'a> Here<'a> {
    fn of(value: &'a Spanned<DeValue<'a>>) -> Self {
        match value.get_ref() {
            DeValue::Table(table) => Self::Table(table),
            other => Self::Value(other),
        }
    }
}
