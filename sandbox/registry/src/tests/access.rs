//! Who may call, and how a call may be written.

use super::*;

#[tokio::test]
async fn only_who_may_comes_in() {
    let desk = Desk::new();
    desk.registry.add_role(Role {
        account: "whale".into(),
        name: "clerk".into(),
        password: "pw%20+&=".into(),
        acl: vec!["AddDomain():DENY".into()],
    });
    let status = "COMMAND=StatusAccount";
    let call = async |entity, login, pw, command| {
        let answer = desk
            .post(&[
                ("s_entity", entity),
                ("s_login", login),
                ("s_pw", pw),
                ("s_command", command),
            ])
            .await;
        format!("{} {}", code(&answer), description(&answer))
    };
    let right = "pw%20+&=";
    assert_eq!(
        call("1234", "whale", right, status).await,
        "200 Command completed successfully"
    );
    assert_eq!(
        call("54cd", "whale!clerk", right, status).await,
        "200 Command completed successfully"
    );
    assert_eq!(
        call("54cd", "whale!clerk", right, "COMMAND=AddDomain").await,
        "530 Authorization failed; Operation forbidden by ACL"
    );
    assert_eq!(
        call("9999", "whale", right, status).await,
        "502 Invalid entity value"
    );
    for (login, pw) in [
        ("whale", "no"),
        ("nobody", right),
        ("whale!nobody", right),
        ("", ""),
        ("nobody!clerk", right),
    ] {
        assert_eq!(
            call("1234", login, pw, status).await,
            "530 Authentication failed",
            "{login}"
        );
    }
    assert_eq!(
        call("1234", "whale", right, "COMMAND=MakeCoffee").await,
        "500 Invalid command name"
    );
    assert_eq!(
        call("1234", "whale", right, "MakeCoffee").await,
        "507 Invalid command format"
    );
    assert_eq!(
        call("1234", "whale", right, "COMMAND=StatusAccount\nLAST=1").await,
        "503 Invalid attribute name; LAST"
    );
}

#[tokio::test]
async fn any_content_type_and_loose_fields_are_a_command() {
    let desk = Desk::new();
    for content_type in [
        "text/plain;charset=UTF-8",
        "application/x-www-form-urlencoded",
        "text/html; charset=UTF-8",
    ] {
        let body =
            "s_entity=1234&s_login=whale&s_pw=pw%2520%2B%26%3D&command=checkdomain&domain=shop.com";
        assert_eq!(code(&desk.post_raw(body, content_type).await), "210");
    }
    let plus = "s_entity=1234&s_login=whale&s_pw=pw%2520%2B%26%3D&s_command=COMMAND+=+CheckDomain%0D%0ADOMAIN+=+taken-a.com";
    let answer = desk.post_raw(plus, "x/y").await;
    assert_eq!(
        (code(&answer), property(&answer, "REASON")),
        ("211", vec!["Domain exists"])
    );
}

#[tokio::test]
async fn sessions_stand_in_for_the_password_until_they_end() {
    let desk = Desk::new();
    let started = desk.run("COMMAND=StartSession\nTIMEOUT=60").await;
    let id = property(&started, "SESSION")[0].to_owned();
    let call = async |command: &str| {
        let answer = desk
            .post(&[
                ("s_entity", "1234"),
                ("s_session", &id),
                ("s_command", command),
            ])
            .await;
        format!("{} {}", code(&answer), description(&answer))
    };
    for _ in 0..3 {
        desk.clock.advance(Duration::from_secs(50));
        assert_eq!(
            call("COMMAND=StatusAccount").await,
            "200 Command completed successfully"
        );
    }
    assert_eq!(
        call("COMMAND=EndSession").await,
        "200 Command completed successfully"
    );
    assert_eq!(call("COMMAND=StatusAccount").await, "530 SESSION NOT FOUND");
    assert_eq!(code(&desk.run("COMMAND=EndSession").await), "545");
    assert_eq!(
        code(&desk.run("COMMAND=StartSession\nTIMEOUT=59").await),
        "541"
    );

    let idle = desk.run("COMMAND=StartSession").await;
    desk.clock.advance(Duration::from_secs(600));
    let answer = desk
        .post(&[
            ("s_entity", "1234"),
            ("s_session", property(&idle, "SESSION")[0]),
            ("s_command", "COMMAND=StatusAccount"),
        ])
        .await;
    assert_eq!(description(&answer), "SESSION NOT FOUND");
}

#[test]
fn calls_are_named_by_their_command() {
    let name = |method: &str, path: &str, body: &str| {
        let (parts, ()) = Request::builder()
            .method(method)
            .uri(path)
            .body(())
            .unwrap()
            .into_parts();
        classify(&parts, &Bytes::from(body.to_owned()))
    };
    assert_eq!(
        name("POST", "/api/call.cgi", "s_command=COMMAND%3Dadddomain"),
        Some("AddDomain".into())
    );
    assert_eq!(
        name("POST", "/api/call.cgi", "s_command=COMMAND%3DFoo"),
        Some("Foo".into())
    );
    assert_eq!(name("GET", "/", ""), None);
}
