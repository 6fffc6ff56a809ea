//! An engine: where its socket is, whose it is, and calls to it, each with a deadline.
//!
//! The Engine API is spoken directly, over the same HTTP library as our own edge: of an answer only the
//! fields that are needed are ever read into memory as values, so a container's environment never is.

mod error;
mod places;
pub(crate) mod version;
mod wire;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};

pub use error::EngineError;
pub(crate) use error::presentable;
pub use places::{Candidates, Places};
pub use version::{ApiVersion, EngineKind, Version};
use wire::Call;
pub(crate) use wire::Stream;

/// For `/version` at connecting.
pub const CONNECT_DEADLINE: Duration = Duration::from_secs(3);

/// For one reading (a list, an inspection, figures) unless the caller says otherwise.
pub const READ_DEADLINE: Duration = Duration::from_secs(3);

/// Most bytes of an answer: a list entry has 1 to 2 kB, so this holds about 8,000 containers.
const LONGEST_ANSWER: usize = 16 << 20;

/// A connected engine; cheap to copy.
#[derive(Clone, Debug)]
pub struct Engine {
    socket: Arc<Path>,
    version: Arc<Version>,
}

impl Engine {
    /// Asks who listens at this socket.
    ///
    /// # Errors
    /// Nobody, no permission, no answer within `deadline`, or no engine.
    pub async fn connect(socket: &Path, deadline: Duration) -> Result<Self, EngineError> {
        let call = Call {
            method: Method::GET,
            path: "/version".to_owned(),
            body: None,
            deadline,
            limit: 1 << 20,
        };
        let (_, body) = wire::call(socket, &call).await?;
        Ok(Self {
            socket: Arc::from(socket),
            version: Arc::new(Version::parse(&body)?),
        })
    }

    /// Its socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Whose it is.
    pub fn kind(&self) -> EngineKind {
        self.version.kind
    }

    /// How it describes itself.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// `GET`: what was answered.
    pub(crate) async fn read(&self, path: &str, deadline: Duration) -> Result<Bytes, EngineError> {
        let call = self.call(Method::GET, path, None, deadline);
        let (_, body) = wire::call(&self.socket, &call).await?;
        Ok(body)
    }

    /// `POST` or `DELETE`: the status and what was answered.
    pub(crate) async fn order(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
        deadline: Duration,
    ) -> Result<(StatusCode, Bytes), EngineError> {
        wire::call(&self.socket, &self.call(method, path, body, deadline)).await
    }

    /// `GET` of what never ends; the deadline is for its beginning.
    pub(crate) async fn stream(
        &self,
        path: &str,
        deadline: Duration,
    ) -> Result<Stream, EngineError> {
        wire::stream(&self.socket, &self.call(Method::GET, path, None, deadline)).await
    }

    fn call(&self, method: Method, path: &str, body: Option<String>, deadline: Duration) -> Call {
        Call {
            method,
            // Podman's own interface carries its version in the path already.
            path: if path.contains("/libpod/") {
                path.to_owned()
            } else {
                format!("/v{}{path}", self.version.api)
            },
            body,
            deadline,
            limit: LONGEST_ANSWER,
        }
    }
}

/// A part of a path or query in which only unreserved characters stay (RFC 3986, section 2.3).
pub(crate) fn encoded(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            shown.push(char::from(byte));
        } else {
            shown.push_str(&format!("%{byte:02X}"));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn a_name_cannot_leave_its_place_in_the_path() {
        assert_eq!(encoded("a/../b?x=1"), "a%2F..%2Fb%3Fx%3D1");
        assert_eq!(encoded("web_1.x-y~"), "web_1.x-y~");
    }
}
