//! The path under which a proxy offers the daemon.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::invalid::Invalid;

/// A path that begins with `/` and does not end with one, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct BasePath(String);

impl BasePath {
    /// The text: empty, or such as `/mcpvisor`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for BasePath {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let segment = |segment: &str| {
            !matches!(segment, "" | "." | "..")
                && segment
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
        };
        let inner = text.trim_matches('/');
        let fine = inner.is_empty() || inner.split('/').all(segment);
        let right = match inner {
            "" => String::new(),
            inner => format!("/{inner}"),
        };
        if fine && text == right {
            return Ok(Self(right));
        }
        let why = if inner.is_empty() {
            "is no base path; leave it empty for the root"
        } else {
            "is no base path; write it like `/mcpvisor`, without a slash at its end"
        };
        Err(Invalid::new(text, why).or_rather((fine && !inner.is_empty()).then_some(right)))
    }
}

impl schemars::JsonSchema for BasePath {
    fn schema_name() -> Cow<'static, str> {
        "BasePath".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "pattern": "^(/[A-Za-z0-9._~-]+)*$"})
    }
}

#[cfg(test)]
mod tests {
    use super::BasePath;

    #[test]
    fn paths() {
        for text in ["", "/mcpvisor", "/a/b-c.d"] {
            let path: Result<BasePath, _> = text.parse();
            assert_eq!(path.as_ref().map(BasePath::as_str), Ok(text));
        }
        for text in ["//", "/a//b", "/a/../b", "/a?b", "/a b", "/%2e"] {
            assert!(text.parse::<BasePath>().is_err(), "{text}");
        }
        for (text, right) in [
            ("mcpvisor", Some("/mcpvisor")),
            ("/a/b/", Some("/a/b")),
            ("/", None),
        ] {
            let error = text.parse::<BasePath>().err();
            assert_eq!(error.as_ref().map(|error| error.right()), Some(right));
        }
    }
}
