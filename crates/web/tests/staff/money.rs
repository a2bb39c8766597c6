//! The pages of payments: what they show, who decides, and what leaves as a file.

use std::time::Duration;

use wharf_store::testing::TestDb;
use wharf_web::staff::Role;

use crate::browser::{Browser, Office, Page};

const PHONE: &str = "01012345678";
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

async fn first_review(browser: &mut Browser) -> String {
    let list = browser.get("/staff/review").await;
    list.attribute("tbody a", "href")
}

async fn held(browser: &mut Browser) -> (String, Page) {
    let path = first_review(browser).await;
    let page = browser.get(&path).await;
    assert_eq!(page.status, 200, "{path}");
    (path, page)
}

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
async fn held_money_is_approved_by_a_reviewer_with_a_reason() {
    for db in TestDb::each().await {
        let office = Office::on(db, false).await;
        office.set_up_store().await;
        office.claim("7", PHONE, "250").await;
        office.receive("023100000001", PHONE, "250").await;

        let mut viewer = office.at_work("vera", Role::Viewer).await;
        let (path, page) = held(&mut viewer).await;
        assert_eq!(page.texts(".side .count"), ["1 wait"]);
        assert!(
            page.texts(".notice")[0].contains("approved by a person"),
            "{:?}",
            page.texts(".notice")
        );
        assert!(
            page.texts("pre")[0].contains("023100000001"),
            "the message as it came"
        );
        assert!(
            page.texts("form.decide").is_empty(),
            "viewers do not decide"
        );
        let fields = [("reason", "it fits")];
        assert_eq!(
            viewer
                .submit(&page, &format!("{path}/approve"), &fields)
                .await
                .status,
            403
        );

        let mut reviewer = office.at_work("rami", Role::Reviewer).await;
        let (path, page) = held(&mut reviewer).await;
        let refused = reviewer
            .submit(&page, &format!("{path}/approve"), &[("reason", " ")])
            .await;
        assert_eq!(refused.status, 422);
        assert_eq!(
            refused.texts(".problem"),
            ["Give a reason; it is kept in the audit log."]
        );
        let done = reviewer
            .submit(&page, &format!("{path}/approve"), &fields)
            .await;
        let decided = path.replace("review/", "review?done=");
        assert_eq!(
            (done.status, done.header("location")),
            (303, decided.as_str())
        );
        let list = reviewer.get(&decided).await;
        assert_eq!(list.texts(".flash"), ["Approved."]);
        assert_eq!(list.texts(".notice"), ["Approved: 250.00 EGP for client 7"]);
        assert_eq!(list.texts(".empty").len(), 1);
        // His form may come twice.
        let twice = reviewer
            .submit(&page, &format!("{path}/approve"), &fields)
            .await;
        assert_eq!(
            (twice.status, twice.header("location")),
            (303, decided.as_str())
        );
        let mut other = office.at_work("sami", Role::Reviewer).await;
        let late = other
            .submit(&list, &format!("{path}/approve"), &fields)
            .await;
        assert_eq!(late.status, 403, "with the token of somebody else");
        let own = other.get(&path).await;
        let late = other
            .submit(&own, &format!("{path}/approve"), &fields)
            .await;
        assert_eq!(late.texts(".problem"), ["This was decided already."]);
        let again = reviewer
            .submit(&page, &format!("{path}/reject"), &fields)
            .await;
        assert_eq!(again.status, 422, "decided once");

        for narrowed in [
            "event=approved&actor=RA",
            "actor=rami&subject=Transfer/",
            "since=2026-11-26&actor=R",
        ] {
            let audit = reviewer.get(&format!("/staff/audit?{narrowed}")).await;
            assert_eq!(audit.texts("tbody tr").len(), 1, "{narrowed}");
        }
        for (none, asked) in [
            ("event", "event=rate"),
            ("actor", "actor=ram%25i"),
            ("actor", "actor=ami"),
        ] {
            let audit = reviewer
                .get(&format!("/staff/audit?{asked}&store=shop&subject=transfer"))
                .await;
            assert!(audit.texts("tbody tr").is_empty(), "{none}");
        }
        let audit = reviewer.get("/staff/audit?event=approved").await;
        assert_eq!(audit.texts("#filter-event option[selected]"), ["approved"]);
        let audit = reviewer.get("/staff/audit?actor=rami").await;
        assert!(
            audit.texts("tbody tr")[0].contains("it fits"),
            "{:?}",
            audit.texts("tbody tr")
        );
        let transfers = reviewer.get("/staff/transfers").await;
        assert_eq!(transfers.texts("tbody td:nth-child(2)"), ["250.00 EGP"]);
        assert_eq!(
            transfers.texts("tbody td:nth-child(3)"),
            ["01012345678 منى ع*** السيد"]
        );
        let story = reviewer.get(&transfers.attribute("tbody a", "href")).await;
        assert_eq!(
            story.texts(".story h2"),
            [
                "Message",
                "Transfer",
                "Balances around it",
                "Claims",
                "Review",
                "Credit in WHMCS"
            ]
        );
    }
}

