//! ModifyDomain: changes a domain.

use wharf_core::DomainName;

use super::super::{Command, Response};
use crate::{Changed, Nameservers};

/// Replaces the whole list.
pub fn nameservers(name: &DomainName, nameservers: &Nameservers) -> Command {
    Command::change("ModifyDomain")
        .with("DOMAIN", name.as_str())
        .with_list("NAMESERVER", nameservers.iter().map(DomainName::as_str))
}

pub fn reply(response: &Response) -> Changed {
    Changed {
        pending: response.pending,
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer;
    use super::*;

    #[test]
    fn a_change_names_the_whole_list() {
        let hosts = ["ns1.example.net", "ns2.example.net"]
            .iter()
            .map(|host| DomainName::parse(host).unwrap())
            .collect();
        insta::assert_snapshot!(nameservers(&DomainName::parse("example.com").unwrap(), &hosts).text(), @"
        COMMAND=ModifyDomain
        DOMAIN=example.com
        NAMESERVER0=ns1.example.net
        NAMESERVER1=ns2.example.net
        ");
        assert!(reply(&answer("DESCRIPTION=ok\nCODE=200\nPENDING=1")).pending);
    }
}
