//! A store that owns both wallets moves money from one to the other: it is no customer's, and both balances go on.
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be set up must fail the test, in its helpers too"
)]

use serde_json::Value;
use wharf_payments::setup::{DeviceSetup, WalletSetup};
use wharf_payments::views::{ReviewFilter, TransferFilter};
use wharf_store::testing::TestDb;

use crate::support::{
    PAYER, SIGNING_KEY, Shop, TOKEN, WALLET, signed, state_of, token_in, webhook,
};

/// The other wallet, and the phone that forwards its messages.
const OTHER: &str = "01055566677";
const OTHER_TOKEN: &str = "other-intake-token-0123456789";
const AT: &str = "2026-09-03T14:26:00+03:00";

/// Two wallets with a balance that is known: 5000.00 and 100.00.
async fn open(db: &TestDb) -> Shop {
    let more = "balance_check = true\nmisses_client = 0\nmisses_phone = 0";
    let shop = Shop::open_with(db, more).await;
    for (id, number, balance) in [("vf1", WALLET, "5000.00"), ("vf2", OTHER, "100.00")] {
        let wallet: WalletSetup = toml::from_str(&format!(
            "id = \"{id}\"\nstore = \"nile\"\noperator = \"vodafone-cash\"\nnumber = \"{number}\"\nbalance = \"{balance}\""
        ))
        .unwrap();
        let known = shop.payments.wallets();
        wallet.apply(&shop.store, &known).await.unwrap();
    }
    let phone: DeviceSetup = toml::from_str(&format!(
        "id = \"phone2\"\nstore = \"nile\"\ntoken = \"{OTHER_TOKEN}\"\nformat = \"smsgate\"\nsigning_key = \"{SIGNING_KEY}\"\nwallets = [\"vf2\"]"
    ))
    .unwrap();
    phone.apply(&shop.store).await.unwrap();
    shop
}

fn sent(number: &str, to: &str, amount: &str, fee: &str, balance: &str) -> String {
    format!(
        "تم تحويل {amount} جنيه لرقم {to} المسجل بإسم متجر النيل؛ مصاريف الخدمة {fee} جنيه رصيد حسابك فى فودافون كاش الحالي {balance}. تاريخ العملية: 14:{} 26-09-03 رقم العملية: {number}",
        minute(number)
    )
}

fn received(number: &str, wallet: &str, from: &str, amount: &str, balance: &str) -> String {
    format!(
        "تم استلام مبلغ {amount} جنيه من {from}؛\nالمسجل بإسم متجر النيل\nعلى رقم محفظتك {wallet} بتاريخ 14:{} 26-09-03.\nرصيدك الحالي: {balance} جنيه\nرقم العملية: {number}",
        minute(number)
    )
}

/// Numbers rise with time: the last two digits are the minute.
fn minute(number: &str) -> &str {
    number.get(10..).unwrap()
}

async fn deliver(shop: &Shop, token: &str, text: &str) {
    let body = webhook(text, AT);
    shop.receive(token, &signed(&body, &shop.clock), body.as_bytes())
        .await;
}

async fn claim(shop: &Shop, phone: &str, amount: &str) -> Value {
    let fields = [
        ("phone", phone),
        ("amount", amount),
        ("store_id", "nile"),
        ("client_id", "7"),
    ];
    shop.check(&fields).await
}

/// Balance and gaps of both wallets.
async fn chains(shop: &Shop) -> Vec<(String, Option<i64>, i64)> {
    let wallets = shop.payments.wallets_of("nile").await.unwrap();
    let mut chains: Vec<_> = wallets
        .into_iter()
        .map(|wallet| (wallet.id, wallet.balance, wallet.gaps))
        .collect();
    chains.sort();
    chains
}

fn whole(first: i64, second: i64) -> Vec<(String, Option<i64>, i64)> {
    vec![
        ("vf1".into(), Some(first), 0),
        ("vf2".into(), Some(second), 0),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn money_between_a_store_s_own_wallets_is_nobody_s() {
    for db in TestDb::each().await {
        let shop = open(&db).await;
        // Somebody waits for it already, by the number that both messages will carry.
        shop.till.invoice_of(12, 8, 1_000);
        let page = shop.box_of(8, 12, "10.00").await;
        let fields = [
            ("token", &*token_in(&page)),
            ("phone", PAYER),
            ("transaction", "023123456731"),
        ];
        shop.post(Some(8), &fields).await;

        let out = sent("023123456731", OTHER, "502.50", "1", "4496.50");
        deliver(&shop, TOKEN, &out).await;
        let into = received("023123456731", OTHER, WALLET, "502.50", "602.50");
        deliver(&shop, OTHER_TOKEN, &into).await;
        assert_eq!(chains(&shop).await, whole(449_650, 60_250));

        // Back, and the message of the wallet that paid is late.
        let back = received("023123456732", WALLET, OTHER, "100.00", "4596.50");
        deliver(&shop, TOKEN, &back).await;
        assert_eq!(chains(&shop).await, whole(459_650, 60_250));

        for (phone, amount) in [(WALLET, "502.5"), (OTHER, "100"), (PAYER, "502.5")] {
            let answer = claim(&shop, phone, amount).await;
            assert_eq!(answer["code"], "not_found", "{phone}");
        }
        let page = shop.box_of(8, 12, "10.00").await;
        assert_eq!(state_of(&page), "waiting");
        let transfers = shop.payments.transfers(&TransferFilter::default()).await;
        let mut ends: Vec<_> = transfers
            .unwrap()
            .into_iter()
            .map(|moved| (moved.wallet, moved.state, moved.reason, moved.claim))
            .collect();
        ends.sort();
        let own = |wallet: &str| {
            let (state, reason) = ("rejected".to_owned(), Some("own_wallet".to_owned()));
            (wallet.to_owned(), state, reason, None)
        };
        assert_eq!(ends, [own("vf1"), own("vf2")]);

        // Customers' money continues both balances, and needs nobody.
        let customer = received("023123456733", WALLET, PAYER, "201.00", "4797.50");
        deliver(&shop, TOKEN, &customer).await;
        claim(&shop, PAYER, "201").await;
        let late = sent("023123456732", WALLET, "100.00", "0.50", "502.00");
        deliver(&shop, OTHER_TOKEN, &late).await;
        let customer = received("023123456734", OTHER, PAYER, "50.25", "552.25");
        deliver(&shop, OTHER_TOKEN, &customer).await;
        claim(&shop, PAYER, "50.25").await;
        shop.until("both are credited", async |shop| {
            shop.till.credited(7) == [400, 100]
        })
        .await;
        assert_eq!(chains(&shop).await, whole(479_750, 55_225));
        assert!(shop.till.credited(8).is_empty());
        let open = shop.payments.reviews(&ReviewFilter::default()).await;
        assert!(open.unwrap().is_empty());
    }
}
