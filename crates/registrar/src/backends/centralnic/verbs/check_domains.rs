//! CheckDomains: availability of many names in one call.

use wharf_core::DomainName;

use super::super::{Command, Response};
use crate::{Availability, CheckAsk, Checked};

/// How many names one call may ask for. The platform is said to take about 250; it documents no limit.
pub const BATCH: usize = 200;

pub fn request(names: &[DomainName], ask: CheckAsk) -> Command {
    let command =
        Command::read("CheckDomains").with_list("DOMAIN", names.iter().map(DomainName::as_str));
    if ask.premium {
        command.with("PREMIUMCHANNELS", "*")
    } else {
        command
    }
}

/// One result a name, in the order asked: the answer's columns are aligned by index.
pub fn reply(response: &Response, names: &[DomainName]) -> Vec<Checked> {
    names
        .iter()
        .enumerate()
        .map(|(index, name)| Checked {
            name: name.clone(),
            availability: availability(response, index),
        })
        .collect()
}

fn availability(response: &Response, index: usize) -> Availability {
    let Some(check) = response.at("DOMAINCHECK", index) else {
        return Availability::Unknown;
    };
    let at = |property| response.at(property, index).unwrap_or_default();
    let reason = at("REASON").to_ascii_lowercase();
    let class = at("CLASS");
    let channel = at("PREMIUMCHANNEL");
    let premium = || Availability::Premium {
        class: class.to_owned(),
        price: response.at("PRICE", index).map(str::to_owned),
        currency: response.at("CURRENCY", index).map(str::to_owned),
    };
    match check.split_whitespace().next() {
        Some("210") if !channel.is_empty() || is_premium(class) => premium(),
        Some("210") => Availability::Available,
        Some("211") if reason.contains("block") => Availability::Taken,
        Some("211")
            if check
                .to_ascii_lowercase()
                .contains("collision domain name available") =>
        {
            Availability::Reserved
        }
        Some("211") if !channel.is_empty() => premium(),
        Some("211") if !class.is_empty() && reason.contains("reserved") => Availability::Reserved,
        Some("421") => Availability::Unknown,
        Some("549") => Availability::Unsupported,
        _ => Availability::Taken,
    }
}

fn is_premium(class: &str) -> bool {
    class.to_ascii_uppercase().starts_with("PREMIUM")
}

#[cfg(test)]
mod tests {
    use super::super::answer;
    use super::*;

    #[test]
    fn names_go_out_as_a_list() {
        let names = ["a.com", "b.de"].map(|name| DomainName::parse(name).unwrap());
        insta::assert_snapshot!(request(&names, CheckAsk { premium: true }).text(), @"
        COMMAND=CheckDomains
        DOMAIN0=a.com
        DOMAIN1=b.de
        PREMIUMCHANNELS=*
        ");
    }

    #[test]
    fn every_kind_of_answer_has_its_meaning() {
        let response = answer(
            "
PROPERTY[DOMAINCHECK][0]=210 Available
PROPERTY[DOMAINCHECK][1]=211 Domain not available
PROPERTY[DOMAINCHECK][2]=211 Domain not available
PROPERTY[DOMAINCHECK][3]=211 Not available
PROPERTY[DOMAINCHECK][4]=211 Not available
PROPERTY[DOMAINCHECK][5]=421 Try again
PROPERTY[DOMAINCHECK][6]=549 Unsupported
PROPERTY[DOMAINCHECK][7]=211 Collision Domain name available {x}
PROPERTY[REASON][0]=
PROPERTY[REASON][1]=
PROPERTY[REASON][2]=Blocked by DPML
PROPERTY[REASON][3]=
PROPERTY[REASON][4]=Reserved name
PROPERTY[CLASS][0]=
PROPERTY[CLASS][1]=
PROPERTY[CLASS][2]=
PROPERTY[CLASS][3]=PREMIUM_SHOP_USD:100:200
PROPERTY[CLASS][4]=SHOP
PROPERTY[PREMIUMCHANNEL][0]=
PROPERTY[PREMIUMCHANNEL][1]=
PROPERTY[PREMIUMCHANNEL][2]=
PROPERTY[PREMIUMCHANNEL][3]=REGISTRY
PROPERTY[PRICE][0]=
PROPERTY[PRICE][1]=
PROPERTY[PRICE][2]=
PROPERTY[PRICE][3]=200
PROPERTY[CURRENCY][0]=
PROPERTY[CURRENCY][1]=
PROPERTY[CURRENCY][2]=
PROPERTY[CURRENCY][3]=USD
DESCRIPTION=Command completed successfully
CODE=200",
        );
        let names: Vec<DomainName> = (0..9)
            .map(|n| DomainName::parse(&format!("n{n}.shop")).unwrap())
            .collect();
        let found: Vec<Availability> = reply(&response, &names)
            .into_iter()
            .map(|checked| checked.availability)
            .collect();
        assert_eq!(
            found,
            [
                Availability::Available,
                Availability::Taken,
                Availability::Taken,
                Availability::Premium {
                    class: "PREMIUM_SHOP_USD:100:200".into(),
                    price: Some("200".into()),
                    currency: Some("USD".into())
                },
                Availability::Reserved,
                Availability::Unknown,
                Availability::Unsupported,
                Availability::Reserved,
                Availability::Unknown,
            ]
        );
    }
}
