//! What the effects of this room need to act.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Client;
use wharf_store::{Refusal, Store};
use wharf_whmcs::Sites;

use crate::connector::{Connector, Limits, Supplier};
use crate::server::Server;

/// How long things may take. The default is for production; tests have less time.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// What WHMCS waits for a change before it is told that it goes on.
    pub change: Duration,
    /// What a page waits for a supplier.
    pub page: Duration,
    /// One reading request to a supplier in the background.
    pub supplier_read: Duration,
    /// One changing request to a supplier.
    pub supplier_change: Duration,
    /// How old what the supplier told may be before a page asks again.
    pub fresh: Duration,
    /// When to check that WHMCS knows of a creation that it was told of.
    pub check: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            change: wharf_core::Deadline::CHANGE,
            // Below the 3 s of a page: PHP and rendering need some of them.
            page: Duration::from_millis(2_600),
            supplier_read: Duration::from_secs(10),
            supplier_change: Duration::from_secs(30),
            fresh: Duration::from_secs(300),
            check: Duration::from_secs(120),
        }
    }
}

pub(crate) struct World {
    pub store: Store,
    pub sites: Sites,
    pub http: Client,
    pub connectors: BTreeMap<String, Connector>,
    pub patience: Patience,
}

impl World {
    pub(crate) fn connector(&self, name: &str) -> Result<&Connector, String> {
        self.connectors.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.connectors.keys().map(String::as_str).collect();
            format!(
                "there is no connector \"{name}\"; known are: {}",
                known.join(", ")
            )
        })
    }

    /// The supplier behind a server whose settings were seen before.
    pub(crate) async fn supplier(
        &self,
        site: &str,
        server: i64,
        connector: &str,
    ) -> Result<Supplier<'_>, Refusal> {
        let connector = self.connector(connector).map_err(Refusal::lasting)?;
        let kept = Server::kept(&self.store, site, server).await;
        let (base, token) = kept
            .map_err(|error| Refusal::temporary(error.to_string()))?
            .ok_or_else(|| Refusal::lasting(NEVER_SEEN))?;
        Ok(self.at(connector, base, token, self.background()))
    }

    /// The supplier behind settings that arrived just now, for a page.
    pub(crate) fn supplier_for_page<'a>(
        &self,
        connector: &'a Connector,
        server: &Server,
    ) -> Supplier<'a> {
        let limits = Limits {
            read: self.patience.page,
            change: self.patience.page,
        };
        self.at(connector, server.base.clone(), server.token.clone(), limits)
    }

    fn at<'a>(
        &self,
        connector: &'a Connector,
        base: String,
        token: wharf_core::Secret,
        limits: Limits,
    ) -> Supplier<'a> {
        Supplier {
            connector,
            http: self.http.clone(),
            base,
            token,
            limits,
        }
    }

    fn background(&self) -> Limits {
        Limits {
            read: self.patience.supplier_read,
            change: self.patience.supplier_change,
        }
    }
}

const NEVER_SEEN: &str = "the server's settings were never seen; run the action in WHMCS again";
