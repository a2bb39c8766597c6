//! QueryDomainOptions: what can be ordered below the extensions of some names.

use wharf_core::DomainName;

use super::super::response::Row;
use super::super::{Command, Response, periods};
use crate::ZoneOptions;

/// How many names one call may ask for, as far as is known.
pub const BATCH: usize = 200;

pub fn request(names: &[DomainName]) -> Command {
    Command::read("QueryDomainOptions").with_list("DOMAIN", names.iter().map(DomainName::as_str))
}

/// One a name, in the order asked: the answer's columns are aligned by index.
pub fn reply(response: &Response, names: &[DomainName]) -> Vec<ZoneOptions> {
    names
        .iter()
        .enumerate()
        .map(|(index, name)| options(response.row(index), name))
        .collect()
}

pub fn options(row: Row<'_>, name: &DomainName) -> ZoneOptions {
    let years = |property| periods::years(row.values(property));
    let days = |property| row.first(property).and_then(periods::days);
    ZoneOptions {
        name: name.clone(),
        repository: row.text("REPOSITORY"),
        registration_years: years("ZONEREGISTRATIONPERIODS"),
        renewal_years: years("ZONERENEWALPERIODS"),
        transfer_years: years("ZONETRANSFERPERIODS"),
        trade_years: years("ZONETRADEPERIODS"),
        auth_code: row.switch("REGISTRYTRANSFERREQUIREAUTHCODE"),
        id_protection: row
            .raw("X-PROXY")
            .map(|proxy| proxy.to_ascii_uppercase().contains("WHOISTRUSTEE")),
        owner_change: row.text("ZONEPOLICYREGISTRANTNAMECHANGEBY"),
        restorable_days: days("ZONEDELETIONRESTORABLEPERIOD"),
        nameservers_min: row.number("NAMESERVERMIN"),
        nameservers_max: row.number("NAMESERVERMAX"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer;
    use super::*;

    #[test]
    fn options_are_aligned_with_the_names() {
        let names = ["x.com", "x.de", "x.nowhere"].map(|name| DomainName::parse(name).unwrap());
        insta::assert_snapshot!(request(&names).text(), @"
        COMMAND=QueryDomainOptions
        DOMAIN0=x.com
        DOMAIN1=x.de
        DOMAIN2=x.nowhere
        ");
        let found = reply(
            &answer(
                "
PROPERTY[REPOSITORY][0]=COM-LIVE
PROPERTY[REPOSITORY][1]=DE-LIVE
PROPERTY[ZONEREGISTRATIONPERIODS][0]=1Y,2Y,10Y
PROPERTY[ZONEREGISTRATIONPERIODS][1]=1M,1Y
PROPERTY[ZONETRANSFERPERIODS][0]=1Y
PROPERTY[ZONETRANSFERPERIODS][1]=0Y
PROPERTY[REGISTRYTRANSFERREQUIREAUTHCODE][0]=YES
PROPERTY[REGISTRYTRANSFERREQUIREAUTHCODE][1]=YES
PROPERTY[X-PROXY][0]=WHOISTRUSTEE
PROPERTY[X-PROXY][1]=
PROPERTY[ZONEDELETIONRESTORABLEPERIOD][0]=30d
DESCRIPTION=ok
CODE=200",
            ),
            &names,
        );
        let [com, de, nowhere] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(com.registration_years, [1, 2, 10]);
        assert_eq!(
            (com.id_protection, com.restorable_days),
            (Some(true), Some(30))
        );
        assert_eq!(
            (
                de.registration_years.as_slice(),
                de.transfer_years.as_slice()
            ),
            ([1].as_slice(), [0].as_slice())
        );
        assert_eq!(de.id_protection, Some(false));
        assert_eq!((&nowhere.repository, nowhere.id_protection), (&None, None));
    }
}
