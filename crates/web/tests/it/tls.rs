//! HTTPS, with certificates made for the test.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use web::{BindError, Settings, TlsFiles};

use crate::support::{Running, eventually, exchange, read_to_end};

/// Writes a new pair; returns the certificate, which is its own root.
fn write_pair(files: &TlsFiles) -> CertificateDer<'static> {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let pair = rcgen::generate_simple_self_signed(names).unwrap();
    std::fs::write(&files.cert, pair.cert.pem()).unwrap();
    std::fs::write(&files.key, pair.signing_key.serialize_pem()).unwrap();
    pair.cert.der().clone()
}

fn files(folder: &Path) -> TlsFiles {
    TlsFiles {
        cert: folder.join("cert.pem"),
        key: folder.join("key.pem"),
    }
}

async fn connect(
    edge: &Running,
    root: &CertificateDer<'static>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = edge.connect().await;
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

#[tokio::test]
async fn it_serves_and_takes_a_new_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    let first = write_pair(&files);
    let edge = Running::with(|settings| {
        settings.tls = Some(files.clone());
    });
    assert!(edge.base_url.starts_with("https://127.0.0.1:"));
    let origin = format!("Origin: https://{}", edge.address);
    let ask = edge
        .ask_with_token("GET", "/api/v1/who")
        .header(&origin)
        .close();
    let answer = exchange(connect(&edge, &first).await.unwrap(), &ask.text()).await;
    let expected = format!("token from 127.0.0.1 at {}", edge.base_url);
    assert_eq!(answer.text(), expected);
    // A page that was loaded without TLS could have been changed on the way.
    let origin = format!("Origin: http://{}", edge.address);
    let ask = edge
        .ask_with_token("GET", "/api/v1/who")
        .header(&origin)
        .close();
    let answer = exchange(connect(&edge, &first).await.unwrap(), &ask.text()).await;
    assert_eq!(answer.status, 403);

    std::fs::write(&files.cert, "damaged").unwrap();
    let message = edge.handle.reload().unwrap_err().to_string();
    assert!(message.contains("cert.pem"), "{message}");
    connect(&edge, &first).await.unwrap();
    let second = write_pair(&files);
    edge.handle.reload().unwrap();
    assert!(connect(&edge, &first).await.is_err());
    let ask = edge.ask("GET", "/api/health").close();
    let answer = exchange(connect(&edge, &second).await.unwrap(), &ask.text()).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn plain_and_silent_clients_get_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    write_pair(&files);
    let edge = Running::with(|settings| {
        settings.tls = Some(files);
        settings.limits.handshake_timeout = Duration::from_millis(50);
    });
    let answer = edge
        .send(edge.ask_with_token("GET", "/api/v1/things"))
        .await;
    assert_eq!(answer.status, 0);
    let mut silent = edge.connect().await;
    assert_eq!(read_to_end(&mut silent).await, "");
    assert_eq!(edge.calls(), 0);
    eventually(|| edge.handle.counters().read().handshake_errors == 2).await;
}

#[tokio::test]
async fn other_machines_are_served_over_tls_only() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    write_pair(&files);
    let listen = "0.0.0.0:0".parse().unwrap();
    let open = Settings {
        listen,
        ..Settings::default()
    };
    let error = web::bind(open.clone()).unwrap_err();
    assert!(matches!(error, BindError::NotLoopback { .. }), "{error}");
    let bound = web::bind(Settings {
        tls: Some(files),
        ..open
    });
    let bound = bound.unwrap();
    let expected = format!("https://localhost:{}", bound.address().port());
    assert_eq!(bound.base_url(), expected);
}
