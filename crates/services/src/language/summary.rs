//! A connector in short, for people and for the modules.

use std::path::Path;

use serde::Serialize;

use super::{Connector, ConnectorError, parse};

/// What a connector can do.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    pub name: String,
    pub title: String,
    /// The actions that have steps, as in the file.
    pub actions: Vec<String>,
    /// The product's options by their names.
    pub options: Vec<String>,
    pub usage: bool,
    pub accounts: bool,
    /// What works, but leaves a person more to do than need be.
    pub notes: Vec<String>,
}

impl Connector {
    pub(crate) fn summary(&self) -> Summary {
        Summary {
            name: self.name.clone(),
            title: self.title.clone(),
            actions: self
                .actions
                .iter()
                .filter(|(_, steps)| !steps.is_empty())
                .map(|(action, _)| action.to_string())
                .collect(),
            options: self
                .options
                .iter()
                .map(|option| option.name.clone())
                .collect(),
            usage: self.usage.is_some(),
            accounts: self.accounts.is_some(),
            notes: self.notes.clone(),
        }
    }
}

/// Reads and checks a connector's file.
pub fn check_file(path: &Path) -> Result<Summary, ConnectorError> {
    Ok(read_file(path)?.summary())
}

pub(crate) fn read_file(path: &Path) -> Result<Connector, ConnectorError> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|source| ConnectorError::Unreadable {
        file: file.clone(),
        source,
    })?;
    parse(&file, &text, path.parent())
}
