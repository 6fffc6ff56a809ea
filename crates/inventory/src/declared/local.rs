//! Servers that are declared with a URL of this machine itself.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::Launch;

impl Launch {
    /// Where a server that is declared with a loopback URL (`http://127.0.0.1:3001/mcp`,
    /// `localhost`, `[::1]`) is reached: any of these addresses. Empty for all others.
    pub fn local_addresses(&self) -> Vec<SocketAddr> {
        match self {
            Self::Remote { url, .. } => local_addresses(url).unwrap_or_default(),
            Self::Stdio { .. } => Vec::new(),
        }
    }
}

fn local_addresses(url: &str) -> Option<Vec<SocketAddr>> {
    let (scheme, rest) = url.trim().split_once("://")?;
    let usual = match scheme.to_ascii_lowercase().as_str() {
        "http" | "ws" => 80,
        "https" | "wss" => 443,
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let place = authority.rsplit('@').next()?;
    let (host, port) = match place.strip_prefix('[') {
        Some(six) => {
            let (host, after) = six.split_once(']')?;
            (host, after.strip_prefix(':').unwrap_or(after))
        }
        None => place.split_once(':').unwrap_or((place, "")),
    };
    let port = match port {
        "" => usual,
        port => port.parse().ok().filter(|port| *port != 0)?,
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let addresses: Vec<IpAddr> = if host == "localhost" || host.ends_with(".localhost") {
        vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
    } else {
        let ip: IpAddr = host.parse().ok()?;
        match ip.to_canonical() {
            // Who connects to no address in particular connects to this machine.
            ip if ip.is_unspecified() => {
                vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
            }
            ip if ip.is_loopback() => vec![ip],
            _ => return None,
        }
    };
    let at = |ip| SocketAddr::new(ip, port);
    Some(addresses.into_iter().map(at).collect())
}

#[cfg(test)]
mod tests {
    use super::local_addresses;

    fn shown(url: &str) -> String {
        let all = local_addresses(url).unwrap_or_default();
        let all: Vec<String> = all.iter().map(ToString::to_string).collect();
        all.join(" ")
    }

    #[test]
    fn only_urls_of_this_machine_are_local() {
        for (url, expected) in [
            ("http://127.0.0.1:3001/mcp", "127.0.0.1:3001"),
            ("HTTP://127.0.0.2:3001", "127.0.0.2:3001"),
            (
                "http://localhost:8080/sse?a=b:9",
                "127.0.0.1:8080 [::1]:8080",
            ),
            ("https://localhost/mcp", "127.0.0.1:443 [::1]:443"),
            ("http://LocalHost.:80#x", "127.0.0.1:80 [::1]:80"),
            ("http://app.localhost:5000", "127.0.0.1:5000 [::1]:5000"),
            ("http://[::1]:9/", "[::1]:9"),
            ("http://[::ffff:127.0.0.1]:9/", "127.0.0.1:9"),
            ("http://user:p@ss@127.0.0.1:7/x@y", "127.0.0.1:7"),
            ("http://0.0.0.0:7", "127.0.0.1:7 [::1]:7"),
            ("http://[::1]/", "[::1]:80"),
            ("http://example.org:3001/mcp", ""),
            ("http://127.0.0.1.example.org/", ""),
            ("http://192.168.1.5:3001/", ""),
            ("http://127.0.0.1:0/", ""),
            ("http://127.0.0.1:${PORT}/", ""),
            ("http://127.0.0.1:99999/", ""),
            ("http://[::1/", ""),
            ("stdio://localhost:1", ""),
            ("localhost:3001", ""),
            ("", ""),
        ] {
            assert_eq!(shown(url), expected, "{url}");
        }
    }
}
