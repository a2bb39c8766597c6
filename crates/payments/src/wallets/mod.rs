//! What operators' messages mean. Templates are data, one file per wallet; a provider's own folder may add
//! wallets or replace ours by name.

mod pattern;
mod reading;
pub mod text;

use std::path::Path;

use rust_embed::RustEmbed;
use serde::Deserialize;
use thiserror::Error;
use wharf_core::Currency;

use pattern::Pattern;
pub use reading::{Doubt, Explained, Kind, Reading};

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
    pub currency: Currency,
    zone: String,
    senders: Vec<String>,
    templates: Vec<Template>,
}

#[derive(Clone, Debug)]
struct Template {
    name: String,
    kind: Kind,
    date: Option<String>,
    pattern: Pattern,
}

impl Wallets {
    /// Ours, then those of `extra`, which replace ours of the same name.
    pub fn load(extra: Option<&Path>) -> Result<Self, WalletError> {
        let mut all = Self(Vec::new());
        for file in Shipped::iter() {
            let text = Shipped::get(&file)
                .map(|found| found.data.into_owned())
                .unwrap_or_default();
            all.add(&file, &String::from_utf8_lossy(&text))?;
        }
        let Some(folder) = extra else { return Ok(all) };
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
        for path in paths {
            let text = std::fs::read_to_string(&path).map_err(unreadable)?;
            all.add(&path.display().to_string(), &text)?;
        }
        Ok(all)
    }

    pub fn by_name(&self, name: &str) -> Option<&Wallet> {
        self.0.iter().find(|wallet| wallet.name == name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|wallet| wallet.name.as_str())
    }

    /// The wallet whose messages come from that sender. A sender that is a phone number never is one.
    pub fn by_sender(&self, sender: &str) -> Option<&Wallet> {
        let key = text::sender_key(sender);
        self.0.iter().find(|wallet| wallet.senders.contains(&key))
    }

    fn add(&mut self, file: &str, text: &str) -> Result<(), WalletError> {
        let wallet = Wallet::read(file, text)?;
        self.0.retain(|known| known.name != wallet.name);
        self.0.push(wallet);
        Ok(())
    }
}

