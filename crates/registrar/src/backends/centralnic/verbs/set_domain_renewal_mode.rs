//! SetDomainRenewalMode: what the platform does at the end of the paid term.

use wharf_core::DomainName;

use super::super::Command;
use crate::RenewalMode;

pub fn request(name: &DomainName, mode: &RenewalMode) -> Command {
    Command::change("SetDomainRenewalMode")
        .with("DOMAIN", name.as_str())
        .with("RENEWALMODE", mode.as_str())
}

#[cfg(test)]
mod tests {
    use super::super::name;
    use super::*;

    #[test]
    fn a_mode_is_written_as_the_platform_writes_it() {
        insta::assert_snapshot!(request(&name("example.com"), &RenewalMode::AutoExpire).text(), @"
        COMMAND=SetDomainRenewalMode
        DOMAIN=example.com
        RENEWALMODE=AUTOEXPIRE
        ");
        let monthly = RenewalMode::from("AUTORENEWMONTHLY".to_owned());
        assert!(
            request(&name("a.de"), &monthly)
                .text()
                .ends_with("=AUTORENEWMONTHLY")
        );
        assert_eq!(
            RenewalMode::from("renew".to_owned()),
            RenewalMode::AutoRenew
        );
    }
}
