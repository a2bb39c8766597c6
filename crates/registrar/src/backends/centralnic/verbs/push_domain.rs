//! PushDomain: hands a domain over to another registrar's tag, or back to the registry.

use wharf_core::DomainName;

use super::super::Command;

pub fn request(name: &DomainName, target: Option<&str>) -> Command {
    let command = Command::change("PushDomain").with("DOMAIN", name.as_str());
    match target {
        Some(target) => command.with_given("TARGET", target),
        None => command,
    }
}

#[cfg(test)]
mod tests {
    use super::super::name;
    use super::*;

    #[test]
    fn a_push_can_name_its_target() {
        insta::assert_snapshot!(request(&name("example.co.uk"), Some("OTHERTAG")).text(), @"
        COMMAND=PushDomain
        DOMAIN=example.co.uk
        TARGET=OTHERTAG
        ");
        assert_eq!(
            request(&name("example.de"), None).text(),
            "COMMAND=PushDomain\nDOMAIN=example.de"
        );
    }
}
