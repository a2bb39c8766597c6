//! The capability on a real store, against a registrar that misbehaves.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that finds what it does not expect must fail"
)]

mod applying;
mod fake;
mod leaving;
mod life;
mod pricing;
mod reading;
mod registering;
mod renewing;
mod secrets;
mod settings;
mod staff;
mod switching;
mod syncing;
mod transferring;
mod zones;

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wharf_core::{Clock, Secret};
use wharf_domains::{Domains, DomainsConfig, Patience};
use wharf_store::Store;
use wharf_store::testing::TestDb;
use wharf_whmcs::Sites;
use wharf_whmcs::call::{
    CallError, ModuleAnswer, ModuleCall, ModuleHandler as _, ModuleKind, Params,
};
use wharf_whmcs::setup::SiteSetup;

use fake::{FakeIspapi, FakeWhmcs, LOGIN, PASSWORD};

/// A daemon's worth of the capability, with its outside.
struct World {
    registrar: FakeIspapi,
    whmcs: FakeWhmcs,
    store: Store,
    domains: Arc<Domains>,
}

impl World {
    async fn new(db: &TestDb, patience: Patience) -> Self {
        let (registrar, whmcs) = (
            FakeIspapi::start().await,
            FakeWhmcs::start("example.com").await,
        );
        Self::over(db, patience, registrar, whmcs).await
    }

    /// What a restart brings up over the same database and the same outside.
    async fn over(
        db: &TestDb,
        patience: Patience,
        registrar: FakeIspapi,
        whmcs: FakeWhmcs,
    ) -> Self {
        Self::at(db, &Clock::system(), patience, registrar, whmcs).await
    }

    async fn at(
        db: &TestDb,
        clock: &Clock,
        patience: Patience,
        registrar: FakeIspapi,
        whmcs: FakeWhmcs,
    ) -> Self {
        // The program does it at boot.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let store = db.open(clock).await;
        let domains = {
            let sites = Sites::new(store.clone(), None).unwrap();
            sites
                .upsert(&SiteSetup {
                    id: "main".into(),
                    token: Secret::new("0123456789abcdef"),
                    url: whmcs.url.clone(),
                    identifier: "id".into(),
                    secret: Secret::new("api-s3cret"),
                    access_key: None,
                })
                .await
                .unwrap();
            let config = DomainsConfig {
                ispapi_ote: Some(registrar.url.clone()),
                patience,
                ..DomainsConfig::new(sites)
            };
            Domains::new(store.clone(), config).unwrap()
        };
        store.journal().recover().await.unwrap();
        store.jobs().recover().await.unwrap();
        let journal = store.journal().clone();
        tokio::spawn(async move { journal.work().await });
        tokio::spawn(store.jobs().clone().work());
        Self {
            registrar,
            whmcs,
            store,
            domains,
        }
    }

    async fn call(&self, function: &str, more: Value) -> ModuleAnswer {
        self.call_as(PASSWORD, function, more).await
    }

    /// `None`: what was sent makes no call.
    async fn try_call(&self, function: &str, more: Value) -> Option<ModuleAnswer> {
        self.sent(PASSWORD, function, more).await.ok()
    }

    async fn call_as(&self, password: &str, function: &str, more: Value) -> ModuleAnswer {
        self.sent(password, function, more).await.unwrap()
    }

    async fn sent(
        &self,
        password: &str,
        function: &str,
        more: Value,
    ) -> Result<ModuleAnswer, CallError> {
        let mut params = json!({ "Environment": "OTE", "Username": LOGIN, "Password": password });
        let (Value::Object(all), Value::Object(more)) = (&mut params, more) else {
            unreachable!()
        };
        all.extend(more);
        let call = ModuleCall {
            site: "main".into(),
            kind: ModuleKind::Registrar,
            module: "wharf".into(),
            function: function.into(),
            params: Params::new(all.clone()),
        };
        self.domains.call(call).await
    }
}

fn order(domain_id: i64) -> Value {
    json!({
        "domainid": domain_id, "sld": "example", "tld": "com", "regperiod": 1,
        "ns1": "ns1.example.net", "ns2": "ns2.example.net", "ns3": "", "ns4": "", "ns5": "",
        "firstname": "Mona", "lastname": "Hassan", "email": "mona@example.org", "address1": "1 Nile St", "city": "Cairo",
        "postcode": "11511", "country": "EG", "fullphonenumber": "+20.1012345678"
    })
}

fn name() -> Value {
    json!({ "domainid": 7, "sld": "example", "tld": "com" })
}

fn error(answer: &ModuleAnswer) -> &str {
    answer.value["error"]
        .as_str()
        .unwrap_or_else(|| panic!("no error: {answer:?}"))
}

/// Polls until it holds.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(10), "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// As [`until`], where finding out takes a wait.
async fn until_async<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < Duration::from_secs(10), "never: {what}");
    }
}
