//! The operators' pages at the router: who gets in, who does not, and what each may do.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod attention;
mod browser;
mod deciding;
mod forms;
mod keys;
mod lists;
mod money;
mod old_forms;
mod provisioned;
mod removing;
mod setting_up;

use std::time::Duration;

use axum::body::Body;
use browser::{Office, PASSWORD};
use http::Request;
use wharf_store::testing::TestDb;
use wharf_web::staff::Role;

#[tokio::test]
async fn who_logs_in_sees_the_pages_until_logging_out() {
    for db in TestDb::each().await {
        let office = Office::on(db, false).await;
        office.employ("Mona@Shop", Role::Viewer).await;
        let mut browser = office.browser();
        let sent = browser.get("/staff/?x=1").await;
        assert_eq!(
            (sent.status, sent.header("location")),
            (303, "/staff/login?next=%2F%3Fx%3D1")
        );
        assert_eq!(
            browser.log_in("mona@shop", "not-the-password").await.status,
            401
        );

        let entered = browser.log_in(" MONA@shop ", PASSWORD).await;
        assert_eq!(
            (entered.status, entered.header("location")),
            (303, "/staff/")
        );
        let page = browser.get("/staff/").await;
        assert_eq!(page.status, 200);
        assert_eq!(page.texts("h1"), ["Dashboard"]);
        assert_eq!(page.texts(".who a:nth-of-type(2)"), ["mona@shop viewer"]);
        let again = browser.get("/staff/login").await;
        assert_eq!(again.header("location"), "/staff/", "nobody logs in twice");

        let kept = browser.cookies.clone();
        let left = browser.submit(&page, "/staff/logout", &[]).await;
        assert_eq!(left.header("location"), "/staff/login");
        assert!(!browser.cookies.contains_key("wharf_staff"));
        browser.cookies = kept;
        assert_eq!(
            browser.get("/staff/").await.status,
            303,
            "the session is over, not only the cookie"
        );
        // Who was about to decide comes back to it.
        let late = browser.submit(&page, "/staff/review/x/approve", &[]).await;
        assert_eq!(
            late.header("location"),
            "/staff/login?next=%2Freview%2Fx%2Fapprove&ended=1"
        );
        assert_eq!(
            browser.get("/staff/logout").await.header("location"),
            "/staff/"
        );
    }
}

