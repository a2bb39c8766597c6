//! What is sold, to whom, and under which rules.

use std::collections::HashMap;

use super::*;

#[tokio::test]
async fn the_rules_of_extensions_are_told_by_any_name_in_them() {
    let desk = Desk::new();
    let options = desk
        .run("COMMAND=QueryDomainOptions\nDOMAIN0=x.com\nDOMAIN1=x.nosuch\nDOMAIN2=x.de\nDOMAIN3=x.co.uk")
        .await;
    assert_eq!(
        property(&options, "REPOSITORY"),
        ["COM-LIVE", "", "DE-LIVE", "COUK-LIVE"]
    );
    assert_eq!(
        property(&options, "ZONETRANSFERPERIODS"),
        ["1Y", "", "0Y", "0Y"]
    );
    assert_eq!(property(&options, "X-PROXY"), ["WHOISTRUSTEE", "", "", ""]);
    assert_eq!(
        property(&options, "REGISTRYTRANSFERREQUIREAUTHCODE"),
        ["YES", "", "YES", "NO"]
    );
    let facts = desk
        .run("COMMAND=QueryDomainRepositoryInfo\nDOMAIN=x.de")
        .await;
    assert_eq!(property(&facts, "REGISTRYEXPLICITRENEWAL"), ["NO"]);
    assert_eq!(property(&facts, "ZONERENEWALPAYMENTPERIOD"), ["-61d"]);
    assert_eq!(property(&facts, "REGISTRYTRANSFERLOCK"), ["NO"]);
    assert_eq!(
        code(
            &desk
                .run("COMMAND=QueryDomainRepositoryInfo\nDOMAIN=x.nosuch")
                .await
        ),
        "549"
    );
}

#[tokio::test]
async fn the_price_list_says_what_is_charged() {
    let desk = Desk::new();
    desk.act("fill", serde_json::json!({ "zones": 1500 })).await;
    let prices = async || {
        let user = desk.run("COMMAND=StatusUser").await;
        let names = property(&user, "RELATIONTYPE")
            .into_iter()
            .map(str::to_owned);
        let values = property(&user, "RELATIONVALUE")
            .into_iter()
            .map(str::to_owned);
        names.zip(values).collect::<HashMap<String, String>>()
    };
    let before = prices().await;
    assert!(before.len() > 9_000, "{}", before.len());
    let class = |name: &str| before[&format!("PRICE_CLASS_DOMAIN_{name}")].as_str();
    assert_eq!(class("COM_ANNUAL"), "10.99");
    assert_eq!(class("COM_RESTORE"), "90.99");
    assert_eq!(class("STORE_ANNUAL2"), "89.99");
    assert_eq!(class("BERLIN_SETUP"), "10.00");
    assert_eq!(class("SWISS_CURRENCY"), "CHF");
    assert_eq!(class("XN--WGBH1C_CURRENCY"), "USD");
    assert_eq!(class("BOO_ANNUAL"), "");
    assert_eq!(class("PREMIUM_COM_*_SETUP_MARKUP_VAR"), "5.00");
    desk.act(
        "price",
        serde_json::json!({ "zone": "com", "annual": "12.34" }),
    )
    .await;
    assert_eq!(prices().await["PRICE_CLASS_DOMAIN_COM_ANNUAL"], "12.34");
    desk.run(&add("shop.com", "")).await;
    desk.run(&add("shop.berlin", "")).await;
    assert_eq!(desk.balance("whale").await, "35.67");
    let short = desk.run("COMMAND=StatusUser\nRELATIONS=0").await;
    assert!(property(&short, "RELATIONTYPE").is_empty());
    assert_eq!(property(&short, "ACCOUNTCURRENCY"), ["USD"]);
}

