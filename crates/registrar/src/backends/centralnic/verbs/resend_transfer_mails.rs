//! ResendDomainTransferConfirmationEmails.

use wharf_core::DomainName;

use super::super::Command;

/// Sent once, as a change: a mail more is a mail that somebody gets.
pub fn request(name: &DomainName) -> Command {
    Command::change("ResendDomainTransferConfirmationEmails").with("DOMAIN", name.as_str())
}

#[cfg(test)]
mod tests {
    use super::super::name;
    use super::*;

    #[test]
    fn the_mail_of_a_domain_goes_out_again() {
        let command = request(&name("example.com"));
        insta::assert_snapshot!(command.text(), @"
        COMMAND=ResendDomainTransferConfirmationEmails
        DOMAIN=example.com
        ");
        assert!(command.is_change());
    }
}