#[tokio::test]
async fn pages_are_not_kept_framed_or_fed_by_others() {
    let office = Office::on(TestDb::sqlite(), true).await;
    office.employ("mona", Role::Viewer).await;
    let mut browser = office.browser();
    let page = browser.get("/staff/login").await;
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    insta::assert_snapshot!(page.header("content-security-policy"), @"default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
    assert!(!page.text.contains("<script") && !page.text.contains(" style="));

    let entered = browser.log_in("mona", PASSWORD).await;
    let cookie = entered.headers.get_all("set-cookie").iter().next().unwrap();
    let cookie = cookie.to_str().unwrap();
    assert!(
        cookie.ends_with("; Path=/staff; HttpOnly; SameSite=Lax; Secure"),
        "{cookie}"
    );
    let token = cookie.split(['=', ';']).nth(1).unwrap();
    let rows: Vec<String> = sqlx::query_scalar("SELECT token_hash FROM staff_sessions")
        .fetch_all(office.store.pool())
        .await
        .unwrap();
    assert!(rows.len() == 1 && rows[0] != token && token.len() == 64);
    let style = browser.get("/staff/assets/staff.css").await;
    assert!(style.status == 200 && style.header("content-type").starts_with("text/css"));
}

#[tokio::test]
async fn names_cannot_be_found_out() {
    let office = Office::open().await;
    office.employ("mona", Role::Admin).await;
    office.employ("gone", Role::Admin).await;
    office.operators.set_disabled("gone", true).await.unwrap();
    let mut seen = Vec::new();
    for (name, password) in [
        ("mona", "wrong-password"),
        ("nobody", PASSWORD),
        ("gone", PASSWORD),
        ("<b>", PASSWORD),
    ] {
        let mut browser = office.browser();
        let page = browser.log_in(name, password).await;
        assert_eq!(page.status, 401, "{name}");
        assert!(!page.text.contains("<b>"));
        seen.push((page.texts("form"), page.texts(".problem")));
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:?}");
}

#[tokio::test]
async fn guessing_is_stopped_by_name_and_source_and_for_others_it_goes_on() {
    let office = Office::open().await;
    office.employ("mona", Role::Admin).await;
    office.employ("tarek", Role::Admin).await;
    let mut guesser = office.browser();
    for _ in 0..5 {
        assert_eq!(guesser.log_in("mona", "a-wrong-password").await.status, 401);
    }
    assert_eq!(
        guesser.log_in("mona", PASSWORD).await.status,
        429,
        "not even with the right one"
    );
    assert_eq!(guesser.log_in("tarek", PASSWORD).await.status, 303);
    assert_eq!(
        office
            .browser_at("198.51.100.9")
            .log_in("mona", PASSWORD)
            .await
            .status,
        303
    );

    let mut trier = office.browser_at("192.0.2.1");
    for n in 0..20 {
        let status = trier
            .log_in(&format!("name-{n}"), "a-wrong-password")
            .await
            .status;
        assert_eq!(status, 401);
    }
    assert_eq!(
        trier.log_in("tarek", PASSWORD).await.status,
        429,
        "many names from one source"
    );
    office.clock.advance(Duration::from_secs(15 * 60 + 1));
    assert_eq!(trier.log_in("tarek", PASSWORD).await.status, 303);
    let mut again = office.browser();
    assert_eq!(again.log_in("mona", PASSWORD).await.status, 303);
}

#[tokio::test]
async fn sessions_end_by_themselves_and_by_others_decisions() {
    let office = Office::open().await;
    let mut browser = office.at_work("mona", Role::Reviewer).await;
    let minutes = |minutes: u64| office.clock.advance(Duration::from_secs(60 * minutes));
    minutes(59);
    assert_eq!(browser.get("/staff/").await.status, 200);
    minutes(59);
    assert_eq!(browser.get("/staff/").await.status, 200, "use keeps it");
    minutes(61);
    assert_eq!(browser.get("/staff/").await.status, 303, "idle for an hour");

    browser.log_in("mona", PASSWORD).await;
    for _ in 0..14 {
        minutes(50);
        assert_eq!(browser.get("/staff/").await.status, 200);
    }
    minutes(50);
    assert_eq!(
        browser.get("/staff/").await.status,
        303,
        "no session is longer than a day's work"
    );

    let mut elsewhere = office.browser_at("198.51.100.9");
    browser.log_in("mona", PASSWORD).await;
    elsewhere.log_in("mona", PASSWORD).await;
    let account = browser.get("/staff/account").await;
    browser
        .submit(&account, "/staff/logout-everywhere", &[])
        .await;
    assert_eq!(elsewhere.get("/staff/").await.status, 303);

    browser.log_in("mona", PASSWORD).await;
    office.operators.set_disabled("mona", true).await.unwrap();
    assert_eq!(browser.get("/staff/").await.status, 303);
}

#[tokio::test]
async fn a_form_of_another_session_or_site_is_refused() {
    let office = Office::open().await;
    let mut mona = office.at_work("mona", Role::Admin).await;
    let mut tarek = office.at_work("tarek", Role::Admin).await;
    let tareks = tarek.get("/staff/account").await;
    for refused in [
        mona.post("/staff/logout", &[]).await,
        mona.post("/staff/logout", &[("csrf", "")]).await,
        mona.submit(&tareks, "/staff/logout", &[]).await,
    ] {
        assert_eq!(refused.status, 403);
        assert_eq!(refused.texts("h1"), ["Please try again"]);
    }
    let own = mona.get("/staff/account").await;
    let token = own.attribute("input[name=csrf]", "value");
    let foreign = Request::post("/staff/logout")
        .header("sec-fetch-site", "cross-site")
        .body(Body::from(format!("csrf={token}")))
        .unwrap();
    assert_eq!(mona.send(foreign).await.status, 403);
    assert_eq!(mona.get("/staff/").await.status, 200, "still logged in");

    // A log-in form of another site would log somebody in under a name that is not theirs.
    let mut visitor = office.browser();
    let blind = visitor
        .post("/staff/login", &[("name", "mona"), ("password", PASSWORD)])
        .await;
    assert_eq!(blind.status, 403);
    let large = "x".repeat(70_000);
    assert_eq!(
        mona.submit(&own, "/staff/account", &[("before", &large)])
            .await
            .status,
        413
    );
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it() {
    let office = Office::open().await;
    let mut browser = office.at_work("mona", Role::Viewer).await;
    let mut elsewhere = office.browser_at("198.51.100.9");
    elsewhere.log_in("mona", PASSWORD).await;
    let page = browser.get("/staff/account").await;
    let wanted = "another-long-sample-pass";
    for (before, password, again, problem) in [
        (
            "not-it-at-all",
            wanted,
            wanted,
            "The password until now is not right.",
        ),
        (
            PASSWORD,
            wanted,
            "different-sample",
            "The two new passwords are not the same.",
        ),
        (
            PASSWORD,
            "mona-mona-mona",
            "mona-mona-mona",
            "This password is too easy to guess. Use at least 12 characters, several different ones, and not your name.",
        ),
        (
            PASSWORD,
            "short",
            "short",
            "This password is too easy to guess. Use at least 12 characters, several different ones, and not your name.",
        ),
    ] {
        let fields = [("before", before), ("password", password), ("again", again)];
        let answer = browser.submit(&page, "/staff/account", &fields).await;
        assert_eq!(answer.texts(".problem"), [problem]);
    }
    let fields = [
        ("before", PASSWORD),
        ("password", wanted),
        ("again", wanted),
    ];
    let answer = browser.submit(&page, "/staff/account", &fields).await;
    assert_eq!(answer.status, 303);
    let page = browser.get("/staff/account").await;
    assert_eq!(
        page.texts(".flash"),
        ["The password was changed. All other sessions were ended."]
    );
    assert!(
        browser
            .get("/staff/account")
            .await
            .texts(".flash")
            .is_empty(),
        "said once"
    );
    assert_eq!(elsewhere.get("/staff/").await.status, 303);
    assert_eq!(elsewhere.log_in("mona", PASSWORD).await.status, 401);
    assert_eq!(elsewhere.log_in("mona", wanted).await.status, 303);
}

#[tokio::test]
async fn pages_are_read_in_both_directions() {
    let office = Office::open().await;
    let mut browser = office.at_work("mona", Role::Admin).await;
    let page = browser.get("/staff/journal?state=held&lang=ar").await;
    assert_eq!(
        (
            page.attribute("html", "lang"),
            page.attribute("html", "dir")
        ),
        ("ar".into(), "rtl".into())
    );
    assert_eq!(page.texts("h1"), ["اليومية"]);
    assert_eq!(
        page.attribute(".who a", "href"),
        "/staff/journal?state=held&lang=en"
    );
    let page = browser.get("/staff/").await;
    assert_eq!(page.texts("h1"), ["لوحة المتابعة"], "it is remembered");
    let asked = Request::get("/staff/login").header("accept-language", "ar-EG,ar;q=0.9,en;q=0.8");
    let page = office
        .browser()
        .send(asked.body(Body::empty()).unwrap())
        .await;
    assert_eq!(page.attribute("html", "lang"), "ar");
}

#[tokio::test]
async fn roles_bound_what_is_done() {
    let office = Office::open().await;
    let mut viewer = office.at_work("vera", Role::Viewer).await;
    let page = viewer.get("/staff/account").await;
    assert_eq!(
        viewer
            .submit(&page, "/staff/journal/some-id/settle", &[])
            .await
            .status,
        403
    );
    assert_eq!(viewer.get("/staff/operators").await.status, 403);
    let mut reviewer = office.at_work("rami", Role::Reviewer).await;
    let page = reviewer.get("/staff/account").await;
    assert_eq!(
        reviewer
            .submit(&page, "/staff/journal/some-id/settle", &[])
            .await
            .status,
        404
    );
    let mut admin = office.at_work("adam", Role::Admin).await;
    let page = admin.get("/staff/operators").await;
    assert_eq!(
        page.texts(".table:not(#came) tbody td:first-child"),
        ["adam", "rami", "vera"]
    );
    let mut stranger = office.browser_at("198.51.100.7");
    stranger.log_in("adam", "not-the-password").await;
    let page = admin.get("/staff/operators").await;
    let came = page.texts("#came tbody tr");
    assert!(
        came[0].ends_with("adam refused 198.51.100.7") && came.len() > 6,
        "{came:?}"
    );
    assert_eq!(page.texts("#came .tag.bad").len(), 1);
    assert_eq!(admin.get("/staff/nothing-here").await.status, 404);
}

#[tokio::test]
async fn without_being_switched_on_there_are_no_pages() {
    let office = Office::open().await;
    let mut stranger = office.browser();
    for path in ["/staff/transfers", "/staff/nothing-here", "/staff/journal"] {
        let page = stranger.get(path).await;
        assert_eq!(page.status, 303, "strangers learn nothing of {path}");
    }
}