#[tokio::test]
async fn an_old_page_approves_of_nobody_who_came_since() {
    let office = Office::open().await;
    office.set_up_store().await;
    office.clock.advance(Duration::from_secs(10 * 24 * 3_600));
    office.receive("023100000001", PHONE, "250").await;
    let mut reviewer = office.at_work("rami", Role::Reviewer).await;
    let (path, page) = held(&mut reviewer).await;
    assert_eq!(page.texts("h1"), ["Old message"]);
    let approve = format!("{path}/approve");
    office.claim("9", PHONE, "250").await;
    let fields = [("reason", "the phone was off")];
    let refused = reviewer.submit(&page, &approve, &fields).await;
    assert_eq!(refused.status, 422);
    assert_eq!(
        refused.texts(".problem"),
        [
            "This has changed since you looked, so nothing was decided. Look at it again, then decide."
        ]
    );
    assert_eq!(refused.texts("textarea"), ["the phone was off"]);
    assert!(
        refused.texts("table")[0].contains('9'),
        "the claim is shown"
    );
    // Whoever sends no page's fields has seen nothing.
    let token = page.attribute("input[name=csrf]", "value");
    let blind = [("csrf", token.as_str()), ("reason", "it fits")];
    assert_eq!(reviewer.post(&approve, &blind).await.status, 422);
    let audit = reviewer.get("/staff/audit?event=approved").await;
    assert!(audit.texts("tbody tr").is_empty());

    let done = reviewer.submit(&refused, &approve, &fields).await;
    assert_eq!(done.status, 303);
    let page = reviewer.get("/staff/transfers").await;
    assert_eq!(page.texts("tbody td:nth-child(6)"), ["9"]);
}

