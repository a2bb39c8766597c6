//! config_validate: the settings that are about to be saved.

use serde_json::json;
use wharf_core::Deadline;
use wharf_whmcs::call::{ModuleAnswer, ModuleCall};

use crate::{Domains, DomainsError};

impl Domains {
    /// Tries the entered account out. Only one that works is remembered: WHMCS saves no other.
    pub(super) async fn validate(&self, call: &ModuleCall) -> Result<ModuleAnswer, DomainsError> {
        let account = self.accounts.trial(call)?;
        let info = account.check(Deadline::after(self.patience.page)).await?;
        // The prices are there when somebody looks for them.
        let account = self.accounts.seen(call).await?;
        self.refresh_behind(&account);
        let balance = info
            .balance
            .map(|balance| format!(", balance {balance}"))
            .unwrap_or_default();
        let message = format!(
            "Connected to the registrar's {} as {}{balance}.",
            info.system, info.login
        );
        // WHMCS shows nothing of what a check returns that went well: its activity log does.
        Ok(
            ModuleAnswer::new(json!({ "success": true, "message": message }))
                .with_activity(format!("Registrar module {}: {message}", call.module)),
        )
    }
}
