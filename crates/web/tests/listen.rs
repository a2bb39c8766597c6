//! Real sockets: files, slow clients, the stop.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod support;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::atomic::Ordering;

use support::{TOKEN, World, eventually};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use wharf_web::{ListenError, Listener, serve};

#[tokio::test]
async fn the_socket_is_for_owner_and_group_and_goes_with_its_daemon() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("wharf.sock");
    let listener = Listener::unix(&path).await.unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    drop(listener);
    assert!(!path.exists());
}

#[tokio::test]
async fn only_a_socket_that_nobody_answers_on_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("wharf.sock");
    // What a crash leaves: the file stays when a listener of the system's own goes.
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let listener = Listener::unix(&path).await.unwrap();

    let taken = Listener::unix(&path).await.unwrap_err();
    assert!(matches!(taken, ListenError::Taken(_)), "{taken}");
    assert!(path.exists());
    drop(listener);

    std::fs::write(&path, "notes").unwrap();
    let other = Listener::unix(&path).await.unwrap_err();
    assert!(matches!(other, ListenError::NotASocket(_)), "{other}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "notes");
}

#[tokio::test]
async fn a_client_that_sends_no_end_of_its_headers_is_cut_off() {
    let world = World::new().await;
    let served = Served::start(&world).await;
    let mut slow = UnixStream::connect(&served.path).await.unwrap();
    slow.write_all(b"POST /whmcs/registrar/wharf/Echo HTTP/1.1\r\nHost: x\r\n")
        .await
        .unwrap();
    // From here on, time jumps whenever everybody waits.
    tokio::time::pause();
    let mut rest = Vec::new();
    slow.read_to_end(&mut rest).await.unwrap();
    assert!(world.seen.calls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_client_that_does_not_send_its_body_gets_no_place_for_long() {
    let world = World::new().await;
    let served = Served::start(&world).await;
    let mut slow = UnixStream::connect(&served.path).await.unwrap();
    slow.write_all(request("Echo", 100).as_bytes())
        .await
        .unwrap();
    slow.write_all(b"{\"sld\":").await.unwrap();
    tokio::time::pause();
    let mut answer = Vec::new();
    slow.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn a_stop_finishes_what_is_under_way() {
    let world = World::new().await;
    let served = Served::start(&world).await;
    let mut client = UnixStream::connect(&served.path).await.unwrap();
    client
        .write_all(request("Wait", 2).as_bytes())
        .await
        .unwrap();
    client.write_all(b"{}").await.unwrap();
    eventually("the call begins", || {
        world.modules.begun.load(Ordering::SeqCst) == 1
    })
    .await;

    served.stop.send_replace(true);
    eventually("the socket goes", || !served.path.exists()).await;
    world.modules.gate.add_permits(1);
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains(r#"{"return":"waited"}"#),
        "{answer}"
    );
    served.serving.await.unwrap();
}

struct Served {
    path: std::path::PathBuf,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
    _dir: tempfile::TempDir,
}

impl Served {
    async fn start(world: &World) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("wharf.sock");
        let listener = Listener::unix(Path::new(&path)).await.unwrap();
        let (stop, stopped) = watch::channel(false);
        let serving = tokio::spawn(serve(listener, world.socket(), stopped));
        Self {
            path,
            stop,
            serving,
            _dir: dir,
        }
    }
}

fn request(function: &str, length: usize) -> String {
    format!(
        "POST /whmcs/registrar/wharf/{function} HTTP/1.1\r\nHost: wharf\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n"
    )
}
