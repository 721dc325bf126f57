//! TLS to the server, by rustls, with the roots that the caller gives.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Roots that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum InvalidRoots {
    #[error("the root certificates are no PEM")]
    Pem(#[source] rustls::pki_types::pem::Error),
    #[error("there is no certificate in the PEM of the root certificates")]
    Empty,
    #[error("a root certificate cannot be used")]
    Certificate(#[source] rustls::Error),
    #[error("TLS cannot be set up")]
    Setup(#[source] rustls::Error),
}

/// Checks the certificate of the server, and that it is of the host that was asked for.
pub(super) fn connector(pem: &[u8]) -> Result<MakeRustlsConnect, InvalidRoots> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.map_err(InvalidRoots::Pem)?).map_err(InvalidRoots::Certificate)?;
    }
    if roots.is_empty() {
        return Err(InvalidRoots::Empty);
    }
    // The provider is named, because the process may have several, or another as its default.
    let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(InvalidRoots::Setup)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    // `sslnegotiation=direct` requires this protocol.
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused() {
        let refused = |pem: &str| connector(pem.as_bytes()).err().unwrap();
        assert!(matches!(refused(""), InvalidRoots::Empty));
        assert!(matches!(refused("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----"), InvalidRoots::Pem(_)));
        let hello = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
        assert!(matches!(refused(hello), InvalidRoots::Certificate(_)));
    }
}
