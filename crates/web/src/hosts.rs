//! Which names we answer to. A web page can make a browser send requests to any address, also to a
//! name of its own that resolves to 127.0.0.1 (DNS rebinding); the name then stands in `Host`. So only
//! names that are known to be ours pass: the loopback ones with our port, the address that the client
//! reached, and what the configuration adds.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// `http` or `https`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Plain.
    Http,
    /// TLS, ours or a trusted proxy's.
    Https,
}

impl Scheme {
    /// As written in a URL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The scheme of this name, in any case.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Http, Self::Https]
            .into_iter()
            .find(|scheme| text.eq_ignore_ascii_case(scheme.name()))
    }

    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// A host and perhaps a port, as in `Host` and `Origin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authority {
    host: Host,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    /// In lower case.
    Name(String),
    Address(IpAddr),
}

/// Why a text is no host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// Nothing before the port.
    #[error("the name is missing")]
    Empty,
    /// `user@host`.
    #[error("a user name has no place there")]
    UserInfo,
    /// Not a decimal number from 1 to 65535.
    #[error("the port is no number from 1 to 65535")]
    Port,
    /// Not `[IPv6]`.
    #[error("the part in brackets is no IPv6 address")]
    Brackets,
    /// A character that no host name has.
    #[error(
        "only letters, digits, `-`, `_` and `.` can stand in a host name; other names have an \
         `xn--` form"
    )]
    Character,
    /// `*`, which would let every name through.
    #[error("a wildcard would let every web page in; name each host")]
    Wildcard,
}

impl Authority {
    /// Reads `name`, `name:port`, `1.2.3.4:port` or `[::1]:port`. What browsers never send (user
    /// names, zones, empty or padded ports) is an error, not something to be lenient about.
    pub(crate) fn parse(text: &str) -> Result<Self, HostError> {
        if text.contains('@') {
            return Err(HostError::UserInfo);
        }
        if let Some(rest) = text.strip_prefix('[') {
            let (address, port) = rest.split_once(']').ok_or(HostError::Brackets)?;
            let address: Ipv6Addr = address.parse().map_err(|_| HostError::Brackets)?;
            let port = match port.strip_prefix(':') {
                Some(port) => Some(parse_port(port)?),
                None if port.is_empty() => None,
                None => return Err(HostError::Port),
            };
            return Ok(Self {
                host: Host::Address(IpAddr::V6(address)),
                port,
            });
        }
        let (name, port) = match text.split_once(':') {
            Some((name, port)) => (name, Some(parse_port(port)?)),
            None => (text, None),
        };
        if name.is_empty() {
            return Err(HostError::Empty);
        }
        if name.contains('*') {
            return Err(HostError::Wildcard);
        }
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if !name.bytes().all(fits) {
            return Err(HostError::Character);
        }
        // `127.1` and `0x7f000001` stay names, which nobody has allowed.
        let host = match name.parse::<Ipv4Addr>() {
            Ok(address) => Host::Address(IpAddr::V4(address)),
            Err(_) => Host::Name(name.to_ascii_lowercase()),
        };
        Ok(Self { host, port })
    }

    fn port(&self, scheme: Scheme) -> u16 {
        self.port.unwrap_or(scheme.default_port())
    }

    fn is_loopback_name(&self) -> bool {
        match &self.host {
            Host::Name(name) => name == "localhost",
            Host::Address(address) => {
                *address == IpAddr::V4(Ipv4Addr::LOCALHOST)
                    || *address == IpAddr::V6(Ipv6Addr::LOCALHOST)
            }
        }
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Name(name) => formatter.write_str(name)?,
            Host::Address(IpAddr::V4(address)) => write!(formatter, "{address}")?,
            Host::Address(IpAddr::V6(address)) => write!(formatter, "[{address}]")?,
        }
        match self.port {
            Some(port) => write!(formatter, ":{port}"),
            None => Ok(()),
        }
    }
}

/// Decimal, no sign, no leading zero: what `u16`'s own parser would let through too.
fn parse_port(text: &str) -> Result<u16, HostError> {
    let decimal = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    match text.parse() {
        Ok(port) if decimal => Ok(port),
        _ => Err(HostError::Port),
    }
}

/// How a name came to be ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// Loopback or the address that was reached: no proxy can be in between.
    Own,
    /// From the configuration: a proxy may be in front of us.
    Configured,
}

/// The names that the configuration adds.
#[derive(Debug, Clone, Default)]
pub(crate) struct AllowedHosts {
    configured: Vec<Authority>,
}

impl AllowedHosts {
    /// Reads the configured names; the error is the first that is none, with its reason.
    pub(crate) fn parse(names: &[String]) -> Result<Self, (String, HostError)> {
        let configured = names
            .iter()
            .map(|name| Authority::parse(name).map_err(|error| (name.clone(), error)))
            .collect::<Result<_, _>>()?;
        Ok(Self { configured })
    }

