//! The real router, asked as SDKs ask it.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::Value;
use tower::ServiceExt;
use wharf_core::Currency;

use super::*;

const PERSON: &str = "FIRSTNAME=Mona\n#LASTNAME=Adel\n#STREET=12 Tahrir\n#CITY=Cairo\n#ZIP=11511\n#COUNTRY=EG\n#PHONE=+20.1012345678\n#EMAIL=mona@example.org";

struct Desk {
    clock: Clock,
    registry: Registry,
}

impl Desk {
    fn new() -> Self {
        let clock = Clock::fixed("2026-11-21T10:00:00Z".parse().unwrap());
        let account = |login: &str, minor| Account {
            login: login.into(),
            password: "pw%20+&=".into(),
            balance: Money::new(minor, Currency::USD),
        };
        let registry = Registry::new(RegistryOptions {
            clock: clock.clone(),
            accounts: vec![account("whale", 10_000), account("minnow", 1_000)],
            seed_taken: vec!["Famous.com".into()],
        });
        Self { clock, registry }
    }

    async fn post(&self, form: &[(&str, &str)]) -> String {
        self.post_raw(&serde_urlencoded::to_string(form).unwrap(), "text/html")
            .await
    }

    async fn post_raw(&self, body: &str, content_type: &str) -> String {
        let request = Request::post("/api/call.cgi").header("content-type", content_type);
        let answer = self
            .registry
            .router()
            .oneshot(request.body(Body::from(body.to_owned())).unwrap())
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        text(answer).await
    }

    async fn run_as(&self, login: &str, command: &str) -> String {
        self.post(&[
            ("s_entity", "1234"),
            ("s_login", login),
            ("s_pw", "pw%20+&="),
            ("s_command", command),
        ])
        .await
    }

    async fn run(&self, command: &str) -> String {
        self.run_as("whale", command).await
    }

    async fn get(&self, path: &str) -> String {
        let answer = self
            .registry
            .router()
            .oneshot(Request::get(path).body(Body::empty()).unwrap())
            .await
            .unwrap();
        text(answer).await
    }

    async fn balance(&self, login: &str) -> String {
        let all: Value = serde_json::from_str(&self.get("/_sandbox/accounts").await).unwrap();
        let found = all
            .as_array()
            .unwrap()
            .iter()
            .find(|account| account["login"] == login)
            .unwrap();
        found["balance"].as_str().unwrap().to_owned()
    }
}

async fn text(answer: Response) -> String {
    String::from_utf8(
        to_bytes(answer.into_body(), usize::MAX)
            .await
            .unwrap()
            .to_vec(),
    )
    .unwrap()
}

fn code(answer: &str) -> &str {
    answer
        .lines()
        .find_map(|line| line.strip_prefix("CODE="))
        .unwrap()
}

fn description(answer: &str) -> &str {
    answer
        .lines()
        .find_map(|line| line.strip_prefix("DESCRIPTION="))
        .unwrap()
}

/// Without carriage returns and the time that it took.
fn timeless(answer: &str) -> String {
    let lines: Vec<&str> = answer
        .lines()
        .filter(|line| !line.starts_with("RUNTIME="))
        .collect();
    lines.join("\n")
}

fn property<'a>(answer: &'a str, name: &str) -> Vec<&'a str> {
    let head = format!("PROPERTY[{name}][");
    answer
        .lines()
        .filter_map(|line| Some(line.strip_prefix(&head)?.split_once("]=")?.1))
        .collect()
}

