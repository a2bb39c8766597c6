//! The domains that a filled registrar has, in an order that others can rely on.

use jiff::Timestamp;

use crate::dates;

/// One of them. Whoever fills the other side of a test finds the same names and dates here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilledDomain {
    pub name: String,
    pub created: Timestamp,
    pub expires: Timestamp,
    /// So many days before that, a shop that keeps only days lets its term end: a day earlier still where the
    /// registrar gives up before the registry's date what is not paid.
    pub days_early: i64,
    pub id_protection: bool,
}

impl FilledDomain {
    /// The domain of a place, counted from 0: spread over a few extensions and over the days of the year
    /// that comes.
    pub fn at(index: usize, now: Timestamp) -> Self {
        let suffix = SUFFIXES
            .get(index % SUFFIXES.len())
            .copied()
            .unwrap_or("com");
        let days_early = if suffix == "de" { 2 } else { 1 };
        let step = i64::try_from(index).unwrap_or(0);
        let expires = dates::days_after(dates::whole_second(now), 3 + step * 53 % 357);
        Self {
            name: format!("fill-{index:05}.{suffix}"),
            created: dates::years_after(expires, -1 - step % 6),
            expires,
            days_early,
            id_protection: index.is_multiple_of(4),
        }
    }
}

const SUFFIXES: &[&str] = &[
    "com", "com", "com", "net", "org", "com", "info", "de", "com", "co.uk", "shop", "com",
];
