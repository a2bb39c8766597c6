//! RenewDomain: one term for one payment, whatever happens on the way.

use std::sync::Mutex;
use std::time::Duration;

use jiff::ToSpan as _;
use serde_json::{Value, json};
use wharf_core::Clock;
use wharf_domains::Patience;
use wharf_store::journal::Filter;
use wharf_store::testing::TestDb;

use crate::fake::{FakeIspapi, FakeWhmcs, Fault};
use crate::life::{Life, Proof, live};
use crate::{World, error, until, until_async};

fn wish(tld: &str, years: i64) -> Value {
    json!({
        "domainid": 7, "sld": "example", "tld": tld, "regperiod": years, "expirydate": "2030-05-19",
        "isInRedemptionGracePeriod": false
    })
}

fn nothing(_: &mut Life) {}

/// Paid for within the last days of the term.
fn nearly_over(life: &mut Life) {
    let now = Clock::system().now().to_zoned(jiff::tz::TimeZone::UTC);
    let soon = now.datetime().checked_add(30.days()).unwrap();
    life.expires = soon.round(jiff::Unit::Second).unwrap();
}

const EXPLICIT: Proof = Proof {
    function: "RenewDomain",
    params: Value::Null,
    command: "RenewDomain",
    before: nothing,
    did: &["renew 2"],
    again: true,
};

#[tokio::test]
async fn a_term_is_bought_once_whatever_becomes_of_the_answer() {
    let proof = Proof {
        params: wish("com", 2),
        ..EXPLICIT
    };
    proof.hold().await;
}

#[tokio::test]
async fn a_silent_registrar_is_in_progress_and_not_asked_twice() {
    let proof = Proof {
        params: wish("com", 2),
        ..EXPLICIT
    };
    proof.hangs().await;
}

#[tokio::test]
async fn fifty_renewals_at_once_are_one() {
    let proof = Proof {
        params: wish("com", 2),
        ..EXPLICIT
    };
    proof.fifty().await;
}

#[tokio::test]
async fn where_the_registry_renews_by_itself_the_money_is_paid_once() {
    let params = json!({ "domainid": 7, "sld": "example", "tld": "de", "regperiod": 1 });
    let proof = Proof {
        params,
        command: "PayDomainRenewal",
        before: nearly_over,
        did: &["pay 1"],
        ..EXPLICIT
    };
    proof.hold().await;
}

#[tokio::test]
async fn too_early_is_said_and_nothing_is_sent() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    live(&world.registrar);
    let answer = world.call("RenewDomain", wish("de", 1)).await;
    let told = error(&answer);
    assert!(
        told.contains("last 61 days") && told.contains("2030-03-20"),
        "{told}"
    );
    assert_eq!(world.registrar.calls("PayDomainRenewal"), 0);
    assert_eq!(world.registrar.calls("RenewDomain"), 0);
}

#[tokio::test]
async fn what_is_not_renewed_by_order_is_paid_for() {
    for db in TestDb::each().await {
        let world = World::new(&db, Patience::default()).await;
        let life = live(&world.registrar);
        world.registrar.script("RenewDomain", |_| (510, Vec::new()));
        let answer = world.call("RenewDomain", wish("com", 1)).await;
        assert_eq!(answer.value, json!({"success": true}));
        assert_eq!(life.lock().unwrap().did, ["pay 1"]);
    }
}

#[tokio::test]
async fn already_renewed_counts_only_when_it_is() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    let life = live(&world.registrar);
    world.registrar.script("RenewDomain", |_| (555, Vec::new()));
    let answer = world.call("RenewDomain", wish("com", 1)).await;
    assert!(error(&answer).contains("code 555"), "{answer:?}");

    // An attempt that came through late.
    let moved = life.clone();
    world.registrar.script("RenewDomain", move |_| {
        let mut life = moved.lock().unwrap();
        life.expires = life.expires.checked_add(1.years()).unwrap();
        (555, Vec::new())
    });
    let answer = world.call("RenewDomain", wish("com", 1)).await;
    assert_eq!(answer.value, json!({"success": true}));
    assert!(
        answer.activity[0].contains("the term already"),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_wrong_term_is_refused_and_asks_nobody() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    for years in [json!(0), json!(11), json!(-1), json!("many")] {
        let mut wrong = wish("com", 1);
        wrong["regperiod"] = years.clone();
        let call = world.try_call("RenewDomain", wrong).await;
        assert!(
            call.is_none_or(|answer| answer.value["error"].is_string()),
            "{years}"
        );
    }
    assert_eq!(world.registrar.all_calls(), 0);
}

