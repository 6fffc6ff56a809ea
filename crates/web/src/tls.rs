//! Certificate and key. They are read at start and on reload; a reload that fails leaves the old ones
//! in use, so a renewal that goes wrong does not end the service.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::settings::TlsFiles;
use crate::sync::lock;

/// Why TLS cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The kernel says no.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the kernel says.
        source: io::Error,
    },
    /// Not PEM, or PEM of something else.
    #[error("{} holds no certificate in PEM (`-----BEGIN CERTIFICATE-----`)", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
    },
    /// Not PEM, or PEM of something else, or protected by a password.
    #[error(
        "{} holds no private key in PEM without a password (`-----BEGIN PRIVATE KEY-----`)",
        path.display()
    )]
    Key {
        /// The file.
        path: PathBuf,
    },
    /// Each is fine by itself.
    #[error(
        "the key in {} does not fit the certificate in {}: {reason}",
        key.display(),
        cert.display()
    )]
    Pair {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What rustls says.
        reason: String,
    },
}

/// What new connections use.
pub(crate) struct Tls {
    files: TlsFiles,
    config: Mutex<Arc<ServerConfig>>,
}

impl Tls {
    pub(crate) fn open(files: TlsFiles) -> Result<Self, TlsError> {
        let config = Mutex::new(read(&files)?);
        Ok(Self { files, config })
    }

    pub(crate) fn reload(&self) -> Result<(), TlsError> {
        let config = read(&self.files)?;
        *lock(&self.config) = config;
        Ok(())
    }

    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&lock(&self.config))
    }
}

fn read(files: &TlsFiles) -> Result<Arc<ServerConfig>, TlsError> {
    let TlsFiles { cert, key } = files;
    let chain = CertificateDer::pem_slice_iter(&bytes(cert)?)
        .collect::<Result<Vec<_>, _>>()
        .unwrap_or_default();
    if chain.is_empty() {
        return Err(TlsError::Certificate { path: cert.clone() });
    }
    let own_key = PrivateKeyDer::from_pem_slice(&bytes(key)?)
        .map_err(|_| TlsError::Key { path: key.clone() })?;
    let pair_error = |error: rustls::Error| TlsError::Pair {
        cert: cert.clone(),
        key: key.clone(),
        reason: error.to_string(),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(pair_error)?
        .with_no_client_auth()
        .with_single_cert(chain, own_key)
        .map_err(pair_error)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn bytes(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Read {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;

    use super::*;

    fn check(cert: &str, key: &str, expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        let files = TlsFiles {
            cert: folder.path().join("cert.pem"),
            key: folder.path().join("key.pem"),
        };
        fs::write(&files.cert, cert).unwrap();
        fs::write(&files.key, key).unwrap();
        let message = match Tls::open(files) {
            Ok(_) => "fine".to_owned(),
            Err(error) => error.to_string(),
        };
        assert!(message.contains(expected), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    }

    #[test]
    fn files_that_do_not_fit_are_named() {
        let pair = || rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (one, other) = (pair(), pair());
        let (cert, key) = (one.cert.pem(), one.signing_key.serialize_pem());
        check(&cert, &key, "fine");
        check("hunter2", &key, "cert.pem holds no certificate");
        check(&key, &key, "cert.pem holds no certificate");
        check(&cert, "hunter2", "key.pem holds no private key");
        check(&cert, "", "key.pem holds no private key");
        check(&cert, &other.signing_key.serialize_pem(), "does not fit");
    }

    #[test]
    fn a_missing_file_is_named() {
        let files = TlsFiles {
            cert: PathBuf::from("/nonexistent/cert.pem"),
            key: PathBuf::from("/nonexistent/key.pem"),
        };
        let message = Tls::open(files).err().unwrap().to_string();
        assert!(
            message.contains("/nonexistent/cert.pem: No such file"),
            "{message}"
        );
    }
}
