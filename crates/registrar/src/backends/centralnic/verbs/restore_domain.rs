//! RestoreDomain: fetches back a deleted domain.

use super::super::Command;
use crate::Restore;

pub fn request(order: &Restore) -> Command {
    let command = Command::change("RestoreDomain")
        .with("DOMAIN", order.name.as_str())
        .with("RENEWALMODE", order.mode.as_str());
    match &order.class {
        Some(class) => command.with_given("CLASS", class),
        None => command,
    }
}

#[cfg(test)]
mod tests {
    use super::super::name;
    use super::*;
    use crate::RenewalMode;

    #[test]
    fn a_restored_domain_does_not_renew_by_itself() {
        let order = Restore {
            name: name("example.com"),
            mode: RenewalMode::AutoExpire,
            class: None,
        };
        insta::assert_snapshot!(request(&order).text(), @"
        COMMAND=RestoreDomain
        DOMAIN=example.com
        RENEWALMODE=AUTOEXPIRE
        ");
        assert!(request(&order).is_change());
    }
}
