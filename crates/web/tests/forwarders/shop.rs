//! A shop whose phone forwards, behind the public router.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::Request;
use jiff::Timestamp;
use sqlx::AssertSqlSafe;
use tower::ServiceExt as _;
use wharf_core::{Clock, Secret};
use wharf_payments::setup::{DeviceSetup, StoreSetup, WalletSetup};
use wharf_payments::{Payments, PaymentsConfig};
use wharf_store::Store;
use wharf_store::testing::TestDb;
use wharf_web::{AdminToken, App, AppOptions, Handlers, TrustedProxies, meters};
use wharf_whmcs::Sites;

use crate::support::{Got, read};
use crate::{NOW, TOKEN};

pub async fn each_database(key: Option<&str>, format: &str, test: impl AsyncFn(&Shop)) {
    for db in TestDb::each().await {
        let shop = Shop::open(&db, key, format).await;
        test(&shop).await;
    }
}

pub struct Shop {
    pub store: Store,
    pub payments: Arc<Payments>,
    pub clock: Clock,
    pub router: Router,
}

impl Shop {
    pub async fn open(db: &TestDb, key: Option<&str>, format: &str) -> Self {
        let clock = Clock::fixed(NOW.parse::<Timestamp>().unwrap());
        let store = db.open(&clock).await;
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sites = Sites::new(store.clone(), None).unwrap();
        let config = PaymentsConfig {
            public_url: "https://pay.example.com/".to_owned(),
            wallets_dir: None,
        };
        let payments = Payments::new(store.clone(), sites, config).unwrap();
        let app = App::new(AppOptions {
            store: store.clone(),
            sites: Arc::new(|_| Box::pin(async { Ok(None) })),
            handlers: Handlers::default(),
            public: payments.clone(),
            metrics: meters::detached(),
            proxies: TrustedProxies::default(),
            admin: AdminToken::new(Secret::new("admin")),
            version: "1.2.3",
            call_patience: Duration::from_secs(1),
            staff: None,
        });
        let shop = Self {
            store,
            payments: payments.clone(),
            clock,
            router: wharf_web::public_router(app),
        };
        let setup: StoreSetup =
            toml::from_str("id = \"nile\"\nsite = \"main\"\nname = \"Nile\"").unwrap();
        setup.apply(&shop.store).await.unwrap();
        let wallet: WalletSetup = toml::from_str(
            "id = \"vf1\"\nstore = \"nile\"\noperator = \"vodafone-cash\"\nnumber = \"01012345678\"",
        )
        .unwrap();
        wallet
            .apply(&shop.store, &payments.wallets())
            .await
            .unwrap();
        let device: DeviceSetup = toml::from_str(&shop.device(key, format)).unwrap();
        device.apply(&shop.store).await.unwrap();
        shop
    }

    pub fn device(&self, key: Option<&str>, format: &str) -> String {
        let key = key.map_or(String::new(), |key| format!("signing_key = \"{key}\"\n"));
        format!(
            "id = \"phone1\"\nstore = \"nile\"\ntoken = \"{TOKEN}\"\nformat = \"{format}\"\nwallets = [\"vf1\"]\n{key}"
        )
    }

    pub async fn send(&self, request: Request<Body>) -> Got {
        read(self.router.clone().oneshot(request).await.unwrap()).await
    }

    /// Sender, text, time, SIM card and how often it was delivered.
    pub async fn messages(&self) -> Vec<String> {
        sqlx::query_scalar(
            "SELECT sender || '|' || body || '|' || CAST(sent_at AS TEXT) || '|' || COALESCE(sim, '') || '|' || \
             CAST(deliveries AS TEXT) FROM payment_messages ORDER BY id",
        )
        .fetch_all(self.store.pool())
        .await
        .unwrap()
    }

    pub async fn text(&self, query: &'static str) -> String {
        sqlx::query_scalar(query)
            .fetch_one(self.store.pool())
            .await
            .unwrap()
    }

    pub async fn on_all_connections(&self, statement: &str) {
        let mut all = Vec::new();
        for _ in 0..self.store.pool().options().get_max_connections() {
            all.push(self.store.pool().acquire().await.unwrap());
        }
        for connection in &mut all {
            sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
                .execute(&mut **connection)
                .await
                .unwrap();
        }
    }
}
