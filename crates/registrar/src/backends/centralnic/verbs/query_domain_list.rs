//! QueryDomainList, version 2: the account's domains with their dates, page by page.

use wharf_core::DomainName;

use super::super::{Command, Response, dates};
use super::status_domain::state;
use crate::{DomainList, ListedDomain, Page};

pub fn request(page: Page) -> Command {
    Command::read("QueryDomainList")
        .with("VERSION", "2")
        .with("WIDE", "1")
        .with("FIRST", page.first.to_string())
        .with("LIMIT", page.limit.to_string())
}

/// Rows whose name cannot be read are left out: other kinds of objects are listed too.
pub fn reply(response: &Response) -> DomainList {
    let names = if response.all("DOMAIN").is_empty() {
        response.all("OBJECTID")
    } else {
        response.all("DOMAIN")
    };
    let domains = names
        .iter()
        .enumerate()
        .filter_map(|(row, name)| {
            Some(ListedDomain {
                name: DomainName::parse(name).ok()?,
                state: state(
                    response
                        .at("STATUS", row)
                        .unwrap_or_default()
                        .split_whitespace(),
                ),
                expires: dates::expiry(&response.row(row)),
            })
        })
        .collect();
    DomainList {
        domains,
        total: response.first("TOTAL").and_then(|total| total.parse().ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer;
    use super::*;

    #[test]
    fn rows_are_read_with_ragged_columns() {
        let response = answer(
            "
PROPERTY[TOTAL][0]=7
PROPERTY[DOMAIN][0]=a.com
PROPERTY[DOMAIN][1]=b.com
PROPERTY[STATUS][0]=ACTIVE clientTransferProhibited
PROPERTY[STATUS][1]=PENDINGDELETE
PROPERTY[PAIDUNTILDATE][0]=2018-09-26 14:53:20
PROPERTY[FAILUREDATE][0]=2018-11-09 14:53:20
DESCRIPTION=ok
CODE=200",
        );
        let list = reply(&response);
        assert_eq!(list.total, Some(7));
        let shown: Vec<String> = list
            .domains
            .iter()
            .map(|domain| {
                format!(
                    "{} {:?} {}",
                    domain.name,
                    domain.state,
                    domain.expires.map_or("?".to_owned(), |at| at.to_string())
                )
            })
            .collect();
        assert_eq!(shown, ["a.com Active 2018-09-25", "b.com PendingDelete ?"]);
        assert!(
            reply(&answer("PROPERTY[COUNT][0]=0\nDESCRIPTION=ok\nCODE=200"))
                .domains
                .is_empty()
        );
    }
}
