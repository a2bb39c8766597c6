//! QueryDomainOptions and QueryDomainRepositoryInfo: the rules of an extension, told by any name in it.

use std::sync::Arc;

use super::Call;
use crate::answer::{Answer, Outcome};
use crate::zones::{Auth, Ends, Zone, terms};

/// Every column has one value a name; of a name in no zone all are empty.
pub fn options(call: &mut Call<'_>) -> Outcome {
    let names = call.command.list("DOMAIN").unwrap_or_default();
    if names.is_empty() {
        return Err(Answer::new(504).detail("DOMAIN0"));
    }
    if names.len() > MOST {
        return Err(Answer::new(541).detail("TOO MANY DOMAINS"));
    }
    let zones: Vec<Option<Arc<Zone>>> = names
        .iter()
        .map(|(_, name)| call.state.zones.of(&name.to_ascii_lowercase()))
        .collect();
    Ok(OPTIONS.iter().fold(Answer::ok(), |answer, (name, cell)| {
        let cells = zones
            .iter()
            .map(|zone| zone.as_deref().map(cell).unwrap_or_default());
        answer.with_all(name, cells)
    }))
}

pub fn repository(call: &mut Call<'_>) -> Outcome {
    let name = call.command.required("DOMAIN")?.to_ascii_lowercase();
    let zone = call.zone(&name)?;
    let columns = OPTIONS.iter().chain(REPOSITORY);
    Ok(columns.fold(Answer::ok(), |answer, (name, cell)| {
        answer.with(name, cell(&zone))
    }))
}

type Column = (&'static str, fn(&Zone) -> String);

static OPTIONS: &[Column] = &[
    ("ZONE", |zone| zone.suffix.clone()),
    ("REPOSITORY", Zone::repository),
    ("ZONEREGISTRATIONPERIODS", |zone| terms(&zone.registration)),
    ("ZONERENEWALPERIODS", |zone| terms(&zone.renewal)),
    ("ZONETRANSFERPERIODS", |zone| terms(&zone.transfer)),
    ("ZONETRADEPERIODS", |zone| {
        if zone.owner_change == "TRADE" {
            "0Y".to_owned()
        } else {
            String::new()
        }
    }),
    ("ZONEDELETIONRESTORABLEPERIOD", |zone| {
        days(zone.days.restorable)
    }),
    ("REGISTRYTRANSFERREQUIREAUTHCODE", |zone| {
        yes(zone.incoming.auth == Auth::Required)
    }),
    ("ZONEPOLICYREGISTRANTNAMECHANGEBY", |zone| {
        zone.owner_change.to_owned()
    }),
    ("X-PROXY", |zone| {
        let proxy = if zone.trustee { "WHOISTRUSTEE" } else { "" };
        proxy.to_owned()
    }),
    ("X-TRUSTEE", |_| String::new()),
    ("ZONEPOLICYDOMAINTRANSFERCONFIRMATION", |zone| {
        yes(zone.trustee)
    }),
    ("OWNERCONTACTMIN", |_| "1".to_owned()),
    ("OWNERCONTACTMAX", |_| "1".to_owned()),
    ("ADMINCONTACTMIN", |_| "1".to_owned()),
    ("ADMINCONTACTMAX", |_| "3".to_owned()),
    ("TECHCONTACTMIN", |_| "1".to_owned()),
    ("TECHCONTACTMAX", |_| "3".to_owned()),
    ("BILLINGCONTACTMIN", |_| "1".to_owned()),
    ("BILLINGCONTACTMAX", |_| "3".to_owned()),
    ("NAMESERVERMIN", |zone| zone.nameserver_min.to_string()),
    ("NAMESERVERMAX", |_| "13".to_owned()),
    ("HOSTMANAGEDAS", |_| "OBJECT".to_owned()),
    ("HOSTIPADDRESSESTYPE", |_| "IPV4,IPV6".to_owned()),
];

static REPOSITORY: &[Column] = &[
    ("REGISTRYEXPLICITRENEWAL", |zone| yes(zone.explicit_renewal)),
    ("REGISTRYTRANSFERLOCK", |zone| yes(zone.lock)),
    ("REGISTRYTRANSFERREALTIME", |zone| {
        yes(matches!(zone.incoming.ends, Ends::After(time) if time.as_hours() < 1))
    }),
    ("ZONERENEWALACCOUNTINGPERIOD", |zone| {
        days(zone.days.accounting)
    }),
    ("ZONERENEWALFINALIZATIONPERIOD", |zone| {
        days(zone.days.finalization)
    }),
    ("ZONERENEWALFAILUREPERIOD", |zone| days(zone.days.failure)),
    ("ZONERENEWALPAYMENTPERIOD", |zone| days(zone.days.payment)),
    ("DELETIONRESTORABLEPERIOD", |zone| {
        days(zone.days.restorable)
    }),
    ("DELETIONHOLDPERIOD", |zone| days(zone.days.hold)),
    ("ZONESECDNSINTERFACE", |zone| {
        let interface = if zone.suffix == "de" { "KEY" } else { "DS" };
        interface.to_owned()
    }),
    ("RESTOREPOLICY", |zone| {
        let policy = if zone.days.restorable > 0 {
            "REALTIME"
        } else {
            "NONE"
        };
        policy.to_owned()
    }),
    ("ADDONID", |zone| {
        let addon = if zone.trustee { "WHOISTRUSTEE" } else { "" };
        addon.to_owned()
    }),
];

fn yes(yes: bool) -> String {
    let text = if yes { "YES" } else { "NO" };
    text.to_owned()
}

fn days(days: i64) -> String {
    format!("{days}d")
}

const MOST: usize = 500;
