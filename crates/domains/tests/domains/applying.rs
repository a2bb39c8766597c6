//! Names that are decided on later: the order is taken, and WHMCS learns of the decision.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use wharf_core::Clock;
use wharf_domains::Patience;
use wharf_store::testing::TestDb;

use crate::fake::{FakeIspapi, FakeWhmcs, LOGIN};
use crate::life::one;
use crate::{World, order, until};

fn wish() -> Value {
    let mut wish = order(7);
    wish["tld"] = json!("swiss");
    wish
}

#[tokio::test]
async fn whmcs_learns_what_became_of_an_application() {
    for (decision, booked, line) in [
        ("SUCCESSFUL", "Active", "was granted"),
        ("FAILED", "Cancelled", "was refused (not eligible)"),
    ] {
        for db in TestDb::each().await {
            let clock = Clock::fixed(Clock::system().now());
            let (registrar, whmcs) = (
                FakeIspapi::start().await,
                FakeWhmcs::start("example.swiss").await,
            );
            let world = World::at(&db, &clock, Patience::default(), registrar, whmcs).await;
            let state = Arc::new(Mutex::new("PENDING"));
            world.registrar.script("AddDomainApplication", |_| {
                let rows = vec![one("APPLICATION", "A-1"), one("STATUS", "PENDING")];
                (200, rows)
            });
            let seen = state.clone();
            world.registrar.script("StatusDomainApplication", move |_| {
                let state = *seen.lock().unwrap();
                let rows = vec![one("STATUS", state), one("REASON", "not eligible")];
                (200, rows)
            });
            for _ in 0..2 {
                let answer = world.call("RegisterDomain", wish()).await;
                assert!(answer.value["error"].is_null(), "{answer:?}");
            }
            assert_eq!(world.registrar.calls("AddDomainApplication"), 1);
            assert_eq!(world.registrar.calls("AddDomain"), 0);

            let jobs = world.store.jobs().clone();
            let pass = || {
                clock.advance(Duration::from_secs(3_600));
                jobs.wake();
            };
            let registrar = world.registrar.clone();
            until("it is looked at", || {
                pass();
                registrar.calls("StatusDomainApplication") > 0
            })
            .await;
            assert_eq!(*world.whmcs.status.lock().unwrap(), "Pending");

            *state.lock().unwrap() = decision;
            if decision == "SUCCESSFUL" {
                world
                    .registrar
                    .hold("example.swiss", LOGIN, "2026-11-20 10:00:00");
            }
            let whmcs = world.whmcs.clone();
            until("WHMCS knows", || {
                pass();
                *whmcs.status.lock().unwrap() == booked && !whmcs.lines().is_empty()
            })
            .await;
            assert!(whmcs.lines()[0].contains(line), "{:?}", whmcs.lines());
        }
    }
}
