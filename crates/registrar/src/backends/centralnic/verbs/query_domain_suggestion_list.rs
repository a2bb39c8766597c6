//! QueryDomainSuggestionList: names that go with a keyword.

use wharf_core::DomainName;

use super::super::{Command, Response};
use crate::SuggestionQuery;

/// Zones of a second level are not known to the command.
pub fn request(query: &SuggestionQuery) -> Command {
    let zones = query.tlds.iter().filter(|tld| !tld.contains('.'));
    let mut command = Command::read("QueryDomainSuggestionList")
        .with("KEYWORD", &query.keyword)
        .with_list("ZONE", zones)
        .with("SOURCE", "ISPAPI-SUGGESTIONS")
        .with("FIRST", "0")
        .with("LIMIT", query.limit.to_string());
    if let Some(ip) = &query.ip {
        command = command.with_given("IPADDRESS", ip);
    }
    if let Some(language) = &query.language {
        command = command.with_given("LANGUAGE0", language);
    }
    command
}

/// In the platform's order; what is no name is left out.
pub fn reply(response: &Response) -> Vec<DomainName> {
    let names = response.all("DOMAIN").iter();
    names
        .filter_map(|name| DomainName::parse(name).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::answer;
    use super::*;

    #[test]
    fn suggestions_are_asked_for_below_first_level_zones() {
        let query = SuggestionQuery {
            keyword: "nile".into(),
            tlds: ["com", "co.uk", "net"].map(str::to_owned).to_vec(),
            limit: 20,
            language: Some("en".into()),
            ..SuggestionQuery::default()
        };
        insta::assert_snapshot!(request(&query).text(), @"
        COMMAND=QueryDomainSuggestionList
        KEYWORD=nile
        ZONE0=com
        ZONE1=net
        SOURCE=ISPAPI-SUGGESTIONS
        FIRST=0
        LIMIT=20
        LANGUAGE0=en
        ");
        let names = reply(&answer(
            "PROPERTY[DOMAIN][0]=nileshop.com\nPROPERTY[DOMAIN][1]=not a name\nPROPERTY[DOMAIN][2]=thenile.net\nDESCRIPTION=ok\nCODE=200",
        ));
        let names: Vec<&str> = names.iter().map(DomainName::as_str).collect();
        assert_eq!(names, ["nileshop.com", "thenile.net"]);
    }
}
