//! What the registrar itself says of an extension. It corrects the files: registries change their terms.

use serde::{Deserialize, Serialize};

use super::{OwnerChange, Privacy, TldFacts, TransferAuth};

/// As much as was said; what was not stays as the files have it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Reported {
    pub registration_years: Vec<i64>,
    pub renewal_years: Vec<i64>,
    pub transfer_years: Vec<i64>,
    pub explicit_renewal: Option<bool>,
    pub renewal_window_days: Option<i64>,
    pub grace_days: Option<i64>,
    pub redemption_days: Option<i64>,
    pub auth_required: Option<bool>,
    pub lock: Option<bool>,
    pub id_protection: Option<bool>,
    pub owner_change: Option<OwnerChange>,
}

impl Reported {
    pub fn correct(&self, facts: &mut TldFacts) {
        let said = |years: &[i64], of: &mut Vec<i64>| {
            if !years.is_empty() {
                *of = years.to_vec();
            }
        };
        said(&self.registration_years, &mut facts.registration_years);
        said(&self.renewal_years, &mut facts.renewal_years);
        said(&self.transfer_years, &mut facts.transfer_years);
        facts.explicit_renewal = self.explicit_renewal.unwrap_or(facts.explicit_renewal);
        if facts.explicit_renewal {
            facts.renewal_window_days = None;
        } else {
            facts.renewal_window_days = self.renewal_window_days.or(facts.renewal_window_days);
        }
        facts.grace_days = self.grace_days.unwrap_or(facts.grace_days);
        facts.redemption_days = self.redemption_days.unwrap_or(facts.redemption_days);
        facts.lock = self.lock.unwrap_or(facts.lock);
        facts.owner_change = self.owner_change.unwrap_or(facts.owner_change);
        match self.auth_required {
            // "May not be sent" is known better by the file than "need not be".
            Some(false) if facts.transfer.auth == TransferAuth::Required => {
                facts.transfer.auth = TransferAuth::Optional;
            }
            Some(true) => facts.transfer.auth = TransferAuth::Required,
            _ => {}
        }
        facts.id_protection = match (self.id_protection, facts.id_protection) {
            (Some(true), _) => Privacy::Trustee,
            (Some(false), Privacy::Trustee) => Privacy::None,
            (_, known) => known,
        };
    }
}
