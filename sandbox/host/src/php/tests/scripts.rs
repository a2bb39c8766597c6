//! Entry scripts that visitors request.

use serde_json::Value;

use super::*;

#[tokio::test]
async fn a_callback_script_sees_the_hosts_session_and_the_visitors_request() {
    let house = House::new().await;
    let request = ScriptRequest {
        script: "modules/gateways/callback/acmepay.php".to_owned(),
        method: "POST".to_owned(),
        query: "do=pay&x[]=1".to_owned(),
        headers: [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Cookie", "a=1; PHPSESSID=other"),
            ("Host-Session", "{\"uid\":99}"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec(),
        body: b"amount=10".to_vec(),
        remote_addr: "192.0.2.7".to_owned(),
        session: Session {
            uid: Some(1),
            token: "tok".to_owned(),
            id: "visitor".to_owned(),
            ..Session::default()
        },
    };
    let inactive = house.php.script(request.clone()).await.unwrap();
    assert_eq!(
        String::from_utf8(inactive.body).unwrap(),
        "Module Not Activated"
    );
    house.rows("INSERT INTO tblpaymentgateways (gateway, setting, value) VALUES ('acmepay', 'name', 'Acme Pay'), ('acmepay', 'type', 'Invoices'), ('acmepay', 'secret', 'plain')");

    house.php.script(request.clone()).await.unwrap();
    let answer = house.php.script(request.clone()).await.unwrap();
    assert_eq!(answer.status, 202, "{answer:?}");
    assert!(
        answer
            .headers
            .contains(&("X-Gateway".to_owned(), "Acme Pay".to_owned()))
    );
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    insta::assert_json_snapshot!(body, @r#"
    {
      "secret": "plain",
      "method": "POST",
      "post": {
        "amount": "10"
      },
      "query": {
        "do": "pay",
        "x": [
          "1"
        ]
      },
      "cookie": {
        "a": "1",
        "PHPSESSID": "other"
      },
      "uid": 1,
      "token": "tok",
      "visits": 2,
      "script": "/modules/gateways/callback/acmepay.php",
      "ip": "192.0.2.7",
      "leaked": []
    }
    "#);

    let ask = |question: &str| ScriptRequest {
        query: question.to_owned(),
        ..request.clone()
    };
    let gone = house.php.script(ask("do=unknown-invoice")).await.unwrap();
    assert_eq!((gone.status, gone.body.as_slice()), (200, &b""[..]));
    assert_eq!(
        house.rows("SELECT gateway, result FROM tblgatewaylog"),
        "Acme Pay|Invoice ID Not Found"
    );

    let dead = house.php.script(ask("do=fatal")).await.unwrap();
    assert_eq!(dead.status, 500);
    let text = String::from_utf8(dead.body).unwrap();
    assert!(
        text.contains("acmepay_undefined()")
            && text.contains("modules/gateways/callback/acmepay.php:12"),
        "{text}"
    );
    assert!(dead.log.contains("acmepay_undefined"), "{}", dead.log);

    let runner = ScriptRequest {
        script: "runtime/runner.php".to_owned(),
        ..request
    };
    assert!(matches!(
        house.php.script(runner).await,
        Err(PhpError::NoScript(_))
    ));
}
