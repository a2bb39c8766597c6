//! A registrar with many domains.

use std::collections::BTreeSet;

use super::*;

#[tokio::test]
async fn ten_thousand_domains_are_listed_in_ten_pages() {
    let desk = Desk::new();
    let filled = desk
        .act(
            "fill",
            serde_json::json!({ "account": "whale", "domains": 10_000 }),
        )
        .await;
    assert_eq!(filled["added"], 10_000);
    let again = desk
        .act(
            "fill",
            serde_json::json!({ "account": "whale", "domains": 10_000 }),
        )
        .await;
    assert_eq!(again["added"], 0);
    let mut names = BTreeSet::new();
    for page in 0..10 {
        let command = format!(
            "COMMAND=QueryDomainList\nVERSION=2\nWIDE=1\nLIMIT=1000\nFIRST={}",
            page * 1_000
        );
        let answer = desk.run(&command).await;
        assert_eq!(property(&answer, "TOTAL"), ["10000"]);
        assert_eq!(property(&answer, "EXPIRATIONDATE").len(), 1_000);
        names.extend(property(&answer, "DOMAIN").into_iter().map(str::to_owned));
    }
    assert_eq!(names.len(), 10_000);
    let first = FilledDomain::at(0, desk.clock.now());
    assert!(names.contains(&first.name));
    let one = desk
        .json(&format!("/_sandbox/domains/{}", first.name))
        .await;
    assert_eq!(one["expires"], dates::text(first.expires));
    let page = desk.get("/?page=2&q=fill-000").await;
    assert!(page.contains("page 2 of 2") && page.contains("fill-00099."));
    // A year on, all that nobody renewed is in redemption or gone.
    desk.pass_days(365 + 45);
    let left = desk.run("COMMAND=QueryDomainList\nLIMIT=1").await;
    assert_eq!(property(&left, "TOTAL"), ["0"]);
}

#[test]
fn a_registrar_can_start_full() {
    let clock = Clock::fixed("2026-11-21T10:00:00Z".parse().unwrap());
    let registry = Registry::new(RegistryOptions {
        clock,
        accounts: vec![Account {
            login: "whale".into(),
            password: "x".into(),
            balance: Money::new(1, Currency::EUR),
        }],
        fill_accounts: 3,
        fill_domains: 24,
        fill_zones: 400,
        ..RegistryOptions::default()
    });
    let state = registry.at_now();
    assert_eq!(state.domains.len(), 24);
    assert_eq!(state.accounts.len(), 4);
    assert_eq!(state.zones.all().len(), 400);
}

#[test]
fn what_is_given_up_early_ends_early_in_a_shop() {
    let zones = crate::zones::Zones::default();
    let now = "2026-11-21T10:00:00Z".parse().unwrap();
    for index in 0..24 {
        let filled = FilledDomain::at(index, now);
        let days = zones.of(&filled.name).unwrap().days;
        let early = if days.failure > 0 {
            1
        } else {
            1 - days.finalization
        };
        assert_eq!(filled.days_early, early, "{}", filled.name);
    }
}
