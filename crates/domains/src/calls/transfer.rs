//! TransferDomain, the cart's question before it, and the answers to transfers under way.

use serde_json::json;
use wharf_core::{Deadline, DomainName, Secret};
use wharf_registrar::{Talk, TransferKind};
use wharf_store::{Effect as _, Outcome, StoreError};
use wharf_whmcs::call::{ModuleAnswer, ModuleCall, Params};

use super::register::{contacts, extra};
use super::{domain, from_outcome, hosts, logged, success};
use crate::account::Account;
use crate::effects::{self, Answer, AnswerTransfer, Transfer};
use crate::premium::Shown;
use crate::{Domains, DomainsError};

impl Domains {
    pub(super) async fn transfer_domain(
        &self,
        call: &ModuleCall,
    ) -> Result<ModuleAnswer, DomainsError> {
        let account = self.accounts.seen(call).await?;
        let params = &call.params;
        let name = domain(params, &self.tlds)?;
        let years = params.integer("regperiod").unwrap_or(1);
        if !(0..=10).contains(&years) {
            return Err(DomainsError::Input(format!(
                "A domain is transferred with a term of 0 to 10 years, not {years}."
            )));
        }
        let wish = Transfer {
            site: call.site.clone(),
            module: call.module.clone(),
            domain_id: params.required_integer("domainid")?,
            name,
            years,
            nameservers: hosts(params)?,
            contacts: contacts(params),
            extra: extra(params),
            premium: Shown::read(params),
            asked_at: self.store.clock().now_ms(),
            generation: 1,
        };
        let (wish, under_way) = wish.known(self, &account).await?;
        let code = auth(params);
        match &code {
            Some(code) => wish.seal(self, code).await?,
            // A repetition leaves what is under way its code.
            None if under_way => {}
            // The code of an earlier attempt must not be used again; that of one which begins at this moment stays.
            None => wish.forget(self).await?,
        }
        let deadline = Deadline::after(self.patience.change);
        let name = wish.name.clone();
        let mut outcome = self.store.journal().run(&wish, deadline).await;
        if let (Some(code), Ok(Outcome::Refused(refusal))) = (&code, &outcome)
            && effects::lacks_code(refusal)
        {
            // That was the answer to somebody who asked at the same moment and had none.
            wish.seal(self, code).await?;
            outcome = self.store.journal().run(&wish, deadline).await;
        }
        let outcome = match outcome {
            Err(StoreError::Conflict { .. }) => {
                return Err(DomainsError::Input(format!(
                    "The transfer of {name} was requested for this order by another module."
                )));
            }
            outcome => outcome?,
        };
        let going_on = matches!(outcome, Outcome::InProgress { .. });
        let answer = from_outcome(
            outcome,
            &format!("The transfer of {name}"),
            |_| json!({ "success": true }),
        );
        let answer = logged(answer, self.wires.take(&wish.key()).as_ref());
        Ok(if going_on {
            answer.with_activity(format!("Wharf goes on requesting the transfer of {name}"))
        } else {
            answer
        })
    }

    /// Whether a transfer would be taken, for the cart: `{"possible": bool, "reason": text}`. When it cannot be found
    /// out in time, the customer is let on: it is checked again before anything is ordered.
    pub(super) async fn cart_transfer_check(
        &self,
        call: &ModuleCall,
    ) -> Result<ModuleAnswer, DomainsError> {
        let account = match self.account_of(call).await {
            Ok(account) => account,
            // Nothing was ever set up under this name: nothing can be asked.
            Err(DomainsError::NoAccount { .. }) => return Ok(possible()),
            Err(error) => return Err(error),
        };
        if !account.settings().transfer_precheck {
            return Ok(possible());
        }
        let name = domain(&call.params, &self.tlds)?;
        let facts = self.tlds.of(&name);
        let talk = Talk::until(Deadline::after(self.patience.page));
        let auth = auth(&call.params);
        let checked = effects::check_transfer(&account, &name, &facts, auth.as_ref(), &talk).await;
        let answer = match checked {
            Ok(_) => possible(),
            Err(refusal) if refusal.temporary => possible(),
            Err(refusal) => {
                ModuleAnswer::new(json!({ "possible": false, "reason": refusal.reason }))
            }
        };
        Ok(logged(answer, Some(&talk.log)))
    }

    /// The buttons of staff: cancels, approves, denies, has the mails sent again.
    pub(super) async fn answer_transfer(
        &self,
        call: &ModuleCall,
        answer: Answer,
    ) -> Result<ModuleAnswer, DomainsError> {
        let account = self.accounts.seen(call).await?;
        let name = domain(&call.params, &self.tlds)?;
        let begun = self.transfer_begun(&account, &name, answer).await?;
        let wish = AnswerTransfer {
            site: call.site.clone(),
            module: call.module.clone(),
            name,
            answer,
            begun,
            period: match answer {
                Answer::ResendMail => self.store.clock().now_ms() / MAILS_APART_MS,
                _ => 0,
            },
        };
        let deadline = Deadline::after(self.patience.change);
        let outcome = self.store.journal().run(&wish, deadline).await?;
        let title = match answer {
            Answer::Cancel => "The cancellation of the transfer",
            Answer::Approve => "The approval of the transfer",
            Answer::Deny => "The rejection of the transfer",
            Answer::ResendMail => "Sending the transfer's mails again",
        };
        let answer = from_outcome(outcome, &format!("{title} of {}", wish.name), |made| {
            success(
                made.pending,
                "The registrar took it; the registry has not carried it out yet.",
            )
        });
        Ok(logged(answer, self.wires.take(&wish.key()).as_ref()))
    }

    /// When the transfer under way began; a button for what is not under way says so.
    async fn transfer_begun(
        &self,
        account: &Account,
        name: &DomainName,
        answer: Answer,
    ) -> Result<i64, DomainsError> {
        let talk = Talk::until(Deadline::after(self.patience.reading));
        let status = account.registrar.transfer_status(name, &talk).await?;
        let outgoing = matches!(answer, Answer::Approve | Answer::Deny);
        let fits = match status.kind {
            TransferKind::Outgoing => outgoing,
            TransferKind::Incoming => !outgoing,
            TransferKind::Trade => answer == Answer::ResendMail,
        };
        if !fits || status.state.has_ended() {
            return Err(DomainsError::Input(format!(
                "{name} has no {} transfer under way.",
                if outgoing { "outgoing" } else { "incoming" }
            )));
        }
        Ok(status.created.map_or(0, |created| created.as_millisecond()))
    }
}

fn possible() -> ModuleAnswer {
    ModuleAnswer::new(json!({ "possible": true }))
}

fn auth(params: &Params) -> Option<Secret> {
    let code = params
        .secret("eppcode")
        .or_else(|| params.secret("transfersecret"))?;
    let code = code.expose().trim();
    (!code.is_empty()).then(|| Secret::new(code))
}

/// Within so many milliseconds one mail will do.
const MAILS_APART_MS: i64 = 60_000;
