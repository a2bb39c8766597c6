//! Accepting connections, applying faults, recording calls.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::connect_info::ConnectInfo;
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;
use wharf_core::Clock;

use crate::{CallLog, Fault, FaultKind, FaultPlan, Leaf};

/// Called by [`FaultKind::KillDaemon`]; returns once the daemon is dead.
pub type OnKill = Arc<dyn Fn() -> futures::Killed + Send + Sync>;

/// The types that [`OnKill`] needs to be spelt.
mod futures {
    use std::future::Future;
    use std::pin::Pin;
    pub type Killed = Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// Names the operation of a request (`AddDomain`); `None` leaves it out of log and faults (pages, say).
type Classify = fn(&Parts, &Bytes) -> Option<String>;

/// One simulated service at the network: its name, its faults, its calls.
#[derive(Clone)]
pub struct Edge {
    name: &'static str,
    clock: Clock,
    classify: Classify,
    faults: Arc<FaultPlan>,
    calls: Arc<CallLog>,
    on_kill: Option<OnKill>,
}

#[derive(Debug, thiserror::Error)]
#[error("{service}: connections can no longer be accepted")]
pub struct EdgeError {
    service: &'static str,
    source: std::io::Error,
}

impl Edge {
    pub fn new(name: &'static str, clock: Clock, classify: Classify) -> Self {
        Self {
            name,
            clock,
            classify,
            faults: Arc::default(),
            calls: Arc::default(),
            on_kill: None,
        }
    }

    #[must_use]
    pub fn on_kill(mut self, kill: OnKill) -> Self {
        self.on_kill = Some(kill);
        self
    }

    pub fn faults(&self) -> &FaultPlan {
        &self.faults
    }

    pub fn calls(&self) -> &CallLog {
        &self.calls
    }

    /// Serves `router` on `listener` until `stop` turns true; then connections are dropped.
    /// Handlers can extract `ConnectInfo<SocketAddr>`.
    pub async fn serve(
        self,
        listener: TcpListener,
        tls: Option<Leaf>,
        router: Router,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), EdgeError> {
        let router = router.merge(self.own_routes());
        let tls = tls.map(|Leaf(config)| TlsAcceptor::from(config));
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let (stream, peer) =
                        accepted.map_err(|source| EdgeError { service: self.name, source })?;
                    connections.spawn(self.clone().connection(stream, peer, tls.clone(), router.clone()));
                }
                Some(_) = connections.join_next() => {}
                _ = stop.wait_for(|stopped| *stopped) => return Ok(()),
            }
        }
    }

    fn own_routes(&self) -> Router {
        let (calls, armed, arm, disarm) = (
            self.calls.clone(),
            self.faults.clone(),
            self.faults.clone(),
            self.faults.clone(),
        );
        Router::new()
            .route(
                "/_sandbox/calls",
                get(async move || {
                    Json(serde_json::json!({ "total": calls.total(), "calls": calls.recent() }))
                }),
            )
            .route(
                "/_sandbox/faults",
                get(async move || Json(armed.armed()))
                    .post(async move |Json(fault): Json<Fault>| {
                        arm.arm(fault);
                        StatusCode::NO_CONTENT
                    })
                    .delete(async move || {
                        disarm.disarm_all();
                        StatusCode::NO_CONTENT
                    }),
            )
    }

    async fn connection(
        self,
        stream: TcpStream,
        peer: SocketAddr,
        tls: Option<TlsAcceptor>,
        router: Router,
    ) {
        // Small answers at once: Nagle's algorithm would add 40 ms to some.
        let _ = stream.set_nodelay(true);
        match tls {
            None => self.speak(stream, peer, router).await,
            Some(acceptor) => match acceptor.accept(stream).await {
                Ok(stream) => self.speak(stream, peer, router).await,
                Err(error) => tracing::debug!(service = self.name, %error, "TLS handshake failed"),
            },
        }
    }

    async fn speak<S>(self, stream: S, peer: SocketAddr, router: Router)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let service = hyper::service::service_fn(move |request| {
            let (edge, router) = (self.clone(), router.clone());
            async move { edge.answer(request, peer, router).await }
        });
        // An error is how a connection is cut; it needs no report.
        let _ = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service)
            .await;
    }

    async fn answer(
        self,
        request: Request<hyper::body::Incoming>,
        peer: SocketAddr,
        router: Router,
    ) -> Result<Response<Body>, Cut> {
        let (mut parts, body) = request.into_parts();
        let Ok(body) = Limited::new(body, BODY_LIMIT).collect().await else {
            return Ok(status(StatusCode::PAYLOAD_TOO_LARGE));
        };
        let body = body.to_bytes();
        parts.extensions.insert(ConnectInfo(peer));
        let own = parts.uri.path().starts_with("/_sandbox/");
        let operation = if own {
            None
        } else {
            (self.classify)(&parts, &body)
        };
        let request = Request::from_parts(parts, Body::from(body));
        let Some(operation) = operation else {
            return Ok(carry_out(router, request).await);
        };

        let started = Instant::now();
        let at_ms = self.clock.now_ms();
        let strike = self.faults.strike(&operation);
        let fault = strike.failure.map(|kind| format!("{kind:?}"));
        let answer = self.misbehave(strike, router, request).await;
        let took = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.calls.record(operation, at_ms, took, fault);
        answer
    }

    async fn misbehave(
        &self,
        strike: crate::faults::Strike,
        router: Router,
        request: Request<Body>,
    ) -> Result<Response<Body>, Cut> {
        tokio::time::sleep(Duration::from_millis(strike.latency_ms)).await;
        match strike.failure {
            Some(FaultKind::Refuse) => return Err(Cut),
            Some(FaultKind::BlackHole) => std::future::pending().await,
            Some(FaultKind::CommitLate { ms }) => {
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(ms)).await;
                    carry_out(router, request).await
                });
                return Err(Cut);
            }
            _ => {}
        }
        // Carried out to its end even if the caller hangs up, as a real service would.
        let carried = tokio::spawn(carry_out(router, request)).await;
        let answer = carried.unwrap_or_else(|_| status(StatusCode::INTERNAL_SERVER_ERROR));
        match strike.failure {
            Some(FaultKind::CutAfterCommit) => Err(Cut),
            Some(FaultKind::KillDaemon) => {
                if let Some(kill) = &self.on_kill {
                    kill().await;
                }
                Err(Cut)
            }
            Some(FaultKind::Garble) => Ok(Response::new(Body::from(
                "<html>%$#@ 502 upstream \u{fffd}",
            ))),
            Some(FaultKind::Truncate) => truncate(answer).await,
            _ => Ok(answer),
        }
    }
}

impl std::fmt::Debug for Edge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Edge")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Returned to hyper instead of an answer: it closes the connection without one.
#[derive(Debug, thiserror::Error)]
#[error("cut")]
struct Cut;

async fn carry_out(router: Router, request: Request<Body>) -> Response<Body> {
    let answer: Result<_, Infallible> = router.oneshot(request).await;
    answer.unwrap_or_else(|never| match never {})
}

/// Half of the body, with a length that fits it: only the protocol's own end marks tell.
async fn truncate(answer: Response<Body>) -> Result<Response<Body>, Cut> {
    let (mut parts, body) = answer.into_parts();
    let whole = body.collect().await.map_err(|_| Cut)?.to_bytes();
    parts.headers.remove(http::header::CONTENT_LENGTH);
    Ok(Response::from_parts(
        parts,
        Body::from(whole.slice(..whole.len() / 2)),
    ))
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

const BODY_LIMIT: usize = 8 << 20;
