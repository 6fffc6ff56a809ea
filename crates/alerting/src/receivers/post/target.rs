//! Where a request goes: a URL taken apart, of which only the host is ever shown.

use std::fmt;

use http::uri::{PathAndQuery, Scheme};
use http::{HeaderValue, Uri};

/// A URL of which all was understood.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Target {
    encrypted: bool,
    host: String,
    port: u16,
    authority: HeaderValue,
    path_and_query: String,
}

/// Why a text is no URL to post to. It does not repeat the text, which may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TargetError {
    #[error("this is no URL: `https://HOST/PATH` is meant")]
    NoUrl,
    #[error("the URL must begin with `https://` or `http://`")]
    Scheme,
    #[error("the URL has a user name or password in it; use the keys for authorization instead")]
    UserInfo,
}

impl Target {
    /// Takes a URL apart.
    pub(crate) fn new(url: &str) -> Result<Self, TargetError> {
        let uri: Uri = url.trim().parse().map_err(|_| TargetError::NoUrl)?;
        let encrypted = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(TargetError::Scheme),
        };
        let authority = uri.authority().ok_or(TargetError::NoUrl)?;
        if authority.as_str().contains('@') {
            return Err(TargetError::UserInfo);
        }
        let host = authority.host();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        // `http` takes a port that is no port for none.
        let has_port = authority.as_str().len() > host.len();
        let port = match authority.port_u16() {
            Some(port) => port,
            None if has_port => return Err(TargetError::NoUrl),
            None if encrypted => 443,
            None => 80,
        };
        if bare.is_empty() || port == 0 {
            return Err(TargetError::NoUrl);
        }
        Ok(Self {
            encrypted,
            host: bare.to_owned(),
            port,
            authority: HeaderValue::from_str(authority.as_str()).map_err(|_| TargetError::NoUrl)?,
            path_and_query: uri
                .path_and_query()
                .map_or("/", PathAndQuery::as_str)
                .to_owned(),
        })
    }

    /// The same server, with this path below the URL's own.
    pub(crate) fn below(&self, path: &str) -> Self {
        let own = self.path_and_query.split('?').next().unwrap_or_default();
        Self {
            path_and_query: format!("{}{path}", own.trim_end_matches('/')),
            ..self.clone()
        }
    }

    /// What is shown of it: the host, and the port if it is not the usual one.
    pub(crate) fn place(&self) -> String {
        self.authority.to_str().unwrap_or(&self.host).to_owned()
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn authority(&self) -> HeaderValue {
        self.authority.clone()
    }

    pub(super) fn path_and_query(&self) -> &str {
        &self.path_and_query
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Target({})", self.place())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn urls_taken_apart() {
        let cases = [
            (
                "https://hooks.example.org/services/T0/B0/x",
                "hooks.example.org",
                443,
                true,
                "/services/T0/B0/x",
            ),
            ("http://127.0.0.1:9093", "127.0.0.1", 9093, false, "/"),
            (
                "http://[::1]:9093/alert?x=1",
                "::1",
                9093,
                false,
                "/alert?x=1",
            ),
            (" HTTPS://example.org ", "example.org", 443, true, "/"),
        ];
        for (url, host, port, encrypted, path) in cases {
            let target = Target::new(url).unwrap();
            assert_eq!(target.host(), host, "{url}");
            assert_eq!(target.port(), port, "{url}");
            assert_eq!(target.is_encrypted(), encrypted, "{url}");
            assert_eq!(target.path_and_query(), path, "{url}");
        }
    }

    #[test]
    fn what_is_shown_is_the_host() {
        let target = Target::new("https://example.org:8443/secret/path?token=x").unwrap();
        assert_eq!(target.place(), "example.org:8443");
        assert_eq!(format!("{target:?}"), "Target(example.org:8443)");
    }

    #[test]
    fn a_path_below() {
        let below = |url: &str| {
            let target = Target::new(url).unwrap().below("/api/v2/alerts");
            target.path_and_query().to_owned()
        };
        assert_eq!(below("http://a:1"), "/api/v2/alerts");
        assert_eq!(below("http://a:1/am/"), "/am/api/v2/alerts");
        assert_eq!(below("http://a:1/am?x=1"), "/am/api/v2/alerts");
    }

    #[test]
    fn what_is_no_target() {
        for (url, error) in [
            ("", TargetError::NoUrl),
            ("https://", TargetError::NoUrl),
            ("https://a b/", TargetError::NoUrl),
            ("https://a:99999/", TargetError::NoUrl),
            ("https://a:0/", TargetError::NoUrl),
            ("https://a/\r\nHost: b", TargetError::NoUrl),
            ("/path", TargetError::Scheme),
            ("example.org", TargetError::Scheme),
            ("ftp://example.org/", TargetError::Scheme),
            ("https://user:password@example.org/", TargetError::UserInfo),
        ] {
            assert_eq!(Target::new(url), Err(error), "{url}");
        }
    }
}
