//! Our books and WHMCS's: every difference is told, and led to a person.

use std::time::Duration;

use wharf_payments::ReviewError;
use wharf_payments::pages::{Fragment, Language, Look, PageError};
use wharf_store::testing::TestDb;

use super::found::open_items;
use super::{ID, checked, decision, in_state, open_item};
use crate::support::{Fault, PAYER, Shop, usd};

const LOOK: Look<'_> = Look {
    language: Language::English,
    csrf: "c",
    actor: "mona",
    may_decide: true,
    may_set_up: false,
    query: &[],
};

#[tokio::test(flavor = "multi_thread")]
async fn the_books_are_compared_and_every_difference_is_told() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        for (n, phone) in [PAYER, "01198765432", "01298765432"].iter().enumerate() {
            shop.deliver(&format!("02312345678{n}"), phone, "502.50")
                .await;
            checked(&shop, i64::try_from(n).unwrap_or(0) + 7, phone).await;
        }
        shop.until("all are credited", async |shop| {
            in_state(shop, "credited").await == 3
        })
        .await;
        shop.clock.advance(Duration::from_secs(60));
        let clean = shop.payments.reconcile(None).await;
        let clean = clean.unwrap_or_default();
        assert!(clean.is_clean(), "{clean:?}");
        assert_eq!((clean.checked_clients, clean.checked_credits), (3, 3));

        shop.till.books(|books| {
            let mut twice = books
                .credits
                .iter()
                .find(|(client, _)| *client == 8)
                .cloned();
            if let Some((_, row)) = &mut twice {
                row.id = 78;
            }
            books.credits.extend(twice);
            books.credits.retain(|(client, _)| *client != 7);
            let stranger = wharf_whmcs::api::CreditRow {
                id: 77,
                date: "2026-09-03".parse().ok(),
                description: "VodafoneCash payment - trans_id: 0999 [b:nile/vf1]".into(),
                amount: usd(300),
                related: None,
            };
            books.credits.push((9, stranger));
        });
        let found = shop.payments.reconcile(Some("nile")).await;
        let found = found.unwrap_or_default();
        let clients = |list: &[wharf_payments::Finding]| {
            list.iter()
                .map(|finding| finding.client)
                .collect::<Vec<_>>()
        };
        assert_eq!(clients(&found.missing_in_whmcs), [7]);
        assert_eq!(clients(&found.double), [8]);
        let double = found.double.first().map(wharf_payments::Finding::in_words);
        let double = double.unwrap_or_default();
        assert!(
            double.contains("more than once: 2 times, 10.00 USD in row ")
                && double.ends_with(", 10.00 USD in row 78"),
            "{double}"
        );
        assert_eq!(clients(&found.unknown_in_wharf), [9]);
        assert!(found.differing.is_empty());
        let kept = shop.payments.reconciliations(10).await.unwrap_or_default();
        assert_eq!(kept, [found, clean]);
        let items = "SELECT COUNT(*) FROM payment_reviews WHERE kind = 'credit_conflict' AND state = 'open'";
        assert_eq!(shop.count(items).await, 3);
        let mut pages = vec![shop.payments.reconcile_page(&LOOK).await];
        for item in open_items(&shop).await {
            pages.push(shop.payments.review_page(&item.id, &LOOK).await);
        }
        let told = |page: &Result<Fragment, PageError>| {
            let html = page.as_ref().map_or("", |page| page.html.as_str());
            html.contains("10.00 USD + 10.00 USD") && html.contains("2 rows: ")
        };
        assert_eq!(pages.iter().filter(|page| told(page)).count(), 2);

        shop.till.books(|books| books.always = Some(Fault::NotSent));
        let blind = shop.payments.reconcile(None).await.unwrap_or_default();
        assert_eq!(blind.unchecked_clients, 3);
        assert!(
            blind
                .trouble
                .is_some_and(|why| why.contains("cannot be reached"))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_kinds_of_difference_are_on_the_page_and_lead_to_a_decision() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.deliver(ID, PAYER, "502.50").await;
        checked(&shop, 7, PAYER).await;
        shop.until("it is credited", async |shop| {
            in_state(shop, "credited").await == 1
        })
        .await;
        // WHMCS loses one of ours, and has one that is not ours.
        let stranger = wharf_whmcs::api::CreditRow {
            id: 99,
            date: "2026-09-03".parse().ok(),
            description: "VodafoneCash payment - trans_id: 023999999999 [b:nile/vf1]".into(),
            amount: usd(700),
            related: None,
        };
        shop.till.books(|books| {
            books.credits.clear();
            books.credits.push((7, stranger));
        });
        shop.clock.advance(std::time::Duration::from_secs(60));
        assert!(shop.payments.reconcile(None).await.is_ok());
        let page = shop.payments.reconcile_page(&LOOK).await;
        let page = page.map(|page| page.html).unwrap_or_default();
        let item = open_item(&shop).await.unwrap_or_default();
        for part in [
            "WHMCS does not have it",
            "Wharf did not credit it",
            &format!("href=\"/staff/review/{item}\""),
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
        assert_eq!(page.matches("<bdi>Decide</bdi></a>").count(), 2, "{page}");

        // Both are left as they are: they are told no more, and nothing is sent by it.
        for item in open_items(&shop).await {
            let page = shop.payments.review_page(&item.id, &LOOK).await;
            let page = page.map(|page| page.html).unwrap_or_default();
            assert!(page.contains("It is settled"), "{page}");
            let answer = shop.payments.approve(&item.id, decision("it stays")).await;
            assert!(answer.is_ok(), "{answer:?}");
            let again = shop.payments.approve(&item.id, decision("twice")).await;
            assert!(matches!(again, Err(ReviewError::Ended("approved"))));
        }
        let page = shop.payments.reconcile_page(&LOOK).await;
        let page = page.map(|page| page.html).unwrap_or_default();
        assert_eq!(page.matches("<bdi>Settled</bdi></a>").count(), 2, "{page}");
        let found = shop.payments.reconcile(None).await.unwrap_or_default();
        assert!(found.is_clean(), "{found:?}");
        assert_eq!(shop.till.credited(7).len(), 1);

        // Another difference about the same money is told, and closes by itself when it is gone.
        let ours = |amount: i64| wharf_whmcs::api::CreditRow {
            id: 100,
            date: "2026-09-03".parse().ok(),
            description: format!("VodafoneCash payment - trans_id: {ID} [b:nile/vf1]"),
            amount: usd(amount),
            related: None,
        };
        shop.till.books(|books| books.credits.push((7, ours(700))));
        let found = shop.payments.reconcile(None).await.unwrap_or_default();
        assert_eq!(found.differing.len(), 1, "{found:?}");
        assert_eq!(open_items(&shop).await.len(), 1);
        shop.till.books(|books| {
            books.credits.pop();
            books.credits.push((7, ours(1_000)));
        });
        let found = shop.payments.reconcile(None).await.unwrap_or_default();
        assert!(found.is_clean(), "{found:?}");
        let released = "SELECT COUNT(*) FROM payment_reviews WHERE state = 'released'";
        assert_eq!(shop.count(released).await, 1);
    }
}