#[tokio::test]
async fn rates_and_settings_can_be_had() {
    let desk = Desk::new();
    let rate = desk
        .run("COMMAND=GetCurrentExchangeRates\nCURRENCYTO=USD")
        .await;
    assert_eq!(
        (property(&rate, "CURRENCYFROM"), property(&rate, "RATE")),
        (vec!["EUR"], vec!["1.087500"])
    );
    let page = desk.run("COMMAND=QueryExchangeRates\nLIMIT=2").await;
    assert_eq!(property(&page, "RATE").len(), 2);
    assert_eq!(property(&page, "TOTAL"), ["6"]);

    let key = "ENVIRONMENTKEY0=middleware/whmcs/x\nENVIRONMENTNAME0=version";
    desk.run(&format!(
        "COMMAND=SetEnvironment\n{key}\nENVIRONMENTVALUE0=8.1"
    ))
    .await;
    let got = desk.run(&format!("COMMAND=GetEnvironment\n{key}")).await;
    assert_eq!(property(&got, "ENVIRONMENTVALUE"), ["8.1"]);
    desk.run(&format!("COMMAND=SetEnvironment\n{key}")).await;
    let got = desk.run(&format!("COMMAND=GetEnvironment\n{key}")).await;
    assert_eq!(property(&got, "MISSING").len(), 1);
}

#[tokio::test]
async fn suggestions_stay_in_the_zones_that_are_wanted() {
    let desk = Desk::new();
    let found = desk
        .run("COMMAND=QueryDomainSuggestionList\nKEYWORD=Green Tea\nZONE0=com\nZONE1=.shop\nZONE2=co.uk\nLIMIT=5")
        .await;
    assert_eq!(
        property(&found, "DOMAIN"),
        [
            "greentea.com",
            "greentea.shop",
            "mygreentea.com",
            "mygreentea.shop",
            "thegreentea.com"
        ]
    );
    assert_eq!(
        code(&desk.run("COMMAND=QueryDomainSuggestionList").await),
        "504"
    );
}

#[tokio::test]
async fn subusers_roles_and_quotas_bound_what_may_be_done() {
    let desk = Desk::new();
    desk.act(
        "subuser",
        serde_json::json!({ "account": "whale", "login": "calf", "password": "x", "amount": "50" }),
    )
    .await;
    desk.run(&add("own.com", "")).await;
    let as_calf = async |command: &str| {
        desk.post(&[
            ("s_entity", "1234"),
            ("s_login", "whale"),
            ("s_pw", "pw%20+&="),
            ("s_user", "calf"),
            ("s_command", command),
        ])
        .await
    };
    assert_eq!(code(&as_calf(&add("calfs.com", "")).await), "200");
    assert_eq!(desk.balance("calf").await, "39.01");
    let names = async |depth: &str| {
        let list = desk
            .run(&format!("COMMAND=QueryDomainList\nUSERDEPTH={depth}"))
            .await;
        property(&list, "DOMAIN").join(" ")
    };
    assert_eq!(names("SELF").await, "own.com");
    assert_eq!(names("SUBUSER").await, "calfs.com");
    assert_eq!(names("ALL").await, "calfs.com own.com");

    desk.act(
        "role",
        serde_json::json!({ "account": "whale", "name": "reader", "password": "pw%20+&=",
            "acl": ["QueryDomainList[USERDEPTH=ALL]:DENY", "Query*():ALLOW", "StatusDomain():ALLOW", "DEFAULTPOLICY:DENY"] }),
    )
    .await;
    let role = async |command: &str| code(&desk.run_as("whale!reader", command).await).to_owned();
    assert_eq!(role("COMMAND=StatusDomain\nDOMAIN=own.com").await, "200");
    assert_eq!(role("COMMAND=QueryDomainList").await, "200");
    assert_eq!(role("COMMAND=QueryDomainList\nUSERDEPTH=ALL").await, "530");
    assert_eq!(
        role("COMMAND=ModifyDomain\nDOMAIN=own.com\nTRANSFERLOCK=0").await,
        "530"
    );

    desk.clock.advance(Duration::from_secs(60));
    desk.act(
        "quota",
        serde_json::json!({ "account": "whale", "per_minute": 2 }),
    )
    .await;
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(code(&desk.run("COMMAND=StatusAccount").await).to_owned());
    }
    assert_eq!(codes, ["200", "200", "425"]);
    desk.clock.advance(Duration::from_secs(60));
    assert_eq!(code(&desk.run("COMMAND=StatusAccount").await), "200");
}
