//! QueryDomainList, version 2: the account's domains with their dates, page by page.

use wharf_core::DomainName;

use super::super::dialect::Dialect;
use super::super::{Command, Response};
use super::paged;
use super::status_domain::status;
use crate::{DomainList, DomainQuery, ListedDomain, ObjectKind};

pub fn request(query: &DomainQuery) -> Command {
    let command = Command::read("QueryDomainList")
        .with("VERSION", "2")
        .with("WIDE", "1")
        .with_list("DOMAIN", query.names.iter().map(DomainName::as_str));
    paged(command, query.page)
}

/// Rows whose name cannot be read are left out.
pub fn reply(response: &Response, dialect: &Dialect) -> DomainList {
    let column = if response.all(dialect.domain_column).is_empty() {
        "OBJECTID"
    } else {
        dialect.domain_column
    };
    let domains = response
        .rows(column)
        .filter_map(|row| {
            let name = DomainName::parse(row.first(column)?).ok()?;
            let kind = match row.first("OBJECTCLASS") {
                Some("DOMAINAPPLICATION") => ObjectKind::Application,
                Some("DOMAINTRANSFER") => ObjectKind::Transfer,
                _ => ObjectKind::Domain,
            };
            Some(ListedDomain {
                kind,
                status: status(row, name, dialect),
            })
        })
        .collect();
    DomainList {
        domains,
        rows: response.all(column).len(),
        total: response.number("TOTAL"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::ispapi::DIALECT;
    use super::super::{answer, name};
    use super::*;
    use crate::{Page, RenewalMode};

    #[test]
    fn a_page_is_asked_for() {
        let query = DomainQuery {
            page: Page {
                first: 2_000,
                limit: 1_000,
            },
            names: Vec::new(),
        };
        insta::assert_snapshot!(request(&query).text(), @"
        COMMAND=QueryDomainList
        VERSION=2
        WIDE=1
        FIRST=2000
        LIMIT=1000
        ");
        let named = DomainQuery {
            names: vec![name("a.com"), name("b.com")],
            ..DomainQuery::default()
        };
        assert!(
            request(&named)
                .text()
                .contains("\nDOMAIN0=a.com\nDOMAIN1=b.com\n")
        );
    }

    #[test]
    fn rows_are_read_with_ragged_columns() {
        let response = answer(
            "
PROPERTY[TOTAL][0]=7
PROPERTY[DOMAIN][0]=a.com
PROPERTY[DOMAIN][1]=b.com
PROPERTY[DOMAIN][2]=c.swiss
PROPERTY[DOMAIN][3]=not a name
PROPERTY[OBJECTCLASS][0]=DOMAIN
PROPERTY[OBJECTCLASS][1]=DOMAIN
PROPERTY[OBJECTCLASS][2]=DOMAINAPPLICATION
PROPERTY[STATUS][0]=ACTIVE clientTransferProhibited
PROPERTY[STATUS][1]=PENDINGDELETE
PROPERTY[NAMESERVER][0]=ns1.example.net ns2.example.net
PROPERTY[RENEWALMODE][0]=expire
PROPERTY[ADDON-PROXY][0]=1
PROPERTY[ADDON-PROXY][1]=0
PROPERTY[PAIDUNTILDATE][0]=2018-09-26 14:53:20
PROPERTY[FAILUREDATE][0]=2018-11-09 14:53:20
DESCRIPTION=ok
CODE=200",
        );
        let list = reply(&response, &DIALECT);
        assert_eq!(list.total, Some(7));
        let shown: Vec<String> = list
            .domains
            .iter()
            .map(|listed| {
                let status = &listed.status;
                format!(
                    "{} {:?} {:?} {}",
                    status.name,
                    listed.kind,
                    status.state,
                    status.expires.map_or("?".to_owned(), |at| at.to_string())
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                "a.com Domain Active 2018-09-25",
                "b.com Domain PendingDelete ?",
                "c.swiss Application Other ?"
            ]
        );
        let [a, b, _] = list.domains.as_slice() else {
            panic!()
        };
        assert_eq!(a.status.nameservers.len(), 2);
        assert_eq!(a.status.renewal_mode, Some(RenewalMode::AutoExpire));
        assert_eq!(
            (a.status.id_protection, b.status.id_protection),
            (Some(true), Some(false))
        );
        assert!(
            reply(
                &answer("PROPERTY[COUNT][0]=0\nDESCRIPTION=ok\nCODE=200"),
                &DIALECT
            )
            .domains
            .is_empty()
        );
    }
}
