//! What the registrar says of an extension.

use serde::{Deserialize, Serialize};
use wharf_core::DomainName;

/// What can be ordered below an extension. Terms are in whole years, 0 is one that costs nothing; terms in months
/// are left out, WHMCS has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneOptions {
    /// Any name below it, as asked.
    pub name: DomainName,
    /// The registry connection; `None` when the registrar does not sell it.
    pub repository: Option<String>,
    pub registration_years: Vec<i64>,
    pub renewal_years: Vec<i64>,
    pub transfer_years: Vec<i64>,
    pub trade_years: Vec<i64>,
    /// Whether a transfer needs an auth code.
    pub auth_code: Option<bool>,
    pub id_protection: Option<bool>,
    /// How a registrant's name is changed: `UPDATE`, `TRADE`, `ICANN-TRADE`, `REGISTRY`, `NEWREG`.
    pub owner_change: Option<String>,
    /// How long a deleted name can be fetched back.
    pub restorable_days: Option<i64>,
    pub nameservers_min: Option<i64>,
    pub nameservers_max: Option<i64>,
}

/// What else is said when asked for one extension alone. Periods are in days, relative to the registry's date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneFacts {
    pub options: ZoneOptions,
    /// `false`: a renewal is only paid for, the registry renews by itself.
    pub explicit_renewal: Option<bool>,
    /// From how many days before the end a renewal can be paid.
    pub payment_period_days: Option<i64>,
    pub accounting_days: Option<i64>,
    pub finalization_days: Option<i64>,
    pub failure_days: Option<i64>,
    pub restorable_days: Option<i64>,
    /// Whether the registry has a transfer lock.
    pub lock: Option<bool>,
    pub realtime_transfer: Option<bool>,
    pub restore_policy: Option<String>,
    /// `NONE`, `KEY` or `DS`.
    pub dnssec: Option<String>,
}
