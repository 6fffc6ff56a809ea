//! One call to an engine over its unix socket: connect, ask, read the answer, all within one deadline.
//!
//! Each call has a connection of its own. Connecting to a unix socket costs microseconds, and so a call
//! that hangs, or is given up, can neither block nor confuse another. An answer is read up to a limit.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tokio::task::AbortHandle;

use super::EngineError;
use super::error::presentable;

/// A call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// Path and query; parts that come from elsewhere are encoded already.
    pub(crate) path: String,
    pub(crate) body: Option<String>,
    /// For all of it.
    pub(crate) deadline: Duration,
    /// Most bytes of an answer.
    pub(crate) limit: usize,
}

impl Call {
    /// Method and path without its query, for messages.
    pub(crate) fn name(&self) -> String {
        let path = self.path.split('?').next().unwrap_or_default();
        format!("{} {path}", self.method)
    }
}

/// A stream that goes on after its first bytes; dropping it closes the connection.
pub(crate) struct Stream {
    pub(crate) body: Incoming,
    _connection: Connection,
}

/// The task that moves a connection's bytes; ended with what needs it.
struct Connection(AbortHandle);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Calls, and reads the whole answer.
pub(crate) async fn call(socket: &Path, call: &Call) -> Result<(StatusCode, Bytes), EngineError> {
    let answer = async {
        let (answer, _connection) = ask(socket, call).await?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, call.limit).collect().await;
        let body = body.map_err(|error| {
            if error.downcast_ref::<LengthLimitError>().is_some() {
                EngineError::TooLarge {
                    call: call.name(),
                    limit: call.limit,
                }
            } else {
                unreachable_because(socket, &error.to_string())
            }
        })?;
        Ok((head.status, body.to_bytes()))
    };
    let (status, body) = within(socket, call, answer).await?;
    if status.is_success() || status == StatusCode::NOT_MODIFIED {
        return Ok((status, body));
    }
    Err(refusal(call, status, &body))
}

/// Calls, and waits only for the head of the answer; an answer of failure is read as a whole.
pub(crate) async fn stream(socket: &Path, call: &Call) -> Result<Stream, EngineError> {
    let opened = async {
        let (answer, connection) = ask(socket, call).await?;
        let (head, body) = answer.into_parts();
        if head.status.is_success() {
            return Ok(Stream {
                body,
                _connection: connection,
            });
        }
        let body = Limited::new(body, call.limit).collect().await;
        let body = body
            .map(http_body_util::Collected::to_bytes)
            .unwrap_or_default();
        Err(refusal(call, head.status, &body))
    };
    within(socket, call, opened).await
}

async fn within<T>(
    socket: &Path,
    call: &Call,
    answer: impl Future<Output = Result<T, EngineError>>,
) -> Result<T, EngineError> {
    match tokio::time::timeout(call.deadline, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(EngineError::Hangs {
            socket: socket.to_owned(),
            call: call.name(),
            after: call.deadline,
        }),
    }
}

async fn ask(socket: &Path, call: &Call) -> Result<(Response<Incoming>, Connection), EngineError> {
    let broken = |error: hyper::Error| unreachable_because(socket, &error.to_string());
    let stream = UnixStream::connect(socket)
        .await
        .map_err(|error| EngineError::of_io(socket.to_owned(), &error))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let task = tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::trace!("a connection to an engine ended: {error}");
        }
    });
    let connection = Connection(task.abort_handle());
    let mut request = Request::builder()
        .method(call.method.clone())
        .uri(&call.path)
        .header(header::HOST, "localhost");
    if call.body.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    let body = call.body.clone().map_or_else(Bytes::new, Bytes::from);
    let request = request
        .body(Full::new(body))
        .map_err(|error| EngineError::Garbled {
            call: call.name(),
            why: error.to_string(),
        })?;
    let answer = sender.send_request(request).await.map_err(broken)?;
    Ok((answer, connection))
}

fn unreachable_because(socket: &Path, why: &str) -> EngineError {
    EngineError::Unreachable {
        socket: socket.to_owned(),
        why: why.to_owned(),
    }
}

/// Both engines answer `{"message": ..}`; Podman adds `cause`.
fn refusal(call: &Call, status: StatusCode, body: &[u8]) -> EngineError {
    #[derive(serde::Deserialize)]
    struct Said {
        message: String,
    }
    let message = match serde_json::from_slice::<Said>(body) {
        Ok(said) => presentable(&said.message),
        Err(_) => status
            .canonical_reason()
            .unwrap_or("no reason given")
            .to_owned(),
    };
    EngineError::Api {
        call: call.name(),
        status: status.as_u16(),
        message,
    }
}
