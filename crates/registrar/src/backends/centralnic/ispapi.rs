//! The ISPAPI dialect: where its systems are, how it tells them apart, and its verbs.

use std::sync::Arc;

use wharf_core::DomainName;

use super::transport::{Credentials, Environment, Transport};
use super::verbs;
use crate::{
    Account, Changed, Checked, DomainList, DomainStatus, Nameservers, Page, Registered, Registrar,
    RegistrarError, Registration, Reply, Talk,
};

/// An ISPAPI account. A cheap handle: clone it.
#[derive(Clone, Debug)]
pub struct Ispapi {
    transport: Transport,
}

#[derive(Clone, Debug)]
pub struct IspapiOptions {
    pub environment: Environment,
    pub credentials: Credentials,
    /// Another address than the platform's own, for a proxy or a test.
    pub url: Option<String>,
    /// From [`http_client`](super::http_client); accounts share it.
    pub http: reqwest::Client,
}

impl Ispapi {
    pub fn new(options: IspapiOptions) -> Self {
        let (url, entity) = match options.environment {
            Environment::Live => ("https://api.ispapi.net/api/call.cgi", "54cd"),
            Environment::Ote => ("https://api-ote.ispapi.net/api/call.cgi", "1234"),
        };
        Self {
            transport: Transport {
                http: options.http,
                url: options.url.map_or_else(|| Arc::from(url), Arc::from),
                entity: Some(entity),
                credentials: options.credentials,
            },
        }
    }
}

impl Registrar for Ispapi {
    fn check<'a>(&'a self, names: &'a [DomainName], talk: &'a Talk) -> Reply<'a, Vec<Checked>> {
        Box::pin(async move {
            let mut checked = Vec::with_capacity(names.len());
            for batch in names.chunks(verbs::check_domains::BATCH) {
                let response = self
                    .transport
                    .call(&verbs::check_domains::request(batch), talk)
                    .await?;
                checked.extend(verbs::check_domains::reply(&response, batch));
            }
            Ok(checked)
        })
    }

    fn status<'a>(&'a self, name: &'a DomainName, talk: &'a Talk) -> Reply<'a, DomainStatus> {
        Box::pin(async move {
            let response = self
                .transport
                .call(&verbs::status_domain::request(name), talk)
                .await?;
            Ok(verbs::status_domain::reply(&response, name))
        })
    }

    fn account<'a>(&'a self, talk: &'a Talk) -> Reply<'a, Account> {
        Box::pin(async move {
            let response = self
                .transport
                .call(&verbs::status_account::request(), talk)
                .await?;
            Ok(verbs::status_account::reply(
                &response,
                &self.transport.credentials.login,
            ))
        })
    }

    fn domains<'a>(&'a self, page: Page, talk: &'a Talk) -> Reply<'a, DomainList> {
        Box::pin(async move {
            let response = self
                .transport
                .call(&verbs::query_domain_list::request(page), talk)
                .await?;
            Ok(verbs::query_domain_list::reply(&response))
        })
    }

    fn register<'a>(&'a self, order: &'a Registration, talk: &'a Talk) -> Reply<'a, Registered> {
        Box::pin(async move {
            let response = self
                .transport
                .call(&verbs::add_domain::request(order), talk)
                .await?;
            Ok(verbs::add_domain::reply(&response))
        })
    }

    fn set_nameservers<'a>(
        &'a self,
        name: &'a DomainName,
        nameservers: &'a Nameservers,
        talk: &'a Talk,
    ) -> Reply<'a, Changed> {
        Box::pin(async move {
            if nameservers.is_empty() {
                // A list that is left out would mean "no change", and be answered as a success.
                return Err(RegistrarError::Refused {
                    code: 504,
                    description: "no nameserver was given".to_owned(),
                    cause: crate::Cause::Other,
                });
            }
            let response = self
                .transport
                .call(&verbs::modify_domain::nameservers(name, nameservers), talk)
                .await?;
            Ok(verbs::modify_domain::reply(&response))
        })
    }
}
