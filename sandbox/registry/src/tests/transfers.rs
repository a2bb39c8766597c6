//! Domains that come and go.

use super::*;

fn transfer(name: &str, more: &str) -> String {
    format!("COMMAND=TransferDomain\nDOMAIN={name}\n{more}")
}

fn contacts(kinds: &[&str]) -> String {
    let lines: Vec<String> = kinds
        .iter()
        .map(|kind| {
            let slot = format!("{kind}CONTACT0");
            format!("{slot}{}", PERSON.replace('#', &slot))
        })
        .collect();
    lines.join("\n")
}

#[tokio::test]
async fn a_check_says_why_a_name_cannot_come() {
    let desk = Desk::new();
    desk.run(&add("mine.com", "AUTH=Mine-Code-1")).await;
    let check = async |login: &str, fields: &str| {
        let answer = desk
            .run_as(
                login,
                &format!("COMMAND=CheckDomainTransfer\nDOMAIN={fields}"),
            )
            .await;
        let known = property(&answer, "AUTHISVALID").join("");
        format!("{} {known} {}", code(&answer), description(&answer))
    };
    let no = "Request is not available; DOMAIN TRANSFER IS PROHIBITED BY";
    for (fields, expected) in [
        (
            "transfer-a.com",
            "218 UNKNOWN Request is available".to_owned(),
        ),
        (
            "transfer-a.com\nAUTH=Auth-transfer-a",
            "218 YES Request is available".into(),
        ),
        (
            "transfer-a.com\nAUTH=wrong",
            format!("219 NO {no} WRONG AUTH"),
        ),
        (
            "transfer-locked-a.com\nAUTH=wrong",
            format!("219 NO {no} STATUS (clientTransferProhibited)/WRONG AUTH"),
        ),
        (
            "transfer-locked-a.com",
            format!("219 UNKNOWN {no} STATUS (clientTransferProhibited)"),
        ),
        (
            "transfer-young-a.com",
            format!("219 UNKNOWN {no} AGE OF THE DOMAIN"),
        ),
        (
            "free.com",
            "219  Request is not available; DOMAIN IS NOT REGISTERED".into(),
        ),
    ] {
        assert_eq!(check("whale", fields).await, expected, "{fields}");
    }
    assert_eq!(
        check("minnow", "mine.com\nAUTH=Mine-Code-1").await,
        format!("219 YES {no} STATUS (clientTransferProhibited)")
    );
    let facts = desk
        .run("COMMAND=CheckDomainTransfer\nDOMAIN=transfer-a.de")
        .await;
    assert_eq!(
        (property(&facts, "PERIOD"), property(&facts, "AGEINDAYS")),
        (vec!["0Y"], vec!["800"])
    );
}

