//! The payment box where the store takes no payments any more: what is under way is spoken of all the same.

#![expect(
    clippy::unwrap_used,
    reason = "what cannot be set up must fail the test, in its helpers too"
)]

use std::time::Duration;

use serde_json::json;
use wharf_payments::setup::{StoreSetup, WalletSetup};
use wharf_store::testing::TestDb;

use crate::support::{PAYER, Shop, TRUSTING, WALLET, notice, state_of, token_in};

/// Why nothing can be sent.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Closed {
    Store,
    Wallets,
    Rate,
}

const ALL: [Closed; 3] = [Closed::Store, Closed::Wallets, Closed::Rate];

impl Closed {
    async fn happens(self, shop: &Shop) {
        match self {
            Self::Store => {
                let off: StoreSetup = toml::from_str(&format!(
                    "id = \"nile\"\nsite = \"main\"\nname = \"Nile\"\nsettle_after_seconds = 2\nenabled = false\n{TRUSTING}"
                ))
                .unwrap();
                off.apply(&shop.store).await.unwrap();
            }
            Self::Wallets => {
                let off: WalletSetup = toml::from_str(&format!(
                    "id = \"vf1\"\nstore = \"nile\"\noperator = \"vodafone-cash\"\nnumber = \"{WALLET}\"\nenabled = false"
                ))
                .unwrap();
                let wallets = shop.payments.wallets();
                off.apply(&shop.store, &wallets).await.unwrap();
            }
            Self::Rate => {
                sqlx::query("DELETE FROM payment_rates")
                    .execute(shop.store.pool())
                    .await
                    .unwrap();
            }
        }
    }
}

async fn claimed(shop: &Shop) -> String {
    shop.till.invoice_of(12, 7, 1_000);
    let token = token_in(&shop.box_of(7, 12, "10.00").await);
    shop.post(Some(7), &[("token", &token), ("phone", PAYER)])
        .await;
    token
}

fn offers_nothing(page: &str) -> bool {
    let (_, page) = page.split_once("</style>").unwrap();
    !page.contains("Send exactly this amount")
        && !page.contains("wharf-amount")
        && !page.contains("class=\"wharf-wallet\"")
        && !page.contains("class=\"wharf-anew\"")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_awaited_is_shown_and_credited() {
    for closed in ALL {
        for db in TestDb::each().await {
            let shop = Shop::open(&db).await;
            let token = claimed(&shop).await;
            closed.happens(&shop).await;
            let waiting = shop.box_of(7, 12, "10.00").await;
            assert_eq!(state_of(&waiting), "waiting", "{closed:?}");
            assert!(waiting.contains("id=\"wharf-transaction\""));
            // What was offered while there was a rate holds.
            assert_eq!(
                offers_nothing(&waiting),
                closed != Closed::Rate,
                "{closed:?}"
            );
            let told = shop.status(7, &token).await;
            assert_eq!(told["json"]["state"], "waiting", "{closed:?}");

            shop.clock.advance(Duration::from_secs(31 * 60));
            let expired = shop.box_of(7, 12, "10.00").await;
            assert_eq!(state_of(&expired), "expired", "{closed:?}");
            assert!(notice(&expired).contains("Do not send the money again."));
            assert!(!notice(&expired).contains("new amount"));
            assert!(offers_nothing(&expired), "{closed:?}: {expired}");
            let other = shop.box_of(8, 13, "10.00").await;
            assert!(other.contains("not set up"), "{closed:?}: {other}");

            // From another phone: the number finds it.
            shop.deliver("023123456789", "01198765432", "502.50").await;
            let fields = [
                ("token", token.as_str()),
                ("phone", ""),
                ("transaction", "023123456789"),
            ];
            shop.post(Some(7), &fields).await;
            shop.until("the invoice is paid", async |shop| {
                state_of(&shop.box_of(7, 12, "10.00").await) == "paid"
            })
            .await;
            assert_eq!(shop.till.credited(7), [1_000], "{closed:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_is_to_be_paid_otherwise() {
    for closed in ALL {
        let db = TestDb::sqlite();
        let shop = Shop::open(&db).await;
        claimed(&shop).await;
        shop.deliver("023123456789", PAYER, "201.00").await;
        closed.happens(&shop).await;
        let differs = shop.box_of(7, 12, "10.00").await;
        assert_eq!(state_of(&differs), "differs", "{closed:?}");
        let token = token_in(&differs);
        let fields = [
            ("token", token.as_str()),
            ("phone", ""),
            ("transaction", "023123456789"),
        ];
        shop.post(Some(7), &fields).await;
        shop.until("it is credited", async |shop| {
            state_of(&shop.box_of(7, 12, "6.00").await) == "partial"
        })
        .await;
        let partial = shop.box_of(7, 12, "6.00").await;
        assert!(offers_nothing(&partial), "{closed:?}: {partial}");
        assert_eq!(
            notice(&partial),
            "4.00 USD were credited\nThey were used for this invoice. The rest cannot be paid this way at the moment. Please choose another one."
        );
    }
}

/// A gateway whose settings name no store.
#[tokio::test(flavor = "multi_thread")]
async fn the_only_store_that_is_switched_off_is_found_by_its_claim() {
    let db = TestDb::sqlite();
    let shop = Shop::open_with(&db, "hold = \"always\"").await;
    claimed(&shop).await;
    shop.deliver("023123456789", PAYER, "502.50").await;
    Closed::Store.happens(&shop).await;
    let box_of = async |client: i64, invoice: i64| {
        let params = json!({
            "invoiceid": invoice, "amount": "10.00", "currency": "USD", "systemurl": "https://shop.example.com/",
            "clientdetails": { "userid": client, "language": "english" },
        });
        let html = shop.call("link", params).await["html"].clone();
        html.as_str().unwrap().to_owned()
    };
    let held = box_of(7, 12).await;
    assert_eq!(state_of(&held), "held");
    assert!(offers_nothing(&held));
    assert!(box_of(8, 13).await.contains("not set up"));
}
