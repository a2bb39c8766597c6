//! What operators see of payments: the inside of the pages under `/staff`, made of views, in both languages.
//! Who may see it, and the frame around it, are the matter of whoever serves the pages.

mod chart;
mod csv;
mod dashboard;
mod decided;
pub mod list;
mod lists;
mod parts;
mod reconcile;
mod review;
mod setup;
mod stores;
mod story;
mod tables;
mod things;
mod words;

use jiff::civil::Date;
use thiserror::Error;
use wharf_store::StoreError;

use crate::tables::stores as rows;
use crate::{Payments, PaymentsError};

pub use crate::texts::{Language, Texts};
pub use csv::CsvPart;
pub use dashboard::Alarm;
pub use decided::{NOTED, back_to_reviews};
pub use lists::Listing;
pub use review::Say;
pub use setup::{Saved, SetupForm, SetupPage};
pub use stores::{NoRate, Tried};
pub use words::Words;

/// The inside of a page.
#[derive(Clone, Debug)]
pub struct Fragment {
    pub title: String,
    pub html: String,
}

/// Who looks, and at what.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    pub language: Language,
    /// What every form must carry.
    pub csrf: &'a str,
    pub actor: &'a str,
    /// Approves and rejects.
    pub may_decide: bool,
    /// Changes the set-up.
    pub may_set_up: bool,
    /// The address's query, or a form's fields where a form was sent.
    pub query: &'a [(String, String)],
}

impl<'a> Look<'a> {
    /// The last value of that name, outer blanks removed; empty when there is none.
    pub fn field(&self, name: &str) -> &'a str {
        let found = self.query.iter().rev().find(|(field, _)| field == name);
        found.map_or("", |(_, value)| value.trim())
    }

    /// As [`field`](Self::field); `None` when it is empty.
    pub fn given(&self, name: &str) -> Option<String> {
        Some(self.field(name).to_owned()).filter(|value| !value.is_empty())
    }

    pub fn words(&self) -> Words {
        Words::new(self.language)
    }
}

impl Payments {
    /// The words of a page about a store, or about several: with the clock of where they are, if that is one country.
    pub async fn words(&self, look: &Look<'_>, store: Option<&str>) -> Result<Words, PageError> {
        let mut countries = rows::countries(self.store.pool(), store).await?;
        let country = countries.pop().filter(|_| countries.is_empty());
        Ok(look.words().by_clock_of(country))
    }

    /// When a day begins where a store's wallets are, or all wallets; epoch milliseconds.
    pub async fn start_of_day(&self, day: Date, store: Option<&str>) -> Result<i64, PageError> {
        let mut countries = rows::countries(self.store.pool(), store).await?;
        let country = countries.pop().filter(|_| countries.is_empty());
        let zone = Words::new(Language::English).by_clock_of(country).zone();
        let start = day
            .to_zoned(zone)
            .map_err(|error| PageError::Misuse(error.to_string()))?;
        Ok(start.timestamp().as_millisecond())
    }
}

/// One line of what was asked of a site's WHMCS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteCheck {
    pub verdict: SiteVerdict,
    pub name: String,
    pub what: String,
    pub mend: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteVerdict {
    Fine,
    Doubtful,
    Wrong,
}

/// Why there is no page.
#[derive(Debug, Error)]
pub enum PageError {
    #[error("there is no such thing")]
    NotFound,
    /// What was asked cannot be done; the text says why, to the person who asked.
    #[error("{0}")]
    Misuse(String),
    #[error(transparent)]
    Payments(#[from] PaymentsError),
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        Self::Payments(error.into())
    }
}

/// A template can only fail where one of its values cannot be printed; ours all can.
fn rendered(page: &impl askama::Template) -> String {
    page.render().unwrap_or_default()
}
