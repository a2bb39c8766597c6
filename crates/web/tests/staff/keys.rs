//! Credentials and keys: they go in and never out.

use wharf_web::staff::Role;
use wharf_whmcs::Sites;

use super::browser::Office;
use super::forms::{send, standing};

#[tokio::test]
async fn credentials_and_keys_go_in_and_never_out() {
    let office = Office::open().await;
    let mut admin = office.at_work("dina", Role::Admin).await;
    // Without any WHMCS the first form is that of one.
    let form = admin.get("/staff/stores/new").await;
    assert_eq!(
        form.attribute("form.settings", "action"),
        "/staff/sites/new"
    );
    let mut site = vec![
        ("id", "fine"),
        ("url", "https://whmcs.example.com/"),
        ("identifier", "wharf-api"),
        ("secret", "the-first-secret"),
        ("access_key", "the-access-key"),
    ];
    let lacking = admin.submit(&form, "/staff/sites/new", &site[..3]).await;
    assert_eq!(
        lacking.texts(".problem"),
        ["The API identifier and the API secret must both be there."]
    );
    let added = admin.submit(&form, "/staff/sites/new", &site).await;
    assert_eq!(
        added.header("location"),
        "/staff/stores/new",
        "{}",
        added.text
    );
    let again = admin.submit(&form, "/staff/sites/new", &site).await;
    assert_eq!(
        again.texts(".problem"),
        ["There is fine already. Choose another id."]
    );
    assert!(!again.text.contains("the-first-secret"), "{}", again.text);
    let sites = Sites::new(office.store.clone(), None).unwrap();
    let token = sites.token("fine").await.unwrap().unwrap();
    assert!(token.expose().len() >= 32, "the modules can be installed");
    office.set_up_store_of("fine").await;

    let form = admin.get("/staff/sites/fine").await;
    assert_eq!(form.attribute("#set-url", "value"), site[1].1);
    assert_eq!(
        form.texts("#stands-secret, #stands-access_key"),
        ["Set on 2026-11-26 11:00. Left empty, it stays."; 2],
        "by the store's clock"
    );
    assert!(!form.text.contains("the-first-secret") && !form.text.contains("the-access-key"));
    // Left empty they stay; the address alone does not carry them elsewhere.
    site.truncate(3);
    site[2].1 = "another-api";
    let changed = admin.submit(&form, "/staff/sites/fine", &site).await;
    assert_eq!(
        changed.header("location"),
        "/staff/stores/shop/setup#connection"
    );
    site[1].1 = "ftp://x/";
    let form = admin.get("/staff/sites/fine").await;
    let unusable = admin.submit(&form, "/staff/sites/fine", &site).await;
    assert_eq!(
        unusable.texts(".problem"),
        [
            "ftp://x/ is no usable WHMCS address. Write it with https:// and without login or page name."
        ]
    );
    site[1].1 = "https://elsewhere.example.net/";
    let moved = admin.submit(&form, "/staff/sites/fine", &site).await;
    assert_eq!(moved.status, 422);
    assert!(moved.texts(".problem")[0].contains("enter the secrets again"));
    assert_eq!(
        sites.url("fine").await.unwrap().unwrap(),
        "https://whmcs.example.com"
    );
    site.extend([("secret", "the-second-secret"), ("remove_access_key", "1")]);
    let moved = admin.submit(&form, "/staff/sites/fine", &site).await;
    assert_eq!(moved.status, 303, "{}", moved.text);
    assert_eq!(
        sites.token("fine").await.unwrap().unwrap().expose(),
        token.expose(),
        "the modules go on"
    );
    let form = admin.get("/staff/sites/fine").await;
    assert_eq!(form.texts("#stands-access_key"), ["Not set."]);

    let path = "/staff/stores/shop/keys";
    let form = admin.get(path).await;
    assert_eq!(
        form.texts("#stands-check_key, #stands-claim_key"),
        ["Not set."; 2]
    );
    let short = admin.submit(&form, path, &[("claim_key", "short")]).await;
    assert_eq!(
        short.texts(".problem"),
        ["The key that signs claims must have 32 characters or more."]
    );
    let claim = "claim-key-of-thirty-two-or-more-characters";
    let keys = [
        ("check_key", "check-key-in-the-address"),
        ("claim_key", claim),
    ];
    let set = admin.submit(&form, path, &keys).await;
    assert_eq!(set.header("location"), "/staff/stores/shop");
    let form = admin.get(path).await;
    assert_eq!(
        form.texts("#stands-check_key, #stands-claim_key"),
        ["Set on 2026-11-26 11:00. Left empty, it stays."; 2]
    );
    // The settings' form leaves them alone, and each is taken away by itself.
    let settings = admin.get("/staff/stores/shop/settings").await;
    let fields = standing(&settings);
    send(
        &mut admin,
        &settings,
        "/staff/stores/shop/settings",
        &fields,
    )
    .await;
    let removed = [("remove_check_key", "1")];
    admin.submit(&form, path, &removed).await;
    let form = admin.get(path).await;
    assert_eq!(
        form.texts("#stands-check_key, #stands-claim_key"),
        ["Not set.", "Set on 2026-11-26 11:00. Left empty, it stays."]
    );

    let audit = admin.get("/staff/audit").await;
    let lines = audit.texts("tbody tr").join("\n");
    assert!(
        lines.contains("site/fine") && lines.contains("secret"),
        "{lines}"
    );
    assert!(lines.contains("claim_key"), "{lines}");
    for secret in [
        "the-first",
        "the-second",
        "the-access",
        "claim-key-of",
        "check-key-in",
    ] {
        assert!(!lines.contains(secret), "{lines}");
    }
}
