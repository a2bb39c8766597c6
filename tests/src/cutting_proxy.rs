//! A proxy in front of a real server, which loses answers on order: the sandbox's edge, with the server behind it.

use std::net::Ipv4Addr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use sandbox_edge::{Edge, Fault, FaultKind, Leaf};
use tokio::net::TcpListener;
use tokio::sync::watch;
use wharf_core::Clock;

/// It ends with the value.
#[derive(Debug)]
pub struct CuttingProxy {
    pub port: u16,
    edge: Edge,
    _stop: watch::Sender<bool>,
}

impl CuttingProxy {
    /// In front of a server on loopback.
    pub async fn start(server: u16) -> Self {
        Self::serve(passing(server), None).await
    }

    /// With TLS.
    pub async fn start_tls(server: u16, certificate: Leaf) -> Self {
        Self::serve(passing(server), Some(certificate)).await
    }

    /// In front of a router.
    pub async fn before(router: Router) -> Self {
        Self::serve(router, None).await
    }

    async fn serve(router: Router, tls: Option<Leaf>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let edge = Edge::new("proxy", Clock::system(), |parts, _| {
            Some(named(parts.method.as_str(), parts.uri.path()))
        });
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(edge.clone().serve(listener, tls, router, stopped));
        Self {
            port,
            edge,
            _stop: stop,
        }
    }

    /// The next call goes wrong; only one to `on` (`PUT /api/vhosts/{id}`), if that is given.
    pub fn arm(&self, kind: FaultKind, on: Option<&str>) {
        self.edge.faults().arm(Fault {
            kind,
            on: on.map(str::to_owned),
            times: Some(1),
        });
    }

    /// Every call goes wrong, until [`heal`](Self::heal).
    pub fn break_down(&self, kind: FaultKind) {
        self.edge.faults().arm(Fault {
            kind,
            on: None,
            times: None,
        });
    }

    pub fn heal(&self) {
        self.edge.faults().disarm_all();
    }

    /// What was asked so far, oldest first: `PUT /api/vhosts/{id}`.
    pub fn calls(&self) -> Vec<String> {
        let calls = self.edge.calls().recent();
        calls.into_iter().map(|call| call.operation).collect()
    }
}

/// Names of things are left out, so that a call can be struck before its thing has a name.
fn named(method: &str, path: &str) -> String {
    let is_name = |part: &str| part.len() > 6 && part.contains(|sign: char| sign.is_ascii_digit());
    let parts: Vec<&str> = path
        .split('/')
        .map(|part| if is_name(part) { "{id}" } else { part })
        .collect();
    format!("{method} {}", parts.join("/"))
}

fn passing(server: u16) -> Router {
    let behind = Behind {
        client: crate::client(),
        server: format!("http://127.0.0.1:{server}"),
    };
    Router::new().fallback(pass).with_state(behind)
}

#[derive(Clone)]
struct Behind {
    client: reqwest::Client,
    server: String,
}

async fn pass(State(behind): State<Behind>, request: Request) -> Response {
    match exchange(&behind, request).await {
        Ok(response) => response,
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

async fn exchange(behind: &Behind, request: Request) -> reqwest::Result<Response> {
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts.headers.remove(http::header::HOST);
    let url = format!("{}{}", behind.server, parts.uri);
    let request = behind.client.request(parts.method, url);
    let answer = request.headers(parts.headers).body(body).send().await?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    response
        .headers_mut()
        .remove(http::header::TRANSFER_ENCODING);
    *response.body_mut() = Body::from(answer.bytes().await?);
    Ok(response)
}
