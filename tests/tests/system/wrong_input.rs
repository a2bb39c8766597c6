//! Wrong input gets a clear error and changes nothing.

use serde_json::{Value, json as object};
use wharf_tests::module_socket::{ModuleSocket, account, registration};
use wharf_tests::{Sandbox, client, json};

fn error_of(answer: &Value) -> String {
    answer
        .get("error")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test]
async fn modules_are_told_what_is_wrong() {
    let sandbox = Sandbox::start();
    let socket = ModuleSocket::of(&sandbox);
    let register = "registrar/wharf/RegisterDomain";

    // A stranger.
    let good = registration(&sandbox, 1, "wrong-input.com");
    let (status, answer) = socket
        .clone()
        .with_token("not-the-token")
        .call(register, &good)
        .await;
    assert_eq!(status, 401, "{answer}");

    // A name that is taken, one that is none, one that the registrar does not sell.
    let (_, answer) = socket
        .call(register, &registration(&sandbox, 2, "taken-name.com"))
        .await;
    assert!(
        error_of(&answer).to_lowercase().contains("taken")
            || error_of(&answer).contains("already registered"),
        "{answer}"
    );
    let (_, answer) = socket
        .call(register, &registration(&sandbox, 3, "not a name.com"))
        .await;
    assert!(error_of(&answer).contains("not a domain name"), "{answer}");
    let (_, answer) = socket
        .call(register, &registration(&sandbox, 4, "unsold.zz"))
        .await;
    assert!(!error_of(&answer).is_empty(), "{answer}");

    // A wrong password: said where it is entered, and when it is used.
    let mut wrong = registration(&sandbox, 5, "wrong-input.com");
    wrong
        .as_object_mut()
        .unwrap()
        .insert("Password".into(), "not-the-password".into());
    let (_, answer) = socket.call("registrar/wharf/config_validate", &wrong).await;
    assert!(
        error_of(&answer).to_lowercase().contains("password"),
        "{answer}"
    );
    let (_, answer) = socket.call(register, &wrong).await;
    assert!(
        error_of(&answer).to_lowercase().contains("password"),
        "{answer}"
    );
    let (code, out, _) = sandbox.wharf(&["doctor"]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.to_lowercase().contains("password"), "{out}");
    let (_, answer) = socket.call("registrar/wharf/config_validate", &good).await;
    assert_eq!(error_of(&answer), "", "{answer}");

    // A domain that is not ours.
    let (_, answer) = socket
        .call(
            "registrar/wharf/GetNameservers",
            &registration(&sandbox, 6, "example.com"),
        )
        .await;
    assert!(!error_of(&answer).is_empty(), "{answer}");

    // A service without e-mail, a function that does not exist.
    let (_, answer) = socket
        .call(
            "server/wharf/CreateAccount",
            &account(&sandbox, 7, "", "wrong-input.com"),
        )
        .await;
    assert_ne!(answer.get("result"), Some(&"success".into()), "{answer}");
    let (status, answer) = socket
        .call("server/wharf/NoSuchFunction", &object!({}))
        .await;
    assert!(status >= 400 && !error_of(&answer).is_empty(), "{answer}");

    let domains = json(&format!("{}/_sandbox/domains", sandbox.at.registry)).await;
    let ours = domains
        .as_array()
        .unwrap()
        .iter()
        .filter(|d| d.get("account") == Some(&"test.user".into()))
        .count();
    assert_eq!(ours, 0, "{domains}");
    assert_eq!(
        json(&format!("{}/_sandbox/services", sandbox.at.supplier)).await,
        object!([])
    );
}

#[tokio::test]
async fn the_public_check_answers_in_words_and_credits_nothing() {
    let sandbox = Sandbox::start();
    let check = format!("{}/api/payment_link_check", sandbox.at.daemon);
    for (query, code) in [
        (
            "phone=12&amount=100&user_name=1&store_id=5&lang=en",
            "phone_invalid",
        ),
        (
            "phone=01012345678&amount=0&user_name=1&store_id=5&lang=en",
            "amount_invalid",
        ),
        (
            "phone=01012345678&amount=-5&user_name=1&store_id=5&lang=en",
            "amount_invalid",
        ),
        (
            "phone=01012345678&amount=1.0E%2B25&user_name=1&store_id=5&lang=en",
            "amount_invalid",
        ),
        (
            "phone=01012345678&amount=1.2.3&user_name=1&store_id=5&lang=en",
            "amount_invalid",
        ),
    ] {
        let answer = client()
            .get(format!("{check}?{query}"))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{query}");
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(
            answer.get("status"),
            Some(&Value::Bool(false)),
            "{query}: {answer}"
        );
        assert_eq!(answer.get("code"), Some(&code.into()), "{query}: {answer}");
        assert!(
            answer
                .get("message")
                .and_then(Value::as_str)
                .is_some_and(|text| text.len() > 10),
            "{answer}"
        );
    }
    let unknown =
        format!("{check}?phone=01012345678&amount=100&user_name=1&store_id=no-such&lang=ar");
    let answer: Value = client()
        .get(unknown)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(answer.get("status"), Some(&Value::Bool(false)), "{answer}");
    let message = answer.get("message").and_then(Value::as_str).unwrap();
    assert!(
        message.chars().any(|c| ('\u{600}'..'\u{700}').contains(&c)),
        "{message}"
    );

    let rate = client()
        .get(format!("{}/api/public/store/5/rate", sandbox.at.daemon))
        .send()
        .await
        .unwrap();
    assert_eq!(
        rate.headers().get("access-control-allow-origin").unwrap(),
        "*"
    );
    let rate: Value = rate.json().await.unwrap();
    assert_eq!(rate.get("status"), Some(&Value::Bool(true)), "{rate}");
    let none = client()
        .get(format!("{}/api/public/store/none/rate", sandbox.at.daemon))
        .send()
        .await
        .unwrap();
    assert!(!none.status().is_success());
    assert!(sandbox.rows("tblcredit").await.is_empty());
}

#[tokio::test]
async fn messages_with_a_wrong_address_or_signature_are_refused() {
    let sandbox = Sandbox::start();
    let body = r#"{"deviceId":"x","event":"sms:received","id":"1","webhookId":"w","payload":{}}"#;
    let stranger = client()
        .post(format!("{}/intake/not-a-token", sandbox.at.daemon))
        .body(body);
    let status = stranger.send().await.unwrap().status().as_u16();
    assert!(matches!(status, 401 | 403), "{status}");
    let token = sandbox.at.secrets.get(4).unwrap();
    let forged = client()
        .post(format!("{}/intake/{token}", sandbox.at.daemon))
        .header("x-signature", "00")
        .header("x-timestamp", "1")
        .body(body);
    let status = forged.send().await.unwrap().status().as_u16();
    assert!(matches!(status, 401 | 403), "{status}");
    let large = client()
        .post(format!("{}/intake/{token}", sandbox.at.daemon))
        .body(vec![b'x'; 300_000]);
    assert_eq!(large.send().await.unwrap().status().as_u16(), 413);
}