#[tokio::test]
async fn a_transfer_in_completes_after_days_unless_it_is_rejected() {
    let desk = Desk::new();
    for (command, expected) in [
        (
            transfer("transfer-a.com", ""),
            "504 Missing required attribute; AUTH",
        ),
        (
            transfer("transfer-a.com", "AUTH=wrong-code"),
            "530 Authorization failed; wrong auth code",
        ),
        (
            transfer("transfer-locked-a.com", "AUTH=Auth-transfer-locked-a"),
            "552 Object status does not allow for operation; clientTransferProhibited",
        ),
        (
            transfer("transfer-a.com", "AUTH=Auth-transfer-a\nPERIOD=0Y"),
            "541 Invalid attribute value; PERIOD",
        ),
        (
            transfer(
                "transfer-a.com",
                &format!("AUTH=Auth-transfer-a\n{}", contacts(&["OWNER"])),
            ),
            "541 Invalid attribute value; OWNERCONTACT0; not supported for transfers of this TLD",
        ),
        (
            transfer("free.com", "AUTH=whatever"),
            "545 Entity reference not found",
        ),
        (
            transfer("transfer-a.com", "ACTION=CANCEL"),
            "534 Domain is not flagged for transfer",
        ),
    ] {
        assert_eq!(desk.verdict(&command).await, expected, "{command}");
    }
    assert_eq!(desk.balance("whale").await, "100.00");

    for name in ["transfer-a", "transfer-b", "transfer-c", "transfer-d"] {
        let order = transfer(
            &format!("{name}.com"),
            &format!("AUTH=Auth-{name}\nNAMESERVER0=ns9.host.test"),
        );
        let asked = desk.run(&order).await;
        assert!(asked.contains("domain transfer initiated") && asked.contains("\r\nPENDING=1\r\n"));
        let again = desk.run(&order).await;
        assert_eq!(code(&again), "536");
    }
    assert_eq!(desk.balance("whale").await, "56.04");
    let status = desk
        .run("COMMAND=StatusDomainTransfer\nDOMAIN=transfer-a.com")
        .await;
    assert_eq!(
        (
            property(&status, "TRANSFERSTATUS"),
            property(&status, "TRANSFERTYPE")
        ),
        (vec!["PENDING"], vec!["INCOMING"])
    );
    assert!(property(&status, "TRANSFERLOG")[0].contains("[INITIATED]"));
    let list = desk.run("COMMAND=QueryTransferList").await;
    assert_eq!(property(&list, "TOTAL"), ["4"]);
    let domains = desk
        .run("COMMAND=QueryDomainList\nVERSION=2\nWIDE=1\nOBJECTCLASS=DOMAINTRANSFER\nLIMIT=1")
        .await;
    assert_eq!(property(&domains, "TRANSFER-STATUS"), ["PENDING"]);

    let mails = desk.json("/_sandbox/mails").await.as_array().unwrap().len();
    let resend = "COMMAND=ResendDomainTransferConfirmationEmails\nDOMAIN=transfer-a.com";
    assert_eq!(code(&desk.run(resend).await), "200");
    assert_eq!(
        desk.json("/_sandbox/mails").await.as_array().unwrap().len(),
        mails + 1
    );

    desk.act(
        "reject",
        serde_json::json!({ "domain": "transfer-b.com", "reason": "No" }),
    )
    .await;
    desk.act("hold", serde_json::json!({ "domain": "transfer-c.com" }))
        .await;
    assert_eq!(
        code(&desk.run(&transfer("transfer-d.com", "ACTION=CANCEL")).await),
        "200"
    );
    assert_eq!(desk.balance("whale").await, "78.02");
    desk.pass_days(5);
    let state = async |name: &str| {
        let status = desk
            .run(&format!("COMMAND=StatusDomainTransfer\nDOMAIN={name}.com"))
            .await;
        property(&status, "TRANSFERSTATUS")[0].to_owned()
    };
    assert_eq!(state("transfer-a").await, "SUCCESSFUL");
    assert_eq!(state("transfer-b").await, "FAILED");
    assert_eq!(state("transfer-c").await, "PENDING");
    assert_eq!(state("transfer-d").await, "FAILED");
    assert_eq!(
        desk.log("whale", "transfer-a.com").await,
        ["TRANSFER REQUEST", "INBOUND_TRANSFER SUCCESSFUL"]
    );
    assert_eq!(
        desk.log("whale", "transfer-b.com").await,
        ["TRANSFER REQUEST", "INBOUND_TRANSFER FAILED"]
    );
    // The request, with the name servers that the platform ignores and without the code.
    let log = desk
        .run("COMMAND=QueryObjectLogList\nOBJECTID=transfer-a.com\nOPERATIONTYPE=TRANSFER")
        .await;
    let entry = desk
        .run(&format!(
            "COMMAND=StatusObjectLog\nLOGINDEX={}",
            property(&log, "LOGINDEX")[0]
        ))
        .await;
    let info = property(&entry, "OPERATIONINFO");
    assert!(info.contains(&"NAMESERVER0=ns9.host.test") && !entry.contains("Auth-transfer-a"));
    let domain = desk
        .run("COMMAND=StatusDomain\nDOMAIN=transfer-a.com")
        .await;
    assert_eq!(property(&domain, "NAMESERVER")[0], "ns1.other-names.test");
    let owner = desk
        .run(&format!(
            "COMMAND=StatusContact\nCONTACT={}",
            property(&domain, "OWNERCONTACT")[0]
        ))
        .await;
    assert_eq!(property(&owner, "LASTNAME"), ["REDACTED FOR PRIVACY"]);

    let events = desk
        .run("COMMAND=QueryEventList\nEVENTCLASS=DOMAIN_TRANSFER\nWIDE=1")
        .await;
    let ended = property(&events, "EVENTSUBCLASS");
    assert_eq!(
        ended
            .iter()
            .filter(|kind| **kind == "TRANSFER_PENDING")
            .count(),
        4
    );
    assert_eq!(
        ended
            .iter()
            .filter(|kind| **kind == "TRANSFER_FAILED")
            .count(),
        2
    );
    let id = property(&events, "EVENT")[0];
    let event = desk.run(&format!("COMMAND=StatusEvent\nEVENT={id}")).await;
    assert_eq!(property(&event, "EVENTDATA0"), ["domain:transfer-a.com"]);
    assert_eq!(
        code(&desk.run(&format!("COMMAND=DeleteEvent\nEVENT={id}")).await),
        "200"
    );
    assert_eq!(
        code(&desk.run(&format!("COMMAND=StatusEvent\nEVENT={id}")).await),
        "545"
    );
}

