//! Time passes: synchronisation, invoices, renewals, grace and redemption.

use serde_json::{Value, json};

use crate::support::World;

/// A shop whose one client has a registered domain; `.com` has 30 days of grace and 30 of redemption.
async fn shop() -> World {
    let world = World::with(|seed| {
        seed["tlds"][0]["grace"] = json!({ "days": 30, "fee_minor": 0 });
        seed["tlds"][0]["redemption"] = json!({ "days": 30, "fee_minor": 4000 });
    })
    .await;
    world.client().await;
    world
        .order("mona.com", &[("domaintype[0]", "register")])
        .await;
    world
}

async fn domain(world: &World) -> Value {
    world.rows("tbldomains").await[0].clone()
}

/// The registry's date for the one domain.
fn expires(world: &World, day: &str) {
    let told = json!({ "mona.com": { "active": true, "expirydate": day } });
    world.registry_says("sync", &told);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paid_renewal_invoice_renews_once() {
    let world = shop().await;
    let expiry = domain(&world).await["expirydate"]
        .as_str()
        .unwrap()
        .to_owned();
    expires(&world, &expiry);
    // 365 or 366 days: up to the day before the invoice.
    let mut reports = world.days(350).await;
    assert!(world.rows("tblinvoices").await.len() == 1);
    reports.extend(world.days(3).await);
    let invoices = world.rows("tblinvoices").await;
    assert_eq!(invoices.len(), 2, "{reports:?}");
    assert_eq!(
        (
            &invoices[1]["status"],
            &invoices[1]["duedate"],
            &invoices[1]["total"]
        ),
        (&json!("Unpaid"), &json!(expiry), &json!("10.99"))
    );
    let mails: Vec<_> = world.rows("tblemails").await;
    let notices = mails
        .iter()
        .filter(|mail| mail["subject"] == "Upcoming Domain Renewal Notice");
    assert_eq!(notices.count(), 1, "{mails:?}");

    world.pay("2").await;
    let activity = world.activity().await;
    let called = format!(
        r#"RenewDomain mona.com {{"regperiod":1,"expirydate":"{expiry}","isInGracePeriod":false,"isInRedemptionGracePeriod":false}}"#
    );
    assert_eq!(
        activity.matches("RenewDomain mona.com").count(),
        1,
        "{activity}"
    );
    assert!(activity.contains(&called), "{activity}");
    let renewed = domain(&world).await;
    let year = |day: &str| day[..4].parse::<i32>().unwrap();
    for column in ["expirydate", "nextduedate", "nextinvoicedate"] {
        let day = renewed[column].as_str().unwrap();
        assert_eq!(year(day), year(&expiry) + 1, "{column} {renewed}");
        assert_eq!(day[4..], expiry[4..]);
    }
    // The registry agrees, and no more invoices are made for the term that is paid.
    expires(&world, renewed["expirydate"].as_str().unwrap());
    world.days(30).await;
    assert_eq!(world.rows("tblinvoices").await.len(), 2);
    assert!(world.rows("tblmodulequeue").await.is_empty());
    world.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credit_pays_the_renewal_by_itself_and_a_refusal_waits_in_the_queue() {
    let world = shop().await;
    world
        .order("unrenewable.com", &[("domaintype[0]", "register")])
        .await;
    world
        .api(
            "AddCredit",
            &[("clientid", "1"), ("description", "x"), ("amount", "50")],
        )
        .await;
    let due = world.day(3);
    for id in ["1", "2"] {
        let fields = [
            ("domainid", id),
            ("nextduedate", &due),
            ("expirydate", &due),
        ];
        world.api("UpdateClientDomain", &fields).await;
        world.set_next_invoice(id, &due).await;
    }
    world.registry_says(
        "sync",
        &json!({ "mona.com": { "active": true }, "unrenewable.com": { "active": true } }),
    );
    let report = world
        .host
        .cron(sandbox_host::CronRun::Everything)
        .await
        .unwrap();
    let told = report.did.join("\n");
    assert!(
        told.contains("credit of 21.98 applied, which pays it"),
        "{told}"
    );
    let queue = world.rows("tblmodulequeue").await;
    assert_eq!(queue.len(), 1, "{queue:?}");
    assert_eq!(
        (&queue[0]["module_action"], &queue[0]["last_attempt_error"]),
        (
            &json!("RenewDomain"),
            &json!("the registry does not renew unrenewable.com")
        )
    );
    assert_eq!(world.rows("tblclients").await[0]["credit"], "28.02");
    world.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unpaid_domain_goes_through_grace_and_redemption_with_its_fee_once() {
    let world = shop().await;
    let expiry = world.day(10);
    let fields = [
        ("domainid", "1"),
        ("nextduedate", &*expiry),
        ("expirydate", &*expiry),
    ];
    world.api("UpdateClientDomain", &fields).await;
    world.set_next_invoice("1", &expiry).await;
    expires(&world, &expiry);
    let mut seen = Vec::new();
    for day in 1..=75 {
        world.days(1).await;
        let status = domain(&world).await["status"].as_str().unwrap().to_owned();
        if seen.last().is_none_or(|(_, last)| *last != status) {
            seen.push((day, status));
        }
    }
    let seen: Vec<(i32, &str)> = seen
        .iter()
        .map(|(day, status)| (*day, status.as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            (1, "Active"),
            (11, "Grace"),
            (41, "Redemption"),
            (71, "Expired")
        ]
    );
    let invoices = world.rows("tblinvoices").await;
    assert_eq!(invoices.len(), 2);
    assert_eq!(invoices[1]["total"], "50.99");
    let items = world.rows("tblinvoiceitems?invoiceid=2").await;
    let kinds: Vec<_> = items
        .iter()
        .map(|item| item["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["Domain", "DomainRedemptionFee"]);
    world.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewal_in_redemption_says_so() {
    let world = shop().await;
    let expiry = world.day(-40);
    let fields = [
        ("domainid", "1"),
        ("nextduedate", &*expiry),
        ("expirydate", &*expiry),
    ];
    world.api("UpdateClientDomain", &fields).await;
    world.set_next_invoice("1", &expiry).await;
    expires(&world, &expiry);
    world
        .host
        .cron(sandbox_host::CronRun::Everything)
        .await
        .unwrap();
    assert_eq!(domain(&world).await["status"], "Redemption");
    world.pay("2").await;
    let activity = world.activity().await;
    assert!(
        activity.contains(r#""isInGracePeriod":false,"isInRedemptionGracePeriod":true"#),
        "{activity}"
    );
    assert_eq!(domain(&world).await["status"], "Active");
    world.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn synchronisation_takes_turns_and_tells_only_what_changed() {
    let world = World::with(|seed| {
        seed["clients"] = json!([{ "email": "a@b.test", "first_name": "A", "last_name": "B" }]);
        let domains: Vec<_> = (0..60)
            .map(|n| {
                json!({ "name": format!("d{n}.com"), "client": 0, "registrar": "testreg", "registered": "2026-01-01", "expires": "2031-02-03" })
            })
            .collect();
        seed["domains"] = json!(domains);
        seed["settings"] = json!({ "DomainStatusSyncFrequency": "4" });
    })
    .await;
    world.registry_says(
        "sync",
        &json!({ "d3.com": { "transferredAway": true }, "d7.com": { "cancelled": true }, "d55.com": { "active": true, "expirydate": "2032-02-03" },
            "d57.com": { "active": true, "expirydate": "0000-00-00" } }),
    );
    let first = world.host.cron(sandbox_host::CronRun::Due).await.unwrap();
    assert_eq!(
        first.did,
        [
            "domain sync: 50 asked, 2 changed, 0 failed",
            "d3.com: status Active → Transferred Away",
            "d7.com: status Active → Cancelled",
        ]
    );
    // Four hours have not passed.
    let again = world.host.cron(sandbox_host::CronRun::Due).await.unwrap();
    assert_eq!(again.did, Vec::<String>::new());
    world
        .clock
        .advance(std::time::Duration::from_secs(4 * 3600));
    let second = world.host.cron(sandbox_host::CronRun::Due).await.unwrap();
    insta::assert_snapshot!(second.did.join("\n"), @r#"
    domain sync: 10 asked, 1 changed, 1 failed
    d55.com: expirydate 2031-02-03 → 2032-02-03
    d57.com: error: Sync must give expirydate as YYYY-MM-DD, or leave it out; the module gave the text "0000-00-00"
    "#);
    world.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notify_only_changes_nothing_and_due_dates_follow_when_wanted() {
    let world = shop().await;
    expires(&world, "2040-05-06");
    for (setting, value) in [
        ("DomainSyncNotifyOnly", "on"),
        ("DomainSyncNextDueDate", "on"),
        ("DomainSyncNextDueDateDays", "5"),
    ] {
        world
            .api(
                "SetConfigurationValue",
                &[("setting", setting), ("value", value)],
            )
            .await;
    }
    let before = domain(&world).await;
    let report = world
        .host
        .cron(sandbox_host::CronRun::Everything)
        .await
        .unwrap();
    assert!(report.did[0].contains("1 found to differ"), "{report:?}");
    assert_eq!(domain(&world).await["expirydate"], before["expirydate"]);
    assert!(
        world
            .rows("tblemails")
            .await
            .iter()
            .any(|mail| mail["userid"] == 0)
    );

    world
        .api(
            "SetConfigurationValue",
            &[("setting", "DomainSyncNotifyOnly"), ("value", "")],
        )
        .await;
    world
        .host
        .cron(sandbox_host::CronRun::Everything)
        .await
        .unwrap();
    world
        .host
        .cron(sandbox_host::CronRun::Everything)
        .await
        .unwrap();
    let after = domain(&world).await;
    assert_eq!(
        (&after["expirydate"], &after["nextduedate"]),
        (&json!("2040-05-06"), &json!("2040-05-01"))
    );
    world.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transfers_end_in_every_way() {
    let world = shop().await;
    for (name, code) in [
        ("good.com", "a-code"),
        ("bad.com", "a-code"),
        ("long.com", "a-code"),
        ("typo.com", "wrong"),
    ] {
        world
            .order(name, &[("domaintype[0]", "transfer"), ("eppcode[0]", code)])
            .await;
    }
    let status = async |name: &str| {
        let rows = world.rows(&format!("tbldomains?domain={name}")).await;
        rows[0]["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(status("good.com").await, "Pending Transfer");
    assert_eq!(status("typo.com").await, "Pending");
    let queue = world.rows("tblmodulequeue").await;
    assert_eq!(queue[0]["last_attempt_error"], "the auth code is wrong");
    let activity = world.activity().await;
    assert!(
        activity.contains(r#"TransferDomain good.com {"adminemail":"mona@example.test","email":"mona@example.test","ns1":"ns1.host.test","eppcode":"a-code"}"#),
        "{activity}"
    );
    // The right code by the API.
    let fixed = world
        .api(
            "DomainTransfer",
            &[("domain", "typo.com"), ("eppcode", "right")],
        )
        .await;
    assert_eq!(fixed["result"], "success", "{fixed}");
    assert_eq!(world.rows("tblmodulequeue").await[0]["completed"], 1);

    world.registry_says(
        "transfer",
        &json!({
            "good.com": { "completed": true, "expirydate": "2033-04-05" },
            "bad.com": { "failed": true, "reason": "the holder said no" },
        }),
    );
    let report = world.host.cron(sandbox_host::CronRun::Due).await.unwrap();
    assert_eq!(report.did[0], "transfer sync: 4 asked, 2 changed, 0 failed");
    for (name, expected) in [
        ("good.com", "Active"),
        ("bad.com", "Cancelled"),
        ("long.com", "Pending Transfer"),
        ("typo.com", "Pending Transfer"),
    ] {
        assert_eq!(status(name).await, expected, "{name}");
    }
    let activity = world.activity().await;
    assert!(activity.contains(r#"hook DomainTransferCompleted {"domainId":2,"domain":"good.com","registrationPeriod":"1","expiryDate":"2033-04-05","registrar":"testreg"}"#), "{activity}");
    assert!(
        activity.contains("Domain Transfer Failed (the holder said no)"),
        "{activity}"
    );
    assert!(activity.contains("hook DomainTransferFailed"), "{activity}");
    for point in [
        "PreCronJob",
        "DailyCronJob",
        "AfterCronJob",
        "PreDomainRegister",
    ] {
        assert!(
            activity.contains(&format!("hook {point} on {}", world.day(0))),
            "{point}: {activity}"
        );
    }
    world.host.stop().await;
}
