//! Lists as files, a part at a time.

use super::{Listing, Look, PageError};
use crate::Payments;

/// A part of a file that is too long to hold.
#[derive(Clone, Debug)]
pub struct CsvPart {
    pub text: String,
    pub rows: usize,
    /// What the next part is asked for with; `None` after the last.
    pub next: Option<String>,
}

impl Payments {
    /// The next rows that the filter lets through, as CSV; the first part, with its head, where `after` is `None`.
    pub async fn csv_part(
        &self,
        listing: Listing,
        look: &Look<'_>,
        after: Option<String>,
    ) -> Result<CsvPart, PageError> {
        let is_first = after.is_none();
        let list = self.list(listing, look, after, CHUNK).await?;
        let mut text = list.table.csv_rows();
        if is_first {
            text.insert_str(0, &list.table.csv_head());
        }
        Ok(CsvPart {
            text,
            rows: list.table.rows.len(),
            next: list.next,
        })
    }
}

/// Rows of one part.
const CHUNK: i64 = 500;
