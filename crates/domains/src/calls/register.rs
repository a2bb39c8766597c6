//! RegisterDomain.

use wharf_core::Deadline;
use wharf_registrar::{Contact, Contacts, Registration};
use wharf_store::{Effect as _, Outcome, StoreError};
use wharf_whmcs::call::{ModuleAnswer, ModuleCall, Params};

use super::{domain, from_outcome, hosts, logged, success};
use crate::effects::Register;
use crate::premium::Shown;
use crate::settings::Settings;
use crate::tlds::{Privacy, TldFacts, Tlds};
use crate::{Domains, DomainsError};

impl Domains {
    pub(super) async fn register_domain(
        &self,
        call: &ModuleCall,
    ) -> Result<ModuleAnswer, DomainsError> {
        let account = self.accounts.seen(call).await?;
        let mut order = order(&call.params, &self.tlds)?;
        let unprotected = self.fit(&mut order, &call.params, account.settings());
        let wish = Register {
            site: call.site.clone(),
            module: call.module.clone(),
            domain_id: call.params.required_integer("domainid")?,
            asked_at: self.store.clock().now_ms(),
            order,
            generation: 1,
            premium: Shown::read(&call.params),
        };
        let deadline = Deadline::after(self.patience.change);
        let wish = wish.known(self).await?;
        let name = wish.order.name.clone();
        let outcome = match self.store.journal().run(&wish, deadline).await {
            Err(StoreError::Conflict { .. }) => {
                return Err(DomainsError::Input(format!(
                    "{name} is registered for this order, or is being registered, but for another number of years or by \
                     another module."
                )));
            }
            outcome => outcome?,
        };
        let going_on = matches!(outcome, Outcome::InProgress { .. });
        let bought = matches!(outcome, Outcome::Done(_));
        let answer = from_outcome(outcome, &format!("The registration of {name}"), |bought| {
            let why = match bought.application {
                None => "The registrar took the order; the registry has not carried it out yet."
                    .to_owned(),
                Some(id) => format!(
                    "The registrar took the application ({id}); the registry has not decided on it yet. Wharf follows it and \
                     tells WHMCS."
                ),
            };
            success(bought.pending, &why)
        });
        let mut answer = logged(answer, self.wires.take(&wish.key()).as_ref());
        if bought && unprotected {
            answer = answer.with_activity(format!(
                "{name} was registered without ID protection: there is none for .{}",
                self.tlds.of(&name).tld
            ));
        }
        Ok(if going_on {
            answer.with_activity(format!("Wharf goes on registering {name}"))
        } else {
            answer
        })
    }
}

impl Domains {
    /// What the provider's settings and the extension add to an order. `true`: ID protection was wanted, but there is
    /// none.
    fn fit(&self, order: &mut Registration, params: &Params, settings: &Settings) -> bool {
        let facts = self.tlds.of(&order.name);
        fit(order, params, settings, &facts)
    }
}

fn fit(order: &mut Registration, params: &Params, settings: &Settings, facts: &TldFacts) -> bool {
    order.transfer_lock = (settings.transfer_lock && facts.lock).then_some(true);
    order.internal_dns = params.flag("dnsmanagement");
    if order.name.is_idn() {
        order.language = ["idnlanguage", "idnLanguage"]
            .iter()
            .find_map(|field| params.text(field));
    }
    let unprotected = order.id_protection && facts.id_protection == Privacy::None;
    order.id_protection &= !unprotected;
    unprotected
}

/// The order that the parameters make, checked as far as we can tell; the registrar checks the rest.
fn order(params: &Params, tlds: &Tlds) -> Result<Registration, DomainsError> {
    let name = domain(params, tlds)?;
    let years = params.required_integer("regperiod")?;
    if !(1..=10).contains(&years) {
        return Err(DomainsError::Input(format!(
            "A domain is registered for 1 to 10 years, not {years}."
        )));
    }
    let nameservers = hosts(params)?;
    if nameservers.is_empty() {
        return Err(DomainsError::Input(format!(
            "{name} cannot be registered without nameservers: ns1 is empty."
        )));
    }
    let contacts = contacts(params);
    let owner = &contacts.owner;
    if owner.last_name.is_empty() || owner.email.is_empty() || owner.country.is_empty() {
        return Err(DomainsError::Input(format!(
            "{name} cannot be registered: the registrant's last name, e-mail address or country is missing."
        )));
    }
    Ok(Registration {
        id_protection: params.flag("idprotection"),
        extra: extra(params),
        ..Registration::new(name, years, contacts, nameservers)
    })
}

