//! What a provisioning module finds in its call.

use serde_json::json;

use super::*;

#[tokio::test]
async fn service_properties_go_to_columns_or_to_custom_fields() {
    let house = House::new().await;
    let made = house.server("CreateAccount").await;
    assert_eq!(made.value, "success", "{made:?}");
    assert_eq!(house.rows("SELECT username FROM tblhosting"), "acme-1");
    assert_eq!(
        house.rows("SELECT f.fieldname, f.type, f.relid, v.value FROM tblcustomfields f JOIN tblcustomfieldsvalues v ON v.fieldid = f.id"),
        "License Key|product|7|CCCC-DDDD"
    );
    assert!(
        !house
            .rows("SELECT password FROM tblhosting")
            .contains("s3cret")
    );
    insta::assert_json_snapshot!(house.server("ReadBack").await.value, @r#"
    {
      "username": "acme-1",
      "password": "s3cret",
      "licence": "CCCC-DDDD",
      "nothing": "",
      "client": "Mona Ali",
      "product": "Acme Pro"
    }
    "#);
    assert_eq!(
        house.rows("SELECT userid, description FROM tblactivitylog"),
        "1|Service 5 of client 1 made"
    );
    let log = house.rows("SELECT module, action, request, response, arrdata FROM tblmodulelog");
    insta::assert_snapshot!(log, @r#"
    acme|create|Array
    (
        [key] => ********
    )
    |{"key":"********"}|k=********
    "#);
}

#[tokio::test]
async fn capsule_is_upstreams_and_speaks_some_mysql() {
    let house = House::new().await;
    let answer = house.server("Capsules").await;
    assert_eq!(answer.failure, None);
    insta::assert_json_snapshot!(answer.value, @r#"
    {
      "same": true,
      "tables": 2,
      "row": {
        "id": 1,
        "kind": "b",
        "note": "n"
      },
      "sql": {
        "joined": "a1b",
        "day": "02/01/2030 03:04",
        "before_day": "2030-02-28",
        "place": 2,
        "filled": "x"
      },
      "legacy": "Mona",
      "rolled": 0,
      "price": "100.00 EGP",
      "secret": "zür"
    }
    "#);
}

#[tokio::test]
async fn actions_and_metrics_are_asked_inside_the_call() {
    let house = House::new().await;
    assert_eq!(
        house.server("CustomActions").await.value["value"][0]["identifier"],
        "open"
    );
    let invoke = json!({"_invoke": "open"});
    let opened = house
        .call(ModuleKind::Server, "acme", "CustomActions", invoke)
        .await;
    assert_eq!(
        opened.value,
        json!({"success": true, "redirectTo": "https://example.net/7"})
    );
    assert_eq!(
        house.server("MetricProvider").await.value[0]["units"],
        "Gigabytes"
    );
    let usage = json!({"_tenant": "four"});
    let usage = house
        .call(ModuleKind::Server, "acme", "MetricProvider", usage)
        .await;
    assert_eq!(usage.value[0]["usage"], 4);
}

#[tokio::test]
async fn templates_are_rendered() {
    let house = House::new().await;
    let answer = house.server("ClientArea").await;
    assert_eq!(answer.failure, None);
    assert_eq!(answer.value["placement"], "append");
    insta::assert_snapshot!(answer.value["html"].as_str().unwrap(), @r#"
    <p>&lt;b&gt;Pro&lt;/b&gt; <b>Pro</b> One, Two #5</p>
    <p>some.text /index.php?rp=/store/order/a%20b hi! Acme & Co</p>
    "#);
    let params = json!({"amount": "12.50"});
    let link = house
        .call(ModuleKind::Gateway, "acmepay", "link", params)
        .await;
    assert_eq!(
        link.value,
        "<form>viewinvoice.php 12.50 http://127.0.0.1:1/</form>"
    );
}

#[tokio::test]
async fn a_function_may_read_what_the_visitor_sent_to_the_page() {
    let house = House::new().await;
    let request = json!({"_request": {"query": {"id": "5"}, "post": {"modulefields": ["x"]}, "ip": "192.0.2.1"}});
    let answer = house
        .call(ModuleKind::Server, "acme", "ReadRequest", request)
        .await;
    assert_eq!(
        answer.value,
        json!({"method": "POST", "post": {"modulefields": ["x"]}, "request": "5", "ip": "192.0.2.1", "params": ["whmcsVersion", "moduletype"]})
    );
}
