//! GetEPPCode: the code with which a domain can leave, by the rule of its extension.

use serde_json::json;
use wharf_core::{Deadline, DomainName};
use wharf_registrar::{AuthCode, AuthCodeWay, Talk};
use wharf_store::{Effect as _, Outcome};
use wharf_whmcs::call::{ModuleAnswer, ModuleCall};

use super::{domain, from_outcome, logged};
use crate::account::Account;
use crate::effects::MakeAuthCode;
use crate::reads::Wants;
use crate::tlds::AuthCodeRule;
use crate::{Domains, DomainsError};

impl Domains {
    /// `{"eppcode": code}`; without a code it was mailed to the registrant.
    pub(super) async fn epp_code(&self, call: &ModuleCall) -> Result<ModuleAnswer, DomainsError> {
        let account = self.accounts.seen(call).await?;
        let name = domain(&call.params, &self.tlds)?;
        let facts = self.tlds.of(&name);
        match facts.auth_code {
            AuthCodeRule::Status => self.read_code(&account, &name).await,
            AuthCodeRule::DenicAuthInfo1 => {
                self.make_code(&account, name, AuthCodeWay::DenicAuthInfo1)
                    .await
            }
            AuthCodeRule::Mailed => self.make_code(&account, name, AuthCodeWay::Mailed).await,
            AuthCodeRule::WhenUnlocked => {
                self.must_be_unlocked(&account, &name).await?;
                self.read_code(&account, &name).await
            }
            AuthCodeRule::FreshWhenUnlocked => {
                self.must_be_unlocked(&account, &name).await?;
                self.make_code(&account, name, AuthCodeWay::Fresh).await
            }
            AuthCodeRule::NoCode => Err(DomainsError::Input(format!(
                "Transfers of .{} domains need no auth code: there is none for {name}.",
                facts.tld
            ))),
        }
    }

    async fn read_code(
        &self,
        account: &Account,
        name: &DomainName,
    ) -> Result<ModuleAnswer, DomainsError> {
        let talk = Talk::until(Deadline::after(self.patience.page));
        let code = account
            .registrar
            .auth_code(name, AuthCodeWay::Status, &talk)
            .await?;
        let answer = match code {
            AuthCode::Code(code) => json!({ "eppcode": code.expose() }),
            AuthCode::Mailed => json!({ "success": true }),
        };
        Ok(logged(ModuleAnswer::new(answer), Some(&talk.log)).processed(INSTEAD))
    }

    async fn make_code(
        &self,
        account: &Account,
        name: DomainName,
        way: AuthCodeWay,
    ) -> Result<ModuleAnswer, DomainsError> {
        let wish = MakeAuthCode {
            site: account.site.clone(),
            module: account.module.clone(),
            name,
            way,
            period: self.store.clock().now_ms() / CODES_APART_MS,
        };
        let deadline = Deadline::after(self.patience.change);
        let outcome = self.store.journal().run(&wish, deadline).await?;
        let code = match &outcome {
            Outcome::Done(made) if !made.mailed => wish.code(self).await?,
            _ => None,
        };
        let title = format!("The auth code of {}", wish.name);
        let answer = from_outcome(outcome, &title, |_| match &code {
            Some(code) => json!({ "eppcode": code.expose() }),
            None => json!({ "success": true }),
        });
        let shown = code.is_some();
        let answer = logged(answer, self.wires.take(&wish.key()).as_ref());
        Ok(if shown {
            answer.processed(INSTEAD)
        } else {
            answer
        })
    }

    async fn must_be_unlocked(
        &self,
        account: &Account,
        name: &DomainName,
    ) -> Result<(), DomainsError> {
        let deadline = Deadline::after(self.patience.page);
        let reading = self
            .reads
            .domain(account, name, Wants::Fresh, deadline)
            .await?;
        if reading.ours(account, name)?.transfer_lock == Some(true) {
            return Err(DomainsError::Input(format!(
                "{name} is locked. Its registry gives out an auth code only when the registrar lock is off: unlock it first."
            )));
        }
        Ok(())
    }
}

/// Within so many milliseconds one code, or one mail, will do.
const CODES_APART_MS: i64 = 5 * 60_000;
/// What WHMCS's module log shows in the place of a code.
const INSTEAD: &str = "the auth code";
