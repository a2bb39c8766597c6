//! What templates change for messages: noise, foreign operators, files that change while the daemon runs.

use crate::support::{PAYER, Shop, TOKEN, signed, webhook};
use wharf_payments::{IntakeOutcome, PaymentsConfig};
use wharf_store::testing::TestDb;

const AT: &str = "2026-09-03T14:26:00+03:00";

#[tokio::test(flavor = "multi_thread")]
async fn advertising_and_private_banks_bother_nobody() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.deliver_text("مبروك كسبت 500 جنيه كاش باك", AT).await;
        let private = webhook(
            "IPN transfer received with amount of EGP 4000.00 on 7425 on 03/09 at 02:25 PM. Ref# 4a36bb42",
            AT,
        )
        .replace("VF-Cash", "QNB");
        let headers = signed(&private, &shop.clock);
        let outcome = shop.receive(TOKEN, &headers, private.as_bytes());
        assert_eq!(outcome.await, IntakeOutcome::Accepted);
        for (counted, query) in [
            (
                1,
                "SELECT COUNT(*) FROM payment_messages WHERE state = 'read' AND kind = 'advert'",
            ),
            (
                1,
                "SELECT COUNT(*) FROM payment_messages WHERE state = 'ignored' AND sender = 'QNB'",
            ),
            (0, "SELECT COUNT(*) FROM payment_reviews"),
            (0, "SELECT COUNT(*) FROM payment_transfers"),
        ] {
            assert_eq!(shop.count(query).await, counted, "{query}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_template_finds_the_money_that_came_before_it() {
    for db in TestDb::each().await {
        let folder = tempfile::tempdir().unwrap();
        let config = PaymentsConfig {
            wallets_dir: Some(folder.path().to_owned()),
            ..PaymentsConfig::default()
        };
        let shop = Shop::open(&db).await.restarted_with(&db, config).await;
        let text = format!("جالك 502.50 جنيه من {PAYER} رصيدك 1540.75 رقم العملية 023123456789");
        shop.deliver_text(&text, AT).await;
        shop.deliver_text("تم استلام طلبك رقم 5501", AT).await;
        assert_eq!(
            shop.count("SELECT COUNT(*) FROM payment_messages WHERE state = 'unknown'")
                .await,
            2
        );
        assert_eq!(shop.payments.reread().await.unwrap(), 0);

        let file = "name = \"vodafone-cash\"\nextends = true\n[[template]]\nname = \"received-g4\"\nkind = \"received\"\npattern = 'جالك <amount> جنيه من <phone> رصيدك <balance> رقم العملية <id>'\n";
        std::fs::write(folder.path().join("g4.toml"), file).unwrap();
        let watched = shop.payments.clone();
        let watch = tokio::spawn(async move { watched.watch_wallets().await });
        shop.until("the transfer is booked", async |shop| {
            shop.count("SELECT COUNT(*) FROM payment_transfers WHERE operator_id = '023123456789' AND amount = 50250")
                .await
                == 1
        })
        .await;
        watch.abort();
        assert_eq!(
            shop.count("SELECT COUNT(*) FROM payment_messages WHERE state = 'unknown'")
                .await,
            1
        );
        assert_eq!(shop.payments.reread().await.unwrap(), 0);
    }
}
