//! Held money on its page: who decides, about what was shown, and where he comes back to.

use std::time::Duration;

use wharf_store::testing::TestDb;
use wharf_web::staff::Role;

use crate::browser::{Browser, Office, PHONE, Page};

async fn first_review(browser: &mut Browser) -> String {
    let list = browser.get("/staff/review").await;
    list.attribute("tbody a", "href")
}

pub async fn held(browser: &mut Browser) -> (String, Page) {
    let path = first_review(browser).await;
    let page = browser.get(&path).await;
    assert_eq!(page.status, 200, "{path}");
    (path, page)
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
async fn what_is_said_to_be_taken_back_is_decided_first() {
    let office = Office::open().await;
    office.set_up_store().await;
    office.claim("7", PHONE, "250").await;
    office.receive("023100000001", PHONE, "250").await;
    let taken_back =
        "تم استرداد مبلغ 250 جنيه من محفظتك بناء على شكوى المرسل. رقم العملية الأصلية: 023100000001";
    office.deliver("VF-Cash", taken_back).await;
    let mut reviewer = office.at_work("rami", Role::Reviewer).await;
    let list = reviewer.get("/staff/review?kind=reversal").await;
    let reversal = list.attribute("tbody a", "href");
    let reversal = reversal.split('?').next().unwrap();
    // A gap is asked about whatever becomes of the money.
    let gap = "UPDATE payment_reviews SET kind = 'balance_gap', state = 'open', closed_at = NULL WHERE kind = 'always'";
    sqlx::query(gap).execute(office.store.pool()).await.unwrap();
    let list = reviewer.get("/staff/review?kind=balance_gap").await;
    let path = list.attribute("tbody a", "href");
    let page = reviewer.get(&path).await;
    let first = "The operator says that this money was taken back: decide about that first.";
    assert!(
        page.texts(".notice")[0].contains(first),
        "{:?}",
        page.texts(".notice")
    );
    assert!(page.attribute(".notice a", "href").starts_with(reversal));
    assert!(!page.text.contains("Approving credits the money"));
    // A mark of direction would turn what stands behind it in the log.
    let fields = [("reason", "it was \u{202e}not\u{2069} so\r\nby phone")];
    let page = reviewer.get(reversal).await;
    assert!(!page.text.contains(first));
    let reject = format!("{reversal}/reject");
    assert_eq!(reviewer.submit(&page, &reject, &fields).await.status, 303);
    let page = reviewer.get(reversal).await;
    assert!(page.text.contains("it was not so\nby phone"));
    let page = reviewer.get(&path).await;
    assert!(!page.text.contains(first));
}
