//! Renewing, paying, expiring, restoring, deleting, pushing.

use super::*;

async fn expiration(desk: &Desk, name: &str) -> String {
    let status = desk
        .run(&format!("COMMAND=StatusDomain\nDOMAIN={name}"))
        .await;
    property(&status, "EXPIRATIONDATE")[0].to_owned()
}

#[tokio::test]
async fn a_renewal_with_the_known_date_happens_once() {
    let desk = Desk::new();
    desk.run(&add("shop.com", "RENEWALMODE=AUTOEXPIRE")).await;
    let renew =
        "COMMAND=RenewDomain\nDOMAIN=shop.com\nPERIOD=2Y\nEXPIRATIONDATE=2027-11-21 10:00:00";
    let done = desk.run(renew).await;
    assert_eq!(property(&done, "EXPIRATIONDATE"), ["2029-11-21 10:00:00"]);
    assert_eq!(
        desk.verdict(renew).await,
        "555 Domain is already renewed; the expiration date is 2029-11-21 10:00:00"
    );
    assert_eq!(desk.balance("whale").await, "67.03");
    for (more, expected) in [
        ("EXPIRATION=2027", "555"),
        ("EXPIRATION=2030", "541"),
        ("EXPIRATIONDATE=soon", "505"),
        ("PERIOD=11Y", "541"),
        ("PERIOD=9Y\nEXPIRATION=2029", "548"),
        ("PERIOD=7Y\nEXPIRATIONDATE=2029-11-21", "546"),
        ("LAST=1", "503"),
    ] {
        let answer = desk
            .run(&format!("COMMAND=RenewDomain\nDOMAIN=shop.com\n{more}"))
            .await;
        assert_eq!(code(&answer), expected, "{more}");
    }
    assert_eq!(expiration(&desk, "shop.com").await, "2029-11-21 10:00:00");
    assert_eq!(
        desk.log("whale", "shop.com").await,
        ["CREATE SUCCESSFUL", "RENEW SUCCESSFUL"]
    );
}

#[tokio::test]
async fn zones_without_explicit_renewal_are_paid_for_within_61_days() {
    let desk = Desk::new();
    desk.run(&add("laden.de", "RENEWALMODE=AUTOEXPIRE")).await;
    assert_eq!(
        desk.verdict("COMMAND=RenewDomain\nDOMAIN=laden.de").await,
        "510 Command not supported for this object class; use PayDomainRenewal"
    );
    let pay =
        "COMMAND=PayDomainRenewal\nDOMAIN=laden.de\nPERIOD=1Y\nEXPIRATIONDATE=2027-11-21 10:00:00";
    assert_eq!(
        desk.verdict(pay).await,
        "548 Domain is not up for renewal; payment is accepted from 2027-09-21 10:00:00 on"
    );
    desk.pass_days(305);
    let paid = desk.run(pay).await;
    assert_eq!(
        (
            property(&paid, "EXPIRATIONDATE"),
            property(&paid, "PAIDUNTILDATE")
        ),
        (vec!["2027-11-21 10:00:00"], vec!["2028-11-21 10:00:00"])
    );
    assert_eq!(desk.verdict(pay).await, "555 Domain is already renewed");
    assert_eq!(desk.balance("whale").await, "86.02");
    // A day before its end the registry renews.
    desk.pass_days(60);
    assert_eq!(expiration(&desk, "laden.de").await, "2028-11-21 10:00:00");
}

