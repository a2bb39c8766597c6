//! What the dashboard asks to be looked at: messages that nobody understood, phones whose deliveries are refused.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use wharf_payments::setup::DeviceSetup;
use wharf_store::testing::TestDb;
use wharf_web::staff::Role;

use crate::browser::Office;

/// Money in, in words that no template has.
const NEW_WORDS: &str = "وصلك مبلغ 250 جنيه من 01012345678. رصيدك 1540.75 جنيه";
const KEYED: &str = "id = \"phone-2\"\nstore = \"shop\"\ntoken = \"a-token-of-a-phone-with-a-key\"\nformat = \"generic\"\n\
                     signing_key = \"a-sample-key-of-a-phone\"\nwallets = [\"main-wallet\"]";

#[tokio::test]
async fn messages_that_nobody_understood_are_told_for_a_week() {
    for db in TestDb::each().await {
        let office = Office::on(db, false).await;
        office.set_up_store().await;
        let mut viewer = office.at_work("vera", Role::Viewer).await;
        let mut told = async |lang: &str| {
            let page = viewer.get(&format!("/staff/?lang={lang}")).await;
            let link = page.attribute("[role=alert] a[href*=messages]", "href");
            let mut alarms = page.texts("[role=alert]");
            alarms.retain(|text| text.contains("understood") || text.contains("لم تُفهم"));
            (alarms, link)
        };
        office.deliver("A friend", "see you at 5").await;
        assert_eq!(told("en").await.0, [""; 0], "of no wallet's sender");
        for body in [NEW_WORDS, "A word of thanks"] {
            office.deliver("VF-Cash", body).await;
        }
        let (alarms, link) = told("en").await;
        assert!(
            alarms[0].starts_with(
                "Messages of wallets' senders that were not understood since 2026-11-20: 2."
            ),
            "{alarms:?}"
        );
        assert_eq!(link, "/staff/messages?state=unknown&since=2026-11-20");
        assert!(told("ar").await.0[0].contains("لم تُفهم منذ"));
        let mut other = office.at_work("nadia", Role::Viewer).await;
        let list = other.get(&link).await;
        assert_eq!(list.texts("tbody .tag"), ["not understood"; 2]);
        office.clock.advance(Duration::from_secs(7 * 24 * 3_600));
        let mut other = office.at_work("late", Role::Viewer).await;
        let page = other.get("/staff/").await;
        assert!(!page.text.contains("not understood"), "{}", page.text);
    }
}

#[tokio::test]
async fn a_phone_whose_deliveries_are_refused_is_not_called_alive() {
    for db in TestDb::each().await {
        let office = Office::on(db, false).await;
        office.set_up_store().await;
        let keyed: DeviceSetup = toml::from_str(KEYED).unwrap();
        keyed.apply(&office.store).await.unwrap();
        let mut viewer = office.at_work("vera", Role::Viewer).await;
        let token = "a-token-of-a-phone-with-a-key";
        assert_eq!(office.status_at(token).await, 403);
        office.clock.advance(Duration::from_secs(600));
        assert_eq!(office.status_at(token).await, 403);
        // Heartbeats are not signed: they prove nothing.
        let beat = Request::post(format!("/intake/{token}/heartbeat"));
        let beat = beat.body(Body::empty()).unwrap();
        assert_eq!(office.browser().send(beat).await.status, 200);
        let page = viewer.get("/staff/").await;
        let alarms = page.texts("[role=alert]");
        assert!(
            alarms.iter().any(|alarm| alarm.contains(
                "Phone phone-2: deliveries refused since 2026-11-26 11:00: the signature is missing."
            )),
            "{alarms:?}"
        );
        let devices = viewer.get("/staff/devices?lang=ar").await;
        let row = devices.texts("tbody tr").pop().unwrap();
        assert!(
            row.contains("رسائله مرفوضة") && row.contains("التوقيع غير موجود"),
            "{row}"
        );
    }
}

#[tokio::test]
async fn a_form_that_comes_after_its_session_is_told_of_and_led_back_to() {
    let office = Office::open().await;
    let mut browser = office.at_work("mona", Role::Reviewer).await;
    let account = browser.get("/staff/account").await;
    let token = account.attribute("input[name=csrf]", "value");
    let sent = async |browser: &mut crate::browser::Browser, from: &str, token: &str| {
        let form = Request::post("/staff/journal/x/settle").header("referer", from);
        let form = form.body(Body::from(format!("csrf={token}"))).unwrap();
        browser.send(form).await
    };
    let page = "https://pay.example.com/staff/journal?state=held";
    let stale = sent(&mut browser, page, "an-old-one").await;
    assert_eq!(stale.status, 403);
    assert_eq!(
        stale.attribute("main a", "href"),
        "/staff/journal?state=held"
    );
    for elsewhere in [
        "https://evil.example/",
        "/staff//evil.example",
        "x",
        "https://a.example/staffx",
    ] {
        let stale = sent(&mut browser, elsewhere, "an-old-one").await;
        assert_eq!(stale.attribute("main a", "href"), "/staff/", "{elsewhere}");
    }
    office.clock.advance(Duration::from_secs(2 * 3_600));
    let late = sent(&mut browser, page, &token).await;
    let to = late.header("location").to_owned();
    assert_eq!(
        (late.status, to.as_str()),
        (303, "/staff/login?next=%2Fjournal%3Fstate%3Dheld&ended=1")
    );
    let log_in = browser.get(&to).await;
    assert_eq!(
        log_in.texts("[role=status]"),
        ["Your session has ended; nothing was decided or changed. Log in to go on."]
    );
    assert_eq!(
        log_in.attribute("input[name=next]", "value"),
        "/journal?state=held"
    );
    let plain = browser.get("/staff/login?next=%2Fjournal").await;
    assert_eq!(plain.texts("[role=status]"), [""; 0]);
}
