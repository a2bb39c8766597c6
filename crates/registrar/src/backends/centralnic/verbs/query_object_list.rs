//! QueryObjectList: deleted domains that can still be fetched back.

use wharf_core::DomainName;

use super::super::{Command, Response, dates};
use super::paged;
use crate::{DeletedDomain, DeletedList, Page};

pub fn request(name: Option<&DomainName>, page: Page) -> Command {
    let command = Command::read("QueryObjectList").with("OBJECTCLASS", "DELETEDDOMAIN");
    let command = match name {
        Some(name) => command.with("OBJECTID", name.as_str()),
        None => command,
    };
    paged(command, page)
}

/// What stands in the list can be restored: it leaves it when that is over.
pub fn reply(response: &Response) -> DeletedList {
    let domains = response
        .rows("OBJECTID")
        .filter_map(|row| {
            Some(DeletedDomain {
                name: DomainName::parse(row.first("OBJECTID")?).ok()?,
                expires: dates::day_before(row, "EXPIRATIONDATE"),
                restorable: true,
            })
        })
        .collect();
    DeletedList {
        domains,
        total: response.number("TOTAL"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer;
    use super::*;

    #[test]
    fn a_deleted_domain_has_the_day_before_its_end() {
        let name = DomainName::parse("gone.com").unwrap();
        insta::assert_snapshot!(request(Some(&name), Page::first(1)).text(), @"
        COMMAND=QueryObjectList
        OBJECTCLASS=DELETEDDOMAIN
        OBJECTID=gone.com
        FIRST=0
        LIMIT=1
        ");
        let list = reply(&answer(
            "
PROPERTY[OBJECTID][0]=gone.com
PROPERTY[OBJECTID][1]=away.com
PROPERTY[EXPIRATIONDATE][0]=2026-11-20 10:00:00
PROPERTY[COUNT][0]=2
DESCRIPTION=ok
CODE=200",
        ));
        let shown: Vec<String> = list
            .domains
            .iter()
            .map(|domain| {
                format!(
                    "{} {:?}",
                    domain.name,
                    domain.expires.map(|day| day.to_string())
                )
            })
            .collect();
        assert_eq!(shown, ["gone.com Some(\"2026-11-19\")", "away.com None"]);
        assert!(
            reply(&answer("PROPERTY[COUNT][0]=0\nDESCRIPTION=ok\nCODE=200"))
                .domains
                .is_empty()
        );
    }
}
