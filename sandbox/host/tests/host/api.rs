//! The API's transport, log-in, errors and shapes.

use crate::support::World;
use serde_json::Value;

pub const CLIENT: &[(&str, &str)] = &[
    ("firstname", "John"),
    ("lastname", "Doe"),
    ("email", "john@example.test"),
    ("address1", "1 Mars St"),
    ("city", "Phobos"),
    ("state", "Crater"),
    ("postcode", "9999"),
    ("country", "US"),
    ("phonenumber", "123456789"),
    ("password2", "123qwe"),
];

pub fn message(answer: &Value) -> &str {
    answer["message"].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_known_callers_with_the_right_role_are_let_in() {
    let world = World::start().await;
    let json = ("responsetype", "json");
    for (fields, status, text) in [
        (
            vec![("action", "GetClients"), json],
            403,
            "Invalid or missing credentials",
        ),
        (
            vec![
                ("action", "GetClients"),
                ("identifier", "id-1"),
                ("secret", "no"),
                json,
            ],
            403,
            "Authentication Failed",
        ),
        (
            vec![
                ("action", "GetClients"),
                ("identifier", "no"),
                ("secret", "no"),
                json,
            ],
            403,
            "Authentication Failed",
        ),
        (
            vec![
                ("action", "AddClient"),
                ("identifier", "id-2"),
                ("secret", "other"),
                json,
            ],
            403,
            "Invalid Permissions: API action \"addclient\" is not allowed",
        ),
        (
            vec![
                ("action", "GetClients"),
                ("identifier", "id-1"),
                ("secret", "s3cret"),
                ("accesskey", "wrong"),
                json,
            ],
            403,
            "Access Denied",
        ),
        (
            vec![
                ("action", "Nonsense"),
                ("identifier", "id-1"),
                ("secret", "s3cret"),
                json,
            ],
            200,
            "Command Not Found",
        ),
        (
            vec![
                ("action", "getclients"),
                ("identifier", "id-2"),
                ("secret", "other"),
                json,
            ],
            200,
            "",
        ),
        (
            vec![
                ("action", "getclients"),
                ("username", "id-1"),
                ("password", "s3cret"),
                json,
            ],
            200,
            "",
        ),
        // MD5 of the administrator's password, as clients of old send it.
        (
            vec![
                ("action", "getclients"),
                ("username", "admin"),
                ("password", "acae9ce4e7a179c208b31247c85d060a"),
                ("accesskey", "open sesame"),
                json,
            ],
            200,
            "",
        ),
    ] {
        let (got, answer) = world.post_api(&fields).await;
        assert_eq!((got, message(&answer)), (status, text), "{fields:?}");
    }
    world
        .api(
            "SetConfigurationValue",
            &[("setting", "APIAllowedIPs"), ("value", "a:0:{}")],
        )
        .await;
    let (status, answer) = world
        .post_api(&[
            ("action", "GetClients"),
            ("identifier", "id-1"),
            ("secret", "s3cret"),
            json,
        ])
        .await;
    assert_eq!((status, message(&answer)), (403, "Invalid IP 127.0.0.1"));
    let (status, _) = world
        .post_api(&[
            ("action", "GetClients"),
            ("identifier", "id-1"),
            ("secret", "s3cret"),
            ("accesskey", "open sesame"),
            json,
        ])
        .await;
    assert_eq!(status, 200);
    let internal = world.browser().post_raw("_internal/localapi", &[]).await;
    assert!(!internal.1.contains("success"));
    world.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_input_is_named_and_changes_nothing() {
    let world = World::start().await;
    assert_eq!(world.api("AddClient", CLIENT).await["clientid"], 1);
    for (action, fields, text) in [
        (
            "AddClient",
            CLIENT.to_vec(),
            "A user already exists with that email address",
        ),
        (
            "AddClient",
            vec![("firstname", "A")],
            "You did not enter your last name",
        ),
        (
            "AddCredit",
            vec![("clientid", "9"), ("amount", "1.00")],
            "Client ID Not Found",
        ),
        ("AddCredit", vec![("clientid", "1")], "No Amount Provided"),
        (
            "AddCredit",
            vec![("clientid", "1"), ("amount", "0")],
            "Amount must be in decimal format: ##.##",
        ),
        (
            "AddCredit",
            vec![("clientid", "1"), ("amount", "-5")],
            "Amount must be in decimal format: ##.##",
        ),
        (
            "AddCredit",
            vec![("clientid", "1"), ("amount", "1,50")],
            "Amount must be in decimal format: ##.##",
        ),
        (
            "AddCredit",
            vec![("clientid", "1"), ("amount", "1"), ("type", "steal")],
            "Type can only be add or remove",
        ),
        (
            "AddCredit",
            vec![("clientid", "1"), ("amount", "1"), ("date", "yesterday")],
            "Date Format is not Valid",
        ),
        ("GetCredits", vec![("clientid", "2")], "Client ID Not Found"),
        (
            "ApplyCredit",
            vec![("invoiceid", "1"), ("amount", "1")],
            "Invoice ID Not Found",
        ),
        (
            "GetInvoice",
            vec![("invoiceid", "1")],
            "Invoice ID Not Found",
        ),
        (
            "GetClientsDetails",
            vec![],
            "Either clientid Or email Is Required",
        ),
        (
            "GetClientsDetails",
            vec![("email", "x@y.zz")],
            "Client Not Found",
        ),
        (
            "AddOrder",
            vec![("clientid", "1"), ("paymentmethod", "cash")],
            "Invalid Payment Method. Valid options include testpay",
        ),
        (
            "AddOrder",
            vec![("clientid", "1"), ("paymentmethod", "testpay")],
            "No items added to cart so order cannot proceed",
        ),
        (
            "AcceptOrder",
            vec![("orderid", "1")],
            "Order ID not found or Status not Pending",
        ),
        (
            "DomainGetNameservers",
            vec![("domainid", "1")],
            "Domain ID Not Found",
        ),
        (
            "DomainRegister",
            vec![("domain", "nothing.com")],
            "Domain Not Found",
        ),
        ("ModuleCreate", vec![], "Service ID is required"),
        (
            "ModuleCreate",
            vec![("serviceid", "5")],
            "Service ID not found",
        ),
        (
            "GetConfigurationValue",
            vec![("setting", "NoSuch")],
            "Invalid name for parameter setting",
        ),
        (
            "ValidateLogin",
            vec![("email", "john@example.test"), ("password2", "no")],
            "Email or Password Invalid",
        ),
    ] {
        let answer = world.api(action, &fields).await;
        assert_eq!(
            (answer["result"].as_str(), message(&answer)),
            (Some("error"), text),
            "{action} {fields:?}"
        );
    }
    assert!(world.rows("tblcredit").await.is_empty() && world.rows("tblorders").await.is_empty());
    world.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_have_whmcs_shapes() {
    let world = World::start().await;
    let client = world.api("addclient", CLIENT).await;
    insta::assert_snapshot!(client, @r#"{"result":"success","clientid":1,"owner_id":1}"#);
    let order = world
        .api(
            "AddOrder",
            &[
                ("clientid", "1"),
                ("paymentmethod", "testpay"),
                ("pid[0]", "1"),
                ("domain[0]", "shop.com"),
                ("billingcycle[0]", "monthly"),
                ("domaintype[0]", "register"),
                ("regperiod[0]", "2"),
            ],
        )
        .await;
    insta::assert_snapshot!(order, @r#"{"result":"success","orderid":1,"serviceids":"1","productids":"1","addonids":"","domainids":"1","invoiceid":1}"#);
    world
        .api(
            "AddCredit",
            &[
                ("clientid", "1"),
                ("description", "token abc"),
                ("amount", "5"),
                ("date", "2026-01-02"),
            ],
        )
        .await;
    let credits = world.api("GetCredits", &[("clientid", "1")]).await;
    insta::assert_snapshot!(credits, @r#"{"result":"success","totalresults":1,"clientid":1,"credits":{"credit":[{"id":1,"date":"2026-01-02","description":"token abc","amount":"5.00","relid":0}]}}"#);
    let invoice = world.api("GetInvoice", &[("invoiceid", "1")]).await;
    insta::assert_snapshot!(invoice["items"], @r#"{"item":[{"id":1,"type":"Hosting","relid":1,"description":"Shield Pro - shop.com (Monthly)","amount":"12.50","taxed":0},{"id":2,"type":"DomainRegister","relid":1,"description":"Domain Registration - shop.com - 2 Year/s","amount":"21.98","taxed":0}]}"#);
    assert_eq!(
        (&invoice["total"], &invoice["balance"], &invoice["status"]),
        (&"34.48".into(), &"34.48".into(), &"Unpaid".into())
    );
    let partly = world
        .api("ApplyCredit", &[("invoiceid", "1"), ("amount", "full")])
        .await;
    insta::assert_snapshot!(partly, @r#"{"result":"success","invoiceid":1,"amount":"5.00","invoicepaid":"false"}"#);
    let invoice = world.api("GetInvoice", &[("invoiceid", "1")]).await;
    assert_eq!(
        (&invoice["credit"], &invoice["total"], &invoice["balance"]),
        (&"5.00".into(), &"29.48".into(), &"29.48".into())
    );
    let first = [
        ("userid", "1"),
        ("paymentmethod", "testpay"),
        ("transid", "T1"),
        ("amountin", "29.48"),
        ("invoiceid", "1"),
    ];
    assert_eq!(
        world.api("AddTransaction", &first).await["result"],
        "success"
    );
    assert_eq!(
        message(&world.api("AddTransaction", &first).await),
        "Transaction ID must be Unique"
    );
    assert_eq!(
        world.api("GetInvoice", &[("invoiceid", "1")]).await["status"],
        "Paid"
    );
    assert_eq!(
        world.api("GetOrders", &[("id", "1")]).await["orders"]["order"][0]["status"],
        "Active"
    );
    let domains = world.api("GetClientsDomains", &[("clientid", "1")]).await;
    let domain = &domains["domains"]["domain"][0];
    assert_eq!(
        (
            &domain["domainname"],
            &domain["status"],
            &domain["regperiod"]
        ),
        (&"shop.com".into(), &"Active".into(), &2.into())
    );
    let products = world.api("GetClientsProducts", &[("clientid", "1")]).await;
    assert_eq!(
        products["products"]["product"][0]["customfields"]["customfield"][0]["value"],
        "KEY-1-pro"
    );
    insta::assert_snapshot!(world.api("DomainGetNameservers", &[("domainid", "1")]).await, @r#"{"result":"success","ns1":"ns1.host.test","ns2":"ns2.host.test","ns3":"","ns4":"","ns5":""}"#);
    world
        .api(
            "DomainUpdateNameservers",
            &[
                ("domainid", "1"),
                ("ns1", "a.ns.test"),
                ("ns2", "b.ns.test"),
            ],
        )
        .await;
    assert_eq!(
        world
            .api("DomainGetNameservers", &[("domainid", "1")])
            .await["ns2"],
        "b.ns.test"
    );
    insta::assert_snapshot!(world.api("GetTLDPricing", &[("currencyid", "1")]).await["pricing"]["com"]["register"]["2"], @r#""21.98""#);
    insta::assert_snapshot!(world.api("GetPaymentMethods", &[]).await, @r#"{"result":"success","totalresults":1,"paymentmethods":{"paymentmethod":[{"module":"testpay","displayname":"Test wallet"}]}}"#);
    let details = world
        .api(
            "GetClientsDetails",
            &[("email", "JOHN@example.test"), ("stats", "1")],
        )
        .await;
    assert_eq!(
        (
            &details["client"]["id"],
            &details["client"]["phonenumberformatted"],
            &details["stats"]["numactivedomains"]
        ),
        (&1.into(), &"+1.123456789".into(), &1.into())
    );
    for action in [
        "GetClients",
        "GetProducts",
        "GetOrderStatuses",
        "GetCurrencies",
        "GetRegistrars",
        "GetServers",
        "WhmcsDetails",
        "GetActivityLog",
        "GetAdminDetails",
        "GetAdminUsers",
        "GetStats",
        "GetTransactions",
        "GetInvoices",
        "GetModuleQueue",
    ] {
        assert_eq!(
            world.api(action, &[]).await["result"],
            "success",
            "{action}"
        );
    }
    let sealed = world
        .api("EncryptPassword", &[("password2", "pa ss")])
        .await["password"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        world
            .api("DecryptPassword", &[("password2", &sealed)])
            .await["password"],
        "pa ss"
    );
    let (_, xml) = world
        .post_api(&[
            ("action", "GetCredits"),
            ("clientid", "1"),
            ("identifier", "id-1"),
            ("secret", "s3cret"),
            ("responsetype", "xml"),
        ])
        .await;
    assert!(
        xml.as_str().unwrap().contains("<whmcsapi version=")
            && xml
                .as_str()
                .unwrap()
                .contains("<credits>\n<credit>\n<id>1</id>"),
        "{xml}"
    );
    world.host.stop().await;
}
