//! The pages of services: empty at first; what is not there; who may decide.

use wharf_web::staff::Role;

use crate::browser::Office;

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