#[tokio::test]
async fn whoever_decides_comes_back_to_his_list_and_goes_on_to_the_next() {
    let office = Office::open().await;
    office.set_up_store().await;
    for (number, amount) in [(1, "100"), (2, "200"), (3, "300")] {
        office.claim("7", PHONE, amount).await;
        let number = format!("02310000000{number}");
        office.receive(&number, PHONE, amount).await;
    }
    let mut reviewer = office.at_work("rami", Role::Reviewer).await;
    let list = reviewer
        .get("/staff/review?kind=always&store=shop&since=2026-11-26")
        .await;
    let asked = "kind=always&store=shop&since=2026-11-26";
    let css = "tbody tr:nth-child(2) a";
    let path = list.attribute(css, "href");
    assert!(
        path.contains("?list=kind%3Dalways%26store%3Dshop"),
        "{path}"
    );
    let page = reviewer.get(&path).await;
    let here = format!("/staff/review?{asked}");
    assert_eq!(page.attribute(".back a", "href"), here);
    let (item, _) = path.split_once('?').unwrap();
    let reject = format!("{item}/reject");
    let id = item.trim_start_matches("/staff/review/");
    let unsaid = reviewer.submit(&page, &reject, &[("reason", " ")]).await;
    assert_eq!(unsaid.attribute(".back a", "href"), here);
    let fields = [("reason", "not ours")];
    let done = reviewer.submit(&unsaid, &reject, &fields).await;
    let back = format!("{here}&done={id}");
    assert_eq!((done.status, done.header("location")), (303, back.as_str()));
    let after = reviewer.get(&back).await;
    assert_eq!(after.texts("tbody tr").len(), 2);
    assert_eq!(
        after.texts(".notice"),
        ["Rejected: 200.00 EGP for client 7 · Next item"]
    );
    // The older one is next, as in the list.
    let next = after.attribute(".notice a[rel=next-item]", "href");
    assert_eq!(next, after.attribute(css, "href"));
    assert!(reviewer.get(&next).await.texts("dl")[1].contains("100.00 EGP"));

    // Nobody is led elsewhere by it.
    let page = reviewer.get(&next).await;
    let (item, _) = next.split_once('?').unwrap();
    let odd = [
        ("reason", "not ours"),
        (
            "list",
            "kind=always&next=//evil.example&x=\r\nA: b&store=a b",
        ),
    ];
    let done = reviewer
        .submit(&page, &format!("{item}/reject"), &odd)
        .await;
    let id = item.trim_start_matches("/staff/review/");
    assert_eq!(
        done.header("location"),
        format!("/staff/review?kind=always&done={id}")
    );
}

#[tokio::test]
async fn large_money_takes_two_people() {
    let office = Office::open().await;
    office.set_up_store().await;
    office.claim("7", PHONE, "5000").await;
    office.receive("023100000001", PHONE, "5000").await;
    let mut first = office.at_work("mona", Role::Reviewer).await;
    let fields = [("reason", "the receipt fits")];
    let (path, page) = held(&mut first).await;
    let done = first
        .submit(&page, &format!("{path}/approve"), &fields)
        .await;
    assert_eq!(done.status, 303);
    assert_eq!(
        first.get("/staff/review").await.texts(".flash"),
        ["Your approval is noted. A second person must approve, too."]
    );
    let page = first.get(&path).await;
    assert_eq!(page.texts("form.decide button"), ["Reject"]);
    assert!(page.texts("form.decide p").is_empty(), "nothing to approve");
    let refused = first
        .submit(&page, &format!("{path}/approve"), &fields)
        .await;
    assert_eq!(
        refused.texts(".problem"),
        ["Somebody else must confirm it: you approved it first."]
    );
    let mut second = office.at_work("tarek", Role::Admin).await;
    let (path, page) = held(&mut second).await;
    let done = second
        .submit(&page, &format!("{path}/approve"), &fields)
        .await;
    assert_eq!(done.status, 303);
    let page = second.get(&path).await;
    assert_eq!(page.texts(".decision strong").len(), 2, "both stand there");
}

