//! One POST to one server.
//!
//! Redirects are not followed: they could send secrets elsewhere. A connection serves one request, no
//! proxy is asked, and the whole of it has one deadline. As soon as a status says that the notice was
//! taken, it counts as delivered; what an unwilling server says is read for a moment, and quoted.

mod answer;
mod target;

use std::path::Path;
use std::time::Duration;

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, LOCATION, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;

pub(super) use target::{Target, TargetError};

use super::deadline::{self, Stage};
use super::{Delivered, Failure, Secret, clock, text, tls};

/// Of an answer's body at most so many bytes are read.
const MOST_BODY: usize = 64 * 1024;

/// For the body of an answer that refuses us we wait so long, and no more than a quarter of the whole time:
/// its status is known already.
const BODY_TIME: Duration = Duration::from_secs(2);

/// Of an answer's body at most so many characters are quoted.
const MOST_QUOTE: usize = 120;

/// A request to be made.
pub(super) struct Post<'a> {
    /// Where to.
    pub(super) target: &'a Target,
    /// Headers besides those that every request has.
    pub(super) headers: HeaderMap,
    /// JSON.
    pub(super) body: Vec<u8>,
    /// Further certificates to trust.
    pub(super) ca_file: Option<&'a Path>,
    /// What must not be repeated from an answer.
    pub(super) secrets: &'a [Secret],
}

impl Post<'_> {
    /// Sends it; `timeout` is for all of it.
    pub(super) fn send(self, timeout: Duration) -> Result<Delivered, Failure> {
        let stage = Stage::default();
        let place = self.target.place();
        deadline::within(timeout, &place, &stage, self.talk(timeout, &stage))
    }

    async fn talk(self, timeout: Duration, stage: &Stage) -> Result<Delivered, Failure> {
        let place = self.target.place();
        let broken = |what: &dyn std::fmt::Display| {
            Failure::temporary(format!("{place}: {what} ({})", stage.get()))
        };
        let stream = deadline::connect(self.target.host(), self.target.port(), timeout, stage)
            .await
            .map_err(|error| broken(&error))?;
        if !self.target.is_encrypted() {
            return self.ask(stream, timeout, stage).await;
        }
        stage.set("agreeing on TLS");
        let connector = TlsConnector::from(tls::client(tls::roots(self.ca_file)?)?);
        let name = ServerName::try_from(self.target.host().to_owned())
            .map_err(|error| Failure::permanent(format!("{place}: {error}")))?;
        // A certificate that is not trusted is mended by an operator, here or there: temporary.
        let stream = connector
            .connect(name, stream)
            .await
            .map_err(|error| broken(&tls::explain(&error)))?;
        self.ask(stream, timeout, stage).await
    }

    async fn ask(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        timeout: Duration,
        stage: &Stage,
    ) -> Result<Delivered, Failure> {
        let place = self.target.place();
        let broken = |error: hyper::Error| {
            let what = if error.is_incomplete_message() {
                "the connection was closed before an answer".to_owned()
            } else {
                innermost(&error)
            };
            Failure::temporary(format!("{place}: {what} ({})", stage.get()))
        };
        stage.set("sending the request");
        let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
            .max_buf_size(MOST_BODY)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(broken)?;
        // Ends with the runtime. Its error is also the request's.
        drop(tokio::spawn(connection));
        let (target, secrets) = (self.target, self.secrets);
        let request = self.request()?;
        stage.set("waiting for its answer");
        let response = sender.send_request(request).await.map_err(broken)?;
        if response.status().is_success() {
            return Ok(Delivered::new(format!(
                "{place} answered {}",
                response.status()
            )));
        }
        Err(refusal(target, secrets, response, BODY_TIME.min(timeout / 4)).await)
    }

    fn request(self) -> Result<Request<Full<Bytes>>, Failure> {
        let mut request = Request::post(self.target.path_and_query());
        if let Some(headers) = request.headers_mut() {
            headers.extend(self.headers);
            headers.insert(HOST, self.target.authority());
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            headers.insert(CONTENT_LENGTH, HeaderValue::from(self.body.len()));
            headers.insert(USER_AGENT, HeaderValue::from_static(super::USER_AGENT));
        }
        let place = self.target.place();
        request
            .body(Full::new(Bytes::from(self.body)))
            .map_err(|error| Failure::permanent(format!("{place}: {error}")))
    }
}

/// What an answer means that did not take the notice.
async fn refusal(
    target: &Target,
    secrets: &[Secret],
    response: Response<Incoming>,
    patience: Duration,
) -> Failure {
    let place = target.place();
    let status = response.status();
    if status.is_redirection() {
        let location = response.headers().get(LOCATION);
        let location = location.and_then(|location| location.to_str().ok());
        let whereto = match location.and_then(|location| Target::new(location).ok()) {
            Some(other) if other.place() != place => format!(" to {}", other.place()),
            _ => String::new(),
        };
        return Failure::permanent(format!(
            "{place} answered {status}: it redirects{whereto}, which is not followed because a \
             redirect could send secrets elsewhere; set `url` to the address that is meant"
        ));
    }
    let wait = response.headers().get(RETRY_AFTER);
    let wait = wait.and_then(|wait| answer::retry_after(wait, clock::now()));
    let mut said = beginning(response.into_body(), patience).await;
    for secret in secrets {
        said = secret.mask(&said);
    }
    let quote = text::quote(said.as_bytes(), MOST_QUOTE);
    let mut message = format!("{place} answered {status}");
    if !quote.is_empty() {
        message = format!("{message}: {quote}");
    }
    if answer::is_temporary(status) {
        Failure::temporary(message).after(wait)
    } else {
        Failure::permanent(message)
    }
}

/// The beginning of a body, as far as it comes in time.
async fn beginning(mut body: Incoming, patience: Duration) -> String {
    let mut read = Vec::new();
    let reading = async {
        while read.len() < MOST_BODY {
            match body.frame().await {
                Some(Ok(frame)) => {
                    let data = frame.into_data().unwrap_or_default();
                    let room = MOST_BODY - read.len();
                    read.extend_from_slice(&data[..data.len().min(room)]);
                }
                Some(Err(_)) | None => break,
            }
        }
    };
    // Too late or complete: what is there is quoted.
    drop(tokio::time::timeout(patience, reading).await);
    String::from_utf8_lossy(&read).into_owned()
}

/// The cause behind all the others, which is the one that says something.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
