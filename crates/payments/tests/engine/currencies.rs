//! Stores outside Egypt: their money with two decimals and with none, their phone numbers, their clock.
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be set up must fail the test, in its helpers too"
)]

use crate::support::{PAYER, Shop, by, token_in};
use http::HeaderMap;
use serde_json::{Value, json};
use wharf_payments::setup::{DeviceSetup, SetupError, StoreSetup, WalletSetup};
use wharf_payments::views::ReviewFilter;
use wharf_payments::{IntakeOutcome, PaymentsConfig, ReviewError};
use wharf_store::testing::TestDb;

#[tokio::test(flavor = "multi_thread")]
async fn taka_are_claimed_and_credited() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        open_store(&shop, "BD", "USD = \"121.50\"", "bkash", "01812345678").await;
        let asked = |phone: &'static str, amount: &'static str| {
            let shop = &shop;
            async move {
                let fields = [
                    ("store_id", "abroad"),
                    ("client_id", "7"),
                    ("user_name", "7"),
                    ("phone", phone),
                    ("amount", amount),
                    ("lang", "en"),
                ];
                shop.check(&fields).await
            }
        };
        let egyptian = asked("01012345678", "2430").await;
        assert_eq!(
            (&egyptian["code"], &egyptian["message"]),
            (
                &json!("phone_invalid"),
                &json!("This is not a mobile number of Bangladesh. Example: 01312345678")
            )
        );
        assert_eq!(
            asked("01712345678", "2,43,0").await["code"],
            "amount_invalid"
        );
        assert_eq!(
            asked("+8801712345678", "2,430.00").await["code"],
            "not_found"
        );
        let text = "You have received Tk 2,430.00 from 01712345678. Ref hosting. Fee Tk 0.00. Balance Tk 3,117.78. \
                    TrxID CJU0PZQ3A6 at 03/09/2026 17:25";
        deliver(&shop, "bKash", text).await;
        shop.until("it is credited", async |shop| {
            shop.till.credited(7) == [2_000]
        })
        .await;
        assert_eq!(asked("01712345678", "2430").await["code"], "credited");
        let transfers = shop.payments.transfers(&Default::default()).await.unwrap();
        let sent: Vec<_> = transfers
            .iter()
            .map(|sent| {
                (
                    sent.amount_minor,
                    sent.currency.as_str(),
                    sent.phone.as_deref(),
                )
            })
            .collect();
        assert_eq!(sent, [(243_000, "BDT", Some("+8801712345678"))]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_box_asks_for_shillings_by_kenya_s_clock() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        open_store(&shop, "KE", "USD = \"129.25\"", "mpesa-ke", "0722345678").await;
        let page = box_of(&shop).await;
        for part in [
            "data-amount-egp-minor=\"129250\"",
            "<bdi id=\"wharf-amount\">1292.50</bdi> KES",
            "1 USD = 129.25 KES",
            "<bdi>14:56</bdi> (Kenya time)",
            "for example 0712345678",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
        let token = token_in(&page);
        let typed = [("token", token.as_str()), ("phone", "01012345678")];
        shop.post(Some(7), &typed).await;
        let page = box_of(&shop).await;
        assert!(
            page.contains("This is not a mobile number of Kenya, such as 0712345678."),
            "{page}"
        );
        let typed = [("token", token.as_str()), ("phone", "254 712 345678")];
        shop.post(Some(7), &typed).await;
        assert!(box_of(&shop).await.contains("We look for 1292.50 KES from"));
        let text = "TKI5XY12AB Confirmed. You have received Ksh1,292.50 from GRACE WANJIRU 254712345678 on 3/9/26 at \
                    2:26 PM New M-PESA balance is Ksh15,000.00. Transaction cost, Ksh0.00.";
        deliver(&shop, "MPESA", text).await;
        shop.until("the invoice is paid", async |shop| shop.till.is_paid(12))
            .await;
        assert_eq!(shop.till.credited(7), [1_000]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn shillings_without_cents_are_never_split() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sample-ug.toml"), UGANDAN).unwrap();
    for db in TestDb::each().await {
        let config = PaymentsConfig {
            wallets_dir: Some(folder.path().to_owned()),
            ..PaymentsConfig::default()
        };
        let shop = Shop::open(&db).await.restarted_with(&db, config).await;
        open_store(&shop, "UG", "USD = \"3703.65\"", "sample-ug", "0772345678").await;
        let page = box_of(&shop).await;
        for part in [
            "data-amount-egp-minor=\"37037\"",
            "<bdi id=\"wharf-amount\">37037</bdi> UGX",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
        let token = token_in(&page);
        let typed = [("token", token.as_str()), ("phone", "0712345678")];
        shop.post(Some(7), &typed).await;
        deliver(
            &shop,
            "SampleUG",
            "Received UGX 37,037 from 0712345678. Balance UGX 90,000. ID 100200300",
        )
        .await;
        shop.until("the invoice is paid", async |shop| shop.till.is_paid(12))
            .await;
        assert_eq!(
            shop.till.credited(7),
            [1_000],
            "what was offered, to the cent"
        );
        let fields = [
            ("store_id", "abroad"),
            ("client_id", "8"),
            ("phone", "0712345678"),
            ("amount", "500.50"),
        ];
        let answer = shop.check(&fields).await;
        assert_eq!(answer["code"], "amount_invalid");
        assert_eq!(
            answer["message"],
            "This is not an amount. Please write it in UGX, for example 250"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_of_other_money_joins_no_store_and_no_store_moves_away_from_its_wallets() {
    let db = TestDb::sqlite();
    let shop = Shop::open(&db).await;
    open_store(&shop, "BD", "USD = \"121.50\"", "bkash", "01812345678").await;
    let refused = wallet("kenyan", "mpesa-ke", "0722345678")
        .apply(&shop.store, &shop.payments.wallets())
        .await
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the wallets of \"mpesa-ke\" are in KE and hold KES, but store \"abroad\" is for BDT in Bangladesh"
    );
    let moved = store("KE", "USD = \"129\"").apply(&shop.store).await;
    assert!(matches!(moved, Err(SetupError::Moved(_))), "{moved:?}");
    // Once its site's clients have claimed, it stays there.
    shop.check(&[
        ("store_id", "abroad"),
        ("phone", "01712345678"),
        ("amount", "100"),
        ("client_id", "7"),
    ])
    .await;
    let mut other = store("BD", "USD = \"121.50\"");
    other.site = "other".into();
    let moved = other.apply(&shop.store).await;
    assert!(matches!(moved, Err(SetupError::OtherSite(_))), "{moved:?}");
    let own = store("BD", "BDT = \"2\"").apply(&shop.store).await;
    assert!(matches!(own, Err(SetupError::OwnRate(_))), "{own:?}");
}

/// A store called `abroad` with one wallet and one phone, in the shop's books.
async fn open_store(shop: &Shop, country: &str, rates: &str, operator: &str, number: &str) {
    store(country, rates).apply(&shop.store).await.unwrap();
    wallet("far", operator, number)
        .apply(&shop.store, &shop.payments.wallets())
        .await
        .unwrap();
    let device: DeviceSetup = toml::from_str(&format!(
        "id = \"far-phone\"\nstore = \"abroad\"\ntoken = \"{FAR}\"\nformat = \"generic\"\nwallets = [\"far\"]"
    ))
    .unwrap();
    device.apply(&shop.store).await.unwrap();
}

fn store(country: &str, rates: &str) -> StoreSetup {
    toml::from_str(&format!(
        "id = \"abroad\"\nsite = \"main\"\nname = \"Abroad\"\ncountry = \"{country}\"\nrates = {{ {rates} }}\n\
         hold = \"off\"\nphone_binding = \"off\"\nbalance_check = false"
    ))
    .unwrap()
}

fn wallet(id: &str, operator: &str, number: &str) -> WalletSetup {
    toml::from_str(&format!(
        "id = \"{id}\"\nstore = \"abroad\"\noperator = \"{operator}\"\nnumber = \"{number}\""
    ))
    .unwrap()
}

async fn deliver(shop: &Shop, sender: &str, text: &str) {
    let at = shop.clock.now_ms();
    let body = json!({ "from": sender, "text": text, "receivedStamp": at }).to_string();
    let outcome = shop
        .payments
        .receive(FAR, &HeaderMap::new(), body.as_bytes())
        .await;
    assert_eq!(outcome, IntakeOutcome::Accepted);
}

/// The box of an invoice of ten dollars.
async fn box_of(shop: &Shop) -> String {
    shop.till.invoice_of(12, 7, 1_000);
    let params = json!({
        "invoiceid": 12, "amount": "10.00", "currency": "USD", "systemurl": "https://shop.example.com/",
        "clientdetails": { "userid": 7, "language": "english" }, "store": "abroad",
    });
    let answer = shop.call("link", params).await;
    answer
        .get("html")
        .and_then(Value::as_str)
        .unwrap()
        .to_owned()
}

const FAR: &str = "a-sample-token-far-away";
const UGANDAN: &str = "name = \"sample-ug\"\ntitle = \"Sample Money\"\ncountry = \"UG\"\nsenders = [\"SampleUG\"]\n\
    [[template]]\nname = \"received\"\nkind = \"received\"\n\
    pattern = 'Received UGX <amount> from <phone> ?\\. Balance UGX <balance> ?\\. ID <id>'\n\
    [[template.sample]]\nat = \"2026-09-03T14:26:00+03:00\"\n\
    text = \"Received UGX 500 from 0712345678. Balance UGX 90,000. ID 100200299\"\namount = \"500\"\n\
    phone = \"0712345678\"\nbalance = \"90000\"\nid = \"100200299\"\n";

/// Money of which nothing is left in the client's currency: an approval says so, and is no decision.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_worth_nothing_is_not_approved_in_vain() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let fields = [
            ("store_id", "nile"),
            ("client_id", "7"),
            ("phone", PAYER),
            ("amount", "0.25"),
        ];
        shop.check(&fields).await;
        shop.deliver("023123456789", PAYER, "0.25").await;
        let open = ReviewFilter::default();
        shop.until("somebody is asked", async |shop| {
            !shop.payments.reviews(&open).await.unwrap().is_empty()
        })
        .await;
        let items = shop.payments.reviews(&open).await.unwrap();
        assert_eq!(items[0].kind, "worth_nothing");
        let answer = shop.payments.approve(&items[0].id, by("mona")).await;
        assert!(
            matches!(answer, Err(ReviewError::StillWorthless)),
            "{answer:?}"
        );
        let still = shop.payments.reviews(&open).await.unwrap();
        assert_eq!((still.len(), &still[0].id), (1, &items[0].id));
        shop.payments
            .reject(&items[0].id, by("mona"))
            .await
            .unwrap();
        assert!(shop.payments.reviews(&open).await.unwrap().is_empty());
    }
}