#[tokio::test]
async fn the_second_person_reads_what_the_first_has_said() {
    let office = Office::open().await;
    office.set_up_store().await;
    for client in ["7", "14"] {
        office.claim(client, PHONE, "5000").await;
    }
    office.receive("023100000001", PHONE, "5000").await;
    let mut first = office.at_work("mona", Role::Reviewer).await;
    let (path, page) = held(&mut first).await;
    assert!(page.texts(".choice").len() == 2 && page.texts(".choice input[checked]").is_empty());
    let choices = page.texts(".choice");
    let place = choices
        .iter()
        .position(|text| text.starts_with("Client 14"));
    let css = format!(".choice:nth-of-type({}) input", place.unwrap() + 1);
    let chosen = page.attribute(&css, "value");
    let fields = [("reason", "the receipt fits"), ("claim", &chosen)];
    let approve = format!("{path}/approve");
    assert_eq!(first.submit(&page, &approve, &fields).await.status, 303);
    let page = first.get(&path).await;
    assert!(page.texts(".choice").is_empty(), "his choice is made");
    assert_eq!(
        page.texts(".notice")[1],
        "You have approved this. A second person must approve it, too. That approval is for client 14: 5,000.00 EGP from \
         01012345678."
    );
    let mut second = office.at_work("tarek", Role::Reviewer).await;
    let page = second.get(&path).await;
    assert_eq!(
        page.texts(".notice")[1],
        "mona approved; a second person must, too. That approval is for client 14: 5,000.00 EGP from 01012345678."
    );
    assert_eq!(page.attribute(".choice input[checked]", "value"), chosen);
    let arabic = second.get(&format!("{path}?lang=ar")).await;
    assert!(
        arabic.texts(".choice")[0].contains("\u{2068}5,000.00 EGP\u{2069}"),
        "{:?}",
        arabic.texts(".choice")
    );
    let done = second.submit(&page, &approve, &fields).await;
    assert_eq!(done.status, 303);
    let page = second.get("/staff/transfers").await;
    assert_eq!(page.texts("tbody td:nth-child(6)"), ["14"]);
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
    let none = viewer.get("/staff/transfers?until=2026-11-25").await;
    assert_eq!(
        none.texts(".empty"),
        ["Nothing here fits what is asked for above."]
    );
    let odd = viewer.get("/staff/claims?client=abc").await;
    assert_eq!(odd.status, 422);
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
async fn every_list_is_narrowed_to_days() {
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
async fn a_store_is_tried_out_and_its_rate_changed_by_an_admin() {
    let office = Office::open().await;
    office.set_up_store().await;
    let mut admin = office.at_work("adam", Role::Admin).await;
    let page = admin.get("/staff/stores/shop").await;
    assert_eq!(
        page.attribute("main a.button", "href"),
        "/staff/stores/shop/setup"
    );
    let checked = admin
        .submit(&page, "/staff/stores/shop/setup/connection", &[])
        .await;
    assert_eq!(
        checked.texts("#connection li"),
        ["mend site main, WHMCS API : Invalid IP 203.0.113.9 → allow 203.0.113.9"]
    );

    let text = "تم استلام مبلغ 75.50 جنيه من 01011122233؛\nالمسجل بإسم هدى كمال\nعلى رقم محفظتك 01055501234 بتاريخ \
                10:59 26-11-26.\nرصيدك الحالي: 1540.75 جنيه\nرقم العملية: 023100000009";
    let read = admin
        .submit(
            &page,
            "/staff/stores/shop/message",
            &[("sender", "VF-Cash"), ("text", text)],
        )
        .await;
    let facts = read.texts("#test-message dd");
    assert!(
        facts.contains(&"money in".to_owned()) && facts.contains(&"75.50 EGP".to_owned()),
        "{facts:?}"
    );
    let read = admin
        .submit(
            &page,
            "/staff/stores/shop/message",
            &[("sender", "VF-Cash"), ("text", "a prize")],
        )
        .await;
    assert_eq!(read.texts("#test-message dt")[0], "Not understood");
    assert_eq!(
        admin.get("/staff/messages").await.texts(".empty").len(),
        1,
        "nothing is kept"
    );

    for (currency, rate, problem) in [
        (
            "US",
            "50",
            "US is no currency code. Write three letters, such as USD.",
        ),
        (
            "usd",
            "1e3",
            "1e3 is no rate. Write it as 50.25, up to 7 digits before and 8 after the dot.",
        ),
        (
            "usd",
            "-1",
            "-1 is no rate. Write it as 50.25, up to 7 digits before and 8 after the dot.",
        ),
    ] {
        let refused = admin
            .submit(
                &page,
                "/staff/stores/shop/rate",
                &[("currency", currency), ("rate", rate)],
            )
            .await;
        assert_eq!(
            (refused.status, refused.texts(".problem")),
            (422, vec![problem.to_owned()])
        );
    }
    let mistyped = [("currency", "XYZ"), ("rate", "5")];
    admin
        .submit(&page, "/staff/stores/shop/rate", &mistyped)
        .await;
    let page = admin.get("/staff/stores/shop").await;
    let remove = "/staff/stores/shop/rate/XYZ/remove";
    assert!(page.text.contains(&format!("action=\"{remove}\"")));
    assert!(
        page.texts("details.action").contains(
            &"Remove Clients who are billed in XYZ cannot pay then, until there is a rate again. Remove"
                .to_owned()
        ),
        "{:?}",
        page.texts("details.action")
    );
    let facts = page.texts(".facts");
    for fact in ["Two people above 1000.00 EGP", "Clients of a phone 1"] {
        assert!(facts[0].contains(fact), "{facts:?}");
    }
    let removed = admin.submit(&page, remove, &[]).await;
    assert_eq!(removed.header("location"), "/staff/stores/shop");
    assert_eq!(admin.submit(&page, remove, &[]).await.status, 404);
    let page = admin.get("/staff/stores/shop").await;
    assert!(!page.text.contains("XYZ"), "{}", page.text);
    let mut reviewer = office.at_work("nadia", Role::Reviewer).await;
    let account = reviewer.get("/staff/account").await;
    let usd = "/staff/stores/shop/rate/USD/remove";
    assert_eq!(reviewer.submit(&account, usd, &[]).await.status, 403);
    let fields = [("currency", "usd"), ("rate", "٥١٫٥٠")];
    let done = admin
        .submit(&page, "/staff/stores/shop/rate", &fields)
        .await;
    assert_eq!(done.header("location"), "/staff/stores/shop");
    let page = admin.get("/staff/stores/shop").await;
    assert!(
        page.texts("tbody tr")[0].starts_with("USD 51.5"),
        "{:?}",
        page.texts("tbody tr")
    );
    assert!(!page.text.contains("name=\"sure\""));
    let far = [("currency", "usd"), ("rate", "515")];
    let asked = admin.submit(&page, "/staff/stores/shop/rate", &far).await;
    assert_eq!(asked.status, 422);
    assert_eq!(asked.attribute("input[name=sure]", "value"), "yes");
    let unchanged = admin.get("/staff/stores/shop").await;
    assert!(unchanged.texts("tbody tr")[0].starts_with("USD 51.5"));
    let sure = [far[0], far[1], ("sure", "yes")];
    let done = admin.submit(&asked, "/staff/stores/shop/rate", &sure).await;
    assert_eq!(done.header("location"), "/staff/stores/shop");
    let page = admin.get("/staff/stores/shop").await;
    assert!(page.texts("tbody tr")[0].starts_with("USD 515"));
    for form in ["message", "rate"] {
        let again = admin
            .get(&format!("/staff/stores/shop/{form}?lang=en"))
            .await;
        assert_eq!(
            again.header("location"),
            "/staff/stores/shop?lang=en",
            "{form}"
        );
    }
    let audit = admin.get("/staff/audit").await;
    assert!(audit.texts("tbody tr")[0].contains("adam"));

    let mut reviewer = office.at_work("rami", Role::Reviewer).await;
    let page = reviewer.get("/staff/stores/shop").await;
    assert!(page.texts("form[action$='/rate']").is_empty());
    assert_eq!(
        reviewer
            .submit(&page, "/staff/stores/shop/rate", &fields)
            .await
            .status,
        403
    );
    assert_eq!(
        reviewer
            .submit(&page, "/staff/stores/shop/setup/connection", &[])
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn the_main_parts_of_the_pages() {
    let office = Office::open().await;
    office.set_up_store().await;
    office.claim("7", PHONE, "250").await;
    office.receive("023100000001", PHONE, "250").await;
    let mut reviewer = office.at_work("rami", Role::Reviewer).await;
    let page = reviewer.get("/staff/").await;
    insta::assert_snapshot!(page.texts(".tiles li").join("\n"), @r"
    1 Transfers today 250.00 EGP
    0 Credited today
    1 Wait for a person
    0 Not claimed yet
    0 WHMCS must be mended
    ");
    let page = reviewer.get("/staff/review").await;
    insta::assert_snapshot!(page.texts("tbody td:not(:first-child)").join(" | "), @"Every payment is approved | This store has every payment approved by a person. | 250.00 EGP | 7 | open");
    let page = reviewer.get("/staff/devices").await;
    insta::assert_snapshot!(page.texts("tbody td").join(" | "), @"phone-1 | shop | any other app or script (JSON, form or text) | main-wallet | 2026-11-26 11:00 just now | alive");
    let page = reviewer.get("/staff/wallets").await;
    insta::assert_snapshot!(page.texts("tbody td").join(" | "), @"Vodafone Cash main-wallet | 01055501234 | 1,540.75 EGP 1 min ago | 250.00 EGP | 0 | balance not confirmed | phone-1");
}

#[tokio::test]
async fn notices_lead_to_what_they_are_about() {
    let office = Office::open().await;
    office.set_up_store().await;
    office.deliver("VF-Cash", "an advertisement").await;
    office.deliver("", "{unreplaced}").await;
    let mut viewer = office.at_work("vera", Role::Viewer).await;
    let page = viewer.get("/staff/").await;
    let notices = page.texts("main .notice");
    assert_eq!(
        notices,
        ["Phone phone-1: deliveries that cannot be read. See"],
        "{}",
        page.text
    );
    let list = page.attribute("main .notice a", "href");
    let found = viewer.get(&list).await;
    assert_eq!(found.texts("tbody td:nth-child(3)"), ["{unreplaced}"]);
    assert_eq!(found.texts("tbody td:nth-child(7)"), ["cannot be read"]);
    // Who may change them is led to the forms from everywhere.
    let mut admin = office.at_work("dina", Role::Admin).await;
    for path in ["/staff/", "/staff/wallets", "/staff/stores/shop"] {
        let page = admin.get(path).await;
        let form = "a[href='/staff/stores/shop/wallets/main-wallet']";
        assert_eq!(page.texts(form), ["Vodafone Cash"], "{path}");
        assert!(viewer.get(path).await.texts(form).is_empty(), "{path}");
    }
    for path in ["/staff/", "/staff/devices", "/staff/stores/shop"] {
        let page = admin.get(path).await;
        let form = "a[href='/staff/stores/shop/phones/phone-1']";
        assert_eq!(page.texts(form), ["phone-1"], "{path}");
        let page = viewer.get(path).await;
        assert!(page.texts(form).is_empty(), "{path}");
        let messages = page.texts("a[href='/staff/messages?device=phone-1']");
        assert_eq!(messages[0], "phone-1", "{path}");
    }
}

#[tokio::test]
async fn a_store_that_lost_its_last_rate_is_told() {
    let office = Office::open().await;
    office.set_up_store().await;
    let mut admin = office.at_work("adam", Role::Admin).await;
    let page = admin.get("/staff/stores/shop").await;
    let steps = admin.get("/staff/stores/shop/setup").await;
    assert!(!steps.text.contains("There is no rate"));
    let remove = "/staff/stores/shop/rate/USD/remove";
    assert_eq!(admin.submit(&page, remove, &[]).await.status, 303);
    let page = admin.get("/staff/").await;
    assert_eq!(
        page.texts("main .notice"),
        [
            "Store Example Hosting has no rate any more: only clients who are billed in EGP can pay. See"
        ]
    );
    let steps = admin.get("/staff/stores/shop/setup").await;
    let live = steps.texts("#live p");
    assert!(
        live.contains(&"There is no rate: only clients who are billed in EGP can pay.".to_owned()),
        "{live:?}"
    );
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