    /// Whether this is one of our names for a client that reached `local`.
    pub(crate) fn judge(
        &self,
        asked: &Authority,
        local: SocketAddr,
        scheme: Scheme,
    ) -> Option<Known> {
        // `0.0.0.0` reaches this machine from a browser, and is nobody's name.
        let reached =
            !local.ip().is_unspecified() && asked.host == Host::Address(local.ip().to_canonical());
        if (asked.is_loopback_name() || reached) && asked.port(scheme) == local.port() {
            return Some(Known::Own);
        }
        let configured = self.configured.iter().any(|allowed| {
            allowed.host == asked.host && allowed.port.is_none_or(|port| port == asked.port(scheme))
        });
        configured.then_some(Known::Configured)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn judge(host: &str, local: &str, scheme: Scheme) -> Option<Known> {
        let names = [
            "Dash.example.org",
            "pinned.example.org:8443",
            "secure.example.org:443",
        ];
        let allowed = AllowedHosts::parse(&names.map(str::to_owned)).unwrap();
        let asked = Authority::parse(host).ok()?;
        allowed.judge(&asked, local.parse().unwrap(), scheme)
    }

    #[test]
    fn our_names_pass() {
        let own = [
            ("127.0.0.1:3001", "127.0.0.1:3001"),
            ("localhost:3001", "127.0.0.1:3001"),
            ("LocalHost:3001", "127.0.0.1:3001"),
            ("[::1]:3001", "127.0.0.1:3001"),
            ("[0:0:0:0:0:0:0:1]:3001", "[::1]:3001"),
            ("192.0.2.7:3001", "192.0.2.7:3001"),
            ("192.0.2.7:3001", "[::ffff:192.0.2.7]:3001"),
            ("[2001:db8::7]:3001", "[2001:db8::7]:3001"),
            ("localhost", "127.0.0.1:80"),
            ("localhost:80", "127.0.0.1:80"),
        ];
        for (host, local) in own {
            assert_eq!(judge(host, local, Scheme::Http), Some(Known::Own), "{host}");
        }
        assert_eq!(judge("[::1]", "[::1]:443", Scheme::Https), Some(Known::Own));
    }

    #[test]
    fn configured_names_pass_with_their_ports() {
        let local = "127.0.0.1:3001";
        for (host, scheme, passes) in [
            ("dash.example.org", Scheme::Http, true),
            ("DASH.example.org:9999", Scheme::Http, true),
            ("pinned.example.org:8443", Scheme::Http, true),
            ("pinned.example.org", Scheme::Https, false),
            ("pinned.example.org:3001", Scheme::Http, false),
            ("secure.example.org", Scheme::Https, true),
            ("secure.example.org", Scheme::Http, false),
        ] {
            let expected = passes.then_some(Known::Configured);
            assert_eq!(judge(host, local, scheme), expected, "{host}");
        }
    }

    #[test]
    fn all_others_are_refused() {
        for host in [
            "evil.example",
            "evil.example:3001",
            "localhost",
            "localhost:3002",
            "127.0.0.1",
            "127.0.0.1:80",
            "127.0.0.2:3001",
            "127.1:3001",
            "2130706433:3001",
            "0x7f.0.0.1:3001",
            "0.0.0.0:3001",
            "[::]:3001",
            "[::ffff:127.0.0.1]:3001",
            "localhost.:3001",
            "127.0.0.1.:3001",
            "127.0.0.1.evil.example:3001",
            "localhost.evil.example:3001",
            "evil-localhost:3001",
            "sub.dash.example.org",
            "dash.example.org.",
            "xn--dsh-hoa.example.org",
        ] {
            assert_eq!(judge(host, "127.0.0.1:3001", Scheme::Http), None, "{host}");
        }
        assert_eq!(judge("0.0.0.0:3001", "0.0.0.0:3001", Scheme::Http), None);
    }

    #[test]
    fn what_is_no_host_says_why() {
        for (text, error) in [
            ("", HostError::Empty),
            (":3001", HostError::Empty),
            ("localhost:", HostError::Port),
            ("localhost:03001", HostError::Port),
            ("localhost:+3001", HostError::Port),
            ("localhost:70000", HostError::Port),
            ("localhost:3001:3001", HostError::Port),
            ("::1", HostError::Port),
            ("[::1", HostError::Brackets),
            ("[::1%eth0]:3001", HostError::Brackets),
            ("[127.0.0.1]:3001", HostError::Brackets),
            ("[::1]3001", HostError::Port),
            ("user@localhost:3001", HostError::UserInfo),
            ("localhost:3001@evil.example", HostError::UserInfo),
            ("dásh.example.org", HostError::Character),
            ("local host:3001", HostError::Character),
            ("localhost/:3001", HostError::Character),
            ("localhost%00:3001", HostError::Character),
            ("*.example.org", HostError::Wildcard),
        ] {
            assert_eq!(Authority::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_bad_configured_name_is_named() {
        let (name, error) = AllowedHosts::parse(&["*".to_owned()]).unwrap_err();
        assert_eq!((name.as_str(), error), ("*", HostError::Wildcard));
    }

    #[test]
    fn it_is_written_as_it_is_read() {
        for text in ["localhost:3001", "127.0.0.1", "[::1]:3001", "[2001:db8::7]"] {
            assert_eq!(Authority::parse(text).unwrap().to_string(), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_host_or_an_error(text in "\\PC{0,40}|[a-z0-9.:\\[\\]@*%-]{0,40}") {
            if let Ok(authority) = Authority::parse(&text) {
                let again = Authority::parse(&authority.to_string());
                proptest::prop_assert_eq!(again, Ok(authority));
            }
        }

        #[test]
        fn no_other_name_is_ours(name in "[a-zA-Z0-9._-]{1,20}", port in 1..u16::MAX) {
            let own = name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1";
            proptest::prop_assume!(!own);
            let host = format!("{name}:{port}");
            let local = format!("127.0.0.1:{port}").parse().unwrap();
            let asked = Authority::parse(&host).unwrap();
            let known = AllowedHosts::default().judge(&asked, local, Scheme::Http);
            proptest::prop_assert_eq!(known, None);
        }
    }
}