#[tokio::test]
async fn each_registry_has_its_own_way_in() {
    let desk = Desk::new();
    // Free, with all contacts, in minutes.
    let german = transfer("transfer-a.de", "AUTH=Auth-transfer-a");
    assert_eq!(
        desk.verdict(&german).await,
        "504 Missing required attribute; TOO FEW OWNER CONTACTS"
    );
    let all = contacts(&["OWNER", "ADMIN", "TECH", "BILLING"]);
    assert_eq!(code(&desk.run(&format!("{german}\n{all}")).await), "200");
    desk.clock.advance(Duration::from_secs(600));
    let domain = desk.run("COMMAND=StatusDomain\nDOMAIN=transfer-a.de").await;
    assert_eq!(property(&domain, "STATUS")[0], "ACTIVE");
    assert_eq!(desk.balance("whale").await, "100.00");
    // AFNIC takes no owner and no billing contact.
    let french = transfer("transfer-a.fr", "AUTH=Auth-transfer-a");
    assert_eq!(code(&desk.run(&format!("{french}\n{all}")).await), "541");
    let some = contacts(&["ADMIN", "TECH"]);
    assert_eq!(code(&desk.run(&format!("{french}\n{some}")).await), "200");
    // .dk wants no code.
    let danish = transfer("transfer-a.dk", "");
    assert_eq!(
        code(&desk.run(&format!("{danish}AUTH=Auth-transfer-a")).await),
        "541"
    );
    assert_eq!(code(&desk.run(&danish).await), "200");
    // .uk waits for the other side, and fails in the end.
    for name in ["transfer-a.uk", "transfer-b.uk"] {
        assert_eq!(
            code(&desk.run(&format!("{}{all}", transfer(name, ""))).await),
            "200"
        );
    }
    desk.act("release", serde_json::json!({ "domain": "transfer-a.uk" }))
        .await;
    assert_eq!(
        code(&desk.run("COMMAND=StatusDomain\nDOMAIN=transfer-a.uk").await),
        "200"
    );
    desk.pass_days(30);
    let status = desk
        .run("COMMAND=StatusDomainTransfer\nDOMAIN=transfer-b.uk")
        .await;
    assert_eq!(property(&status, "TRANSFERSTATUS"), ["FAILED"]);
}

