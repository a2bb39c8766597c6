//! What a domain has on or off: registrar lock, ID protection, suspension.

use serde_json::json;
use wharf_core::Deadline;
use wharf_store::Effect as _;
use wharf_whmcs::call::{ModuleAnswer, ModuleCall};

use super::{domain, from_outcome, from_reading, logged, success};
use crate::effects::{Change, Wish};
use crate::reads::{Found, Wants};
use crate::tlds::Privacy;
use crate::{Domains, DomainsError};

impl Domains {
    /// `{"lock": "locked"}`, `unlocked`, or nothing where the extension has no lock.
    pub(super) async fn registrar_lock(
        &self,
        call: &ModuleCall,
    ) -> Result<ModuleAnswer, DomainsError> {
        let account = self.accounts.seen(call).await?;
        let name = domain(&call.params, &self.tlds)?;
        let deadline = Deadline::after(self.patience.page);
        let reading = self
            .reads
            .domain(&account, &name, Wants::AnyAnswer, deadline)
            .await?;
        let lock = match reading.ours(&account, &name)?.transfer_lock {
            Some(true) => "locked",
            Some(false) => "unlocked",
            None => "",
        };
        Ok(from_reading(json!({ "lock": lock }), &reading))
    }

    pub(super) async fn save_registrar_lock(
        &self,
        call: &ModuleCall,
    ) -> Result<ModuleAnswer, DomainsError> {
        let wanted = call.params.required("lockenabled")?;
        let on = match wanted.to_ascii_lowercase().as_str() {
            "locked" | "on" | "1" => true,
            "unlocked" | "off" | "0" => false,
            _ => {
                return Err(DomainsError::Input(format!(
                    "\"{wanted}\" is no registrar lock: locked or unlocked."
                )));
            }
        };
        let name = domain(&call.params, &self.tlds)?;
        let facts = self.tlds.of(&name);
        if !facts.lock {
            return Err(DomainsError::Input(format!(
                "There is no transfer lock for .{}: {name} stays as it is.",
                facts.tld
            )));
        }
        self.switch(call, Wish::TransferLock(on)).await
    }

    pub(super) async fn toggle_id_protection(
        &self,
        call: &ModuleCall,
    ) -> Result<ModuleAnswer, DomainsError> {
        let on = call.params.flag("protectenable");
        let name = domain(&call.params, &self.tlds)?;
        let facts = self.tlds.of(&name);
        if on && facts.id_protection == Privacy::None {
            return Err(DomainsError::Input(format!(
                "There is no ID protection for .{}: {name} stays as it is.",
                facts.tld
            )));
        }
        self.switch(call, Wish::IdProtection(on)).await
    }

    pub(super) async fn suspend(
        &self,
        call: &ModuleCall,
        on: bool,
    ) -> Result<ModuleAnswer, DomainsError> {
        self.switch(call, Wish::Suspended(on)).await
    }

    /// Makes one thing so. What is so already by a fresh reading costs no call.
    pub(crate) async fn switch(
        &self,
        call: &ModuleCall,
        wish: Wish,
    ) -> Result<ModuleAnswer, DomainsError> {
        let account = self.accounts.seen(call).await?;
        let name = domain(&call.params, &self.tlds)?;
        // Standing and revision are of one moment: of many who wish the same, the late find either the journal's entry
        // or the wish fulfilled.
        let mut known = self.reads.known(&account, &name).await?;
        if known.fresh.is_none() {
            let deadline = Deadline::after(self.patience.page);
            // Without an answer the change itself says what is wrong.
            let _ = self
                .reads
                .domain(&account, &name, Wants::Fresh, deadline)
                .await;
            known = self.reads.known(&account, &name).await?;
        }
        if let Some(Found::Ours(status)) = &known.fresh
            && wish.holds(status)
        {
            return Ok(ModuleAnswer::new(success(false, "")));
        }
        let change = Change {
            site: call.site.clone(),
            module: call.module.clone(),
            revision: known.revision,
            name,
            wish,
        };
        let deadline = Deadline::after(self.patience.change);
        let outcome = self.store.journal().run(&change, deadline).await?;
        let title = format!("{} of {}", change.wish.title(), change.name);
        let answer = from_outcome(outcome, &title, |made| {
            success(
                made.pending,
                "The registrar took the change; the registry has not carried it out yet.",
            )
        });
        Ok(logged(answer, self.wires.take(&change.key()).as_ref()))
    }
}
