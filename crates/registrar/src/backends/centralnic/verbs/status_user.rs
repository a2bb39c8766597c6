//! StatusUser: the account's price relations, thousands of them.

use super::super::{Command, Response};
use crate::PriceList;

pub fn request() -> Command {
    Command::read("StatusUser").with("RELATIONS", "1")
}

pub fn reply(response: &Response) -> PriceList {
    let values = response.all("RELATIONVALUE");
    let relations = response
        .all("RELATIONTYPE")
        .iter()
        .enumerate()
        // A value that is missing at the end means the same as an empty one: not offered.
        .map(|(row, name)| (name.clone(), values.get(row).cloned().unwrap_or_default()))
        .collect();
    PriceList {
        relations,
        currency: response
            .first("ACCOUNTCURRENCY")
            .or_else(|| response.first("CURRENCY"))
            .map(str::to_ascii_uppercase),
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer;
    use super::*;

    #[test]
    fn relations_keep_their_values_beside_them() {
        let list = reply(&answer(
            "
PROPERTY[ACCOUNTCURRENCY][0]=usd
PROPERTY[RELATIONTYPE][0]=PRICE_CLASS_DOMAIN_COM_ANNUAL
PROPERTY[RELATIONTYPE][1]=PRICE_CLASS_DOMAIN_DE_ANNUAL
PROPERTY[RELATIONTYPE][2]=PRICE_CLASS_DOMAIN_EU_ANNUAL
PROPERTY[RELATIONVALUE][0]=8.99
PROPERTY[RELATIONVALUE][1]=
DESCRIPTION=ok
CODE=200",
        ));
        assert_eq!(list.currency.as_deref(), Some("USD"));
        let values: Vec<&str> = list
            .relations
            .iter()
            .map(|(_, value)| value.as_str())
            .collect();
        assert_eq!(values, ["8.99", "", ""]);
    }
}
