//! The client against a network that misbehaves: what may have been sent is never called unsent, and a change is
//! never sent twice.
#![expect(
    clippy::unwrap_used,
    reason = "a test that finds what it does not expect must fail"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wharf_core::{Deadline, DomainName, Secret};
use wharf_registrar::{
    Cause, CentralNic, CentralNicOptions, Contact, Contacts, Credentials, Environment,
    Modification, Nameservers, OrderedContacts, Platform, Registrar as _, RegistrarError,
    Registration, Talk, http_client,
};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 69\r\n\r\n[RESPONSE]\r\nDESCRIPTION=Command completed\r\nCODE=200\r\nPENDING=0\r\nEOF\r\n";

/// Answers the nth request with the nth text (the last one for ever); an empty one cuts the connection.
async fn server(answers: &[&'static str]) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api/call.cgi", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let answers = answers.to_vec();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (counted, answers) = (counted.clone(), answers.clone());
            tokio::spawn(async move {
                let mut bytes = vec![0; 65_536];
                // The requests of these tests fit into one read.
                while stream.read(&mut bytes).await.is_ok_and(|count| count > 0) {
                    let n = counted.fetch_add(1, Ordering::SeqCst);
                    let answer = answers.get(n).or(answers.last()).unwrap();
                    if answer.is_empty() {
                        return;
                    }
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    });
    (url, count)
}

fn client(url: &str) -> CentralNic {
    CentralNic::new(CentralNicOptions {
        platform: Platform::Ispapi,
        environment: Environment::Ote,
        credentials: Credentials {
            login: "acct".into(),
            password: Secret::new("corr3ct-h0rse"),
        },
        url: Some(url.to_owned()),
        http: http_client(None).unwrap(),
    })
}

fn talk() -> Talk {
    Talk::until(Deadline::after(Duration::from_secs(5)))
}

async fn change(client: &CentralNic, talk: &Talk) -> Result<(), RegistrarError> {
    let hosts: Nameservers = vec![DomainName::parse("ns1.example.net").unwrap()].into();
    let change = Modification {
        nameservers: Some(hosts),
        ..Modification::default()
    };
    client
        .modify(&DomainName::parse("example.com").unwrap(), &change, talk)
        .await
        .map(|_| ())
}

#[tokio::test]
async fn a_read_outlives_hiccups_on_one_log() {
    let (url, count) = server(&["", "HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n", OK]).await;
    let talk = talk();
    client(&url).account(&talk).await.unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 3);
    let (requests, responses) = talk.log.texts().unwrap();
    assert_eq!(requests.matches("COMMAND=StatusAccount").count(), 3);
    assert!(responses.contains("CODE=200") && !requests.contains("corr3ct"));
}

#[tokio::test]
async fn a_change_is_sent_once_and_is_unknown_without_an_answer() {
    let truncated = "HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n[RESPONSE]\r\nCODE=200";
    for answer in [
        "",
        truncated,
        "HTTP/1.1 502 Bad\r\ncontent-length: 0\r\n\r\n",
    ] {
        let (url, count) = server(&[answer]).await;
        let error = change(&client(&url), &talk()).await.unwrap_err();
        assert!(matches!(error, RegistrarError::Unknown(_)), "{error:?}");
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn what_cannot_be_reached_was_not_sent() {
    let free = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let error = change(&client(&format!("http://{free}/")), &talk())
        .await
        .unwrap_err();
    assert!(matches!(error, RegistrarError::NotSent(_)), "{error:?}");
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_was_told_nothing() {
    let (url, _) = server(&[OK]).await;
    let error = change(&client(&url.replace("http://", "https://")), &talk())
        .await
        .unwrap_err();
    assert!(matches!(error, RegistrarError::NotSent(_)), "{error:?}");
}

#[tokio::test]
async fn connections_are_reused_and_refusals_are_not_repeated() {
    let refused = "HTTP/1.1 200 OK\r\ncontent-length: 75\r\n\r\n[RESPONSE]\r\nDESCRIPTION=Authentication failed\r\nCODE=530\r\nRUNTIME=0\r\nEOF\r\n\r\n";
    let (url, count) = server(&[refused]).await;
    let error = client(&url).account(&talk()).await.unwrap_err();
    assert_eq!(error.cause(), Some(Cause::Login));
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_deadline_ends_everything() {
    // A listener that accepts and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let started = Instant::now();
    let talk = Talk::until(Deadline::after(Duration::from_millis(200)));
    let error = client(&url).account(&talk).await.unwrap_err();
    assert_eq!(
        error,
        RegistrarError::Unknown("no answer in time".to_owned())
    );
    assert!(started.elapsed() < Duration::from_secs(1));
}

fn answered(properties: &str) -> &'static str {
    let body = format!("[RESPONSE]\r\n{properties}DESCRIPTION=ok\r\nCODE=200\r\nEOF\r\n");
    let text = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    Box::leak(text.into_boxed_str())
}

/// CentralNic Reseller: no system in the form, role users with a colon, contacts by handle.
#[tokio::test]
async fn the_other_platform_gets_contacts_by_handle() {
    let handle = answered("PROPERTY[CONTACT][0]=P-MH1\r\n");
    let (url, count) = server(&[handle, answered("")]).await;
    let client = CentralNic::new(CentralNicOptions {
        platform: Platform::Cnr,
        environment: Environment::Live,
        credentials: Credentials {
            login: "acct!role".into(),
            password: Secret::new("corr3ct-h0rse"),
        },
        url: Some(url),
        http: http_client(None).unwrap(),
    });
    let person = Contact {
        first_name: "Mona".into(),
        last_name: "Hassan".into(),
        ..Contact::default()
    };
    let contacts = Contacts {
        owner: person.clone(),
        admin: person.clone(),
        tech: person.clone(),
        billing: person,
    };
    let name = |text: &str| DomainName::parse(text).unwrap();
    let hosts = vec![name("ns1.example.net")].into();
    let order = Registration::new(name("example.com"), 1, contacts, hosts);
    let talk = talk();
    client.register(&order, &talk).await.unwrap();
    // The same person in four roles is made once.
    assert_eq!(count.load(Ordering::SeqCst), 2);
    let (requests, _) = talk.log.texts().unwrap();
    let requests = requests.replace(requests.lines().next().unwrap(), "POST …");
    insta::assert_snapshot!(requests, @"
    POST …
    s_login=acct:role
    s_pw=********
    COMMAND=AddContact
    NEW=0
    PREVERIFY=1
    AUTODELETE=1
    FIRSTNAME=Mona
    LASTNAME=Hassan

    POST …
    s_login=acct:role
    s_pw=********
    COMMAND=AddDomain
    DOMAIN=example.com
    PERIOD=1
    RENEWALMODE=AUTOEXPIRE
    NAMESERVER0=ns1.example.net
    OWNERCONTACT0=P-MH1
    ADMINCONTACT0=P-MH1
    TECHCONTACT0=P-MH1
    BILLINGCONTACT0=P-MH1
    ");

    // What is not known there is refused, and nothing is sent.
    let error = client.prices(&talk).await.unwrap_err();
    assert_eq!(error.cause(), Some(Cause::Other));
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_contact_that_gets_lost_is_no_order() {
    let (url, count) = server(&[""]).await;
    let client = CentralNic::new(CentralNicOptions {
        platform: Platform::Cnr,
        environment: Environment::Ote,
        credentials: Credentials {
            login: "acct".into(),
            password: Secret::new("corr3ct-h0rse"),
        },
        url: Some(url),
        http: http_client(None).unwrap(),
    });
    let contacts = OrderedContacts {
        owner: Some(Contact::default()),
        ..OrderedContacts::default()
    };
    let change = Modification {
        contacts: Some(contacts),
        ..Modification::default()
    };
    let name = DomainName::parse("example.com").unwrap();
    let error = client.modify(&name, &change, &talk()).await.unwrap_err();
    assert!(matches!(error, RegistrarError::NotSent(_)), "{error:?}");
    assert_eq!(count.load(Ordering::SeqCst), 1);
}
