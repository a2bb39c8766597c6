//! The API client against answers as WHMCS, its PHP and what stands before it give them.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wharf_core::{Currency, ErrorClass, Money, Secret};
use wharf_whmcs::api::{Connection, NewCredit, Probe, http_client};
use wharf_whmcs::{ApiError, WhmcsApi};
use wiremock::matchers::{body_string_contains, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn api(url: &str) -> WhmcsApi {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let connection = Connection {
        url: url.to_owned(),
        identifier: "ident-1".to_owned(),
        secret: Secret::new("s3cr3t-of-api"),
        access_key: Some(Secret::new("k3y-of-access")),
    };
    WhmcsApi::new(http_client(None).unwrap(), connection).unwrap()
}

async fn answering(template: ResponseTemplate) -> (MockServer, WhmcsApi) {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/whmcs/includes/api.php"))
        .respond_with(template)
        .mount(&server)
        .await;
    let api = api(&format!("{}/whmcs/", server.uri()));
    (server, api)
}

fn credit() -> NewCredit {
    NewCredit {
        client: 7,
        amount: Money::new(1_250, Currency::USD),
        description: "VodafoneCash payment - trans_id: 1".to_owned(),
    }
}

#[tokio::test]
async fn a_credit_is_sent_as_documented_and_its_balance_read() {
    let (server, api) = answering(
        ResponseTemplate::new(200)
            .set_body_json(json!({"result": "success", "newbalance": "42.50"})),
    )
    .await;
    let added = api.add_credit(&credit()).await.unwrap();
    assert_eq!(added.new_balance, Some(Money::new(4_250, Currency::USD)));
    let body = String::from_utf8(server.received_requests().await.unwrap().remove(0).body).unwrap();
    insta::assert_snapshot!(body, @"action=AddCredit&identifier=ident-1&secret=s3cr3t-of-api&responsetype=json&accesskey=k3y-of-access&clientid=7&description=VodafoneCash+payment+-+trans_id%3A+1&amount=12.50");
}

#[tokio::test]
async fn only_a_result_counts() {
    let page = "<!DOCTYPE html><html><body>Down for maintenance</body></html>";
    let cases = [
        (
            ResponseTemplate::new(200).set_body_string(page),
            ErrorClass::Unknown,
        ),
        (
            ResponseTemplate::new(200).set_body_string(""),
            ErrorClass::Unknown,
        ),
        (
            ResponseTemplate::new(200).set_body_string("{\"result\":\"succ"),
            ErrorClass::Unknown,
        ),
        (
            ResponseTemplate::new(200).set_body_json(json!({"status": "success"})),
            ErrorClass::Unknown,
        ),
        (
            ResponseTemplate::new(200).set_body_json(json!(["result", "success"])),
            ErrorClass::Unknown,
        ),
        (
            ResponseTemplate::new(500).set_body_json(json!({"result": "success"})),
            ErrorClass::Unknown,
        ),
        (
            ResponseTemplate::new(502).set_body_json(json!({"result": "error", "message": "x"})),
            ErrorClass::Unknown,
        ),
        (
            ResponseTemplate::new(302).insert_header("location", "https://example.com/"),
            ErrorClass::Unknown,
        ),
        (
            ResponseTemplate::new(200)
                .set_body_json(json!({"result": "error", "message": "Client ID Not Found"})),
            ErrorClass::Refused,
        ),
        (
            ResponseTemplate::new(403)
                .set_body_json(json!({"result": "error", "message": "Invalid IP 203.0.113.9"})),
            ErrorClass::Refused,
        ),
    ];
    for (number, (template, class)) in cases.into_iter().enumerate() {
        let (_server, api) = answering(template).await;
        assert_eq!(
            api.add_credit(&credit()).await.unwrap_err().class(),
            class,
            "case {number}"
        );
    }
    let (_server, api) = answering(ResponseTemplate::new(200).set_body_string(page)).await;
    assert!(
        api.whmcs_details()
            .await
            .unwrap_err()
            .in_words()
            .contains("web page instead of JSON")
    );
}

#[tokio::test]
async fn a_php_notice_before_the_json_does_no_harm() {
    let body = "<br />\n<b>Deprecated</b>: x in {a} on line 3<br />\n{\"result\":\"success\",\"newbalance\":30.000000000000004}";
    let (_server, api) = answering(ResponseTemplate::new(200).set_body_string(body)).await;
    assert_eq!(
        api.add_credit(&credit()).await.unwrap().new_balance,
        Some(Money::new(3_000, Currency::USD))
    );
}

#[tokio::test]
async fn credits_are_read_whole_or_not_at_all() {
    let row = json!({"id": "5", "date": "2026-11-21", "description": "VodafoneCash payment - trans_id: 1", "amount": "12.50", "relid": "0"});
    let (_server, api) = answering(ResponseTemplate::new(200).set_body_json(
        json!({"result": "success", "totalresults": 1, "clientid": 7, "credits": {"credit": [row]}}),
    ))
    .await;
    let rows = api.credits(7, Currency::USD).await.unwrap();
    assert_eq!(
        (
            rows.len(),
            rows[0].id,
            rows[0].amount.minor,
            rows[0].related
        ),
        (1, 5, 1_250, None)
    );

    for broken in [
        json!({"result": "success", "totalresults": 2, "credits": {"credit": [row]}}),
        json!({"result": "success", "totalresults": 1, "credits": {"credit": [{"id": 1, "amount": "lots"}]}}),
    ] {
        let (_server, api) = answering(ResponseTemplate::new(200).set_body_json(broken)).await;
        assert_eq!(
            api.credits(7, Currency::USD).await.unwrap_err().class(),
            ErrorClass::Unknown
        );
    }
    let (_server, api) = answering(
        ResponseTemplate::new(200)
            .set_body_json(json!({"result": "success", "totalresults": "0", "credits": ""})),
    )
    .await;
    assert!(api.credits(7, Currency::USD).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_other_calls_read_what_whmcs_answers() {
    let server = MockServer::start().await;
    let on = |action: &str, answer: serde_json::Value| {
        Mock::given(body_string_contains(format!("action={action}&")))
            .respond_with(ResponseTemplate::new(200).set_body_json(answer))
            .mount(&server)
    };
    on("GetInvoice", json!({"result": "success", "invoiceid": "9", "userid": 7, "status": "Unpaid", "total": "20.00", "balance": 20, "credit": "0.00", "duedate": "0000-00-00", "paymentmethod": "wharf"})).await;
    on("GetInvoices", json!({"result": "success", "totalresults": 5, "invoices": {"invoice": [
        {"id": 9, "status": "Unpaid", "total": "20.00"}, {"id": 10, "total": "5.50"},
        {"id": 8, "status": "Payment Pending", "total": "3.00"}, {"id": 7, "status": "Paid", "total": "9.00"},
        {"id": 6, "status": "Cancelled", "total": "1.00"}]}})).await;
    on("GetClientsDetails", json!({"result": "success", "userid": 7, "currency_code": "EGP", "client": {"id": 7, "currency": 2, "currency_code": "EGP", "credit": "1.00", "language": "arabic"}})).await;
    on("GetCurrencies", json!({"result": "success", "currencies": {"currency": [{"id": 1, "code": "USD", "prefix": "$", "suffix": " USD", "format": 1, "rate": "1.00000"}]}})).await;
    on("GetClientsDomains", json!({"result": "success", "domains": {"domain": [{"id": "3", "userid": 7, "domainname": "example.com", "status": "Pending", "registrar": "wharf", "regdate": "2026-11-21", "expirydate": "0000-00-00"}]}})).await;
    on("GetClientsProducts", json!({"result": "success", "clientid": 7, "products": {"product": [{"id": 4, "name": "SiteShield Pro", "domain": "example.com", "status": "Pending"}]}})).await;
    on(
        "ApplyCredit",
        json!({"result": "success", "invoiceid": 9, "amount": "20.00", "invoicepaid": "true"}),
    )
    .await;
    on("WhmcsDetails", json!({"result": "success", "whmcs": {"version": "8.13.1", "canonicalversion": "8.13.1-release.1"}})).await;
    on("GetModuleQueue", json!({"result": "success", "count": 1, "queue": [{"id": 1, "serviceType": "service", "serviceId": 4, "moduleName": "wharf", "moduleAction": "CreateAccount", "lastAttemptError": "no", "completed": 0}]})).await;
    on("ModuleCreate", json!({"result": "success"})).await;
    on(
        "DomainRegister",
        json!({"result": "error", "message": "Registrar Error Message"}),
    )
    .await;
    let api = api(&server.uri());

    let invoice = api.invoice(9, Currency::USD).await.unwrap();
    assert!(invoice.is_unpaid() && invoice.due.is_none() && invoice.balance.minor == 2_000);
    let open = api.open_invoices(7, Currency::USD).await.unwrap();
    assert_eq!((open.unpaid.minor, open.beyond_credit.minor), (2_550, 300));
    assert_eq!(open.covered_by(Money::new(100_000, Currency::USD)), None);
    let client = api.client_details(7).await.unwrap();
    assert_eq!(
        (
            client.currency,
            client.credit.minor,
            client.language.as_deref()
        ),
        (Currency::EGP, 100, Some("arabic"))
    );
    assert_eq!(api.currencies().await.unwrap()[0].code, Currency::USD);
    let domain = api.client_domain(3).await.unwrap().unwrap();
    assert_eq!(
        (domain.name.as_str(), domain.expires),
        ("example.com", None)
    );
    assert!(
        api.client_domain(8).await.unwrap().is_none(),
        "another domain's row is not the answer"
    );
    assert_eq!(
        api.client_product(4).await.unwrap().unwrap().status,
        "Pending"
    );
    assert!(
        api.apply_credit(9, Money::new(2_000, Currency::USD))
            .await
            .unwrap()
            .invoice_paid
    );
    assert_eq!(api.whmcs_details().await.unwrap(), "8.13.1-release.1");
    assert_eq!(api.module_queue("wharf").await.unwrap()[0].subject, 4);
    api.module_create(4).await.unwrap();
    assert_eq!(
        api.domain_register(3).await.unwrap_err().class(),
        ErrorClass::Refused
    );
}

#[tokio::test]
async fn a_role_is_probed_with_calls_that_can_change_nothing() {
    let probes = || {
        [
            Probe::TELLING,
            Probe::CREDITING,
            Probe::LOOKING,
            Probe::TRANSACTIONS,
            Probe::BALANCES,
        ]
        .concat()
    };
    let refusals = [
        ("Client ID Not Found", Some(true)),
        (
            "Invalid Permissions: API action \"x\" is not allowed",
            Some(false),
        ),
        ("Invalid IP 203.0.113.9", None),
        ("Authentication Failed", None),
    ];
    for (message, may) in refusals {
        let (server, api) = answering(
            ResponseTemplate::new(200)
                .set_body_json(json!({"result": "error", "message": message})),
        )
        .await;
        for probe in probes() {
            assert_eq!(api.may(&probe).await.ok(), may, "{message} {probe:?}");
        }
        let sent = server.received_requests().await.unwrap();
        let body = |action: &str| {
            let bodies = sent
                .iter()
                .map(|request| String::from_utf8_lossy(&request.body).into_owned());
            let mut bodies = bodies.filter(|body| body.contains(&format!("action={action}&")));
            let (_, fields) = bodies
                .next()
                .unwrap()
                .split_once("accesskey=k3y-of-access&")
                .map(|(head, fields)| (head.to_owned(), fields.to_owned()))
                .unwrap();
            fields
        };
        assert_eq!(body("AddCredit"), "clientid=0&amount=0.00");
        assert_eq!(body("ApplyCredit"), "invoiceid=0&amount=0.00");
        assert_eq!(
            body("DomainRegister"),
            "domainid=0&domain=wharf-probe.invalid"
        );
        for action in [
            "ModuleCreate",
            "ModuleSuspend",
            "ModuleUnsuspend",
            "ModuleTerminate",
        ] {
            assert_eq!(body(action), "serviceid=0");
        }
    }
    let (_server, api) =
        answering(ResponseTemplate::new(200).set_body_json(json!({"result": "success"}))).await;
    assert!(api.may(&probes()[0]).await.unwrap());
}

#[tokio::test]
async fn what_was_sent_and_lost_is_unknown_and_what_never_left_is_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let cutting = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut buffer = [0; 4_096];
        let _ = stream.read(&mut buffer).await;
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 400\r\n\r\n{\"result\":\"success\"")
            .await
            .unwrap();
        // Dropping both: the answer stays cut, and the next connection is refused.
    });
    let api = api(&format!("http://{address}"));
    let cut = api.add_credit(&credit()).await.unwrap_err();
    assert_eq!(cut.class(), ErrorClass::Unknown);
    cutting.await.unwrap();
    let refused = api.add_credit(&credit()).await.unwrap_err();
    assert!(matches!(refused, ApiError::NotSent { .. }), "{refused:?}");

    let (_server, slow) =
        answering(ResponseTemplate::new(200).set_delay(Duration::from_secs(30))).await;
    let late = slow
        .within(Duration::from_millis(80))
        .add_credit(&credit())
        .await
        .unwrap_err();
    assert_eq!(late.class(), ErrorClass::Unknown);
}

#[tokio::test]
async fn no_error_repeats_a_secret() {
    let (_server, api) = answering(ResponseTemplate::new(403).set_body_json(
        json!({"result": "error", "message": "Authentication Failed for s3cr3t-of-api / k3y-of-access"}),
    ))
    .await;
    let error = api.add_credit(&credit()).await.unwrap_err();
    for text in [
        format!("{error:?}"),
        error.to_string(),
        error.in_words(),
        format!("{api:?}"),
    ] {
        assert!(
            !text.contains("s3cr3t") && !text.contains("k3y-of"),
            "{text}"
        );
    }
}