/// The registrant as owner; for the other roles what WHMCS names as the provider's own details, else the registrant.
pub(super) fn contacts(params: &Params) -> Contacts {
    let owner = contact(params, "");
    let staff = contact(params, "admin");
    let staff = if staff == Contact::default() {
        owner.clone()
    } else {
        staff
    };
    Contacts {
        owner,
        admin: staff.clone(),
        tech: staff.clone(),
        billing: staff,
    }
}

/// Additional fields that bear the registrar's own names.
pub(super) fn extra(params: &Params) -> Vec<(String, String)> {
    let fields = params.map("additionalfields");
    fields
        .names()
        .filter(|name| {
            name.get(..2)
                .is_some_and(|start| start.eq_ignore_ascii_case("X-"))
        })
        .filter_map(|name| Some((name.to_ascii_uppercase(), fields.text(name)?)))
        .collect()
}

fn contact(params: &Params, prefix: &str) -> Contact {
    let text = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| params.text(&format!("{prefix}{name}")))
            .unwrap_or_default()
    };
    Contact {
        first_name: text(&["firstname"]),
        last_name: text(&["lastname"]),
        organization: text(&["companyname"]),
        street: ["address1", "address2"]
            .iter()
            .filter_map(|line| params.text(&format!("{prefix}{line}")))
            .collect(),
        city: text(&["city"]),
        state: text(&["fullstate", "state"]),
        postcode: text(&["postcode"]),
        country: text(&["countrycode", "country"]),
        phone: text(&["fullphonenumber", "phonenumberformatted", "phonenumber"]),
        email: text(&["email"]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tlds() -> Tlds {
        Tlds::load(None).unwrap()
    }

    fn params(more: serde_json::Value) -> Params {
        let mut all = json!({
            "domainid": 7, "sld": "example", "tld": "com", "regperiod": "2", "ns1": "NS1.example.net", "ns2": " ", "ns3": "ns2.example.net",
            "firstname": "Mona", "lastname": "Hassan", "email": "mona@example.com", "address1": "1 Nile St", "country": "EG",
            "fullphonenumber": "+20.1012345678", "adminfirstname": "Host", "adminlastname": "Master", "idprotection": "on"
        });
        let (serde_json::Value::Object(all), serde_json::Value::Object(more)) = (&mut all, more)
        else {
            unreachable!()
        };
        all.extend(more);
        Params::new(all.clone())
    }

    #[test]
    fn an_order_has_the_clients_and_the_staffs_contacts() {
        let order = order(&params(json!({})), &tlds()).unwrap();
        assert_eq!(
            (order.name.as_str(), order.years, order.id_protection),
            ("example.com", 2, true)
        );
        let hosts: Vec<&str> = order
            .nameservers
            .iter()
            .map(wharf_core::DomainName::as_str)
            .collect();
        assert_eq!(hosts, ["ns1.example.net", "ns2.example.net"]);
        assert_eq!(order.contacts.owner.first_name, "Mona");
        assert_eq!(order.contacts.owner.phone, "+20.1012345678");
        assert_eq!(
            (
                order.contacts.admin.first_name.as_str(),
                order.contacts.billing.last_name.as_str()
            ),
            ("Host", "Master")
        );
    }

    #[test]
    fn wrong_input_is_named() {
        let wrong = |more| order(&params(more), &tlds()).unwrap_err().to_string();
        insta::assert_snapshot!(wrong(json!({"sld": "exa mple"})), @r#""exa mple.com" is not a domain name: it has characters that no domain name has"#);
        insta::assert_snapshot!(wrong(json!({"regperiod": 0})), @"A domain is registered for 1 to 10 years, not 0.");
        insta::assert_snapshot!(wrong(json!({"ns1": "10.0.0.1"})), @r#"A nameserver is wrong: "10.0.0.1" is not a domain name: it is an address, not a name."#);
        insta::assert_snapshot!(wrong(json!({"email": ""})), @"example.com cannot be registered: the registrant's last name, e-mail address or country is missing.");
        insta::assert_snapshot!(wrong(json!({"ns1": "", "ns3": ""})), @"example.com cannot be registered without nameservers: ns1 is empty.");
    }
}