#[tokio::test]
async fn what_nobody_pays_for_can_be_restored_and_is_free_in_the_end() {
    let desk = Desk::new();
    for name in ["back.com", "gone.com"] {
        desk.run(&add(name, "RENEWALMODE=AUTOEXPIRE")).await;
    }
    desk.pass_days(365 + 44);
    assert_eq!(
        code(&desk.run("COMMAND=StatusDomain\nDOMAIN=back.com").await),
        "545"
    );
    let list = desk
        .run("COMMAND=QueryObjectList\nOBJECTCLASS=DELETEDDOMAIN\nOBJECTID=back.com")
        .await;
    assert_eq!(
        (property(&list, "COUNT"), property(&list, "EXPIRATIONDATE")),
        (vec!["1"], vec!["2027-11-21 10:00:00"])
    );
    assert_eq!(
        desk.log("whale", "back.com").await,
        ["CREATE SUCCESSFUL", "DELETE SUCCESSFUL"]
    );
    let check = desk.run("COMMAND=CheckDomains\nDOMAIN0=back.com").await;
    assert_eq!(property(&check, "DOMAINCHECK"), ["211 Not available"]);
    assert_eq!(code(&desk.run(&add("back.com", "")).await), "540");
    assert_eq!(
        code(
            &desk
                .run_as("minnow", "COMMAND=RestoreDomain\nDOMAIN=back.com")
                .await
        ),
        "531"
    );
    let restore = "COMMAND=RestoreDomain\nDOMAIN=back.com\nRENEWALMODE=AUTOEXPIRE";
    assert_eq!(code(&desk.run(restore).await), "546");
    desk.act(
        "balance",
        serde_json::json!({ "account": "whale", "amount": "200.00" }),
    )
    .await;
    let restored = desk.run(restore).await;
    assert!(restored.contains("\r\nPENDING=1\r\n"));
    assert_eq!(
        property(&restored, "EXPIRATIONDATE"),
        ["2028-11-21 10:00:00"]
    );
    assert_eq!(desk.balance("whale").await, "109.01");
    assert_eq!(code(&desk.run(restore).await), "545");
    let renew = "COMMAND=RenewDomain\nDOMAIN=back.com\nEXPIRATION=2028";
    assert_eq!(code(&desk.run(renew).await), "200");

    desk.pass_days(31);
    let late = desk.verdict("COMMAND=RestoreDomain\nDOMAIN=gone.com").await;
    assert!(late.starts_with("552"), "{late}");
    let list = desk
        .run("COMMAND=QueryObjectList\nOBJECTCLASS=DELETEDDOMAIN\nOBJECTID=gone.com")
        .await;
    assert_eq!(property(&list, "COUNT"), ["0"]);
    assert!(property(&list, "OBJECTID").is_empty());
    let never = "COMMAND=QueryObjectList\nOBJECTCLASS=DELETEDDOMAIN\nOBJECTID=never.com";
    assert_eq!(code(&desk.run(never).await), "545");
    desk.pass_days(5);
    let check = desk.run("COMMAND=CheckDomains\nDOMAIN0=gone.com").await;
    assert_eq!(property(&check, "DOMAINCHECK"), ["210 Available"]);
}

#[tokio::test]
async fn an_auto_renewal_that_cannot_be_paid_is_tried_again_until_the_end() {
    let desk = Desk::new();
    desk.run(&add("poor.com", "")).await;
    desk.act(
        "balance",
        serde_json::json!({ "account": "whale", "amount": "1.00" }),
    )
    .await;
    desk.pass_days(370);
    let status = desk.run("COMMAND=StatusDomain\nDOMAIN=poor.com").await;
    assert_eq!(property(&status, "STATUS")[0], "EXPIRED");
    desk.act(
        "balance",
        serde_json::json!({ "account": "whale", "amount": "20.00" }),
    )
    .await;
    desk.pass_days(2);
    assert_eq!(expiration(&desk, "poor.com").await, "2028-11-21 10:00:00");
    assert_eq!(desk.balance("whale").await, "9.01");
}

#[tokio::test]
async fn a_deletion_is_on_its_way_first_and_can_be_undone() {
    let desk = Desk::new();
    desk.run(&add("shop.com", "")).await;
    let deleted = desk.run("COMMAND=DeleteDomain\nDOMAIN=shop.com").await;
    assert_eq!(property(&deleted, "STATUS"), ["PENDINGDELETE"]);
    let status = desk.run("COMMAND=StatusDomain\nDOMAIN=shop.com").await;
    assert_eq!(property(&status, "STATUS")[0], "PENDINGDELETE");
    let again = desk.verdict("COMMAND=DeleteDomain\nDOMAIN=shop.com").await;
    assert_eq!(
        again,
        "552 Object status does not allow for operation; PENDINGDELETE"
    );
    desk.clock.advance(Duration::from_secs(600));
    assert_eq!(
        code(&desk.run("COMMAND=StatusDomain\nDOMAIN=shop.com").await),
        "545"
    );
    desk.act(
        "balance",
        serde_json::json!({ "account": "whale", "amount": "200" }),
    )
    .await;
    assert_eq!(
        code(&desk.run("COMMAND=RestoreDomain\nDOMAIN=shop.com").await),
        "200"
    );
    // .dk knows no redemption.
    desk.run(&add("butik.dk", "")).await;
    desk.clock.advance(Duration::from_secs(600));
    desk.run("COMMAND=DeleteDomain\nDOMAIN=butik.dk").await;
    desk.clock.advance(Duration::from_secs(600));
    let check = desk.run("COMMAND=CheckDomains\nDOMAIN0=butik.dk").await;
    assert_eq!(property(&check, "DOMAINCHECK"), ["210 Available"]);
}

#[tokio::test]
async fn only_some_registries_take_a_domain_back() {
    let desk = Desk::new();
    for name in ["shop.com", "laden.de", "shop.co.uk"] {
        desk.run(&add(name, "")).await;
    }
    for (command, expected) in [
        ("DOMAIN=shop.com", "510"),
        ("DOMAIN=shop.co.uk", "541"),
        ("DOMAIN=shop.co.uk\nTARGET=lower", "541"),
        ("DOMAIN=shop.co.uk\nTARGET=OTHER-TAG", "200"),
        ("DOMAIN=laden.de", "200"),
        ("DOMAIN=laden.de", "545"),
    ] {
        let answer = desk.run(&format!("COMMAND=PushDomain\n{command}")).await;
        assert_eq!(code(&answer), expected, "{command}");
    }
    let log = desk.log("whale", "laden.de").await;
    assert_eq!(log.last().unwrap(), "OUTBOUND_TRANSFER SUCCESSFUL");
}

