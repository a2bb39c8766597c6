//! The functions of the registrar modules, one group per file.

mod admin;
mod auth_code;
mod daily;
mod give_up;
mod information;
mod nameservers;
mod prices;
mod register;
mod renew;
mod search;
mod settings;
mod suggestions;
mod switches;
mod sync;
mod sync_now;
mod transfer;
mod transfer_sync;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use wharf_core::DomainName;
use wharf_registrar::WireLog;
use wharf_store::Outcome;
use wharf_whmcs::call::{Answering, CallError, ModuleAnswer, ModuleCall, ModuleHandler, Params};

pub(crate) use search::Searches;

use crate::effects::Answer;
use crate::reads::{Reading, Stale};
use crate::tlds::Tlds;
use crate::{Domains, DomainsError};

impl ModuleHandler for Domains {
    fn call(&self, call: ModuleCall) -> Answering<'_> {
        Box::pin(async move {
            // What the registrar reported of extensions corrects the files, from the first call on.
            if let Err(error) = self.load_books().await {
                tracing::warn!(%error, "the stored price lists cannot be read");
            }
            let answer = match call.function.to_ascii_lowercase().as_str() {
                "config_validate" => self.validate(&call).await,
                "checkavailability" => self.check_availability(&call).await,
                "getdomainsuggestions" => self.suggestions(&call).await,
                "domainsuggestionoptions" => Ok(Self::suggestion_options()),
                "tldidprotection" => self.tld_id_protection(&call).await,
                "getpremiumprice" => self.premium_costs(&call).await,
                "gettldpricing" => self.tld_pricing(&call).await,
                "registerdomain" => self.register_domain(&call).await,
                "getnameservers" => self.nameservers(&call).await,
                "transferdomain" => self.transfer_domain(&call).await,
                "renewdomain" => self.renew_domain(&call).await,
                "getregistrarlock" => self.registrar_lock(&call).await,
                "saveregistrarlock" => self.save_registrar_lock(&call).await,
                "geteppcode" => self.epp_code(&call).await,
                "idprotecttoggle" => self.toggle_id_protection(&call).await,
                "releasedomain" => self.release(&call).await,
                "requestdelete" => self.request_delete(&call).await,
                "carttransfercheck" => self.cart_transfer_check(&call).await,
                "canceltransfer" => self.answer_transfer(&call, Answer::Cancel).await,
                "approvetransfer" => self.answer_transfer(&call, Answer::Approve).await,
                "denytransfer" => self.answer_transfer(&call, Answer::Deny).await,
                "resendtransfermail" => self.answer_transfer(&call, Answer::ResendMail).await,
                "suspenddomain" => self.suspend(&call, true).await,
                "unsuspenddomain" => self.suspend(&call, false).await,
                "savenameservers" => self.save_nameservers(&call).await,
                "getdomaininformation" => self.information(&call).await,
                "sync" => self.sync(&call).await,
                "transfersync" => self.transfer_sync(&call).await,
                "admincustombuttonarray" => self.admin_buttons(&call).await,
                "admindomainstabfields" => self.admin_rows(&call).await,
                "admindomainstabfieldssave" => self.save_admin_rows(&call).await,
                "syncnow" => self.sync_now(&call).await,
                "dailycron" => self.daily(&call).await,
                "settlenow" => self.settle_all(&call).await,
                _ => return Err(CallError::UnknownFunction(call.function)),
            };
            match answer {
                Ok(answer) => Ok(answer),
                Err(DomainsError::Call(error)) => Err(error),
                Err(DomainsError::Store(error)) => Err(CallError::Internal {
                    public: "Wharf's database did not do its work; its log says why".to_owned(),
                    source: Box::new(error),
                }),
                Err(error) => Ok(ModuleAnswer::error(error.to_string())),
            }
        })
    }
}

/// The wire logs of changes under way, by effect key: the journal performs them, the caller's answer carries
/// what went over the wire.
#[derive(Debug, Default)]
pub(crate) struct Wires(Mutex<HashMap<String, WireLog>>);

