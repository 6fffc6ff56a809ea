//! Asking the daemon, over its unix socket.
//!
//! A command asks if a daemon answers at the socket of its state directory, and looks for itself if
//! none does: nobody has to know which.

use std::path::PathBuf;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::state::State;

/// Longest answer that is taken, bytes.
const MOST: usize = 256 << 20;
/// How long a look or a plan may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long carrying out a plan may take: the longest time to SIGKILL and more.
const LONG_PATIENCE: Duration = Duration::from_mins(10);

/// Why the daemon did not answer as asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// It refused, and says why.
    #[error("the daemon refused: {detail}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its words.
        detail: String,
    },
    /// It went away or does not speak our language.
    #[error("the daemon at {} does not answer: {why}", socket.display())]
    Broken {
        /// The socket.
        socket: PathBuf,
        /// Why.
        why: String,
    },
}

/// A daemon that was there a moment ago.
#[derive(Clone, Debug)]
pub struct Client {
    socket: PathBuf,
}

impl Client {
    /// The daemon of a state directory, if one runs.
    pub fn find(state: &State) -> Option<Self> {
        let socket = state.socket();
        // Connecting is the only proof: a daemon that was killed leaves its socket behind.
        std::os::unix::net::UnixStream::connect(&socket).ok()?;
        Some(Self { socket })
    }

    /// Reads a document.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.parse(&self.ask(&Method::GET, path, None, PATIENCE)?)
    }

    /// Reads a document if it comes soon: for whoever cannot wait.
    pub fn get_within<T: DeserializeOwned>(
        &self,
        path: &str,
        patience: Duration,
    ) -> Result<T, ClientError> {
        self.parse(&self.ask(&Method::GET, path, None, patience)?)
    }

    /// Reads a text.
    pub fn text(&self, path: &str) -> Result<Bytes, ClientError> {
        self.ask(&Method::GET, path, None, LONG_PATIENCE)
    }

    /// Has something done.
    pub fn send<T: DeserializeOwned>(
        &self,
        method: &Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        let body = serde_json::to_vec(body).map_err(|error| self.broken(&error))?;
        self.parse(&self.ask(method, path, Some(body), LONG_PATIENCE)?)
    }

    /// Has something removed.
    pub fn delete(&self, path: &str) -> Result<(), ClientError> {
        self.ask(&Method::DELETE, path, None, PATIENCE).map(drop)
    }

    fn parse<T: DeserializeOwned>(&self, text: &[u8]) -> Result<T, ClientError> {
        serde_json::from_slice(text).map_err(|error| {
            self.broken(&format!(
                "its answer is of another version ({error}); restart it"
            ))
        })
    }

    fn broken(&self, why: &impl ToString) -> ClientError {
        ClientError::Broken {
            socket: self.socket.clone(),
            why: why.to_string(),
        }
    }

    fn ask(
        &self,
        method: &Method,
        path: &str,
        body: Option<Vec<u8>>,
        patience: Duration,
    ) -> Result<Bytes, ClientError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| self.broken(&error))?;
        let answer = async {
            let response = self.exchange(method, path, body).await?;
            let status = response.status();
            let whole = http_body_util::Limited::new(response.into_body(), MOST)
                .collect()
                .await
                .map_err(|error| self.broken(&error))?
                .to_bytes();
            if status.is_success() {
                Ok(whole)
            } else {
                Err(refusal(status, &whole))
            }
        };
        runtime
            .block_on(async { tokio::time::timeout(patience, answer).await })
            .unwrap_or_else(|_| {
                Err(self.broken(&format!("no answer within {} s", patience.as_secs())))
            })
    }

    async fn exchange(
        &self,
        method: &Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Response<Incoming>, ClientError> {
        let stream = tokio::net::UnixStream::connect(&self.socket)
            .await
            .map_err(|error| self.broken(&error))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| self.broken(&error))?;
        tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost");
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let request = request
            .body(Full::new(Bytes::from(body.unwrap_or_default())))
            .map_err(|error| self.broken(&error))?;
        sender
            .send_request(request)
            .await
            .map_err(|error| self.broken(&error))
    }
}

/// The words of a problem document.
fn refusal(status: StatusCode, text: &[u8]) -> ClientError {
    let problem: serde_json::Value = serde_json::from_slice(text).unwrap_or_default();
    let word = |key: &str| problem.get(key).and_then(serde_json::Value::as_str);
    let detail = word("detail").or_else(|| word("title"));
    ClientError::Refused {
        status: status.as_u16(),
        detail: detail.map_or_else(|| status.to_string(), str::to_owned),
    }
}

/// A value for a query, with what has a meaning there escaped.
pub fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~:".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Client, escaped, refusal};
    use crate::state::State;

    #[test]
    fn words_of_a_query() {
        assert_eq!(escaped("a b&c=ä"), "a%20b%26c%3D%C3%A4");
        assert_eq!(escaped("2026-11-21T00:00:00Z"), "2026-11-21T00:00:00Z");
    }

    #[test]
    fn a_refusal_has_the_daemons_words() {
        let error = refusal(
            hyper::StatusCode::NOT_FOUND,
            br#"{"title":"x","detail":"nothing is watched as `a`"}"#,
        );
        assert_eq!(
            error.to_string(),
            "the daemon refused: nothing is watched as `a`"
        );
        let error = refusal(hyper::StatusCode::NOT_FOUND, b"<html>");
        assert!(error.to_string().contains("404"));
    }

    #[test]
    fn nobody_answers_at_a_folder_without_a_daemon() {
        let folder = std::env::temp_dir();
        assert!(Client::find(&State::locate(Some(&folder.join("nowhere")))).is_none());
    }
}
