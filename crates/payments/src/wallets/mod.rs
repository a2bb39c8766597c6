//! What operators' messages mean. Templates are data, one file per wallet; a provider's own folder may add
//! wallets, replace ours by name, or add templates to them.

mod file;
pub mod golden;
mod nearest;
mod pattern;
mod reading;
mod shelf;
pub mod text;

use std::path::Path;

use rust_embed::RustEmbed;
use thiserror::Error;
use wharf_core::{Country, Currency};

use file::WalletFile;
use pattern::{Marks, Pattern};
use text::Grouping;

pub use nearest::Nearest;
pub use reading::{Doubt, Explained, Kind, Reading};
pub use shelf::Shelf;

#[derive(RustEmbed)]
#[folder = "../../data/wallets"]
struct Shipped;

/// All wallets that are known.
#[derive(Clone, Debug)]
pub struct Wallets(Vec<Wallet>);

/// One operator's wallet: who writes its messages and what they look like.
#[derive(Clone, Debug)]
pub struct Wallet {
    pub name: String,
    /// For people: `Vodafone Cash`.
    pub title: String,
    pub country: Country,
    pub currency: Currency,
    /// Whether its messages are read at all.
    pub enabled: bool,
    zone: String,
    grouping: Grouping,
    senders: Vec<String>,
    /// What its receipts say, whatever their form.
    receipt: Marks,
    /// Of its transaction numbers; `None`: they differ.
    digits: Option<usize>,
    /// Whether its balances always have their decimals.
    cents: bool,
    tells_payers: Option<bool>,
    templates: Vec<Template>,
}

#[derive(Clone, Debug)]
struct Template {
    name: String,
    kind: Kind,
    /// How its date is written; several where the operator changes its mind.
    dates: Vec<String>,
    pattern: Pattern,
}

impl Wallets {
    /// Ours, then those of `extra`, which add to ours or replace those of the same name.
    pub fn load(extra: Option<&Path>) -> Result<Self, WalletError> {
        let mut all: Vec<Wallet> = Vec::new();
        for (source, file) in sources(extra)? {
            let at = all.iter().position(|known| known.name == file.name);
            let wallet = file.wallet(&source.name, at.and_then(|at| all.get(at)))?;
            // Ours are proven by tests; compiling the patterns of all operators would cost every start.
            if source.is_foreign {
                for template in &wallet.templates {
                    template
                        .pattern
                        .check()
                        .map_err(|error| WalletError::File {
                            file: source.name.clone(),
                            why: format!("template \"{}\": its pattern: {error}", template.name),
                        })?;
                }
            }
            match at.and_then(|at| all.get_mut(at)) {
                Some(known) => *known = wallet,
                None => all.push(wallet),
            }
        }
        Ok(Self(all))
    }

    /// A wallet that is switched on.
    pub fn by_name(&self, name: &str) -> Option<&Wallet> {
        self.iter().find(|wallet| wallet.name == name)
    }

    /// Of the wallets that are switched on.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|wallet| wallet.name.as_str())
    }

    /// The wallets that are switched on.
    pub fn iter(&self) -> impl Iterator<Item = &Wallet> {
        self.0.iter().filter(|wallet| wallet.enabled)
    }

    /// The wallet that would read that sender's messages if it were switched on.
    pub fn switched_off_sender(&self, sender: &str) -> Option<&str> {
        let key = text::sender_key(sender);
        let off = self.0.iter().filter(|wallet| !wallet.enabled);
        let mut theirs = off.filter(|wallet| wallet.has_sender(&key));
        theirs.next().map(|wallet| wallet.name.as_str())
    }

    /// The wallets whose messages come from that sender; operators of different countries may share one. A
    /// sender that is a phone number never is one.
    fn of_sender(&self, sender: &str) -> Vec<&Wallet> {
        let key = text::sender_key(sender);
        self.iter().filter(|one| one.has_sender(&key)).collect()
    }

    /// The names of the wallets whose messages come from that sender.
    pub fn names_of_sender(&self, sender: &str) -> Vec<&str> {
        let wallets = self.of_sender(sender).into_iter();
        wallets.map(|wallet| wallet.name.as_str()).collect()
    }

    /// The first wallet whose messages come from that sender.
    pub fn by_sender(&self, sender: &str) -> Option<&Wallet> {
        self.of_sender(sender).first().copied()
    }
}

impl Wallet {
    /// As they are compared: lower case, without blanks and dashes.
    pub fn senders(&self) -> &[String] {
        &self.senders
    }

    /// Whether its receipts tell the phone that the money comes from. Else only a number finds the payer for certain.
    pub fn tells_payers(&self) -> bool {
        let told = || self.receipts().any(|receipt| receipt.pattern.has("phone"));
        self.tells_payers.unwrap_or_else(told)
    }

    /// Whether its transaction numbers are digits alone.
    pub fn numbers_in_digits(&self) -> bool {
        self.receipts().all(|receipt| !receipt.pattern.has_codes())
    }

    fn receipts(&self) -> impl Iterator<Item = &Template> {
        self.templates
            .iter()
            .filter(|one| one.kind == Kind::Received)
    }

    /// A `?` in a file's sender stands for any one letter.
    fn has_sender(&self, key: &str) -> bool {
        let same = |(theirs, its): (char, char)| {
            theirs == its || theirs == '?' && its.is_ascii_alphabetic()
        };
        self.senders.iter().any(|sender| {
            sender.chars().count() == key.chars().count()
                && sender.chars().zip(key.chars()).all(same)
        })
    }
}

/// Why wallet data cannot be used.
#[derive(Debug, Error)]
pub enum WalletError {
    #[error("the wallet file {file} cannot be used: {why}")]
    File { file: String, why: String },
    #[error("the wallets folder {path} cannot be read")]
    Folder {
        path: String,
        #[source]
        source: std::io::Error,
    },
}

/// Where a wallet file is from.
struct Source {
    name: String,
    is_foreign: bool,
}

/// Ours by name, then those of the folder by name.
fn sources(extra: Option<&Path>) -> Result<Vec<(Source, WalletFile)>, WalletError> {
    let mut all = Vec::new();
    let mut add = |name: String, is_foreign: bool, text: &str| {
        let file = WalletFile::read(&name, text)?;
        all.push((Source { name, is_foreign }, file));
        Ok::<_, WalletError>(())
    };
    for file in Shipped::iter() {
        let data = Shipped::get(&file).map(|found| found.data);
        let data = data.unwrap_or_default();
        add(file.to_string(), false, &String::from_utf8_lossy(&data))?;
    }
    let Some(folder) = extra else { return Ok(all) };
    for path in files(folder)? {
        let text = std::fs::read_to_string(&path).map_err(|source| WalletError::Folder {
            path: path.display().to_string(),
            source,
        })?;
        add(path.display().to_string(), true, &text)?;
    }
    Ok(all)
}

/// The wallet files of a folder, by name.
fn files(folder: &Path) -> Result<Vec<std::path::PathBuf>, WalletError> {
    let unreadable = |source| WalletError::Folder {
        path: folder.display().to_string(),
        source,
    };
    let mut paths = Vec::new();
    for item in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = item.map_err(unreadable)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
