//! How a call may end, and what it may ask of the host meanwhile.

use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn a_call_that_dies_says_where() {
    let house = House::new().await;
    let domain = json!({"sld": "broken", "tld": "com"});
    let thrown = house.registrar("RegisterDomain", domain.clone()).await;
    assert!(thrown.exists && thrown.value.is_null());
    insta::assert_json_snapshot!(thrown.failure, @r#"
    {
      "class": "RuntimeException",
      "message": "The far side is gone",
      "file": "modules/registrars/acme/acme.php",
      "line": 34
    }
    "#);
    let undefined = house.registrar("Sync", domain.clone()).await;
    insta::assert_json_snapshot!(undefined.failure, @r#"
    {
      "class": "Error",
      "message": "Call to undefined function acme_no_such_function()",
      "file": "modules/registrars/acme/acme.php",
      "line": 78
    }
    "#);
    let unknown_class = house.registrar("SaveDNS", domain.clone()).await;
    insta::assert_json_snapshot!(unknown_class.failure.unwrap().message, @r#""Class \"WHMCS\\Nothing\\Here\" not found. This host does not provide WHMCS\\Nothing\\Here.""#);

    let broken = house.php_file(
        "modules/registrars/half/half.php",
        "<?php\n\nfunction half_Sync( {",
    );
    let parse = house
        .call(ModuleKind::Registrar, &broken, "Sync", domain.clone())
        .await
        .failure
        .unwrap();
    assert_eq!(
        (parse.class.as_str(), parse.file.as_str(), parse.line),
        ("ParseError", "modules/registrars/half/half.php", 3)
    );

    let twice = "<?php\nfunction twice_Sync() {}\nfunction twice_Sync() {}\n";
    let twice = house.php_file("modules/registrars/twice/twice.php", twice);
    let fatal = house
        .call(ModuleKind::Registrar, &twice, "Sync", domain.clone())
        .await
        .failure
        .unwrap();
    assert_eq!(
        (fatal.class.as_str(), fatal.file.as_str(), fatal.line),
        ("FatalError", "modules/registrars/twice/twice.php", 3)
    );

    let absent = house
        .call(ModuleKind::Registrar, "nobody", "Sync", domain.clone())
        .await;
    assert_eq!(
        absent.failure.unwrap().message,
        "The registrar module \"nobody\" has no file modules/registrars/nobody/nobody.php"
    );
    let missing = house.registrar("RenewDomain", domain).await;
    assert_eq!((missing.exists, missing.failure), (false, None));
}

#[tokio::test]
async fn exit_in_a_module_ends_its_request_only() {
    let house = House::new().await;
    let left = house.server("Leave").await;
    assert_eq!(
        (left.exited, left.output.as_str(), left.failure),
        (true, "goodbye", None)
    );
    let left = house.server("LeaveUnbuffered").await;
    assert!(left.exited);
    assert_eq!(left.output, "straight out");
    assert!(left.headers.contains(&(
        "Location".to_owned(),
        "https://example.net/login".to_owned()
    )));
    assert_eq!(
        house.server("MetaData").await.value["DisplayName"],
        "Acme Services"
    );
}

#[tokio::test]
async fn local_api_inside_a_transaction_is_refused_at_once() {
    let house = House::new().await;
    let answer = house.server("TerminateAccount").await;
    assert_eq!(
        answer.value,
        "localAPI('GetClientsDetails') was called inside an open database transaction; commit it first"
    );
}

#[tokio::test]
async fn local_api_asks_the_host_which_may_call_modules_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/billing/", listener.local_addr().unwrap());
    let php = start(folder.path(), &url, Clock::system()).await;
    let inner = php.clone();
    let answer = async move |headers: axum::http::HeaderMap,
                             axum::Json(body): axum::Json<Value>| {
        assert_eq!(headers["x-internal-key"], "internal");
        let call = server_call("MetaData", json!({}));
        let name = inner.value(call).await.unwrap()["DisplayName"].clone();
        axum::Json(json!({"result": "success", "asked": body, "nested": name}))
    };
    let router =
        axum::Router::new().route("/billing/_internal/localapi", axum::routing::post(answer));
    tokio::spawn(async { axum::serve(listener, router).await });

    let value = php
        .value(server_call("AskHost", json!({"serviceid": 5})))
        .await
        .unwrap();
    insta::assert_json_snapshot!(value, @r#"
    {
      "result": "success",
      "asked": {
        "action": "GetClientsDetails",
        "values": {
          "clientid": 1,
          "list": [],
          "model": {
            "__class": "WHMCS\\Service\\Service",
            "id": 5,
            "userid": 1,
            "orderid": 3,
            "packageid": 7,
            "server": 0,
            "domain": "mona.example",
            "domainstatus": "Pending",
            "username": "",
            "password": ""
          }
        },
        "admin": "admin"
      },
      "nested": "Acme Services"
    }
    "#);
}
