//! `wharf domains list`

use clap::Args;
use serde_json::json;
use wharf_domains::{AccountRow, DomainRow};

use super::{show, trouble};
use crate::output::Output;
use crate::rooms::Rooms;
use crate::trouble::Trouble;

#[derive(Debug, Args)]
pub struct Filters {
    /// Only those in this state, in the registrar's words (ACTIVE, clientHold, …) or Wharf's (active, suspended, …)
    #[arg(long)]
    state: Option<String>,
    /// Only those below this extension
    #[arg(long, value_name = "TLD")]
    tld: Option<String>,
    /// Only those that expire on this day or before
    #[arg(long, value_name = "YYYY-MM-DD")]
    expires_until: Option<jiff::civil::Date>,
    /// Only those without (off) or with (on) a transfer lock
    #[arg(long, value_parser = ["on", "off"], value_name = "ON|OFF")]
    lock: Option<String>,
    /// Also what is only applied for or on its way in
    #[arg(long)]
    all: bool,
    /// How many at most
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

pub async fn run(
    rooms: &Rooms,
    at: &AccountRow,
    filters: &Filters,
    output: &Output,
) -> Result<(), Trouble> {
    let mut rows: Vec<DomainRow> = Vec::new();
    let mut first = 0;
    loop {
        let (page, total) = rooms.domains.list_page(at, first).await.map_err(trouble)?;
        let read = page.len();
        first += read as u64;
        rows.extend(page.into_iter().filter(|row| filters.admit(row)));
        let enough = filters.limit.is_some_and(|limit| rows.len() >= limit);
        if read == 0 || enough || total.is_none_or(|total| first >= total) {
            break;
        }
        output.progress(format!("{first} of {} read", total.unwrap_or(first)));
    }
    output.progress_done();
    rows.truncate(filters.limit.unwrap_or(usize::MAX));
    output.json(&json!({ "domains": rows }));
    for row in &rows {
        output.line(show::row(row));
    }
    if rows.is_empty() {
        output.line("no domains");
    }
    Ok(())
}

impl Filters {
    fn admit(&self, row: &DomainRow) -> bool {
        let status = &row.status;
        let word = serde_json::to_value(status.state).unwrap_or_default();
        let in_state = |wanted: &String| {
            status.has_status(wanted)
                || word
                    .as_str()
                    .is_some_and(|word| word.eq_ignore_ascii_case(wanted))
        };
        (self.all || row.kind == "domain")
            && self.state.as_ref().is_none_or(in_state)
            && self.tld.as_ref().is_none_or(|tld| {
                let tld = tld.trim_start_matches('.').to_ascii_lowercase();
                status.name.as_str().ends_with(&format!(".{tld}"))
            })
            && self
                .expires_until
                .is_none_or(|day| status.expires.is_some_and(|expires| expires <= day))
            && self
                .lock
                .as_ref()
                .is_none_or(|lock| status.transfer_lock == Some(lock == "on"))
    }
}
