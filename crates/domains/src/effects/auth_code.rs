//! `domains.auth_code`: has an auth code made or mailed. A code is kept sealed, outside of the journal.

use serde::{Deserialize, Serialize};
use wharf_core::{DomainName, Secret};
use wharf_registrar::{AuthCode, AuthCodeWay};
use wharf_store::{Effect, Performed, Refusal, Settled};

use super::{CHANGE, begin, failed, not_begun, secret_scope, subject};
use crate::{Domains, DomainsError};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MakeAuthCode {
    pub site: String,
    pub module: String,
    pub name: DomainName,
    pub way: AuthCodeWay,
    /// Numbers the stretches of time in which one code, or one mail, will do.
    pub period: i64,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CodeMade {
    /// It went to the registrant; otherwise it is [sealed](MakeAuthCode::code).
    pub mailed: bool,
}

impl MakeAuthCode {
    /// The code that was made, once it was.
    pub async fn code(&self, world: &Domains) -> Result<Option<Secret>, DomainsError> {
        let secrets = world.store.secrets();
        Ok(secrets.get(&secret_scope(&self.key()), CODE).await?)
    }
}

impl Effect for MakeAuthCode {
    const KIND: &'static str = "domains.auth_code";
    type World = Domains;
    type Output = CodeMade;

    fn key(&self) -> String {
        let Self {
            site,
            module,
            name,
            period,
            ..
        } = self;
        format!("auth_code/{site}/{module}/{name}/{period}")
    }

    fn subject(&self) -> String {
        subject(&self.name)
    }

    async fn perform(&self, world: &Domains, _attempt: i64) -> Performed<CodeMade> {
        let (account, talk) =
            match begin(world, &self.site, &self.module, &self.key(), CHANGE).await {
                Ok(begun) => begun,
                Err(error) => return Performed::Refused(not_begun(&error)),
            };
        match account
            .registrar
            .auth_code(&self.name, self.way, &talk)
            .await
        {
            Ok(AuthCode::Mailed) => Performed::Done(CodeMade { mailed: true }),
            Ok(AuthCode::Code(code)) => {
                let scope = secret_scope(&self.key());
                match world.store.secrets().put(&scope, CODE, &code).await {
                    Ok(()) => Performed::Done(CodeMade { mailed: false }),
                    // Another one can be made.
                    Err(error) => Performed::Refused(Refusal::temporary(error.to_string())),
                }
            }
            Err(error) => failed(&error),
        }
    }

    /// A code that got lost on its way is of no use to anybody, and a second one or a second mail does no harm.
    async fn settle(&self, _world: &Domains, attempt: i64) -> Settled<CodeMade> {
        if attempt < ENOUGH {
            return Settled::DidNotHappen;
        }
        Settled::Refused(Refusal::lasting(format!(
            "no auth code for {}: the registrar broke off {attempt} times",
            self.name
        )))
    }
}

const CODE: &str = "auth code";
const ENOUGH: i64 = 5;
