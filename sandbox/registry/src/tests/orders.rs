//! Registering, changing, and what time does to a domain.

use super::*;

#[tokio::test]
async fn a_registration_is_charged_once_and_told_in_full() {
    let desk = Desk::new();
    let added = desk
        .run(&add("shop.com", "PERIOD=2\nNAMESERVER4=\nAUTH=secret-1!"))
        .await;
    insta::assert_snapshot!(timeless(&added), @r"
    [RESPONSE]
    PROPERTY[DOMAIN][0]=shop.com
    PROPERTY[STATUS][0]=ACTIVE
    PROPERTY[REGISTRATIONEXPIRATIONDATE][0]=2028-11-21 10:00:00
    PROPERTY[ACCOUNTINGDATE][0]=2028-11-16 10:00:00
    PROPERTY[FINALIZATIONDATE][0]=2028-11-22 10:00:00
    PROPERTY[FAILUREDATE][0]=2029-01-04 10:00:00
    PROPERTY[PAIDUNTILDATE][0]=2028-11-21 10:00:00
    DESCRIPTION=Command completed successfully
    CODE=200
    QUEUETIME=0

    EOF
    ");
    assert_eq!(desk.balance("whale").await, "78.02");

    let status = desk
        .run("[COMMAND]\r\nCOMMAND = statusdomain\r\nDOMAIN = Shop.COM\r\nEOF\r\n")
        .await;
    insta::assert_snapshot!(timeless(&status), @r"
    [RESPONSE]
    PROPERTY[DOMAIN][0]=shop.com
    PROPERTY[DOMAINUMLAUT][0]=shop.com
    PROPERTY[CLASS][0]=DOMAIN
    PROPERTY[SUBCLASS][0]=COM
    PROPERTY[REPOSITORY][0]=COM-LIVE
    PROPERTY[USER][0]=whale
    PROPERTY[ACCOUNTCURRENCY][0]=USD
    PROPERTY[STATUS][0]=ACTIVE
    PROPERTY[STATUS][1]=clientTransferProhibited
    PROPERTY[OWNERCONTACT][0]=AUTO-WHA0000001
    PROPERTY[ADMINCONTACT][0]=AUTO-WHA0000001
    PROPERTY[TECHCONTACT][0]=AUTO-WHA0000001
    PROPERTY[BILLINGCONTACT][0]=AUTO-WHA0000001
    PROPERTY[NAMESERVER][0]=ns1.host.test
    PROPERTY[NAMESERVER][1]=ns2.host.test
    PROPERTY[AUTH][0]=secret-1!
    PROPERTY[TRANSFERLOCK][0]=1
    PROPERTY[X-ACCEPT-WHOISTRUSTEE-TAC][0]=0
    PROPERTY[RENEWALMODE][0]=AUTORENEW
    PROPERTY[RENEWALPERIOD][0]=1Y
    PROPERTY[INTERNALDNS][0]=0
    PROPERTY[CREATEDDATE][0]=2026-11-21 10:00:00
    PROPERTY[UPDATEDDATE][0]=2026-11-21 10:00:00
    PROPERTY[EXPIRATIONDATE][0]=2028-11-21 10:00:00
    PROPERTY[REGISTRATIONEXPIRATIONDATE][0]=2028-11-21 10:00:00
    PROPERTY[PAIDUNTILDATE][0]=2028-11-21 10:00:00
    PROPERTY[RENEWALDATE][0]=2028-11-22 10:00:00
    PROPERTY[ACCOUNTINGDATE][0]=2028-11-16 10:00:00
    PROPERTY[FINALIZATIONDATE][0]=2028-11-22 10:00:00
    PROPERTY[FAILUREDATE][0]=2029-01-04 10:00:00
    PROPERTY[TRANSFERDATE][0]=0000-00-00 00:00:00
    PROPERTY[NEXTACTION][0]=pay
    PROPERTY[NEXTACTIONDATE][0]=2028-11-16 10:00:00
    PROPERTY[ACCOUNTINGPERIOD][0]=-5d
    PROPERTY[FINALIZATIONPERIOD][0]=1d
    PROPERTY[FAILUREPERIOD][0]=44d
    PROPERTY[DELETIONHOLDPERIOD][0]=5d
    PROPERTY[DELETIONRESTORABLEPERIOD][0]=30d
    PROPERTY[PREPAIDPERIOD][0]=0d
    DESCRIPTION=Command completed successfully
    CODE=200
    QUEUETIME=0

    EOF
    ");

    assert_eq!(code(&desk.run(&add("shop.com", "")).await), "554");
    let other = desk.run_as("minnow", &add("shop.com", "")).await;
    assert_eq!(code(&other), "540");
    assert_eq!(
        code(
            &desk
                .run_as("minnow", "COMMAND=StatusDomain\nDOMAIN=shop.com")
                .await
        ),
        "531"
    );
    assert_eq!(desk.balance("whale").await, "78.02");
    assert_eq!(desk.balance("minnow").await, "10.00");

    let all: Value = serde_json::from_str(&desk.get("/_sandbox/domains").await).unwrap();
    assert_eq!(all.as_array().unwrap().len(), 1);
    assert_eq!(all[0]["owner"]["email"], "mona@example.org");
    assert_eq!(
        all[0]["nameservers"],
        serde_json::json!(["ns1.host.test", "ns2.host.test"])
    );
}

#[tokio::test]
async fn what_is_wrong_with_an_order_is_named_and_costs_nothing() {
    let desk = Desk::new();
    for (command, answer) in [
        (
            add("taken-shop.com", ""),
            "540 Attribute value is not unique; DOMAIN; domain name exists",
        ),
        (
            add("famous.com", ""),
            "540 Attribute value is not unique; DOMAIN; domain name exists",
        ),
        (add("shop.eg", ""), "549 Command failed; TLD not supported"),
        (
            add("www.shop.com", ""),
            "549 Command failed; TLD not supported",
        ),
        (
            add("shöp.com", ""),
            "505 Invalid attribute value syntax; DOMAIN",
        ),
        (
            add("-shop.com", ""),
            "505 Invalid attribute value syntax; DOMAIN",
        ),
        (add("", ""), "504 Missing required attribute; DOMAIN"),
        (
            add("shop.com", "PERIOD=1y"),
            "505 Invalid attribute value syntax; PERIOD",
        ),
        (
            add("shop.com", "PERIOD=11Y"),
            "541 Invalid attribute value; PERIOD",
        ),
        (
            add("shop.com", "PERIOD=+1"),
            "505 Invalid attribute value syntax; PERIOD",
        ),
        (add("shop.com", "PERIOD=10Y"), "546 Credit limit exceeded"),
        (
            add("shop.com", "NAMESERVER1=ns_2.host.test"),
            "505 Invalid attribute value syntax; NAMESERVER1",
        ),
        (
            add("shop.com", "NAMESERVER=ns1.host.test"),
            "503 Invalid attribute name; NAMESERVER",
        ),
        (
            add("shop.de", "NAMESERVER1="),
            "504 Missing required attribute; TOO FEW NAMESERVERS",
        ),
        (
            add("shop.com", "AUTH=abc"),
            "505 Invalid attribute value syntax; AUTH",
        ),
        (
            add("shop.com", "TRANSFERLOCK=yes"),
            "506 Invalid option value; TRANSFERLOCK",
        ),
        (
            add("shop.io", "X-ACCEPT-WHOISTRUSTEE-TAC=1"),
            "541 Invalid attribute value; X-ACCEPT-WHOISTRUSTEE-TAC",
        ),
        (
            add("shop.com", "X-DE-ABUSE-CONTACT=a"),
            "541 Invalid attribute value; X-DE-ABUSE-CONTACT",
        ),
        (
            add("shop.com", "OWNERCONTACT0EMAIL=mona"),
            "505 Invalid attribute value syntax; OWNERCONTACT0EMAIL",
        ),
        (
            add("shop.com", "OWNERCONTACT0PHONE=01012345678"),
            "505 Invalid attribute value syntax; OWNERCONTACT0PHONE",
        ),
        (
            add("shop.com", "ADMINCONTACT0CITY="),
            "504 Missing required attribute; ADMINCONTACT0CITY",
        ),
        (
            add("shop.com", "TECHCONTACT0=P-NON0000001"),
            "545 Entity reference not found; P-NON0000001",
        ),
        (
            "COMMAND=AddDomain\nDOMAIN=shop.com".into(),
            "504 Missing required attribute; TOO FEW OWNER CONTACTS",
        ),
        (
            add("shop.com", "COLOUR=red"),
            "503 Invalid attribute name; COLOUR",
        ),
    ] {
        let got = desk.run(&command).await;
        assert_eq!(
            format!("{} {}", code(&got), description(&got)),
            answer,
            "{command}"
        );
    }
    assert_eq!(desk.balance("whale").await, "100.00");
    assert_eq!(desk.get("/_sandbox/domains").await, "[]");
}

#[tokio::test]
async fn a_change_replaces_adds_or_takes_and_is_logged() {
    let desk = Desk::new();
    desk.run(&add("shop.com", "")).await;
    let modify = async |more: &str| {
        desk.run(&format!("COMMAND=ModifyDomain\nDOMAIN=shop.com\n{more}"))
            .await
    };
    let nameservers = async || {
        let status = desk.run("COMMAND=StatusDomain\nDOMAIN=shop.com").await;
        property(&status, "NAMESERVER").join(" ")
    };
    assert_eq!(
        code(&modify("NAMESERVER0=NS9.host.test.\nNAMESERVER1=\nNAMESERVER2=ns8.host.test").await),
        "200"
    );
    assert_eq!(nameservers().await, "ns9.host.test ns8.host.test");
    assert_eq!(
        code(&modify("ADDNAMESERVER0=ns7.host.test\nDELNAMESERVER0=ns9.host.test").await),
        "200"
    );
    assert_eq!(nameservers().await, "ns8.host.test ns7.host.test");
    for (wrong, expected) in [
        ("NAMESERVER0=not a host", "505"),
        ("DELNAMESERVER0=ns1.nowhere.test", "541"),
        ("NAMESERVER0=a.b.test\nTRANSFERLOCK=2", "506"),
        ("NAMESERVER13=a.b.test\nFOO=1", "503"),
        ("NAMESERVER0=a.b.test\nOWNERCONTACT0=P-NON0000001", "545"),
    ] {
        assert_eq!(code(&modify(wrong).await), expected, "{wrong}");
    }
    assert_eq!(nameservers().await, "ns8.host.test ns7.host.test");
    assert_eq!(
        code(&modify("TRANSFERLOCK=0\nSECDNS-DS0=1 13 2 aa").await),
        "200"
    );
    let status = desk.run("COMMAND=StatusDomain\nDOMAIN=shop.com").await;
    assert_eq!(
        (
            property(&status, "TRANSFERLOCK"),
            property(&status, "STATUS")
        ),
        (vec!["0"], vec!["ACTIVE"])
    );
    assert_eq!(property(&status, "SECDNS-DS"), ["1 13 2 aa"]);

    assert_eq!(
        code(&desk.run("COMMAND=ModifyDomain\nDOMAIN=free.com").await),
        "545"
    );
    assert_eq!(
        code(&desk.run("COMMAND=ModifyDomain\nDOMAIN=famous.com").await),
        "531"
    );
    let log = desk.run("COMMAND=QueryObjectLogList\nOBJECTCLASS=DOMAIN\nOBJECTID=shop.com\nORDERBY=LOGDATEDESC").await;
    assert_eq!(
        property(&log, "OPERATIONTYPE"),
        ["MODIFY", "MODIFY", "MODIFY", "CREATE"]
    );
    let index = property(&log, "LOGINDEX")[3];
    let entry = desk
        .run(&format!("COMMAND=StatusObjectLog\nLOGINDEX={index}"))
        .await;
    assert!(property(&entry, "OPERATIONINFO").contains(&"NAMESERVER0=ns1.host.test"));
}

#[tokio::test]
async fn the_same_person_gets_the_same_handle() {
    let desk = Desk::new();
    desk.run(&add("a.com", "")).await;
    let contact = format!("COMMAND=AddContact\n{}", PERSON.replace('#', ""));
    let again = desk.run(&contact).await;
    assert_eq!(
        (property(&again, "CONTACT"), property(&again, "NEW")),
        (vec!["AUTO-WHA0000001"], vec!["0"])
    );
    let fresh = desk.run(&format!("{contact}\nNEW=1")).await;
    assert_eq!(property(&fresh, "CONTACT"), ["P-WHA0000002"]);
    let list = desk.run("COMMAND=QueryContactList\nWIDE=1").await;
    assert_eq!(property(&list, "CONTACTEMAIL"), ["mona@example.org"; 2]);
    let handles = "OWNERCONTACT0=P-WHA0000002\nADMINCONTACT0=P-WHA0000002\nTECHCONTACT0=P-WHA0000002\nBILLINGCONTACT0=P-WHA0000002";
    assert_eq!(
        code(
            &desk
                .run(&format!("COMMAND=AddDomain\nDOMAIN=b.com\n{handles}"))
                .await
        ),
        "200"
    );
    assert_eq!(
        code(
            &desk
                .run_as("minnow", "COMMAND=StatusContact\nCONTACT=P-WHA0000002")
                .await
        ),
        "531"
    );
}

#[tokio::test]
async fn time_renews_what_is_paid_and_deletes_what_is_not() {
    let desk = Desk::new();
    let days = |count: u64| Duration::from_secs(count * 86_400);
    desk.run(&add("kept.com", "")).await;
    desk.run(&add("left.com", "RENEWALMODE=AUTOEXPIRE")).await;
    let pending = desk.run(&add("slow.dk", "")).await;
    assert_eq!(
        (
            property(&pending, "STATUS"),
            pending.contains("\r\nPENDING=1\r\n")
        ),
        (vec!["PENDINGCREATE"], true)
    );
    let status = async |name: &str| {
        desk.run(&format!("COMMAND=StatusDomain\nDOMAIN={name}"))
            .await
    };
    assert!(property(&status("slow.dk").await, "FAILUREDATE").is_empty());
    desk.clock.advance(Duration::from_secs(600));
    assert_eq!(property(&status("slow.dk").await, "STATUS"), ["ACTIVE"]);
    let events = desk.run("COMMAND=QueryEventList\nWIDE=1").await;
    assert_eq!(
        (
            property(&events, "EVENTSUBCLASS"),
            property(&events, "EVENTDATA0")
        ),
        (vec!["REGISTRATION_SUCCESSFUL"], vec!["domain:slow.dk"])
    );

    desk.clock.advance(days(361));
    let paid = status("kept.com").await;
    assert_eq!(property(&paid, "NEXTACTION"), ["finalize"]);
    assert_eq!(property(&paid, "EXPIRATIONDATE"), ["2027-11-21 10:00:00"]);
    assert_eq!(property(&paid, "PAIDUNTILDATE"), ["2028-11-21 10:00:00"]);
    desk.clock.advance(days(5));
    assert_eq!(
        property(&status("kept.com").await, "EXPIRATIONDATE"),
        ["2028-11-21 10:00:00"]
    );
    assert_eq!(property(&status("left.com").await, "STATUS")[0], "EXPIRED");
    desk.clock.advance(days(44));
    assert_eq!(code(&status("left.com").await), "545");
}
