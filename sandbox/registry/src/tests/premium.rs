//! Names that cost more, and names that somebody decides about.

use super::*;

fn apply(domain: &str, more: &str) -> String {
    add(domain, more).replace("COMMAND=AddDomain\n", "COMMAND=AddDomainApplication\n")
}

#[tokio::test]
async fn a_premium_name_costs_what_its_check_says() {
    let desk = Desk::new();
    let check = desk
        .run("COMMAND=CheckDomains\nPREMIUMCHANNELS=*\nDOMAIN0=premium-cheap-a.com\nDOMAIN1=plain.com\nDOMAIN2=reserved-a.com\nDOMAIN3=collision-a.com\nDOMAIN4=unsure-a.com\nDOMAIN5=premium-a.de")
        .await;
    assert_eq!(
        property(&check, "DOMAINCHECK"),
        [
            "211 Premium domain name available",
            "210 Available",
            "211 Not available",
            "211 Collision Domain name available {COLLISION}",
            "421 Command failed due to server error. Client should try again",
            "210 Available"
        ]
    );
    let class = property(&check, "CLASS")[0];
    assert_eq!(class, "PREMIUM_COM_USD:20.00:20.00");
    // 20.00 and 5 % of it and 2.00.
    assert_eq!(property(&check, "PRICE")[0], "23.00");
    assert_eq!(property(&check, "CURRENCY")[0], "USD");
    let quiet = desk
        .run("COMMAND=CheckDomains\nDOMAIN0=premium-cheap-a.com")
        .await;
    assert_eq!(
        (
            property(&quiet, "DOMAINCHECK"),
            property(&quiet, "PREMIUMCHANNEL")
        ),
        (vec!["211 Not available"], vec![""])
    );

    let name = "premium-cheap-a.com";
    assert_eq!(
        desk.verdict(&add(name, "")).await,
        format!("504 Missing required attribute; CLASS={class} required")
    );
    let order = |price: &str| {
        apply(
            name,
            &format!("PERIOD=1Y\nCLASS={class}\nPRICE={price}\nCURRENCY=USD"),
        )
    };
    assert_eq!(
        desk.verdict(&order("20.00")).await,
        "541 Invalid attribute value; PRICE; it is 23.00 USD"
    );
    assert_eq!(
        desk.verdict(&apply(name, "PERIOD=1Y\nCLASS=GOLIVE")).await,
        "541 Invalid attribute value; CLASS"
    );
    assert_eq!(
        code(&desk.run(&format!("{}\nTRANSFERLOCK=1", order("23"))).await),
        "503"
    );
    let done = desk.run(&order("23")).await;
    assert_eq!(property(&done, "STATUS"), ["SUCCESSFUL"]);
    assert_eq!(desk.balance("whale").await, "77.00");
    let renew = format!("COMMAND=RenewDomain\nDOMAIN={name}");
    assert_eq!(code(&desk.run(&renew).await), "504");
    assert_eq!(
        code(&desk.run(&format!("{renew}\nCLASS={class}")).await),
        "200"
    );
    assert_eq!(desk.balance("whale").await, "56.00");

    desk.act(
        "premium",
        serde_json::json!({ "domain": "plain.com", "setup": "12.50" }),
    )
    .await;
    let check = desk
        .run("COMMAND=CheckDomains\nPREMIUMCHANNELS=*\nDOMAIN0=plain.com")
        .await;
    assert_eq!(property(&check, "CLASS"), ["PREMIUM_COM_USD:12.50:12.50"]);
}

#[tokio::test]
async fn a_swiss_name_is_applied_for_and_decided_about() {
    let desk = Desk::new();
    desk.act(
        "balance",
        serde_json::json!({ "account": "whale", "amount": "500.00" }),
    )
    .await;
    assert_eq!(code(&desk.run(&add("shop.swiss", "")).await), "541");
    let mut ids = Vec::new();
    for name in [
        "granted.swiss",
        "refused.swiss",
        "late.swiss",
        "withdrawn.swiss",
    ] {
        let applied = desk.run(&apply(name, "CLASS=GOLIVE\nPERIOD=1Y")).await;
        assert_eq!(property(&applied, "STATUS"), ["REQUESTED"]);
        assert!(applied.contains("\r\nPENDING=1\r\n"));
        ids.push(property(&applied, "APPLICATION")[0].to_owned());
    }
    // 95 Swiss francs each.
    assert_eq!(desk.balance("whale").await, "66.92");
    let list = desk
        .run("COMMAND=QueryDomainApplicationList\nSTATUS=REQUESTED")
        .await;
    assert_eq!(property(&list, "APPLICATION").len(), 4);
    desk.act("decide", serde_json::json!({ "domain": "granted.swiss" }))
        .await;
    desk.act("decide", serde_json::json!({ "domain": "refused.swiss", "granted": false, "reason": "Not eligible" }))
        .await;
    let delete = format!("COMMAND=DeleteDomainApplication\nAPPLICATION={}", ids[3]);
    assert_eq!(code(&desk.run(&delete).await), "200");
    assert_eq!(code(&desk.run(&delete).await), "552");
    let state = async |index: usize| {
        let command = format!(
            "COMMAND=StatusDomainApplication\nAPPLICATION={}",
            ids[index]
        );
        let status = desk.run(&command).await;
        property(&status, "STATUS")[0].to_owned()
    };
    assert_eq!(state(0).await, "SUCCESSFUL");
    assert_eq!(state(1).await, "FAILED");
    assert_eq!(state(2).await, "REQUESTED");
    assert_eq!(state(3).await, "FAILED");
    assert_eq!(desk.balance("whale").await, "283.46");
    assert_eq!(
        code(&desk.run("COMMAND=StatusDomain\nDOMAIN=granted.swiss").await),
        "200"
    );
    assert_eq!(
        code(&desk.run("COMMAND=StatusDomain\nDOMAIN=refused.swiss").await),
        "545"
    );
    desk.pass_days(25);
    assert_eq!(state(2).await, "SUCCESSFUL");
    let other = format!("COMMAND=StatusDomainApplication\nAPPLICATION={}", ids[0]);
    assert_eq!(code(&desk.run_as("minnow", &other).await), "531");
}
