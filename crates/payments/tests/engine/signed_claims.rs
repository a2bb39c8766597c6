//! Claims that the shop's server signs.

use crate::support::{PAYER, Shop, WALLET, hmac_hex, soon};
use serde_json::{Value, json};
use wharf_payments::Why;
use wharf_store::testing::TestDb;

const KEY: &str = "a key of thirty-two letters or more";

fn claim(shop: &Shop, nonce: &str) -> Value {
    json!({
        "store": "nile", "client": 7, "invoice": 12, "amount": "502.50", "phone": PAYER,
        "nonce": format!("{nonce}-0123456789abcdef"), "time": shop.clock.now().as_second(),
    })
}

fn sign(body: &str, key: &str) -> String {
    hmac_hex(key, &["wharf claim 1\n", body])
}

async fn send(shop: &Shop, claim: &Value) -> Result<Value, (Why, String)> {
    let body = claim.to_string();
    send_signed(shop, &body, &sign(&body, KEY)).await
}

async fn send_signed(shop: &Shop, body: &str, signature: &str) -> Result<Value, (Why, String)> {
    shop.payments
        .signed_claim(body.as_bytes(), signature, None, soon())
        .await
        .map_err(|error| (error.why, error.message))
}

async fn open(db: &TestDb) -> Shop {
    Shop::open_with(db, &format!("claim_key = \"{KEY}\"")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_claim_pays_its_invoice_and_can_be_asked_again() {
    for db in TestDb::each().await {
        let shop = open(&db).await;
        shop.till.invoice_of(12, 7, 1_000);
        let waiting = send(&shop, &claim(&shop, "a")).await.unwrap();
        assert_eq!(
            (&waiting["status"], &waiting["code"]),
            (&json!(false), &json!("not_found"))
        );
        shop.deliver("023123456789", PAYER, "502.50").await;
        shop.until("the invoice is paid", async |shop| shop.till.is_paid(12))
            .await;
        let mut n = 0;
        shop.until("the claim says so", async |shop| {
            n += 1;
            send(shop, &claim(shop, &format!("b{n}"))).await.unwrap()["paid"] == true
        })
        .await;
        let mut told = send(&shop, &claim(&shop, "c")).await.unwrap();
        assert_eq!(told["claim"], waiting["claim"]);
        told["claim"] = json!("CLAIM");
        insta::allow_duplicates! { insta::assert_json_snapshot!(told, @r#"
        {
          "status": true,
          "code": "ok",
          "message": "Payment received.",
          "claim": "CLAIM",
          "transaction_id": "023123456789",
          "credited": "10.00",
          "currency": "USD",
          "applied": "10.00",
          "paid": true
        }
        "#); }
        assert_eq!(shop.till.credited(7), [1_000]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_taken_without_the_right_signature_time_and_nonce() {
    for db in TestDb::each().await {
        let shop = open(&db).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        let good = claim(&shop, "a").to_string();
        let signature = sign(&good, KEY);
        let other_client = good.replace("\"client\":7", "\"client\":8");
        assert_ne!(other_client, good);
        for (body, signature) in [
            (good.as_str(), ""),
            (&good, "zz"),
            (&good, &sign(&good, "another key of thirty-two letters")),
            (&other_client, signature.as_str()),
            // Signed, but as something else.
            (&good, &hmac_hex(KEY, &[&good])),
        ] {
            let (why, _) = send_signed(&shop, body, signature).await.unwrap_err();
            assert_eq!(why, Why::NotAllowed, "{signature}");
        }
        let unknown = json!({ "store": "other", "client": 7, "amount": "1", "phone": PAYER, "nonce": "0123456789abcdef", "time": 0 });
        assert_eq!(send(&shop, &unknown).await.unwrap_err().0, Why::NotAllowed);
        for (field, value, part) in [
            ("time", json!(shop.clock.now().as_second() - 301), "clock"),
            ("time", json!(shop.clock.now().as_second() + 301), "clock"),
            ("time", json!(i64::MAX), "clock"),
            ("nonce", json!("short"), "nonce"),
            ("more", json!(1), "unknown field"),
            ("client", json!("7"), "invalid type"),
            ("amount", json!(502.5), "invalid type"),
        ] {
            let mut wrong = claim(&shop, "b");
            wrong[field] = value;
            let (_, message) = send(&shop, &wrong).await.unwrap_err();
            assert!(message.contains(part), "{field}: {message}");
        }
        assert_eq!(shop.count("SELECT COUNT(*) FROM payment_claims").await, 0);

        assert!(send_signed(&shop, &good, &signature).await.is_ok());
        let (why, _) = send_signed(&shop, &good, &signature).await.unwrap_err();
        assert_eq!(why, Why::Repeated);
        assert_eq!(shop.count("SELECT COUNT(*) FROM payment_claims").await, 1);
        // What was forgotten as too old is refused for its age.
        shop.clock.advance(std::time::Duration::from_secs(3_600));
        assert!(send(&shop, &claim(&shop, "c")).await.is_ok());
        assert_eq!(shop.count("SELECT COUNT(*) FROM payment_nonces").await, 1);
        assert_eq!(
            send_signed(&shop, &good, &signature).await.unwrap_err().0,
            Why::NotAllowed
        );
        assert!(shop.till.credited(8).is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_figures_are_answered_in_the_customer_s_language() {
    let db = TestDb::sqlite();
    let shop = open(&db).await;
    for (n, (field, value, code)) in [
        ("phone", json!("0101"), "phone_invalid"),
        ("amount", json!("0"), "amount_invalid"),
        ("amount", json!("1.005"), "amount_invalid"),
        ("amount", json!("99999999"), "amount_limits"),
        ("client", json!(0), "client_invalid"),
        ("client", json!(99_999_999_999_i64), "client_invalid"),
        ("invoice", json!(-1), "invoice_invalid"),
        ("phone", json!(WALLET), "own_number"),
        ("transaction", json!("12"), "problem_transaction"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut wrong = claim(&shop, &n.to_string());
        wrong[field] = value;
        wrong["language"] = json!("ar");
        let told = send(&shop, &wrong).await.unwrap();
        assert_eq!(
            (&told["status"], &told["code"]),
            (&json!(false), &json!(code)),
            "{field}"
        );
        assert!(told["message"].as_str().unwrap().contains(' '), "{told}");
        assert!(!told["message"].as_str().unwrap().is_ascii(), "{told}");
    }
    assert_eq!(shop.count("SELECT COUNT(*) FROM payment_claims").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_without_a_key_takes_none() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let body = claim(&shop, "a").to_string();
        for signature in [sign(&body, KEY), sign(&body, "")] {
            let (why, _) = send_signed(&shop, &body, &signature).await.unwrap_err();
            assert_eq!(why, Why::NotAllowed);
        }
    }
    // A key that is left out of the set-up is taken away.
    let db = TestDb::sqlite();
    let shop = open(&db).await;
    let setup = |more: &str| {
        toml::from_str::<wharf_payments::setup::StoreSetup>(&format!(
            "id = \"nile\"\nsite = \"main\"\nname = \"Nile\"\n{more}"
        ))
        .unwrap()
    };
    assert!(send(&shop, &claim(&shop, "a")).await.is_ok());
    assert!(setup("claim_key = \"short\"").check().is_err());
    setup("").apply(&shop.store).await.unwrap();
    assert_eq!(
        send(&shop, &claim(&shop, "b")).await.unwrap_err().0,
        Why::NotAllowed
    );
}

/// The number says which transfer is meant, whatever amount is told with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_credited_answers_with_its_claim() {
    for db in TestDb::each().await {
        let shop = open(&db).await;
        shop.till.invoice_of(12, 7, 1_000);
        shop.deliver("023123456789", PAYER, "502.50").await;
        let numbered = |nonce: &str, invoice: i64, amount: &str| {
            let mut claim = claim(&shop, nonce);
            claim["transaction"] = json!("023123456789");
            claim["invoice"] = json!(invoice);
            claim["amount"] = json!(amount);
            claim
        };
        let first = send(&shop, &numbered("a", 12, "502.50")).await.unwrap();
        shop.until("the invoice is paid", async |shop| shop.till.is_paid(12))
            .await;
        let again = send(&shop, &numbered("b", 12, "500")).await.unwrap();
        assert_eq!(
            (&again["status"], &again["claim"]),
            (&json!(true), &first["claim"])
        );
        // Not paid with it: another invoice, or money without one.
        let mut without = numbered("e", 12, "502.50");
        without["invoice"] = json!(null);
        for other in [numbered("c", 13, "502.50"), without] {
            let other = send(&shop, &other).await.unwrap();
            assert_eq!(
                (&other["status"], &other["code"], other.get("claim")),
                (&json!(false), &json!("already_credited"), None)
            );
        }
        // Somebody else hears no more than of a number that is none.
        let mut stranger = numbered("d", 12, "502.50");
        stranger["client"] = json!(8);
        assert_eq!(send(&shop, &stranger).await.unwrap()["code"], "not_found");
        assert_eq!(shop.till.credited(7), [1_000]);
    }
}

/// A store that only looks on has credited nothing, whatever number is given.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_observed_is_not_called_credited() {
    for db in TestDb::each().await {
        let shop =
            Shop::open_with(&db, &format!("claim_key = \"{KEY}\"\nmode = \"observe\"")).await;
        send(&shop, &claim(&shop, "a")).await.unwrap();
        shop.deliver("023123456789", PAYER, "502.50").await;
        let observed = "SELECT COUNT(*) FROM payment_claims WHERE state = 'observed'";
        shop.until("it is observed", async |shop| {
            shop.count(observed).await == 1
        })
        .await;
        let mut other = claim(&shop, "b");
        other["invoice"] = json!(13);
        other["transaction"] = json!("023123456789");
        assert_eq!(send(&shop, &other).await.unwrap()["code"], "observed");
    }
}