#[tokio::test]
async fn auth_codes_come_the_way_that_each_registry_has() {
    let desk = Desk::new();
    let auth = async |name: &str| {
        let status = desk
            .run(&format!("COMMAND=StatusDomain\nDOMAIN={name}"))
            .await;
        property(&status, "AUTH")[0].to_owned()
    };
    for name in [
        "shop.com", "shop.de", "shop.be", "shop.nz", "shop.fi", "shop.uk",
    ] {
        let added = desk.run(&add(name, "AUTH=First-Code-1")).await;
        assert_eq!(code(&added), "200", "{name}: {added}");
    }
    assert_eq!(auth("shop.com").await, "First-Code-1");
    for name in ["shop.de", "shop.be", "shop.nz", "shop.fi", "shop.uk"] {
        assert_eq!(auth(name).await, "", "{name}");
    }
    let made = desk
        .run("COMMAND=DENIC_CreateAuthInfo1\nDOMAIN=shop.de")
        .await;
    assert_eq!(property(&made, "AUTH")[0].len(), 16);
    assert_eq!(
        code(
            &desk
                .run("COMMAND=DENIC_CreateAuthInfo1\nDOMAIN=shop.com")
                .await
        ),
        "510"
    );
    let mailed = desk
        .run("COMMAND=RequestDomainAuthInfo\nDOMAIN=shop.be")
        .await;
    assert!(mailed.contains("PENDING=1") && property(&mailed, "AUTH").is_empty());
    let mail = desk.json("/_sandbox/mails").await;
    assert_eq!(
        (mail[0]["to"].as_str(), mail[0]["code"].as_str()),
        (Some("mona@example.org"), Some("First-Code-1"))
    );
    desk.run("COMMAND=ModifyDomain\nDOMAIN=shop.nz\nTRANSFERLOCK=0")
        .await;
    assert_eq!(auth("shop.nz").await, "First-Code-1");
    let early = desk
        .run("COMMAND=ModifyDomain\nDOMAIN=shop.fi\nAUTH=Second-Code-2")
        .await;
    assert_eq!(code(&early), "541");
    desk.run("COMMAND=ModifyDomain\nDOMAIN=shop.fi\nTRANSFERLOCK=0\nAUTH=Second-Code-2")
        .await;
    assert_eq!(auth("shop.fi").await, "Second-Code-2");
    let random = desk
        .run("COMMAND=ModifyDomain\nDOMAIN=shop.com\nGENERATERANDOMAUTH=1")
        .await;
    assert_eq!(auth("shop.com").await, property(&random, "AUTH")[0]);
}

#[tokio::test]
async fn a_changed_registrant_locks_or_needs_a_trade() {
    let desk = Desk::new();
    for name in ["shop.com", "shop.fr", "shop.de"] {
        desk.run(&add(name, "")).await;
    }
    let other = format!("OWNERCONTACT0{}", PERSON.replace('#', "OWNERCONTACT0"));
    let other = other.replace("Mona", "Nadia");
    let change = async |command: &str, name: &str| {
        desk.run(&format!("COMMAND={command}\nDOMAIN={name}\n{other}"))
            .await
    };
    assert_eq!(code(&change("ModifyDomain", "shop.fr").await), "541");
    assert_eq!(code(&change("TradeDomain", "shop.fr").await), "200");
    assert_eq!(code(&change("ModifyDomain", "shop.de").await), "200");
    assert_eq!(code(&change("ModifyDomain", "shop.com").await), "200");
    let status = desk.run("COMMAND=StatusDomain\nDOMAIN=shop.com").await;
    assert_eq!(
        property(&status, "TRADE-TRANSFERLOCK-EXPIRATIONDATE"),
        ["2027-01-20 10:00:00"]
    );
    let trade = desk.run("COMMAND=StatusDomainTrade\nDOMAIN=shop.fr").await;
    assert_eq!(property(&trade, "TRANSFERTYPE"), ["TRADE"]);
    assert_eq!(
        code(
            &desk
                .run("COMMAND=ModifyDomain\nDOMAIN=shop.com\nADDSTATUS0=clientHold")
                .await
        ),
        "200"
    );
    let status = desk.run("COMMAND=StatusDomain\nDOMAIN=shop.com").await;
    assert!(property(&status, "STATUS").contains(&"clientHold"));
    assert_eq!(
        code(
            &desk
                .run("COMMAND=ModifyDomain\nDOMAIN=shop.com\nADDSTATUS0=serverHold")
                .await
        ),
        "541"
    );
}