fn add(domain: &str, more: &str) -> String {
    let contacts = [
        "OWNERCONTACT0",
        "ADMINCONTACT0",
        "TECHCONTACT0",
        "BILLINGCONTACT0",
    ]
    .map(|slot| format!("{slot}{}", PERSON.replace('#', slot)));
    format!(
        "COMMAND=AddDomain\nDOMAIN={domain}\nNAMESERVER0=ns1.host.test\nNAMESERVER1=ns2.host.test\n{}\n{more}",
        contacts.join("\n")
    )
}

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
async fn only_who_may_comes_in() {
    let desk = Desk::new();
    desk.registry.add_role(Role {
        account: "whale".into(),
        name: "clerk".into(),
        password: "pw%20+&=".into(),
        denied: vec!["AddDomain".into()],
    });
    let status = "COMMAND=StatusAccount";
    let call = async |entity, login, pw, command| {
        let answer = desk
            .post(&[
                ("s_entity", entity),
                ("s_login", login),
                ("s_pw", pw),
                ("s_command", command),
            ])
            .await;
        format!("{} {}", code(&answer), description(&answer))
    };
    let right = "pw%20+&=";
    assert_eq!(
        call("1234", "whale", right, status).await,
        "200 Command completed successfully"
    );
    assert_eq!(
        call("54cd", "whale!clerk", right, status).await,
        "200 Command completed successfully"
    );
    assert_eq!(
        call("54cd", "whale!clerk", right, "COMMAND=AddDomain").await,
        "530 Authorization failed; Operation forbidden by ACL"
    );
    assert_eq!(
        call("9999", "whale", right, status).await,
        "502 Invalid entity value"
    );
    for (login, pw) in [
        ("whale", "no"),
        ("nobody", right),
        ("whale!nobody", right),
        ("", ""),
        ("nobody!clerk", right),
    ] {
        assert_eq!(
            call("1234", login, pw, status).await,
            "530 Authentication failed",
            "{login}"
        );
    }
    assert_eq!(
        call("1234", "whale", right, "COMMAND=MakeCoffee").await,
        "500 Invalid command name"
    );
    assert_eq!(
        call("1234", "whale", right, "MakeCoffee").await,
        "507 Invalid command format"
    );
    assert_eq!(
        call("1234", "whale", right, "COMMAND=StatusAccount\nLAST=1").await,
        "503 Invalid attribute name; LAST"
    );
}

#[tokio::test]
async fn any_content_type_and_loose_fields_are_a_command() {
    let desk = Desk::new();
    for content_type in [
        "text/plain;charset=UTF-8",
        "application/x-www-form-urlencoded",
        "text/html; charset=UTF-8",
    ] {
        let body =
            "s_entity=1234&s_login=whale&s_pw=pw%2520%2B%26%3D&command=checkdomain&domain=shop.com";
        assert_eq!(code(&desk.post_raw(body, content_type).await), "210");
    }
    let plus = "s_entity=1234&s_login=whale&s_pw=pw%2520%2B%26%3D&s_command=COMMAND+=+CheckDomain%0D%0ADOMAIN+=+taken-a.com";
    let answer = desk.post_raw(plus, "x/y").await;
    assert_eq!(
        (code(&answer), property(&answer, "REASON")),
        ("211", vec!["Domain exists"])
    );
}

#[tokio::test]
async fn checks_come_back_in_the_order_asked() {
    let desk = Desk::new();
    desk.run(&add("mine.com", "")).await;
    let names = [
        "free.com",
        "mine.com",
        "taken-x.net",
        "FAMOUS.COM",
        "shop.eg",
        "bad_name.com",
        "free.co.uk",
    ];
    let list: Vec<String> = names
        .iter()
        .enumerate()
        .map(|(index, name)| format!("DOMAIN{index}={name}"))
        .collect();
    let answer = desk
        .run(&format!("COMMAND=CheckDomains\n{}", list.join("\n")))
        .await;
    assert_eq!(
        property(&answer, "DOMAINCHECK"),
        [
            "210 Available",
            "211 Not available",
            "211 Not available",
            "211 Not available",
            "549 Command failed; TLD not supported",
            "505 Invalid attribute value syntax",
            "210 Available",
        ]
    );
    assert_eq!(property(&answer, "REASON").len(), names.len());
    assert_eq!(code(&desk.run("COMMAND=CheckDomains").await), "504");
}

