//! Checks, lists, conversion and pages.

use super::*;

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

#[tokio::test]
async fn a_page_can_play_the_other_registrar() {
    let desk = Desk::new();
    desk.run(&add("shop.com", "AUTH=Mine-Code-1\nTRANSFERLOCK=0"))
        .await;
    let form = async |act: &str, body: &str| {
        let request = Request::post(format!("/_sandbox/{act}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(body.to_owned()));
        let answer = desk.registry.router().oneshot(request.unwrap()).await;
        let answer = answer.unwrap();
        let to = answer.headers().get("location");
        let to = to.map(|to| to.to_str().unwrap().to_owned());
        (answer.status().as_u16(), to, text(answer).await)
    };
    let page = "/domains/shop.com";
    assert!(desk.get(page).await.contains("Request it"));
    let wrong = form(
        "request",
        "domain=shop.com&auth=wrong&back=/domains/shop.com",
    )
    .await;
    assert_eq!(
        (wrong.0, wrong.2.as_str()),
        (409, "That cannot be done: the code is wrong.")
    );
    let asked = form(
        "request",
        "domain=shop.com&auth=Mine-Code-1&back=/domains/shop.com",
    )
    .await;
    assert_eq!((asked.0, asked.1.as_deref()), (303, Some(page)));
    assert!(desk.get(page).await.contains("Reject the transfer"));
    assert!(desk.get("/").await.contains("OUTGOING"));
    let elsewhere = form("reject", "domain=shop.com&back=https://evil.test").await;
    assert_eq!((elsewhere.0, elsewhere.1), (200, None));
    assert_eq!(
        desk.log("whale", "shop.com").await.last().unwrap(),
        "OUTBOUND_TRANSFER FAILED"
    );
}
