//! RenewDomain, in and out of the redemption period.

use jiff::civil::Date;
use serde_json::json;
use wharf_core::Deadline;
use wharf_store::{Effect as _, Outcome, StoreError};
use wharf_whmcs::call::{ModuleAnswer, ModuleCall, Params};

use super::{domain, from_outcome, logged};
use crate::effects::{Renew, Renewed, standing};
use crate::premium::Shown;
use crate::{Domains, DomainsError};

impl Domains {
    pub(super) async fn renew_domain(
        &self,
        call: &ModuleCall,
    ) -> Result<ModuleAnswer, DomainsError> {
        let account = self.accounts.seen(call).await?;
        let params = &call.params;
        let name = domain(params, &self.tlds)?;
        let years = params.required_integer("regperiod")?;
        if !(1..=10).contains(&years) {
            return Err(DomainsError::Input(format!(
                "A domain is renewed for 1 to 10 years, not {years}."
            )));
        }
        let known = booked_expiry(params);
        let redemption = params.value("isInRedemptionGracePeriod");
        let redemption_paid = redemption.map(|_| params.flag("isInRedemptionGracePeriod"));
        let before = standing(self, &account, &name, known).await?;
        let wish = Renew {
            site: call.site.clone(),
            module: call.module.clone(),
            domain_id: params.required_integer("domainid")?,
            name,
            years,
            known,
            before,
            premium: Shown::read(params),
            redemption_paid,
            rest: false,
            too_early: 0,
        };
        if let Some(renewed) = wish.untold(self).await? {
            let answer = ModuleAnswer::new(json!({ "success": true }));
            return Ok(match in_words(&renewed, wish.name.as_str()) {
                Some(line) => answer.with_activity(line),
                None => answer,
            });
        }
        let wish = wish.known(self).await?;
        let deadline = Deadline::after(self.patience.change);
        let name = &wish.name;
        let outcome = match self.store.journal().run(&wish, deadline).await {
            Err(StoreError::Conflict { .. }) => {
                return Err(DomainsError::Input(format!(
                    "The renewal of {name} from this date on was ordered for another number of years, or by another module."
                )));
            }
            outcome => outcome?,
        };
        let told = match &outcome {
            Outcome::Done(renewed) => in_words(renewed, name.as_str()),
            Outcome::InProgress { .. } => Some(format!("Wharf goes on renewing {name}")),
            _ => None,
        };
        // One that the registry has not carried out yet is a renewal too: WHMCS has no word for it.
        let answer = from_outcome(
            outcome,
            &format!("The renewal of {name}"),
            |_| json!({ "success": true }),
        );
        let answer = logged(answer, self.wires.take(&wish.key()).as_ref());
        Ok(match told {
            Some(line) => answer.with_activity(line),
            None => answer,
        })
    }
}

/// What staff should know of a renewal that was not just one.
fn in_words(renewed: &Renewed, name: &str) -> Option<String> {
    if renewed.already {
        return Some(format!(
            "{name} had the term already: the registrar was not asked for another one"
        ));
    }
    if renewed.restored && renewed.rest > 0 {
        return Some(format!(
            "{name} is being fetched back from redemption; the remaining {} year(s) follow once it is back",
            renewed.rest
        ));
    }
    renewed
        .restored
        .then(|| format!("{name} is being fetched back from redemption"))
}

/// The expiry in WHMCS's books. `0000-00-00` and the like are none.
fn booked_expiry(params: &Params) -> Option<Date> {
    let text = params.text("expirydate")?;
    let day = text.get(..10)?;
    let date: Date = day.parse().ok()?;
    (date.year() > 1990).then_some(date)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_real_date_is_one() {
        let of = |date: serde_json::Value| {
            let serde_json::Value::Object(map) = json!({ "expirydate": date }) else {
                unreachable!()
            };
            booked_expiry(&Params::new(map)).map(|date| date.to_string())
        };
        assert_eq!(of(json!("2027-03-01")).as_deref(), Some("2027-03-01"));
        assert_eq!(
            of(json!("2027-03-01 00:00:00")).as_deref(),
            Some("2027-03-01")
        );
        for none in [
            json!("0000-00-00"),
            json!("1970-01-01"),
            json!(""),
            json!(null),
            json!("soon"),
            json!("ümlauteüü"),
        ] {
            assert_eq!(of(none.clone()), None, "{none}");
        }
    }
}
