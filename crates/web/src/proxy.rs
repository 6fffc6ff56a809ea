//! What a proxy in front of us says about its client. It is believed only from peers that the
//! configuration trusts: anybody else could write there what they like, and so escape the limit on
//! wrong tokens or put another's address into the audit.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

use crate::hosts::Scheme;
use crate::prefix::Prefix;

/// The client as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) address: IpAddr,
    pub(crate) scheme: Scheme,
    /// The name that the browser asked the proxy for.
    pub(crate) host: Option<String>,
}

/// Reads the headers of a trusted peer. Proxies append to `X-Forwarded-For`, so the client is the
/// last address that is not itself a trusted proxy: what stands before it may be made up.
pub(crate) fn client(
    headers: &HeaderMap,
    peer: SocketAddr,
    scheme: Scheme,
    trusted: &[Prefix],
) -> Client {
    let peer = peer.ip().to_canonical();
    let is_trusted = |address: IpAddr| trusted.iter().any(|prefix| prefix.contains(address));
    if !is_trusted(peer) {
        return Client {
            address: peer,
            scheme,
            host: None,
        };
    }
    let mut address = peer;
    for hop in values(headers, "x-forwarded-for").into_iter().rev() {
        let Some(hop) = parse_hop(hop) else { break };
        address = hop;
        if !is_trusted(hop) {
            break;
        }
    }
    let last = |name| values(headers, name).into_iter().next_back();
    Client {
        address,
        scheme: last("x-forwarded-proto")
            .and_then(Scheme::parse)
            .unwrap_or(scheme),
        host: last("x-forwarded-host").map(str::to_owned),
    }
}

/// All values of a list header, over several lines too.
fn values<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .filter(|value| !value.is_empty())
        .collect()
}

/// An address, with a port or without.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let address = text
        .parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|full| full.ip()))
        .ok();
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    address.or_else(bracketed).map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use http::HeaderName;

    use super::*;

    fn read(peer: &str, lines: &[(&str, &str)]) -> Client {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, value.parse().unwrap());
        }
        let trusted = ["127.0.0.1", "10.0.0.0/8"].map(|text| text.parse().unwrap());
        client(&headers, peer.parse().unwrap(), Scheme::Http, &trusted)
    }

    #[test]
    fn addresses() {
        for (peer, forwarded, expected) in [
            ("127.0.0.1:1", "203.0.113.9", "203.0.113.9"),
            ("127.0.0.1:1", "1.2.3.4, 203.0.113.9", "203.0.113.9"),
            ("127.0.0.1:1", "203.0.113.9, 10.1.1.1", "203.0.113.9"),
            ("127.0.0.1:1", "203.0.113.9:4711", "203.0.113.9"),
            ("127.0.0.1:1", "[2001:db8::1]:4711", "2001:db8::1"),
            ("127.0.0.1:1", "[2001:db8::1]", "2001:db8::1"),
            ("127.0.0.1:1", "203.0.113.9, unknown", "127.0.0.1"),
            ("127.0.0.1:1", "", "127.0.0.1"),
            ("[::ffff:10.0.0.1]:1", "203.0.113.9", "203.0.113.9"),
            ("192.0.2.1:1", "203.0.113.9", "192.0.2.1"),
            ("[::1]:1", "203.0.113.9", "::1"),
        ] {
            let client = read(peer, &[("x-forwarded-for", forwarded)]);
            let expected: IpAddr = expected.parse().unwrap();
            assert_eq!(client.address, expected, "{peer} {forwarded}");
        }
    }

    #[test]
    fn scheme_and_name() {
        let lines = [
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "evil.example, dash.example.org"),
        ];
        let client = read("10.9.9.9:1", &lines);
        assert_eq!(client.scheme, Scheme::Https);
        assert_eq!(client.host.as_deref(), Some("dash.example.org"));
        let stranger = read("192.0.2.1:1", &lines);
        assert_eq!((stranger.scheme, stranger.host), (Scheme::Http, None));
    }
}
