//! QueryObjectLogList: what happened to domains, newest first.

use wharf_core::DomainName;

use super::super::{Command, Response, dates};
use super::paged;
use crate::{HistoryEntry, HistoryQuery};

pub fn request(query: &HistoryQuery) -> Command {
    let mut command = Command::read("QueryObjectLogList").with("OBJECTCLASS", "DOMAIN");
    if let Some(name) = &query.name {
        command = command.with("OBJECTID", name.as_str());
    }
    if let Some(operation) = &query.operation {
        command = command.with_given("OPERATIONTYPE", operation);
    }
    if let Some(outcome) = &query.outcome {
        command = command.with_given("OPERATIONSTATUS", outcome);
    }
    if let Some(since) = query.since {
        command = command.with("MINDATE", dates::text(since));
    }
    paged(command.with("ORDERBY", "LOGDATEDESC"), query.page)
}

pub fn reply(response: &Response) -> Vec<HistoryEntry> {
    response
        .rows("LOGINDEX")
        .map(|row| HistoryEntry {
            index: row.text("LOGINDEX").unwrap_or_default(),
            at: dates::timestamp(row, "LOGDATE"),
            name: row
                .first("OBJECTID")
                .and_then(|name| DomainName::parse(name).ok()),
            operation: row.text("OPERATIONTYPE").unwrap_or_default(),
            outcome: row.text("OPERATIONSTATUS").unwrap_or_default(),
            reference: row.text("REFERENCE"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::answer;
    use super::*;
    use crate::Page;

    #[test]
    fn the_log_is_asked_newest_first() {
        let query = HistoryQuery {
            name: Some(DomainName::parse("a.com").unwrap()),
            operation: Some("OUTBOUND_TRANSFER".into()),
            outcome: Some("SUCCESSFUL".into()),
            since: Some("2026-11-20T10:00:00Z".parse().unwrap()),
            page: Page::first(1),
        };
        insta::assert_snapshot!(request(&query).text(), @"
        COMMAND=QueryObjectLogList
        OBJECTCLASS=DOMAIN
        OBJECTID=a.com
        OPERATIONTYPE=OUTBOUND_TRANSFER
        OPERATIONSTATUS=SUCCESSFUL
        MINDATE=2026-11-20 10:00:00
        ORDERBY=LOGDATEDESC
        FIRST=0
        LIMIT=1
        ");
        let entries = reply(&answer(
            "
PROPERTY[LOGINDEX][0]=12
PROPERTY[LOGDATE][0]=2026-11-21 09:00:00
PROPERTY[OBJECTID][0]=a.com
PROPERTY[OPERATIONTYPE][0]=OUTBOUND_TRANSFER
PROPERTY[OPERATIONSTATUS][0]=SUCCESSFUL
DESCRIPTION=ok
CODE=200",
        ));
        let [entry] = entries.as_slice() else {
            panic!("{entries:?}")
        };
        assert_eq!(
            (
                entry.index.as_str(),
                entry.operation.as_str(),
                entry.outcome.as_str()
            ),
            ("12", "OUTBOUND_TRANSFER", "SUCCESSFUL")
        );
        assert_eq!(entry.reference, None);
    }
}