#[tokio::test]
async fn a_premium_name_is_not_renewed_above_its_price() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    let life = live(&world.registrar);
    life.lock().unwrap().class = Some("PREMIUM_COM_USD:120:2500".to_owned());
    let mut asked = wish("com", 1);
    (asked["premiumEnabled"], asked["premiumCost"]) = (json!(true), json!("100.00"));
    let answer = world.call("RenewDomain", asked.clone()).await;
    let told = error(&answer);
    assert!(
        told.contains("100.00 USD") && told.contains("120 USD"),
        "{told}"
    );
    assert_eq!(world.registrar.calls("RenewDomain"), 0);

    asked["premiumCost"] = json!("120.00");
    let answer = world.call("RenewDomain", asked).await;
    assert_eq!(answer.value, json!({"success": true}));
    assert_eq!(life.lock().unwrap().did, ["renew 1"]);
}

fn in_redemption(life: &mut Life) {
    (life.here, life.deleted) = (false, true);
}

fn redeemed(years: i64) -> Value {
    let mut wish = wish("com", years);
    wish["isInRedemptionGracePeriod"] = json!(true);
    wish
}

#[tokio::test]
async fn a_deleted_domain_is_fetched_back_once() {
    let proof = Proof {
        params: redeemed(1),
        command: "RestoreDomain",
        before: in_redemption,
        did: &["restore"],
        ..EXPLICIT
    };
    proof.hold().await;
}

#[tokio::test]
async fn fetching_back_that_was_not_paid_for_is_refused() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    in_redemption(&mut live(&world.registrar).lock().unwrap());
    let answer = world.call("RenewDomain", wish("com", 1)).await;
    assert!(error(&answer).contains("did not charge"), "{answer:?}");
    assert_eq!(world.registrar.calls("RestoreDomain"), 0);
}

#[tokio::test]
async fn the_rest_of_the_term_follows_a_restore() {
    for db in TestDb::each().await {
        let world = World::new(&db, Patience::default()).await;
        let life = live(&world.registrar);
        in_redemption(&mut life.lock().unwrap());
        let answer = world.call("RenewDomain", redeemed(3)).await;
        assert_eq!(answer.value, json!({"success": true}));
        assert!(
            answer.activity[0].contains("2 year(s) follow"),
            "{answer:?}"
        );
        until("the rest", || {
            life.lock().unwrap().did == ["restore", "renew 2"]
        })
        .await;
    }
}

#[tokio::test]
async fn a_rest_that_is_refused_is_in_whmcs_activity_log() {
    for db in TestDb::each().await {
        let world = World::new(&db, Patience::default()).await;
        let life = live(&world.registrar);
        in_redemption(&mut life.lock().unwrap());
        world.registrar.script("RenewDomain", |_| (549, Vec::new()));
        world.call("RenewDomain", redeemed(3)).await;
        until("the line", || !world.whmcs.lines().is_empty()).await;
        let lines = world.whmcs.lines();
        assert!(
            lines[0].contains("remaining 2 year(s)") && lines[0].contains("code 549"),
            "{lines:?}"
        );
    }
}

/// The registrar takes it only later: it is ordered each day, and WHMCS's log hears of it once.
#[tokio::test]
async fn a_rest_that_is_too_early_is_ordered_again_each_day() {
    for db in TestDb::each().await {
        let clock = Clock::fixed(Clock::system().now());
        let (registrar, whmcs) = (
            FakeIspapi::start().await,
            FakeWhmcs::start("example.com").await,
        );
        let patience = Patience::default();
        let world = World::at(&db, &clock, patience, registrar, whmcs).await;
        let life = live(&world.registrar);
        in_redemption(&mut life.lock().unwrap());
        let renew = Mutex::new(world.registrar.take_script("RenewDomain"));
        world.registrar.script("RenewDomain", |_| (548, Vec::new()));
        world.call("RenewDomain", redeemed(3)).await;
        // The job that waits for the domain's return is due in two seconds.
        clock.advance(Duration::from_secs(3));
        until("the line", || !world.whmcs.lines().is_empty()).await;
        let asked = || world.registrar.calls("RenewDomain");
        assert_eq!(asked(), 1);
        clock.advance(Duration::from_secs(25 * 3_600));
        until("it was ordered again", || asked() == 2).await;
        world
            .registrar
            .script("RenewDomain", move |asked| (renew.lock().unwrap())(asked));
        until_async("the third day", || async {
            clock.advance(Duration::from_secs(25 * 3_600));
            tokio::time::sleep(Duration::from_millis(600)).await;
            life.lock().unwrap().did == ["restore", "renew 2"]
        })
        .await;
        let lines = world.whmcs.lines();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains("too early for the remaining 2 year(s)"));
    }
}

