//! The staff's page of a domain: its buttons, its rows, and what is sent with them.

use serde_json::{Value, json};
use wharf_core::{Deadline, DomainName};
use wharf_registrar::RenewalMode;
use wharf_store::{Effect as _, Outcome};
use wharf_whmcs::call::{ModuleAnswer, ModuleCall};

use super::{domain, from_outcome, logged};
use crate::account::Account;
use crate::effects::{Change, Wish, subject};
use crate::{Domains, DomainsError};

impl Domains {
    /// AdminCustomButtonArray.
    pub(super) async fn admin_buttons(
        &self,
        call: &ModuleCall,
    ) -> Result<ModuleAnswer, DomainsError> {
        // Some callers only want to know which functions there are.
        let Ok(name) = domain(&call.params, &self.tlds) else {
            return Ok(ModuleAnswer::new(json!({})));
        };
        let account = self.account_of(call).await?;
        let look = self.look(&account, &name).await?;
        Ok(ModuleAnswer::new(Value::Object(
            look.buttons(language(call).as_deref()),
        )))
    }

    /// AdminDomainsTabFields.
    pub(super) async fn admin_rows(&self, call: &ModuleCall) -> Result<ModuleAnswer, DomainsError> {
        let account = self.account_of(call).await?;
        let look = self
            .look(&account, &domain(&call.params, &self.tlds)?)
            .await?;
        Ok(ModuleAnswer::new(Value::Object(
            look.rows(language(call).as_deref()),
        )))
    }

    /// AdminDomainsTabFieldsSave: a wish about the end of the term, or a question about one effect.
    pub(super) async fn save_admin_rows(
        &self,
        call: &ModuleCall,
    ) -> Result<ModuleAnswer, DomainsError> {
        let account = self.account_of(call).await?;
        let name = domain(&call.params, &self.tlds)?;
        // Our fields are named wharf[…]; the form has others too.
        let post = call.params.map("post").map("wharf");
        if let Some(id) = post.text("settle") {
            return self.settle_one(&name, &id).await;
        }
        let (wish, was) = (post.text("renewal_mode"), post.text("renewal_mode_was"));
        match wish {
            Some(wish) if Some(&wish) != was.as_ref() => {
                self.set_renewal_mode(call, &account, name, wish.into())
                    .await
            }
            _ => Ok(ModuleAnswer::new(json!({ "success": true }))),
        }
    }

    /// The button "Settle now": asks about all of this domain's effects whose end is not known.
    pub(super) async fn settle_all(&self, call: &ModuleCall) -> Result<ModuleAnswer, DomainsError> {
        let account = self.account_of(call).await?;
        let name = domain(&call.params, &self.tlds)?;
        let look = self.look(&account, &name).await?;
        let deadline = Deadline::after(self.patience.change);
        let mut open = Vec::new();
        for entry in look.open_effects() {
            let outcome = self.store.journal().settle_now(&entry.id, deadline).await?;
            if let Some(reason) = still_open(outcome) {
                open.push(format!("{}: {reason}", entry.kind));
            }
        }
        Ok(if open.is_empty() {
            ModuleAnswer::new(json!({ "success": true }))
        } else {
            ModuleAnswer::error(format!("Not settled yet. {}", open.join(". ")))
        })
    }

    async fn settle_one(&self, name: &DomainName, id: &str) -> Result<ModuleAnswer, DomainsError> {
        let journal = self.store.journal();
        let entry = journal.entry(id).await?;
        if entry.subject != subject(name) {
            return Err(DomainsError::Input(format!(
                "That change was not about {name}."
            )));
        }
        let deadline = Deadline::after(self.patience.change);
        let outcome = journal.settle_now(id, deadline).await?;
        let said = match &outcome {
            Outcome::Done(_) => "it happened".to_owned(),
            Outcome::Refused(refusal) => format!("it did not happen: {}", refusal.reason),
            Outcome::InProgress { reason } | Outcome::Held { reason } => {
                format!("it is still not known: {reason}")
            }
        };
        let line = format!("Wharf asked about {} of {name}: {said}", entry.kind);
        Ok(ModuleAnswer::new(json!({ "success": true })).with_activity(line))
    }

    async fn set_renewal_mode(
        &self,
        call: &ModuleCall,
        account: &Account,
        name: DomainName,
        mode: RenewalMode,
    ) -> Result<ModuleAnswer, DomainsError> {
        if matches!(mode, RenewalMode::Other(_)) {
            return Err(DomainsError::Input(format!(
                "\"{}\" is no renewal mode.",
                mode.as_str()
            )));
        }
        let wish = Change {
            site: call.site.clone(),
            module: call.module.clone(),
            revision: self.reads.revision(account, &name).await?,
            name,
            wish: Wish::RenewalMode(mode.clone()),
        };
        let deadline = Deadline::after(self.patience.change);
        let outcome = self.store.journal().run(&wish, deadline).await?;
        let line = match &outcome {
            Outcome::Done(_) => Some(format!(
                "Wharf set the renewal mode of {} to {}",
                wish.name,
                mode.as_str()
            )),
            Outcome::Refused(refusal) => Some(format!(
                "The renewal mode of {} is not changed: {}",
                wish.name, refusal.reason
            )),
            _ => None,
        };
        let what = format!("Changing the renewal mode of {}", wish.name);
        let answer = from_outcome(outcome, &what, |_| json!({ "success": true }));
        let answer = logged(answer, self.wires.take(&wish.key()).as_ref());
        Ok(match line {
            // The page does not show what saving its rows came to.
            Some(line) => answer.with_activity(line),
            None => answer,
        })
    }

    /// The account of a call; calls without the module's settings get the ones seen last.
    pub(super) async fn account_of(&self, call: &ModuleCall) -> Result<Account, DomainsError> {
        match self.accounts.seen(call).await {
            Err(DomainsError::Settings(_)) => self.accounts.of(&call.site, &call.module).await,
            account => account,
        }
    }
}

fn still_open<T>(outcome: Outcome<T>) -> Option<String> {
    match outcome {
        Outcome::Done(_) | Outcome::Refused(_) => None,
        Outcome::InProgress { reason } | Outcome::Held { reason } => {
            Some(reason.trim_end_matches('.').to_owned())
        }
    }
}

fn language(call: &ModuleCall) -> Option<String> {
    call.params.text("adminlanguage")
}
