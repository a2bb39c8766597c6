//! What goes on behind an account that nobody asks anything.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use wharf_core::{Clock, DomainName};
use wharf_domains::Patience;
use wharf_store::testing::TestDb;

use crate::World;
use crate::fake::{FakeIspapi, FakeWhmcs, Fault, Properties};

fn row(key: &str, at: usize, value: &str) -> (String, usize, String) {
    (key.to_owned(), at, value.to_owned())
}

/// 250 extensions on sale, and `.com`.
fn sold(_: &HashMap<String, String>) -> (u16, Properties) {
    let made_up = (0..250).map(|n: u8| format!("Z{}Q", hex(n).to_uppercase()));
    let classes = std::iter::once("COM".to_owned()).chain(made_up);
    let rows = classes.enumerate().flat_map(|(at, class)| {
        [
            row(
                "RELATIONTYPE",
                at,
                &format!("PRICE_CLASS_DOMAIN_{class}_ANNUAL"),
            ),
            row("RELATIONVALUE", at, "9"),
        ]
    });
    (200, rows.collect())
}

fn hex(n: u8) -> String {
    format!("{n:02x}")
}

fn options(asked: &HashMap<String, String>) -> (u16, Properties) {
    let names = (0..).map_while(|at| asked.get(&format!("DOMAIN{at}")));
    let rows = names
        .enumerate()
        .map(|(at, _)| row("REPOSITORY", at, "SOME-LIVE"));
    (200, rows.collect())
}

/// One domain, below an extension that the price list does not have.
fn held(_: &HashMap<String, String>) -> (u16, Properties) {
    let rows = vec![
        row("TOTAL", 0, "1"),
        row("DOMAIN", 0, "example.de"),
        row("STATUS", 0, "ACTIVE"),
        row("PAIDUNTILDATE", 0, "2031-05-20 10:00:00"),
        row("FAILUREDATE", 0, "2031-07-03 10:00:00"),
    ];
    (200, rows)
}

/// All renew by payment in the last 40 days, and have no lock.
fn all_about(
    asked: Arc<Mutex<Vec<String>>>,
) -> impl Fn(&HashMap<String, String>) -> (u16, Properties) {
    move |command| {
        let name = command["DOMAIN"].clone();
        let known = !name.ends_with(".z00q");
        asked.lock().unwrap().push(name);
        if !known {
            return (541, Vec::new());
        }
        let rows = vec![
            row("REGISTRYEXPLICITRENEWAL", 0, "NO"),
            row("ZONERENEWALPAYMENTPERIOD", 0, "-40d"),
            row("ZONERENEWALFAILUREPERIOD", 0, "-1d"),
            row("DELETIONRESTORABLEPERIOD", 0, "20d"),
            row("REGISTRYTRANSFERLOCK", 0, "NO"),
        ];
        (200, rows)
    }
}

#[tokio::test]
async fn prices_and_extensions_are_asked_about_behind_everybody_a_few_at_a_time() {
    for db in TestDb::each().await {
        let clock = Clock::fixed(Clock::system().now());
        let registrar = FakeIspapi::start().await;
        let asked = Arc::new(Mutex::new(Vec::new()));
        registrar.script("StatusUser", sold);
        registrar.script("QueryDomainOptions", options);
        registrar.script("QueryDomainList", held);
        registrar.script("QueryDomainRepositoryInfo", all_about(asked.clone()));
        let patience = Patience::default();
        let whmcs = FakeWhmcs::start("example.com").await;
        let world = World::at(&db, &clock, patience, registrar.clone(), whmcs.clone()).await;
        let about = json!({ "domainid": 1, "sld": "example", "tld": "de", "status": "Active" });
        world.call("Sync", about.clone()).await;
        let name = DomainName::parse("example.de").unwrap();
        let facts = world.domains.tlds().await.unwrap().of(&name);
        assert_eq!(facts.renewal_window_days, Some(61), "from the file");
        let count = || asked.lock().unwrap().len();
        assert_eq!((registrar.calls("StatusUser"), count()), (0, 0));

        // Turn by turn, no more than a hundred calls in each.
        for (turn, calls) in [100, 200, 252].into_iter().enumerate() {
            clock.advance(Duration::from_secs(1_201));
            crate::until("a turn was taken", || count() >= calls).await;
            let next = format!(
                "domains.look_after/main/wharf/{}",
                next_slot(&clock, turn == 2)
            );
            crate::until_async("the next one is due", || async {
                world.store.jobs().is_open(&next).await.unwrap()
            })
            .await;
            assert_eq!((registrar.calls("StatusUser"), count()), (1, calls));
        }
        // Those of the account's own domains come first, several at a time, which may change places on the way.
        let first: Vec<String> = asked.lock().unwrap().iter().take(8).cloned().collect();
        assert!(first.iter().any(|name| name == "example.de"), "{first:?}");
        let facts = world.domains.tlds().await.unwrap().of(&name);
        assert_eq!(
            (
                facts.explicit_renewal,
                facts.renewal_window_days,
                facts.lock
            ),
            (false, Some(40), false)
        );
        assert_eq!((facts.grace_days, facts.redemption_days), (0, 20));
        let minimums = world.domains.tlds().await.unwrap().renewal_minimums();
        assert!(minimums.contains("$DomainRenewalMinimums['.de'] = 40;"));
        assert!(minimums.contains("$DomainRenewalMinimums['.z01q'] = 40;"));
        assert!(!minimums.contains("z00q"));

        // A restart knows them; what is fresh is not asked again, the price list is.
        let again = World::at(&db, &clock, patience, registrar.clone(), whmcs).await;
        let facts = again.domains.tlds().await.unwrap().of(&name);
        assert_eq!(facts.renewal_window_days, Some(40));
        clock.advance(Duration::from_secs(7 * 3_600));
        crate::until("the price list was read by itself", || {
            registrar.calls("StatusUser") == 2
        })
        .await;
        assert_eq!(count(), 252);
        let next = format!("domains.look_after/main/wharf/{}", next_slot(&clock, true));
        crate::until_async("the next one is planned", || async {
            world.store.jobs().is_open(&next).await.unwrap()
        })
        .await;

        // A silent registrar costs one call, and what is known stays.
        registrar.always("QueryDomainRepositoryInfo", Some(Fault::Code(421)));
        clock.advance(Duration::from_secs(8 * 24 * 3_600));
        crate::until("it was asked", || {
            registrar.calls("QueryDomainRepositoryInfo") > 252
        })
        .await;
        let facts = again.domains.tlds().await.unwrap().of(&name);
        assert_eq!(facts.renewal_window_days, Some(40));
    }
}

/// The moment of the turn after the one that was just taken.
fn next_slot(clock: &Clock, is_last: bool) -> i64 {
    const SLOT_MS: i64 = 600_000;
    let pause = if is_last { 6 * 3_600_000 } else { SLOT_MS };
    (clock.now_ms() + pause + SLOT_MS - 1) / SLOT_MS
}