impl Wires {
    pub fn of(&self, key: &str) -> WireLog {
        let mut logs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Logs that nobody came for: effects that ended in the background.
        if logs.len() >= MOST_WIRES && !logs.contains_key(key) {
            logs.clear();
        }
        logs.entry(key.to_owned()).or_default().clone()
    }

    /// For the first who asks; those who waited with him need not repeat it in the module log.
    fn take(&self, key: &str) -> Option<WireLog> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(key)
    }
}

/// The name that a call is about.
fn domain(params: &Params, tlds: &Tlds) -> Result<DomainName, DomainsError> {
    let whole = ["domain_punycode", "domainname", "domain"]
        .iter()
        .find_map(|field| params.text(field));
    let text = match (params.text("sld"), params.text("tld")) {
        (Some(sld), Some(tld)) => format!("{sld}.{}", tld.trim_start_matches('.')),
        _ => whole.ok_or(CallError::Missing("sld"))?,
    };
    Ok(tlds.to_ascii(&text)?)
}

/// The nameservers of a call, blanks left out.
fn hosts(params: &Params) -> Result<wharf_registrar::Nameservers, DomainsError> {
    ["ns1", "ns2", "ns3", "ns4", "ns5"]
        .iter()
        .filter_map(|field| params.text(field))
        .map(|host| {
            DomainName::parse(&host)
                .map_err(|error| DomainsError::Input(format!("A nameserver is wrong: {error}.")))
        })
        .collect()
}

/// An answer together with what went over the wire for it.
fn logged(answer: ModuleAnswer, wire: Option<&WireLog>) -> ModuleAnswer {
    match wire.and_then(WireLog::texts) {
        Some((request, response)) => answer.logged(request, response),
        None => answer,
    }
}

/// The answer of a read; an old one is marked in WHMCS's module log.
fn from_reading(value: Value, reading: &Reading) -> ModuleAnswer {
    let answer = ModuleAnswer::new(value);
    let Some(Stale { age, why }) = &reading.stale else {
        return logged(answer, reading.wire.as_ref());
    };
    let (request, response) = reading
        .wire
        .as_ref()
        .and_then(WireLog::texts)
        .unwrap_or_default();
    let mark = format!(
        "Answered with what the registrar said {} ago. {why}.",
        in_words(*age)
    );
    answer.logged(
        request,
        format!("{response}\n{mark}").trim_start().to_owned(),
    )
}

/// The answer of a change.
fn from_outcome<T>(outcome: Outcome<T>, what: &str, done: impl FnOnce(T) -> Value) -> ModuleAnswer {
    match outcome {
        Outcome::Done(result) => ModuleAnswer::new(done(result)),
        Outcome::Refused(refusal) => ModuleAnswer::error(refusal.reason),
        Outcome::InProgress { reason } => {
            let because = if reason.is_empty() {
                String::new()
            } else {
                format!(" ({})", reason.trim_end_matches('.'))
            };
            ModuleAnswer::error(format!(
                "{what} is in progress{because}. Wharf goes on with it and brings WHMCS up to date by itself; nothing \
                 needs to be done again."
            ))
        }
        Outcome::Held { reason } => ModuleAnswer::error(format!(
            "{what}: nobody can tell whether it happened ({}). Look into the registrar's own panel, then run: wharf journal \
             list --state held",
            reason.trim_end_matches('.')
        )),
    }
}

fn success(pending: bool, message: &str) -> Value {
    if pending {
        json!({ "pending": true, "pendingMessage": message })
    } else {
        json!({ "success": true })
    }
}

fn in_words(age: Duration) -> String {
    match age.as_secs() {
        seconds @ 0..=119 => format!("{seconds} seconds"),
        seconds @ 120..=7_199 => format!("{} minutes", seconds / 60),
        seconds @ 7_200..=172_799 => format!("{} hours", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

const MOST_WIRES: usize = 500;
