//! Addresses of servers that others run.

use std::fmt;

use http::Uri;
use toml::de::DeValue;

use super::HIDDEN;
use crate::config::invalid::Invalid;
use crate::config::value::{FromValue, text};

/// Longest address, bytes.
const MOST: usize = 2_000;

/// An `http` or `https` address. Parts of it may be secret, so `Debug` shows it redacted.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// All of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it may be shown.
    pub fn shown(&self) -> String {
        model::redact::url(&self.0).replace(model::redact::MASK, HIDDEN)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

impl FromValue for Address {
    /// No error quotes it: it may have a token in it.
    fn from_value(value: &DeValue<'_>) -> Result<Self, Invalid> {
        let written = text(value, "http://127.0.0.1:3000/mcp")?;
        let wrong = |why: &str| Err(Invalid::unquoted(why));
        if written.contains(HIDDEN) {
            return wrong(
                "has in it what `mcpvisor config show` puts in the place of a secret; write the address",
            );
        }
        if written.len() > MOST {
            return wrong("is longer than any address");
        }
        let Ok(uri) = written.parse::<Uri>() else {
            return wrong("is no address; write it like `http://127.0.0.1:3000/mcp`");
        };
        let scheme = uri.scheme_str().unwrap_or_default();
        if !["http", "https"].contains(&scheme) {
            return wrong("begins with neither `http://` nor `https://`");
        }
        let authority = uri.authority().map(http::uri::Authority::as_str);
        if authority.is_some_and(|authority| authority.contains('@')) {
            return wrong(
                "has a user or a password in it, which addresses are shown and logged with; leave that out",
            );
        }
        if uri.host().is_none_or(str::is_empty) {
            return wrong("names no host; write it like `http://127.0.0.1:3000/mcp`");
        }
        Ok(Self(written.to_owned()))
    }
}
