//! HTTPS with a certification authority of the test's own.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use alerting::receivers::{Failure, Kind};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::server::{drip, hang, read_request};
use super::{LONG, SHORT, notice, receiver, webhook};

/// An authority that nobody knows but through its file, and a server's settings with its certificate.
pub(super) struct Authority {
    pub(super) file: PathBuf,
    pub(super) config: Arc<ServerConfig>,
    _folder: tempfile::TempDir,
}

impl Authority {
    /// Certifies a server of this name.
    pub(super) fn of(name: &str) -> Self {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_key = KeyPair::generate().unwrap();
        let root = authority.self_signed(&authority_key).unwrap();
        let issuer = Issuer::new(authority, authority_key);
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()])
            .unwrap()
            .signed_by(&key, &issuer)
            .unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, root.pem()).unwrap();
        Self {
            file,
            config: Arc::new(config),
            _folder: folder,
        }
    }
}

/// Serves HTTPS and lets `answer` do what it likes with each request.
fn serve(
    config: Arc<ServerConfig>,
    answer: impl Fn(&mut StreamOwned<ServerConnection, std::net::TcpStream>) + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream.unwrap());
            if read_request(&mut stream).is_some() {
                answer(&mut stream);
            }
        }
    });
    address
}

fn post(url: &str, ca_file: Option<&Path>, timeout: Duration) -> Result<String, Failure> {
    let mut settings = webhook(url);
    settings.ca_file = ca_file.map(Path::to_owned);
    let receiver = receiver(Kind::Webhook(settings));
    receiver
        .deliver(&notice(), timeout)
        .map(|delivered| delivered.answer)
}

#[test]
fn a_private_authority() {
    let authority = Authority::of("localhost");
    let address = serve(Arc::clone(&authority.config), |stream| {
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            .unwrap();
    });
    let url = format!("https://localhost:{}/hook", address.port());
    post(&url, Some(&authority.file), LONG).unwrap();
    let failure = post(&url, None, LONG).unwrap_err();
    assert!(failure.is_temporary(), "an operator mends it: {failure}");
    assert!(failure.message.contains("UnknownIssuer"), "{failure}");
    assert!(failure.message.contains("`ca_file`"), "{failure}");
    let by_another_name = format!("https://{address}/hook");
    let failure = post(&by_another_name, Some(&authority.file), LONG).unwrap_err();
    assert!(failure.message.contains("certificate"), "{failure}");
    let other = Authority::of("localhost");
    let failure = post(&url, Some(&other.file), LONG).unwrap_err();
    assert!(failure.is_temporary(), "{failure}");
}

#[test]
fn a_file_of_certificates_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let url = "https://127.0.0.1:9/";
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let listening = format!("https://{}/", listener.local_addr().unwrap());
    for content in [
        "",
        "no certificate",
        "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n",
    ] {
        std::fs::write(&file, content).unwrap();
        let failure = post(&listening, Some(&file), LONG).unwrap_err();
        assert!(failure.is_temporary());
        assert!(failure.message.contains("ca.pem"), "{failure}");
    }
    assert!(post(url, Some(folder.path()), LONG).is_err());
}

/// A deadline for each read would not notice any of these.
#[test]
fn encrypted_bytes_now_and_then() {
    let authority = Authority::of("localhost");
    let in_the_answer = serve(Arc::clone(&authority.config), |stream| {
        // Records of one byte each.
        drip(
            stream,
            b"HTTP/1.1 200 OK\r\nX: "
                .iter()
                .chain(b"x".iter().cycle())
                .copied(),
        );
    });
    let in_the_handshake = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            // The header of a handshake record that promises 16 KiB.
            drip(
                &mut stream,
                [22, 3, 3, 0x40, 0].into_iter().chain(std::iter::repeat(0)),
            );
        });
        address
    };
    let silent = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || hang(&mut listener.accept().unwrap().0));
        address
    };
    for address in [in_the_answer, in_the_handshake, silent] {
        let url = format!("https://localhost:{}/", address.port());
        let started = Instant::now();
        let failure = post(&url, Some(&authority.file), SHORT).unwrap_err();
        assert!(failure.is_temporary());
        assert!(failure.message.contains("no answer within"), "{failure}");
        let took = started.elapsed();
        assert!(took < SHORT + Duration::from_secs(5), "{took:?}");
    }
}
