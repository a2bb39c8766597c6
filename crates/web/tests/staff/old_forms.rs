//! Forms that were opened before somebody else's change, and two who add the same thing.

use wharf_store::testing::TestDb;
use wharf_web::staff::Role;

use super::browser::Office;
use super::forms::{send, set, standing, value};

#[tokio::test]
async fn an_old_form_undoes_nobody_s_change() {
    let office = Office::open().await;
    office.open_site("main").await;
    office.set_up_store().await;
    let mut dina = office.at_work("dina", Role::Admin).await;
    let mut adam = office.at_work("adam", Role::Admin).await;
    let path = "/staff/stores/shop/settings";
    let old = dina.get(path).await;
    let new = adam.get(path).await;
    let mut fields = standing(&new);
    set(&mut fields, "second_person_above", "250");
    set(&mut fields, "hold", "first_payment");
    assert_eq!(send(&mut adam, &new, path, &fields).await.status, 303);
    let twice = send(&mut adam, &new, path, &fields).await;
    assert_eq!(twice.status, 303, "what is there already undoes nothing");

    let mut fields = standing(&old);
    set(&mut fields, "name", "Nile");
    let told = send(&mut dina, &old, path, &fields).await;
    assert_eq!(told.status, 422);
    assert_eq!(
        told.texts(".problem"),
        [
            "Nothing was saved: somebody has changed this since you opened the page. Changed meanwhile: Held first: \
             \u{2068}everything\u{2069} → \u{2068}a phone's first payment\u{2069}; Two people above: \
             \u{2068}1000.00\u{2069} → \u{2068}250.00\u{2069}. That and what you typed now stand below together. \
             Look it over and save again."
        ]
    );
    let fields = standing(&told);
    assert_eq!(
        ["name", "second_person_above", "hold"].map(|name| value(&fields, name)),
        ["Nile", "250.00", "first_payment"],
        "both people's changes"
    );
    assert_eq!(send(&mut dina, &told, path, &fields).await.status, 303);
    let fields = standing(&dina.get(path).await);
    assert_eq!(
        ["name", "second_person_above", "hold"].map(|name| value(&fields, name)),
        ["Nile", "250.00", "first_payment"]
    );
}

#[tokio::test]
async fn old_forms_of_wallets_phones_and_sites_undo_nothing_either() {
    let office = Office::open().await;
    office.open_site("main").await;
    office.set_up_store().await;
    let mut dina = office.at_work("dina", Role::Admin).await;
    for (path, theirs, mine, problem) in [
        (
            "/staff/stores/shop/wallets/main-wallet",
            ("enabled", ""),
            ("number", "01055501235"),
            "In use: \u{2068}yes\u{2069} → \u{2068}no\u{2069}.",
        ),
        (
            "/staff/stores/shop/phones/phone-1",
            ("sources", "203.0.113.7"),
            ("heartbeat_minutes", "5"),
            "Where it may deliver from: – → \u{2068}203.0.113.7\u{2069}.",
        ),
        (
            "/staff/sites/main",
            ("identifier", "another"),
            ("access_key", "an-access-key"),
            "API identifier: \u{2068}sample\u{2069} → \u{2068}another\u{2069}.",
        ),
    ] {
        let old = dina.get(path).await;
        let mut fields = standing(&old);
        if theirs.1.is_empty() {
            fields.retain(|(name, _)| name != theirs.0);
        } else {
            set(&mut fields, theirs.0, theirs.1);
        }
        let saved = send(&mut dina, &old, path, &fields).await;
        assert_eq!(saved.status, 303, "{path}: {:?}", saved.texts(".problem"));
        let mut fields = standing(&old);
        set(&mut fields, mine.0, mine.1);
        let told = send(&mut dina, &old, path, &fields).await;
        assert_eq!(told.status, 422, "{path}");
        let said = &told.texts(".problem")[0];
        assert!(said.contains(problem), "{said}");
        assert!(!told.text.contains("an-access-key"));
        let again = send(&mut dina, &told, path, &standing(&told)).await;
        assert_eq!(again.status, 303, "{path}: {:?}", again.texts(".problem"));
    }
}

#[tokio::test]
async fn of_two_who_add_the_same_id_at_once_one_is_told() {
    for db in TestDb::each().await {
        let office = Office::on(db, false).await;
        office.open_site("fine").await;
        office.set_up_store_of("fine").await;
        let mut one = office.at_work("dina", Role::Admin).await;
        let mut other = office.at_work("adam", Role::Admin).await;
        let path = "/staff/stores/shop/wallets/new";
        let (here, there) = (one.get(path).await, other.get(path).await);
        for round in 0..10 {
            let id = format!("wallet-{round}");
            let numbers = [100, 200].map(|of| format!("01055507{}", of + round));
            let fields = |number| {
                [
                    ("id", id.as_str()),
                    ("operator", "vodafone-cash"),
                    ("number", number),
                ]
            };
            let [mine, yours] = &numbers;
            let (mine, yours) = (fields(mine), fields(yours));
            let (mine, yours) = tokio::join!(
                one.submit(&here, path, &mine),
                other.submit(&there, path, &yours)
            );
            let mut ends = [mine.status, yours.status];
            ends.sort_unstable();
            assert_eq!(ends, [303, 422]);
            let told = if mine.status == 422 { mine } else { yours };
            assert_eq!(
                told.texts(".problem"),
                [format!("There is {id} already. Choose another id.")]
            );
        }
    }
}
