//! DeleteDomain.

use wharf_core::DomainName;

use super::super::Command;
use super::with_extra;

pub fn request(name: &DomainName, extra: &[(String, String)]) -> Command {
    with_extra(
        Command::change("DeleteDomain").with("DOMAIN", name.as_str()),
        extra,
    )
}

#[cfg(test)]
mod tests {
    use super::super::name;
    use super::*;

    #[test]
    fn a_deletion_can_wait_where_the_registry_lets_it() {
        let extra = [("X-AT-SCHEDULEDATE".to_owned(), "expiration".to_owned())];
        insta::assert_snapshot!(request(&name("example.at"), &extra).text(), @"
        COMMAND=DeleteDomain
        DOMAIN=example.at
        X-AT-SCHEDULEDATE=expiration
        ");
        assert!(request(&name("example.com"), &[]).is_change());
    }
}
