//! The pages of services: empty at first; what is not there; who may decide.

use std::time::{Duration, Instant};

use wharf_web::staff::Role;

use crate::browser::{Browser, Office};

#[tokio::test]
async fn without_services_the_list_says_so_and_nothing_can_be_decided() {
    let office = Office::open().await;
    let mut viewer = office.at_work("vera", Role::Viewer).await;
    let page = viewer.get("/staff/services").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.texts(".empty"), ["No service to show."]);
    let filtered = viewer.get("/staff/services?state=attention&lang=ar").await;
    assert_eq!(filtered.texts("h1"), ["الخدمات"]);
    assert_eq!(viewer.get("/staff/services/main/7").await.status, 404);
    let sent = viewer
        .submit(&page, "/staff/services/main/7/done", &[("reason", "seen")])
        .await;
    assert_eq!(sent.status, 403, "viewers decide nothing");

    let mut reviewer = office.at_work("rita", Role::Reviewer).await;
    let page = reviewer.get("/staff/services").await;
    let sent = reviewer
        .submit(&page, "/staff/services/main/7/done", &[("reason", "seen")])
        .await;
    assert_eq!(sent.status, 404);
    let back = reviewer.get("/staff/services/main/7/settle").await;
    assert_eq!(back.header("location"), "/staff/services/main/7");
}

#[tokio::test]
async fn a_connector_with_a_mistake_stands_on_the_first_page() {
    let office = Office::open().await;
    let mut viewer = office.at_work("vera", Role::Viewer).await;
    let file = office.connectors.path().join("mine.toml");
    let good = include_str!("../../../../data/connectors/siteshield.toml").replacen(
        "name = \"siteshield\"",
        "name = \"mine\"",
        1,
    );
    let broken = format!("{good}\nnonsense = 1\n");
    let line = format!("mine.toml is wrong in line {}", good.lines().count() + 2);

    std::fs::write(&file, &broken).unwrap();
    let alarms = seen(&mut viewer, |alarms| !alarms.is_empty()).await;
    let [alarm] = alarms.as_slice() else {
        panic!("{alarms:?}")
    };
    assert!(
        alarm.contains(&line) && alarm.contains("nonsense"),
        "{alarm}"
    );
    assert!(alarm.contains("It is not in force."), "{alarm}");

    std::fs::write(&file, &good).unwrap();
    seen(&mut viewer, <[String]>::is_empty).await;

    std::fs::write(&file, &broken).unwrap();
    let alarms = seen(&mut viewer, |alarms| !alarms.is_empty()).await;
    assert!(
        alarms[0].contains("Its last good version goes on."),
        "{alarms:?}"
    );
    let page = viewer.get("/staff/services").await;
    assert!(page.texts("[role=alert]")[0].contains(&line));
    let page = viewer.get("/staff/?lang=ar").await;
    assert!(page.texts("[role=alert]")[0].contains("تبقى آخر نسخة سليمة منه سارية."));
}

/// What the first page says is wrong, as soon as it is as expected: files are looked at every two seconds.
async fn seen(viewer: &mut Browser, wanted: impl Fn(&[String]) -> bool) -> Vec<String> {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let alarms = viewer.get("/staff/?lang=en").await.texts("[role=alert]");
        if wanted(&alarms) {
            return alarms;
        }
        assert!(Instant::now() < end, "the page still says {alarms:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
