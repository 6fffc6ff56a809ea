//! Whom we trust over TLS: the system's certificates, and those of a file that is named. Read afresh for
//! each delivery, so an exchanged file takes effect at once.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use super::Failure;

/// A file of certificates is smaller than this, bytes.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// The certificates that are trusted.
pub(super) fn roots(ca_file: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, Failure> {
    // What the system has but cannot be read is missing; a host that needs it will say so.
    let mut roots = rustls_native_certs::load_native_certs().certs;
    if let Some(path) = ca_file {
        roots.extend(from_file(path)?);
    }
    Ok(roots)
}

fn from_file(path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    // Temporary, as whoever reads this can put the file there.
    let wrong = |what: String| Failure::temporary(format!("`ca_file` {}: {what}", path.display()));
    let about = std::fs::metadata(path).map_err(|error| wrong(error.to_string()))?;
    if !about.is_file() || about.len() > MOST_BYTES {
        return Err(wrong("this is no file of certificates".to_owned()));
    }
    let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let certificates = certificates.map_err(|error| wrong(error.to_string()))?;
    if certificates.is_empty() {
        return Err(wrong("no certificate (PEM) is in it".to_owned()));
    }
    Ok(certificates)
}

/// The settings of a client that trusts these.
pub(super) fn client(roots: Vec<CertificateDer<'static>>) -> Result<Arc<ClientConfig>, Failure> {
    let mut store = RootCertStore::empty();
    // A system's store may hold certificates that cannot be used; they are skipped.
    store.add_parsable_certificates(roots);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::permanent(format!("TLS cannot be used: {error}")))?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// What an error of TLS says, and what helps where a certificate is not trusted.
pub(super) fn explain(error: &dyn std::fmt::Display) -> String {
    let said = error.to_string();
    if said.contains("UnknownIssuer") {
        format!("{said}; `ca_file` can name certificates to trust besides the system's")
    } else {
        said
    }
}
