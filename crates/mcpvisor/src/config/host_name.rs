//! Names by which browsers may call the daemon.

use std::borrow::Cow;
use std::str::FromStr;

use super::invalid::Invalid;

/// A host's name or address as browsers send it, with or without a port, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct HostName(String);

impl HostName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HostName {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = || {
            Invalid::new(
                text,
                "is no host name; write `mcpvisor.example.org` or `mcpvisor.example.org:8443`",
            )
        };
        let bare = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))
            .unwrap_or(text)
            .trim_end_matches('/');
        let (host, port) = match bare.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port)),
            _ => (bare, None),
        };
        let bracketed = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        let fine = match bracketed {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => is_name(host),
        };
        let port_fine = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
        if !fine || !port_fine {
            return Err(wrong());
        }
        if bare != text {
            return Err(wrong().or_rather(Some(bare.to_owned())));
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

/// Letters, digits, hyphens and dots, as in the DNS and in IPv4 addresses.
fn is_name(host: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    host.len() <= 253 && host.split('.').all(label)
}

impl schemars::JsonSchema for HostName {
    fn schema_name() -> Cow<'static, str> {
        "HostName".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "pattern": r"^([A-Za-z0-9_.-]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?$"})
    }
}

#[cfg(test)]
mod tests {
    use super::HostName;

    #[test]
    fn names() {
        for text in [
            "example.org",
            "host_1",
            "192.0.2.7:8080",
            "[::1]",
            "[fd00::1]:443",
        ] {
            assert!(text.parse::<HostName>().is_ok(), "{text}");
        }
        let upper: Result<HostName, _> = "Example.ORG:80".parse();
        assert_eq!(upper.as_ref().map(HostName::as_str), Ok("example.org:80"));
    }

    #[test]
    fn what_is_no_name() {
        for text in [
            "",
            ".",
            "a..b",
            "a b",
            "a:0",
            "a:99999",
            "[::1",
            "::1",
            "user@host",
            "a/b",
            "*.example.org",
            "é.example",
        ] {
            assert!(text.parse::<HostName>().is_err(), "{text}");
        }
        let error = "https://example.org/".parse::<HostName>().err();
        assert_eq!(
            error.as_ref().and_then(|error| error.right()),
            Some("example.org")
        );
    }
}
