//! One service of the world without the rest, over TLS and in clear.

use std::net::Ipv4Addr;

use anyhow::Context as _;
use axum::Router;
use sandbox_edge::{Authority, Edge};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A service that is being served.
#[derive(Debug)]
pub struct Lone {
    /// Where it is, without path.
    pub plain: String,
    pub tls: String,
    /// The authority to trust, PEM.
    pub ca: String,
    stop: watch::Sender<bool>,
    serving: JoinSet<()>,
}

impl Lone {
    /// `port` is that without TLS; 0 takes any that is free.
    pub async fn serve(edge: &Edge, router: &Router, port: u16) -> anyhow::Result<Self> {
        let authority = Authority::new()?;
        let (stop, stopped) = watch::channel(false);
        let mut serving = JoinSet::new();
        let mut ports = [port, 0];
        for (port, tls) in ports.iter_mut().zip([None, Some(authority.leaf(&[])?)]) {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, *port))
                .await
                .with_context(|| format!("port {port} of 127.0.0.1 cannot be had"))?;
            *port = listener.local_addr()?.port();
            let (edge, router, stopped) = (edge.clone(), router.clone(), stopped.clone());
            serving.spawn(async move {
                if let Err(error) = edge.serve(listener, tls, router, stopped).await {
                    tracing::error!(%error, "the service ended");
                }
            });
        }
        let [plain, tls] = ports;
        Ok(Self {
            plain: format!("http://127.0.0.1:{plain}"),
            tls: format!("https://127.0.0.1:{tls}"),
            ca: authority.pem().to_owned(),
            stop,
            serving,
        })
    }

    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.serving.join_next().await.is_some() {}
    }
}
