//! DENIC_CreateAuthInfo1: a .de domain's auth code, made when asked for; the answer is read as
//! [StatusDomain's](super::status_domain::auth_code).

use wharf_core::DomainName;

use super::super::Command;

/// Sent once: a new code voids the one before.
pub fn request(name: &DomainName) -> Command {
    Command::change("DENIC_CreateAuthInfo1").with("DOMAIN", name.as_str())
}

#[cfg(test)]
mod tests {
    use super::super::name;
    use super::*;

    #[test]
    fn a_code_is_made_once() {
        let command = request(&name("example.de"));
        insta::assert_snapshot!(command.text(), @"
        COMMAND=DENIC_CreateAuthInfo1
        DOMAIN=example.de
        ");
        assert!(command.is_change());
    }
}
