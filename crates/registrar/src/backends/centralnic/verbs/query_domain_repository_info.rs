//! QueryDomainRepositoryInfo: all about the extension of one name.

use wharf_core::DomainName;

use super::super::{Command, Response, periods};
use super::query_domain_options::options;
use crate::ZoneFacts;

pub fn request(name: &DomainName) -> Command {
    Command::read("QueryDomainRepositoryInfo").with("DOMAIN", name.as_str())
}

pub fn reply(response: &Response, name: &DomainName) -> ZoneFacts {
    let row = response.row(0);
    let days = |property| row.first(property).and_then(periods::days);
    ZoneFacts {
        options: options(row, name),
        explicit_renewal: row.switch("REGISTRYEXPLICITRENEWAL"),
        payment_period_days: days("ZONERENEWALPAYMENTPERIOD").map(i64::abs),
        accounting_days: days("ZONERENEWALACCOUNTINGPERIOD"),
        finalization_days: days("ZONERENEWALFINALIZATIONPERIOD"),
        failure_days: days("ZONERENEWALFAILUREPERIOD"),
        restorable_days: days("DELETIONRESTORABLEPERIOD"),
        lock: row.switch("REGISTRYTRANSFERLOCK"),
        realtime_transfer: row.switch("REGISTRYTRANSFERREALTIME"),
        restore_policy: row.text("RESTOREPOLICY"),
        dnssec: row.text("ZONESECDNSINTERFACE"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer;
    use super::*;

    #[test]
    fn periods_keep_their_sign_but_for_the_payment() {
        let facts = reply(
            &answer(
                "
PROPERTY[REGISTRYEXPLICITRENEWAL][0]=NO
PROPERTY[ZONERENEWALPAYMENTPERIOD][0]=-61d
PROPERTY[ZONERENEWALACCOUNTINGPERIOD][0]=-5d
PROPERTY[ZONERENEWALFINALIZATIONPERIOD][0]=1d
PROPERTY[ZONERENEWALFAILUREPERIOD][0]=44d
PROPERTY[DELETIONRESTORABLEPERIOD][0]=30d
PROPERTY[REGISTRYTRANSFERLOCK][0]=NO
PROPERTY[ZONERENEWALPERIODS][0]=1Y
PROPERTY[ZONESECDNSINTERFACE][0]=KEY
DESCRIPTION=ok
CODE=200",
            ),
            &DomainName::parse("x.de").unwrap(),
        );
        assert_eq!(
            (facts.explicit_renewal, facts.lock),
            (Some(false), Some(false))
        );
        assert_eq!(
            (facts.payment_period_days, facts.accounting_days),
            (Some(61), Some(-5))
        );
        assert_eq!(
            (facts.finalization_days, facts.failure_days),
            (Some(1), Some(44))
        );
        assert_eq!(facts.restorable_days, Some(30));
        assert_eq!(facts.options.renewal_years, [1]);
        assert_eq!(facts.realtime_transfer, None);
    }
}