/// WHMCS says redemption, the registrar was away when it was asked, and the domain lives: it was paid for.
#[tokio::test]
async fn a_living_domain_is_renewed_whatever_whmcs_counts() {
    for db in TestDb::each().await {
        let world = World::new(&db, Patience::default()).await;
        let life = live(&world.registrar);
        world
            .registrar
            .always("StatusDomain", Some(Fault::Code(421)));
        let back = async {
            let journal = world.store.journal();
            until_async("the intent", || async {
                tokio::time::sleep(Duration::from_millis(5)).await;
                !journal.list(&Filter::default()).await.unwrap().is_empty()
            })
            .await;
            world.registrar.always("StatusDomain", None);
        };
        let (answer, ()) = tokio::join!(world.call("RenewDomain", redeemed(1)), back);
        assert_eq!(answer.value, json!({"success": true}));
        assert_eq!(life.lock().unwrap().did, ["renew 1"]);
    }
}

/// Deleted after it was looked at: an order that got lost is not reported as "not here".
#[tokio::test]
async fn a_domain_that_is_deleted_meanwhile_is_fetched_back() {
    for db in TestDb::each().await {
        let world = World::new(&db, Patience::default()).await;
        let life = live(&world.registrar);
        let status = Mutex::new(world.registrar.take_script("StatusDomain"));
        let (seen, first) = (life.clone(), Mutex::new(true));
        world.registrar.script("StatusDomain", move |asked| {
            let answer = (status.lock().unwrap())(asked);
            if std::mem::take(&mut *first.lock().unwrap()) {
                in_redemption(&mut seen.lock().unwrap());
            }
            answer
        });
        world.registrar.fault("RestoreDomain", Fault::CutBefore);
        let answer = world.call("RenewDomain", redeemed(1)).await;
        assert_eq!(answer.value, json!({"success": true}));
        assert_eq!(life.lock().unwrap().did, ["restore"]);
    }
}

/// The renewal ends in the background; before WHMCS is told, its synchronisation brings the new expiry into the books,
/// and the failed renewal is asked for again: by us, by staff, by its queue.
#[tokio::test]
async fn a_renewal_that_whmcs_is_still_to_be_told_of_is_not_made_for_another_year() {
    for db in TestDb::each().await {
        let patience = Patience {
            change: Duration::from_millis(200),
            ..Patience::default()
        };
        let world = World::new(&db, patience).await;
        let life = live(&world.registrar);
        world
            .whmcs
            .away
            .store(true, std::sync::atomic::Ordering::SeqCst);
        world.registrar.fault("RenewDomain", Fault::Slow(600));
        let begun = world.call("RenewDomain", wish("com", 1)).await;
        assert!(error(&begun).contains("in progress"), "{begun:?}");
        until("it is renewed", || life.lock().unwrap().did == ["renew 1"]).await;
        let filter = Filter {
            kind: Some("domains.renew".to_owned()),
            ..Filter::default()
        };
        until_async("the journal knows", || async {
            let entries = world.store.journal().list(&filter).await.unwrap();
            entries[0].state == wharf_store::journal::State::Done
        })
        .await;
        let mut again = wish("com", 1);
        again["expirydate"] = json!("2031-05-19");
        for _ in 0..3 {
            let told = world.call("RenewDomain", again.clone()).await;
            assert_eq!(told.value, json!({ "success": true }), "{told:?}");
        }
        assert_eq!(life.lock().unwrap().did, ["renew 1"]);
    }
}
