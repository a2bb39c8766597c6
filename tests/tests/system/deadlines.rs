//! A supplier that swallows every call hangs nothing.

use std::time::{Duration, Instant};

use serde_json::Value;
use wharf_tests::module_socket::{ModuleSocket, account, registration};
use wharf_tests::{Sandbox, client};

/// What a page may take: its deadline, and a margin for a busy machine.
const PAGE: Duration = Duration::from_millis(3_500);

#[tokio::test]
async fn pages_answer_with_a_clear_text_and_nothing_else_slows_down() {
    let sandbox = Sandbox::start();
    let socket = ModuleSocket::of(&sandbox);
    let mine = registration(&sandbox, 1, "deadline-one.com");
    let (_, answer) = socket.call("registrar/wharf/RegisterDomain", &mine).await;
    assert_eq!(answer.get("error"), None, "{answer}");
    sandbox.arm(&["registry", "black-hole", "--times", "always"]);
    sandbox.arm(&["supplier", "black-hole", "--times", "always"]);

    // Known: from the snapshot. Not known: a clear error, in time.
    let started = Instant::now();
    let (_, known) = socket.call("registrar/wharf/GetNameservers", &mine).await;
    assert_eq!(
        known.get("ns1"),
        Some(&"ns1.nile-hosting.example".into()),
        "{known}"
    );
    let (_, unknown) = socket
        .call(
            "registrar/wharf/GetDomainInformation",
            &registration(&sandbox, 2, "deadline-two.com"),
        )
        .await;
    let error = unknown.get("error").and_then(Value::as_str).unwrap();
    assert!(error.contains("did not answer"), "{error}");
    assert!(started.elapsed() < PAGE, "{:?}", started.elapsed());

    let started = Instant::now();
    let (_, test) = socket
        .call(
            "server/wharf/TestConnection",
            &account(&sandbox, 3, "a@example.com", "a.com"),
        )
        .await;
    assert_eq!(test.get("success"), Some(&Value::Bool(false)), "{test}");
    assert!(started.elapsed() < PAGE, "{:?}", started.elapsed());

    // The shop's search waits for the registry and says so; other pages do not wait at all.
    let search = tokio::spawn({
        let url = format!(
            "{}/cart.php?a=add&domain=register&query=deadline-three.com",
            sandbox.at.host
        );
        async move {
            let started = Instant::now();
            let page = client()
                .get(url)
                .send()
                .await
                .unwrap()
                .text()
                .await
                .unwrap();
            (started.elapsed(), page)
        }
    });
    for page in ["/", "/cart.php?a=view"] {
        let started = Instant::now();
        assert!(
            client()
                .get(format!("{}{page}", sandbox.at.host))
                .send()
                .await
                .unwrap()
                .status()
                .is_success()
        );
        assert!(
            started.elapsed() < Duration::from_secs(1),
            "{page}: {:?}",
            started.elapsed()
        );
    }
    let (took, page) = search.await.unwrap();
    assert!(took < PAGE, "{took:?}");
    assert!(!page.contains("Fatal error"), "{page}");
}
