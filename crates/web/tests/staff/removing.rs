//! Taking away what was set up: only what was never used, by administrators who are sure.

use wharf_store::testing::TestDb;
use wharf_web::staff::Role;
use wharf_whmcs::Sites;

use super::browser::Office;

const SURE: &[(&str, &str)] = &[("sure", "1")];

#[tokio::test]
async fn what_nobody_uses_is_removed_step_by_step_with_its_secrets() {
    for db in TestDb::each().await {
        let office = Office::on(db, false).await;
        let sites = office.two_sites().await;
        office.set_up_store_of("main").await;
        let mut admin = office.at_work("dina", Role::Admin).await;

        let stores = admin.get("/staff/stores").await;
        for site in ["main", "spare"] {
            let link = format!("href=\"/staff/sites/{site}\"");
            assert!(stores.text.contains(&link), "{site} in {}", stores.text);
        }
        // What is used says by what, and offers no button.
        for (path, used) in [
            ("/staff/sites/main", "stores: 1"),
            ("/staff/stores/shop/settings", "wallets: 1, phones: 1"),
            ("/staff/stores/shop/wallets/main-wallet", "phones: 1"),
        ] {
            let page = admin.get(path).await;
            assert_eq!(page.texts(".remove strong"), [used], "{path}");
            assert!(page.texts(".remove form").is_empty(), "{path}");
            let kept = admin.submit(&page, &format!("{path}/remove"), SURE).await;
            assert_eq!(kept.status, 422, "{path}");
            assert_eq!(kept.texts(".remove strong"), [used], "{path}");
        }

        let phone = "/staff/stores/shop/phones/phone-1";
        let page = admin.get(phone).await;
        let path = format!("{phone}/remove");
        assert_eq!(admin.submit(&page, &path, &[]).await.status, 422);
        assert_eq!(admin.submit(&page, &path, SURE).await.status, 303);
        for (path, back) in [
            (
                "/staff/stores/shop/wallets/main-wallet",
                "/staff/stores/shop/setup#wallet",
            ),
            ("/staff/stores/shop/settings", "/staff/stores"),
            ("/staff/sites/main", "/staff/stores"),
        ] {
            let page = admin.get(path).await;
            let remove = format!("{path}/remove");
            let unsure = admin.submit(&page, &remove, &[]).await;
            assert_eq!(unsure.status, 422, "{path}");
            let removed = admin.submit(&page, &remove, SURE).await;
            assert_eq!(
                (removed.status, removed.header("location")),
                (303, back),
                "{path}"
            );
            let (page_of, _) = back.split_once('#').unwrap_or((back, ""));
            let said = admin.get(page_of).await;
            assert_eq!(said.texts(".flash"), ["Removed."], "{path}");
            assert_eq!(admin.get(path).await.status, 404, "{path}");
            assert_eq!(admin.submit(&page, &remove, SURE).await.status, 404);
        }
        let secrets =
            "SELECT COUNT(*) FROM secrets WHERE scope = 'site/main' OR scope = 'store/shop'";
        let left: i64 = sqlx::query_scalar(secrets)
            .fetch_one(office.store.pool())
            .await
            .unwrap();
        assert_eq!(left, 0);
        let token = "a-sample-token-of-main";
        assert_eq!(sites.by_token(token).await.unwrap(), None);
        assert!(sites.api("spare").await.unwrap().is_some());
        let audit = admin.get("/staff/audit?actor=dina&event=removed").await;
        assert_eq!(audit.texts("tbody tr").len(), 4, "{}", audit.text);
    }
}

#[tokio::test]
async fn money_keeps_its_wallet_and_its_store() {
    let office = Office::open().await;
    office.two_sites().await;
    office.set_up_store_of("main").await;
    office
        .receive("023123456789", "01012345678", "502.50")
        .await;
    let mut admin = office.at_work("dina", Role::Admin).await;
    for path in [
        "/staff/stores/shop/settings",
        "/staff/stores/shop/wallets/main-wallet",
    ] {
        let page = admin.get(path).await;
        let used = page.texts(".remove strong").join("");
        assert!(used.contains("messages: 1, transfers: 1"), "{used}");
        let said = page.texts(".remove p").join("");
        assert!(said.contains("switch it off above"), "{said}");
        let kept = admin.submit(&page, &format!("{path}/remove"), SURE).await;
        assert_eq!(kept.status, 422);
    }
    let transfers = admin.get("/staff/transfers").await;
    assert_eq!(transfers.texts("tbody tr").len(), 1);
}

#[tokio::test]
async fn only_administrators_remove() {
    let office = Office::open().await;
    office.two_sites().await;
    let mut reviewer = office.at_work("rami", Role::Reviewer).await;
    let account = reviewer.get("/staff/account").await;
    let path = "/staff/sites/spare/remove";
    let refused = reviewer.submit(&account, path, SURE).await;
    assert_eq!(refused.status, 403);
    let mut admin = office.at_work("dina", Role::Admin).await;
    let forged = admin.post(path, SURE).await;
    assert_eq!(forged.status, 403, "without the token of a form");
    assert_eq!(admin.get("/staff/sites/spare").await.status, 200);
}

impl Office {
    async fn two_sites(&self) -> Sites {
        let sites = Sites::new(self.store.clone(), None).unwrap();
        for id in ["main", "spare"] {
            self.open_site(id).await;
        }
        sites
    }
}
