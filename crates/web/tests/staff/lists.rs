//! The lists of payments: what they find, and what leaves as a file.

use wharf_store::testing::TestDb;
use wharf_web::staff::Role;

use crate::browser::{Office, PHONE};
use crate::deciding::held;

const LISTS: [&str; 10] = [
    "review",
    "transfers",
    "claims",
    "messages",
    "stores",
    "wallets",
    "devices",
    "reconcile",
    "journal",
    "audit",
];

#[tokio::test]
async fn empty_lists_say_so_in_both_languages() {
    let office = Office::open().await;
    let mut viewer = office.at_work("vera", Role::Viewer).await;
    for lang in ["en", "ar"] {
        for list in LISTS {
            let page = viewer.get(&format!("/staff/{list}?lang={lang}")).await;
            assert_eq!(page.status, 200, "{list}");
            assert_eq!(page.texts("h1").len(), 1, "{list}");
            assert_eq!(page.texts(".empty").len(), 1, "{list}: {}", page.text);
        }
    }
    for gone in [
        "/staff/transfers/none",
        "/staff/review/none",
        "/staff/stores/none",
        "/staff/none.csv",
    ] {
        assert_eq!(viewer.get(gone).await.status, 404, "{gone}");
    }
    assert_eq!(
        viewer.get("/staff/transfers?since=yesterday").await.status,
        422
    );
}

#[tokio::test]
async fn long_lists_are_paged_and_searched() {
    let office = Office::open().await;
    office.set_up_store().await;
    for n in 1..=51 {
        let number = format!("0231000000{n:02}");
        office.receive(&number, PHONE, &format!("{n}")).await;
    }
    let mut viewer = office.at_work("vera", Role::Viewer).await;
    let page = viewer.get("/staff/transfers").await;
    assert_eq!(page.texts("tbody tr").len(), 50);
    assert!(
        page.texts("tbody tr")[0].contains("51.00 EGP"),
        "newest first"
    );
    let older = viewer.get(&page.attribute("a[rel=next]", "href")).await;
    assert_eq!(older.texts("tbody td:nth-child(2)"), ["1.00 EGP"]);
    assert!(older.texts("a[rel=next]").is_empty());
    let found = viewer.get("/staff/transfers?text=023100000017").await;
    assert_eq!(found.texts("tbody td:nth-child(2)"), ["17.00 EGP"]);
    let by_its_end = viewer.get("/staff/transfers?text=00017").await;
    assert_eq!(by_its_end.texts("tbody td:nth-child(2)"), ["17.00 EGP"]);
    for (asked, count) in [
        ("text=السيد", 50),
        ("text=100%25", 0),
        ("text=__", 0),
        ("text=17", 0),
        ("client=7", 0),
    ] {
        let page = viewer.get(&format!("/staff/transfers?{asked}")).await;
        assert_eq!(page.texts("tbody tr .tag").len(), count, "{asked}");
    }
    let none = viewer.get("/staff/transfers?until=2026-11-25").await;
    assert_eq!(
        none.texts(".empty"),
        ["Nothing here fits what is asked for above."]
    );
    for list in ["transfers", "claims"] {
        let odd = viewer.get(&format!("/staff/{list}?client=abc")).await;
        assert_eq!(odd.status, 422, "{list}");
        assert_eq!(
            odd.texts(".problem"),
            ["abc is no client. Write the number that the client has in WHMCS."]
        );
        assert_eq!(odd.attribute("#filter-client", "value"), "abc");
        assert_eq!(odd.attribute("#filter-client", "aria-invalid"), "true");
        assert_eq!(
            odd.attribute("form.filters", "action"),
            format!("/staff/{list}")
        );
    }
    let today = viewer
        .get("/staff/transfers?since=2026-11-26&state=received&store=shop")
        .await;
    assert_eq!(today.texts("tbody tr").len(), 50);
    assert!(
        today
            .attribute("a[rel=next]", "href")
            .starts_with("/staff/transfers?state=received&store=shop&since=2026-11-26&after=")
    );
    let file = viewer.get("/staff/transfers.csv").await;
    assert_eq!(file.text.lines().count(), 52, "all of them, and a heading");
    let cell = |line: usize, name: &str| {
        let mut lines = file.text.trim_start_matches('\u{feff}').lines();
        let columns: Vec<&str> = lines.next().unwrap().split(',').collect();
        let column = columns.iter().position(|column| *column == name);
        let cells = lines.nth(line).unwrap().split(',');
        cells.collect::<Vec<_>>()[column.unwrap()].to_owned()
    };
    for line in [0, 50] {
        assert_eq!(cell(line, "store"), "shop");
        assert_eq!(cell(line, "currency"), "EGP");
    }
    let dashboard = viewer.get("/staff/").await;
    assert_eq!(
        dashboard.texts(".tiles strong"),
        ["51", "0", "0", "51", "0"]
    );
    assert!(
        dashboard
            .texts(".chart svg title")
            .iter()
            .any(|day| day == "2026-11-26: 51 transfers, 1,326.00 received, 0.00 credited")
    );
}