#[tokio::test]
async fn sessions_stand_in_for_the_password_until_they_end() {
    let desk = Desk::new();
    let started = desk.run("COMMAND=StartSession\nTIMEOUT=60").await;
    let id = property(&started, "SESSION")[0].to_owned();
    let call = async |command: &str| {
        let answer = desk
            .post(&[
                ("s_entity", "1234"),
                ("s_session", &id),
                ("s_command", command),
            ])
            .await;
        format!("{} {}", code(&answer), description(&answer))
    };
    for _ in 0..3 {
        desk.clock.advance(Duration::from_secs(50));
        assert_eq!(
            call("COMMAND=StatusAccount").await,
            "200 Command completed successfully"
        );
    }
    assert_eq!(
        call("COMMAND=EndSession").await,
        "200 Command completed successfully"
    );
    assert_eq!(call("COMMAND=StatusAccount").await, "530 SESSION NOT FOUND");
    assert_eq!(code(&desk.run("COMMAND=EndSession").await), "545");
    assert_eq!(
        code(&desk.run("COMMAND=StartSession\nTIMEOUT=59").await),
        "541"
    );

    let idle = desk.run("COMMAND=StartSession").await;
    desk.clock.advance(Duration::from_secs(600));
    let answer = desk
        .post(&[
            ("s_entity", "1234"),
            ("s_session", property(&idle, "SESSION")[0]),
            ("s_command", "COMMAND=StatusAccount"),
        ])
        .await;
    assert_eq!(description(&answer), "SESSION NOT FOUND");
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
async fn lists_page_and_an_empty_one_has_no_columns() {
    let desk = Desk::new();
    let empty = desk.run("COMMAND=QueryDomainList\nWIDE=1").await;
    assert_eq!(property(&empty, "COUNT"), ["0"]);
    assert!(property(&empty, "DOMAIN").is_empty());
    for name in ["a.com", "b.com", "c.net"] {
        assert_eq!(code(&desk.run(&add(name, "")).await), "200");
    }
    let first = desk.run("COMMAND=QueryDomainList\nFIRST=1\nLIMIT=1").await;
    assert_eq!(property(&first, "DOMAIN"), ["b.com"]);
    assert_eq!(
        (property(&first, "TOTAL"), property(&first, "LAST")),
        (vec!["3"], vec!["1"])
    );
    assert!(property(&first, "DOMAINSTATUS").is_empty());
    let wide = desk
        .run("COMMAND=QueryDomainList\nWIDE=1\nDOMAIN=*.com\nNOTOTAL=1")
        .await;
    assert_eq!(property(&wide, "DOMAINSTATUS").len(), 2);
    assert!(property(&wide, "TOTAL").is_empty());
    let second = desk
        .run("COMMAND=QueryDomainList\nVERSION=2\nDOMAIN0=c.net\nDOMAIN1=a.com\nORDERBY=DOMAINDESC")
        .await;
    assert_eq!(property(&second, "OBJECTID"), ["c.net", "a.com"]);
    assert_eq!(
        property(&second, "NAMESERVER"),
        ["ns1.host.test ns2.host.test"; 2]
    );
    assert_eq!(property(&second, "RENEWALMODE"), ["renew"; 2]);
    assert_eq!(
        code(&desk.run("COMMAND=QueryDomainList\nLAST=3").await),
        "503"
    );
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
async fn names_are_converted_by_the_registrys_rules() {
    let desk = Desk::new();
    let answer = desk.run("COMMAND=ConvertIDN\nDOMAIN0=straße.de\nDOMAIN1=straße.com\nDOMAIN2=مثال.com\nDOMAIN3=Plain.com").await;
    assert_eq!(
        property(&answer, "ACE"),
        [
            "xn--strae-oqa.de",
            "strasse.com",
            "xn--mgbh0fb.com",
            "plain.com"
        ]
    );
    assert_eq!(
        property(&answer, "IDN"),
        ["straße.de", "strasse.com", "مثال.com", "plain.com"]
    );
    let sparse = desk
        .run("COMMAND=ConvertIDN\nDOMAIN0=\nDOMAIN1=bücher.com")
        .await;
    assert_eq!(property(&sparse, "ACE"), ["", "xn--bcher-kva.com"]);
    assert_eq!(
        code(&desk.run("COMMAND=ConvertIDN\nDOMAIN0=a b.com").await),
        "505"
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

#[tokio::test]
async fn pages_escape_what_they_show_and_star_secrets() {
    let desk = Desk::new();
    desk.run(&add(
        "shop.com",
        "OWNERCONTACT0FIRSTNAME=<script>alert(1)</script>\nAUTH=hush-hush",
    ))
    .await;
    desk.run("COMMAND=CheckAuthentication\nSUBUSER=whale\nPASSWORD=pw%20+&=")
        .await;
    for path in ["/", "/domains/shop.com"] {
        let html = desk.get(path).await;
        assert!(
            html.contains("&lt;script&gt;") && !html.contains("<script>"),
            "{path}"
        );
        assert!(
            !html.contains("hush-hush") && !html.contains("pw%20"),
            "{path}"
        );
    }
    assert!(
        desk.get("/")
            .await
            .contains("<summary>CheckAuthentication</summary>")
    );
    assert_eq!(desk.get("/domains/none.com").await, "no such domain here");
}

#[test]
fn calls_are_named_by_their_command() {
    let name = |method: &str, path: &str, body: &str| {
        let (parts, ()) = Request::builder()
            .method(method)
            .uri(path)
            .body(())
            .unwrap()
            .into_parts();
        classify(&parts, &Bytes::from(body.to_owned()))
    };
    assert_eq!(
        name("POST", "/api/call.cgi", "s_command=COMMAND%3Dadddomain"),
        Some("AddDomain".into())
    );
    assert_eq!(
        name("POST", "/api/call.cgi", "s_command=COMMAND%3DFoo"),
        Some("Foo".into())
    );
    assert_eq!(name("GET", "/", ""), None);
}
