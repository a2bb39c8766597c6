//! Listeners and the serving loop. Connections are bounded in number; headers that do not come in time
//! end the connection.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::middleware::AddExtension;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};
use tower::Layer as _;

/// Who connected; in every request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Somebody on this machine who may open the socket file.
    Unix,
    Tcp(SocketAddr),
}

#[derive(Debug)]
pub enum Listener {
    Unix(UnixListener, SocketFile),
    Tcp(TcpListener),
}

/// The socket's file, removed when dropped.
#[derive(Debug)]
pub struct SocketFile(PathBuf);

#[derive(Debug, Error)]
pub enum ListenError {
    #[error("another daemon already answers on {0}")]
    Taken(PathBuf),
    #[error("{0} exists and is not a socket")]
    NotASocket(PathBuf),
    #[error("cannot listen on {address}")]
    Bind {
        address: String,
        #[source]
        source: io::Error,
    },
}

impl Listener {
    pub async fn tcp(address: SocketAddr) -> Result<Self, ListenError> {
        let bound = TcpListener::bind(address).await;
        bound.map(Self::Tcp).map_err(|source| ListenError::Bind {
            address: address.to_string(),
            source,
        })
    }

    /// A Unix socket, mode 0660: the web server's group decides who may call. A socket file that nobody
    /// answers on is left over from a crash, and replaced.
    pub async fn unix(path: &Path) -> Result<Self, ListenError> {
        let trouble = |source| ListenError::Bind {
            address: path.display().to_string(),
            source,
        };
        match tokio::fs::symlink_metadata(path).await {
            Ok(found) if !found.file_type().is_socket() => {
                return Err(ListenError::NotASocket(path.to_owned()));
            }
            Ok(_) if answers(path).await => return Err(ListenError::Taken(path.to_owned())),
            Ok(_) => tokio::fs::remove_file(path).await.map_err(trouble)?,
            Err(_) => {}
        }
        // Made under another name and moved into place, so that nobody finds it with a wider mode.
        let fresh = path.with_extension("new");
        let _ = tokio::fs::remove_file(&fresh).await;
        let listener = UnixListener::bind(&fresh).map_err(trouble)?;
        let mode = std::fs::Permissions::from_mode(0o660);
        tokio::fs::set_permissions(&fresh, mode)
            .await
            .map_err(trouble)?;
        tokio::fs::rename(&fresh, path).await.map_err(trouble)?;
        Ok(Self::Unix(listener, SocketFile(path.to_owned())))
    }

    /// The bound TCP address; `None` for a socket file.
    pub fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Unix(..) => None,
            Self::Tcp(listener) => listener.local_addr().ok(),
        }
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Serves until `stop` becomes true; then answers what is in flight, for [`FINISH`] at most.
pub async fn serve(listener: Listener, router: Router, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        // Taken before accepting: who comes on top waits in the kernel's queue.
        let Ok(place) = places.clone().acquire_owned().await else {
            return;
        };
        tokio::select! {
            () = stopped(&mut stop) => break,
            accepted = accept(&listener) => match accepted {
                Ok((stream, peer)) => {
                    // Around the routes as a whole: `Router::layer` would make all of them anew for each connection.
                    let service = Extension(peer).layer(router.clone());
                    let stop = stop.clone();
                    tokio::spawn(async move {
                        connection(stream, service, stop).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
    drop(listener);
    let all = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
    if tokio::time::timeout(FINISH, places.acquire_many(all))
        .await
        .is_err()
    {
        tracing::warn!("some answers were still under way at the stop");
    }
}

async fn connection(stream: Box<dyn Stream>, routes: Routes, mut stop: watch::Receiver<bool>) {
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .max_buf_size(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
    let mut served = pin!(served);
    let end = tokio::select! {
        end = served.as_mut() => end,
        () = stopped(&mut stop) => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = end {
        tracing::debug!(%error, "a connection broke");
    }
}

async fn accept(listener: &Listener) -> io::Result<(Box<dyn Stream>, Peer)> {
    match listener {
        Listener::Unix(listener, _) => {
            let (stream, _) = listener.accept().await?;
            Ok((Box::new(stream), Peer::Unix))
        }
        Listener::Tcp(listener) => {
            let (stream, peer) = listener.accept().await?;
            let _ = stream.set_nodelay(true);
            Ok((Box::new(stream), Peer::Tcp(peer)))
        }
    }
}

/// Also when the sender is gone: nobody could stop it any more.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn answers(path: &Path) -> bool {
    let trying = tokio::time::timeout(Duration::from_secs(1), UnixStream::connect(path));
    // No answer in time is a busy daemon, not an absent one.
    trying.await.map_or(true, |connected| connected.is_ok())
}

/// All routes, told who is at the other end.
type Routes = AddExtension<Router, Peer>;

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

const CONNECTIONS: usize = 1_024;
const HEADERS: Duration = Duration::from_secs(10);
const MAX_HEADERS: usize = 64 * 1024;
const FINISH: Duration = Duration::from_secs(5);