#[tokio::test]
async fn every_list_is_narrowed_to_days_and_to_what_is_sought() {
    for db in TestDb::each().await {
        let office = Office::on(db, false).await;
        office.set_up_store().await;
        office.claim("7", PHONE, "250").await;
        office.receive("023100000001", PHONE, "250").await;
        let mut viewer = office.at_work("vera", Role::Viewer).await;
        held(&mut viewer).await;
        for list in ["transfers", "claims", "messages", "review", "audit"] {
            let mut lines = async |days: &str| {
                let file = viewer.get(&format!("/staff/{list}.csv{days}")).await;
                file.text.lines().count()
            };
            let all = lines("").await;
            assert!(all > 1, "{list}: {all}");
            assert_eq!(
                lines("?since=2026-11-26&until=2026-11-26").await,
                all,
                "{list}"
            );
            assert_eq!(lines("?since=2026-11-27").await, 1, "{list}");
            assert_eq!(lines("?until=2026-11-25").await, 1, "{list}");
            let odd = viewer.get(&format!("/staff/{list}?since=soon")).await;
            assert_eq!(odd.status, 422, "{list}");
        }
        for (asked, found) in [
            ("client=7", true),
            ("client=8", false),
            ("text=0001", true),
            ("text=45678", true),
            ("text=0002", false),
            ("text=منى", true),
            ("text=01012345678&client=7", true),
        ] {
            let page = viewer.get(&format!("/staff/transfers?{asked}")).await;
            assert_eq!(page.texts(".empty").is_empty(), found, "{asked}");
        }
    }
}

#[tokio::test]
async fn files_are_harmless_in_spreadsheets() {
    let office = Office::open().await;
    office.set_up_store().await;
    office
        .deliver("VF-Cash", "=HYPERLINK(\"https://evil.example\",\"prize\")")
        .await;
    office
        .deliver("VF-Cash", "+1 000 000 <script>alert(1)</script>")
        .await;
    let mut viewer = office.at_work("vera", Role::Viewer).await;
    let file = viewer.get("/staff/messages.csv").await;
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"wharf-messages.csv\""
    );
    assert!(
        file.text
            .contains("\"'=HYPERLINK(\"\"https://evil.example\"\",\"\"prize\"\")\""),
        "{}",
        file.text
    );
    assert!(file.text.contains(",'+1 000 000 <script>"), "{}", file.text);
    assert_eq!(
        file.text.lines().next(),
        Some(
            "\u{feff}stored_at,sender,body,kind,amount,balance,state,device,id,store,currency,operator_id"
        )
    );
    let page = viewer.get("/staff/messages").await;
    assert!(!page.text.contains("<script>"));
    let mut stranger = office.browser();
    assert_eq!(stranger.get("/staff/messages.csv").await.status, 303);
}

#[tokio::test]
async fn a_file_holds_all_however_long_it_is() {
    for db in TestDb::each().await {
        let office = Office::on(db, false).await;
        office.set_up_store().await;
        wharf_payments::load::fill(&office.store, "shop", "main-wallet", 1_234, 30_000_000_000)
            .await
            .unwrap();
        let mut viewer = office.at_work("vera", Role::Viewer).await;
        let file = viewer.get("/staff/transfers.csv").await;
        let mut numbers: Vec<&str> = file
            .text
            .lines()
            .skip(1)
            .filter_map(|line| line.split(',').nth(3))
            .collect();
        assert!(numbers.is_sorted_by(|one, next| one > next), "newest first");
        numbers.dedup();
        assert_eq!(numbers.len(), 1_234);
        let odd = viewer.get("/staff/transfers.csv?since=soon").await;
        assert_eq!(odd.status, 422);
    }
}

#[tokio::test]
async fn the_file_of_reviews_says_who_decided_when_and_why() {
    let office = Office::open().await;
    office.set_up_store().await;
    office.claim("7", PHONE, "250").await;
    office.receive("023100000001", PHONE, "250").await;
    let mut reviewer = office.at_work("rami", Role::Reviewer).await;
    let (path, page) = held(&mut reviewer).await;
    let fields = [("reason", "the receipt fits")];
    reviewer
        .submit(&page, &format!("{path}/approve"), &fields)
        .await;
    let file = reviewer.get("/staff/review.csv?state=approved").await;
    let mut lines = file.text.lines();
    let head = lines.next().unwrap();
    assert!(
        head.ends_with(",operator_id,closed_at,first_by,first_reason,second_by,second_reason"),
        "{head}"
    );
    let line = lines.next().unwrap();
    assert!(
        line.ends_with(",023100000001,2026-11-26T11:00:00+02:00,rami,the receipt fits,,"),
        "{line}"
    );
}
