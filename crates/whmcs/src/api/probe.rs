//! Whether the API role may call an action, found out without changing anything.
//!
//! WHMCS looks at the role before it looks at the request. So each probe is a call that WHMCS must refuse once
//! the role is past: it names nothing that can exist, and what would be an amount is none.

use super::{ApiError, WhmcsApi};

/// An action and a call of it that changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    pub action: &'static str,
    fields: &'static [(&'static str, &'static str)],
}

impl Probe {
    /// What telling WHMCS of late registrations and services needs.
    pub const TELLING: &[Self] = &[
        Self::new("GetClientsDomains", &[("domainid", "0"), ("limitnum", "1")]),
        Self::new(
            "DomainRegister",
            &[("domainid", "0"), ("domain", "wharf-probe.invalid")],
        ),
        Self::new(
            "GetClientsProducts",
            &[("serviceid", "0"), ("limitnum", "1")],
        ),
        Self::new("ModuleCreate", &[("serviceid", "0")]),
        Self::new("ModuleSuspend", &[("serviceid", "0")]),
        Self::new("ModuleUnsuspend", &[("serviceid", "0")]),
        Self::new("ModuleTerminate", &[("serviceid", "0")]),
        Self::new("GetModuleQueue", &[("moduleName", "wharf-probe")]),
    ];
    /// What crediting payments needs.
    pub const CREDITING: &[Self] = &[
        Self::new(
            "GetClientsDetails",
            &[("clientid", "0"), ("stats", "false")],
        ),
        Self::new("AddCredit", &[("clientid", "0"), ("amount", "0.00")]),
        Self::new("GetInvoice", &[("invoiceid", "0")]),
        Self::new("ApplyCredit", &[("invoiceid", "0"), ("amount", "0.00")]),
    ];
    /// What finding out whether a credit happened needs.
    pub const LOOKING: &[Self] = &[Self::new("GetCredits", &[("clientid", "0")])];
    /// What crediting as transactions needs in the place of AddCredit. A number that cannot be there, and no
    /// payment method: WHMCS refuses the booking.
    pub const TRANSACTIONS: &[Self] = &[
        Self::new("GetTransactions", &[("transid", "wharf-probe")]),
        Self::new("AddTransaction", &[("userid", "0")]),
        Self::new("GetConfigurationValue", &[("setting", "DateFormat")]),
    ];
    /// What answering claim checks by the client's balance needs besides.
    pub const BALANCES: &[Self] = &[Self::new(
        "GetInvoices",
        &[("userid", "0"), ("status", "Unpaid"), ("limitnum", "1")],
    )];

    const fn new(action: &'static str, fields: &'static [(&'static str, &'static str)]) -> Self {
        Self { action, fields }
    }
}

impl WhmcsApi {
    /// Whether the role may call the action; an error where WHMCS did not come so far as to look.
    pub async fn may(&self, probe: &Probe) -> Result<bool, ApiError> {
        let fields: Vec<(&str, String)> = probe
            .fields
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        match self.call(probe.action, &fields).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_about_the_role() => Ok(false),
            Err(error @ ApiError::Refused { .. }) if !error.is_about_access() => Ok(true),
            Err(error) => Err(error),
        }
    }
}