#[tokio::test]
async fn a_domain_between_two_accounts_moves_at_once() {
    let desk = Desk::new();
    desk.run(&add("shop.com", "AUTH=Mine-Code-1\nTRANSFERLOCK=0"))
        .await;
    let asked = async |more: &str| {
        let answer = desk.run_as("minnow", &transfer("shop.com", more)).await;
        format!("{} {}", code(&answer), description(&answer))
    };
    assert_eq!(
        asked("AUTH=Mine-Code-1").await,
        "541 Invalid attribute value; ACTION; USERTRANSFER is required"
    );
    assert_eq!(
        asked("ACTION=USERTRANSFER").await,
        "530 Authorization failed; USERTRANSFER - AUTH CODE REQUIRED"
    );
    assert_eq!(
        asked("ACTION=USERTRANSFER\nAUTH=wrong-code").await,
        "530 Authorization failed; wrong auth code"
    );
    assert!(
        asked("ACTION=USERTRANSFER\nAUTH=Mine-Code-1")
            .await
            .starts_with("200")
    );
    let domain = desk
        .run_as("minnow", "COMMAND=StatusDomain\nDOMAIN=shop.com")
        .await;
    assert!(property(&domain, "OWNERCONTACT")[0].starts_with("AUTO-MIN"));
    assert_eq!(
        code(&desk.run("COMMAND=StatusDomain\nDOMAIN=shop.com").await),
        "531"
    );
    assert_eq!(
        desk.log("whale", "shop.com").await.last().unwrap(),
        "OUTBOUND_TRANSFER SUCCESSFUL"
    );
}

#[tokio::test]
async fn a_domain_leaves_when_another_registrar_asks_and_nobody_denies() {
    let desk = Desk::new();
    for name in ["left.com", "kept.com", "slow.com"] {
        desk.run(&add(name, "AUTH=Mine-Code-1")).await;
    }
    let wish = |name: &str, auth: &str| serde_json::json!({ "domain": name, "auth": auth });
    let (status, why) = desk
        .try_act("request", wish("left.com", "Mine-Code-1"))
        .await;
    assert_eq!(
        (status, why["error"].as_str()),
        (409, Some("its transfer lock is on"))
    );
    for name in ["left.com", "kept.com", "slow.com"] {
        desk.run(&format!(
            "COMMAND=ModifyDomain\nDOMAIN={name}\nTRANSFERLOCK=0"
        ))
        .await;
        assert_eq!(desk.try_act("request", wish(name, "wrong")).await.0, 409);
        desk.act("request", wish(name, "Mine-Code-1")).await;
    }
    let status = desk.run("COMMAND=StatusDomain\nDOMAIN=left.com").await;
    assert_eq!(property(&status, "STATUS"), ["ACTIVE", "pendingTransfer"]);
    assert_eq!(
        code(&desk.run("COMMAND=RenewDomain\nDOMAIN=left.com").await),
        "553"
    );
    let list = desk.run("COMMAND=QueryForeignTransferList").await;
    assert_eq!(property(&list, "NEWREGISTRAR"), ["Other Names Ltd"; 3]);
    assert_eq!(
        code(&desk.run(&transfer("left.com", "ACTION=APPROVE")).await),
        "200"
    );
    assert_eq!(
        code(&desk.run(&transfer("kept.com", "ACTION=DENY")).await),
        "200"
    );
    assert_eq!(
        code(&desk.run("COMMAND=StatusDomain\nDOMAIN=left.com").await),
        "545"
    );
    assert_eq!(
        code(&desk.run("COMMAND=RenewDomain\nDOMAIN=kept.com").await),
        "200"
    );
    assert_eq!(
        desk.log("whale", "left.com").await.last().unwrap(),
        "OUTBOUND_TRANSFER SUCCESSFUL"
    );
    assert_eq!(
        desk.log("whale", "kept.com").await,
        [
            "CREATE SUCCESSFUL",
            "MODIFY SUCCESSFUL",
            "OUTBOUND_TRANSFER REQUEST",
            "DENY_TRANSFER SUCCESSFUL",
            "OUTBOUND_TRANSFER FAILED",
            "RENEW SUCCESSFUL"
        ]
    );
    desk.pass_days(5);
    assert_eq!(
        code(&desk.run("COMMAND=StatusDomain\nDOMAIN=slow.com").await),
        "545"
    );
    let check = desk.run("COMMAND=CheckDomains\nDOMAIN0=slow.com").await;
    assert_eq!(property(&check, "DOMAINCHECK"), ["211 Not available"]);
}
