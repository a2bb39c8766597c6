//! RequestDomainAuthInfo: has the registry mail the auth code to the registrant.

use wharf_core::DomainName;

use super::super::Command;

pub fn request(name: &DomainName) -> Command {
    Command::change("RequestDomainAuthInfo").with("DOMAIN", name.as_str())
}

#[cfg(test)]
mod tests {
    use super::super::name;
    use super::*;

    #[test]
    fn a_code_is_mailed_once() {
        let command = request(&name("example.eu"));
        insta::assert_snapshot!(command.text(), @"
        COMMAND=RequestDomainAuthInfo
        DOMAIN=example.eu
        ");
        assert!(command.is_change());
    }
}
