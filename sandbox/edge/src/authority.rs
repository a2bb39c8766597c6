//! A certificate authority made at start, so that TLS in the sandbox is verified like anywhere else.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;

/// A throwaway certificate authority. Its key lives in this process only.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// What a TLS listener needs.
#[derive(Clone, Debug)]
pub struct Leaf(pub(crate) Arc<ServerConfig>);

#[derive(Debug, Error)]
pub enum AuthorityError {
    #[error("the certificate could not be made")]
    Make(#[from] rcgen::Error),
    #[error("the TLS configuration was refused")]
    Tls(#[from] rustls::Error),
}

impl Authority {
    pub fn new() -> Result<Self, AuthorityError> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params
            .distinguished_name
            .push(DnType::CommonName, "Wharf sandbox CA");
        let key = KeyPair::generate()?;
        let pem = params.self_signed(&key)?.pem();
        Ok(Self {
            issuer: Issuer::new(params, key),
            pem,
        })
    }

    /// The certificate to trust, PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A server certificate for `localhost`, `127.0.0.1` and the given names.
    pub fn leaf(&self, names: &[&str]) -> Result<Leaf, AuthorityError> {
        let names: Vec<String> = ["localhost", "127.0.0.1"]
            .iter()
            .chain(names)
            .map(|name| (*name).to_owned())
            .collect();
        let params = CertificateParams::new(names)?;
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        Ok(Leaf(Arc::new(config)))
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}
