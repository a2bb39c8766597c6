//! GetNameservers and SaveNameservers.

use serde_json::{Map, Value};
use wharf_core::{Deadline, DomainName};
use wharf_registrar::Nameservers;
use wharf_store::Effect as _;
use wharf_whmcs::call::{ModuleAnswer, ModuleCall};

use super::{domain, from_outcome, from_reading, hosts, logged, success};
use crate::effects::SetNameservers;
use crate::reads::Wants;
use crate::{Domains, DomainsError};

impl Domains {
    pub(super) async fn nameservers(
        &self,
        call: &ModuleCall,
    ) -> Result<ModuleAnswer, DomainsError> {
        let account = self.accounts.seen(call).await?;
        let name = domain(&call.params, &self.tlds)?;
        let reading = self
            .reads
            .domain(
                &account,
                &name,
                Wants::AnyAnswer,
                Deadline::after(self.patience.page),
            )
            .await?;
        let status = reading.ours(&account, &name)?;
        Ok(from_reading(numbered(&status.nameservers), &reading))
    }

    pub(super) async fn save_nameservers(
        &self,
        call: &ModuleCall,
    ) -> Result<ModuleAnswer, DomainsError> {
        let account = self.accounts.seen(call).await?;
        let name = domain(&call.params, &self.tlds)?;
        let hosts = hosts(&call.params)?;
        if hosts.is_empty() {
            return Err(DomainsError::Input(format!(
                "{name} needs at least one nameserver: ns1 is empty."
            )));
        }
        let revision = self.reads.revision(&account, &name).await?;
        let wish = SetNameservers {
            site: call.site.clone(),
            module: call.module.clone(),
            name,
            hosts,
            revision,
        };
        let outcome = self
            .store
            .journal()
            .run(&wish, Deadline::after(self.patience.change))
            .await?;
        let answer = from_outcome(
            outcome,
            &format!("The change of the nameservers of {}", wish.name),
            |set| {
                success(
                    set.pending,
                    "The registrar took the change; the registry has not carried it out yet.",
                )
            },
        );
        Ok(logged(answer, self.wires.take(&wish.key()).as_ref()))
    }
}

/// `ns1` to `ns5`, as WHMCS has them.
pub(super) fn numbered(hosts: &Nameservers) -> Value {
    let pair = |(index, host): (usize, &DomainName)| {
        (format!("ns{}", index + 1), Value::from(host.as_str()))
    };
    Value::Object(
        hosts
            .iter()
            .take(5)
            .enumerate()
            .map(pair)
            .collect::<Map<_, _>>(),
    )
}
