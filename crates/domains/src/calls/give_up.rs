//! ReleaseDomain and RequestDelete.

use wharf_core::{Deadline, DomainName};
use wharf_store::Effect as _;
use wharf_whmcs::call::{ModuleAnswer, ModuleCall};

use super::{domain, from_outcome, logged, success};
use crate::account::Account;
use crate::effects::{GiveUp, Way};
use crate::reads::Wants;
use crate::{Domains, DomainsError};

impl Domains {
    pub(super) async fn release(&self, call: &ModuleCall) -> Result<ModuleAnswer, DomainsError> {
        let account = self.accounts.seen(call).await?;
        let name = domain(&call.params, &self.tlds)?;
        let facts = self.tlds.of(&name);
        let Some(release) = &facts.release else {
            return Err(DomainsError::Input(format!(
                "Domains under .{} are not released to a tag: {name} leaves by a transfer.",
                facts.tld
            )));
        };
        let tag = call.params.text("transfertag");
        let target = match (tag, release.needs_tag) {
            (Some(tag), _) => Some(tag),
            (None, true) => {
                return Err(DomainsError::Input(format!(
                    "{name} is released to the tag of another registrar: enter it."
                )));
            }
            (None, false) => Some(release.default.clone()),
        };
        let deadline = Deadline::after(self.patience.page);
        let reading = self
            .reads
            .domain(&account, &name, Wants::Fresh, deadline)
            .await?;
        if reading.ours(&account, &name)?.transfer_lock == Some(true) {
            return Err(DomainsError::Input(format!(
                "{name} is locked: take the registrar lock off before it is released."
            )));
        }
        self.give_up(call, &account, name, Way::Release { target })
            .await
    }

    pub(super) async fn request_delete(
        &self,
        call: &ModuleCall,
    ) -> Result<ModuleAnswer, DomainsError> {
        let account = self.accounts.seen(call).await?;
        let name = domain(&call.params, &self.tlds)?;
        self.give_up(call, &account, name, Way::Delete).await
    }

    async fn give_up(
        &self,
        call: &ModuleCall,
        account: &Account,
        name: DomainName,
        way: Way,
    ) -> Result<ModuleAnswer, DomainsError> {
        let title = match way {
            Way::Delete => "The deletion",
            Way::Release { .. } => "The release",
        };
        let wish = GiveUp {
            site: call.site.clone(),
            module: call.module.clone(),
            domain_id: call.params.required_integer("domainid")?,
            revision: self.reads.revision(account, &name).await?,
            name,
            way,
        };
        let deadline = Deadline::after(self.patience.change);
        let outcome = self.store.journal().run(&wish, deadline).await?;
        let answer = from_outcome(outcome, &format!("{title} of {}", wish.name), |given| {
            success(
                given.pending,
                "The registrar took the order; the registry has not carried it out yet.",
            )
        });
        Ok(logged(answer, self.wires.take(&wish.key()).as_ref()))
    }
}