impl Wallet {
    fn read(file: &str, text: &str) -> Result<Self, WalletError> {
        let wrong = |why: String| WalletError::File {
            file: file.to_owned(),
            why,
        };
        let read: WalletFile = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        // Amounts are piastres from the message to the rate: any other money would be credited as pounds.
        if read.currency != Currency::EGP {
            return Err(wrong(format!(
                "its key \"currency\" is \"{}\"; this version of Wharf takes \"EGP\" only",
                read.currency
            )));
        }
        let mut templates = Vec::new();
        for template in read.template {
            let pattern = Pattern::new(&template.pattern)
                .map_err(|error| wrong(format!("the pattern of \"{}\": {error}", template.name)))?;
            if template.kind == Kind::Received && !pattern.has("amount") {
                return Err(wrong(format!(
                    "\"{}\" receives money, but its pattern has no <amount>",
                    template.name
                )));
            }
            let Sampled {
                name, kind, date, ..
            } = template;
            templates.push(Template {
                name,
                kind,
                date,
                pattern,
            });
        }
        let senders: Vec<String> = read
            .senders
            .iter()
            .map(|sender| text::sender_key(sender))
            .collect();
        if senders
            .iter()
            .any(|sender| sender.chars().all(|c| c.is_ascii_digit() || c == '+'))
        {
            return Err(wrong("a sender is empty or a phone number".to_owned()));
        }
        Ok(Self {
            name: read.name,
            title: read.title,
            currency: read.currency,
            zone: read.zone,
            senders,
            templates,
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

#[derive(Deserialize)]
struct WalletFile {
    name: String,
    title: String,
    currency: Currency,
    zone: String,
    senders: Vec<String>,
    #[serde(default)]
    template: Vec<Sampled>,
    #[cfg(test)]
    #[serde(default)]
    nothing: Vec<Nothing>,
}

#[derive(Deserialize)]
struct Sampled {
    name: String,
    kind: Kind,
    pattern: String,
    date: Option<String>,
    #[cfg(test)]
    #[serde(default)]
    sample: Vec<Sample>,
}

#[cfg(test)]
#[derive(Deserialize)]
struct Sample {
    at: jiff::Timestamp,
    text: String,
    amount: Option<String>,
    phone: Option<String>,
    payer: Option<String>,
    wallet: Option<String>,
    balance: Option<String>,
    id: Option<String>,
    happened: Option<jiff::Timestamp>,
}

#[cfg(test)]
#[derive(Deserialize)]
struct Nothing {
    text: String,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shipped() -> Vec<WalletFile> {
        Shipped::iter()
            .map(|file| {
                let data = Shipped::get(&file).unwrap().data;
                toml::from_str(std::str::from_utf8(&data).unwrap()).unwrap()
            })
            .collect()
    }

    #[test]
    fn every_sample_reads_as_its_file_says() {
        let wallets = Wallets::load(None).unwrap();
        for file in shipped() {
            for template in &file.template {
                assert!(
                    !template.sample.is_empty(),
                    "{} has no sample",
                    template.name
                );
                for sample in &template.sample {
                    let explained = wallets.read(&file.senders[0], &sample.text, sample.at);
                    let reading = explained
                        .reading
                        .unwrap_or_else(|| panic!("{}: {:?}", template.name, explained.tried));
                    let minor = |text: &Option<String>| {
                        text.as_deref().map(|text| text::amount(text).unwrap())
                    };
                    let phone = |text: &Option<String>| {
                        text.as_deref()
                            .map(|text| wharf_core::Phone::parse(text).unwrap())
                    };
                    assert_eq!(reading.template, template.name);
                    assert_eq!(reading.kind, template.kind, "{}", template.name);
                    assert_eq!(reading.amount, minor(&sample.amount), "{}", template.name);
                    assert_eq!(reading.phone, phone(&sample.phone), "{}", template.name);
                    assert_eq!(reading.wallet, phone(&sample.wallet), "{}", template.name);
                    assert_eq!(reading.payer, sample.payer, "{}", template.name);
                    assert_eq!(reading.balance, minor(&sample.balance), "{}", template.name);
                    assert_eq!(reading.operator_id, sample.id, "{}", template.name);
                    assert_eq!(reading.happened_at, sample.happened, "{}", template.name);
                    assert_eq!(reading.doubts, [], "{}", template.name);
                }
            }
            for nothing in &file.nothing {
                let explained = wallets.read(
                    &file.senders[0],
                    &nothing.text,
                    "2026-09-03T11:26:09Z".parse().unwrap(),
                );
                assert!(explained.reading.is_none(), "{}", nothing.text);
            }
        }
    }

    #[test]
    fn only_the_operators_own_senders_are_believed() {
        let wallets = Wallets::load(None).unwrap();
        for sender in ["VF-Cash", "vf cash", "VODAFONE-CASH"] {
            assert!(wallets.by_sender(sender).is_some(), "{sender}");
        }
        for sender in ["Vodafone", "+20105996500", "01012345678", "VF-Cash1", ""] {
            assert!(wallets.by_sender(sender).is_none(), "{sender}");
        }
    }

    #[test]
    fn a_date_far_from_the_arrival_and_a_wrong_amount_are_doubts() {
        let wallets = Wallets::load(None).unwrap();
        let text = "تم استلام مبلغ 1,00 جنيه من رقم 01511122233؛ المسجل بإسم هالة رصيدك الحالي 350.5 جنيه. تاريخ العملية 14-09-25 11:05 رقم العملية 014222333444";
        let reading = wallets
            .read("VF-Cash", text, "2026-09-14T11:06:00Z".parse().unwrap())
            .reading
            .unwrap();
        assert_eq!(reading.doubts, [Doubt::Amount, Doubt::Date]);
        assert_eq!(reading.amount, None);
    }

    #[test]
    fn a_folder_replaces_and_adds_wallets_and_names_what_is_wrong() {
        let dir = tempfile::tempdir().unwrap();
        let file = "name = \"we-pay\"\ntitle = \"WE Pay\"\ncurrency = \"EGP\"\nzone = \"Africa/Cairo\"\nsenders = [\"WEPay\"]\n";
        std::fs::write(dir.path().join("we.toml"), file).unwrap();
        let wallets = Wallets::load(Some(dir.path())).unwrap();
        assert!(wallets.by_sender("wepay").is_some() && wallets.by_name("vodafone-cash").is_some());
        std::fs::write(
            dir.path().join("we.toml"),
            format!("{file}[[template]]\nname = \"x\"\nkind = \"received\"\npattern = '(<id>'\n"),
        )
        .unwrap();
        let error = Wallets::load(Some(dir.path())).unwrap_err().to_string();
        assert!(
            error.contains("we.toml") && error.contains("\"x\""),
            "{error}"
        );
    }

    #[test]
    fn money_of_another_country_is_refused_and_not_taken_for_pounds() {
        let dir = tempfile::tempdir().unwrap();
        let file = "name = \"stc\"\ntitle = \"STC Pay\"\ncurrency = \"SAR\"\nzone = \"Asia/Riyadh\"\nsenders = [\"STCPay\"]\n";
        std::fs::write(dir.path().join("stc.toml"), file).unwrap();
        let error = Wallets::load(Some(dir.path())).unwrap_err().to_string();
        assert!(
            error.contains("stc.toml") && error.contains("\"currency\" is \"SAR\""),
            "{error}"
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_reading_panic(text in "(تم استلام مبلغ )?[ -~\\u{600}-\\u{6FF}\n]{0,200}") {
            static WALLETS: std::sync::LazyLock<Wallets> = std::sync::LazyLock::new(|| Wallets::load(None).unwrap());
            let _ = WALLETS.read("VF-Cash", &text, jiff::Timestamp::UNIX_EPOCH);
        }
    }
}
