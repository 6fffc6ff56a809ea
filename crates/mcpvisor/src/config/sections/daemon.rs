//! `[daemon]`.

use std::net::SocketAddr;

use toml::de::DeValue;

use crate::config::invalid::Invalid;
use crate::config::section::Section;
use crate::config::value::{FromValue, text};
use crate::config::{BasePath, HostName, Network, Span};

/// What `serve` does: how often it looks, and where it answers.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(default, deny_unknown_fields)]
pub struct Daemon {
    /// Address and port to listen on; port 0 takes a free one. An address that other machines can
    /// reach needs `[tls]`.
    #[schemars(with = "String")]
    pub listen: SocketAddr,
    /// Time between two looks at the machine, from `1s` to `1h`.
    pub interval: Span,
    /// Time between two checks of a server's health; not shorter than `interval`, up to `1d`.
    pub health_interval: Span,
    /// Names by which a browser may call the daemon, besides its own address and `localhost`; with
    /// or without a port.
    pub allowed_hosts: Vec<HostName>,
    /// Path under which a proxy offers the daemon, such as `/mcpvisor`; empty for the root.
    pub base_path: BasePath,
    /// Addresses or networks of proxies whose `X-Forwarded` headers are believed, such as
    /// `10.0.0.0/8`.
    pub trusted_proxies: Vec<Network>,
}

const LEAST_INTERVAL: Span = Span::seconds(1);
const MOST_INTERVAL: Span = Span::hours(1);
const MOST_HEALTH_INTERVAL: Span = Span::days(1);

impl Default for Daemon {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 3001)),
            interval: Span::seconds(5),
            health_interval: Span::seconds(30),
            allowed_hosts: Vec::new(),
            base_path: BasePath::default(),
            trusted_proxies: Vec::new(),
        }
    }
}

impl Daemon {
    /// `has_tls`: the file gives a certificate and its key.
    pub(in crate::config) fn read(section: &mut Section<'_>, has_tls: bool) -> Self {
        let default = Self::default();
        let daemon = Self {
            listen: section.take("listen", default.listen),
            interval: section.take("interval", default.interval),
            health_interval: section.take("health_interval", default.health_interval),
            allowed_hosts: section.take("allowed_hosts", default.allowed_hosts),
            base_path: section.take("base_path", default.base_path),
            trusted_proxies: section.take("trusted_proxies", default.trusted_proxies),
        };
        daemon.check(section, has_tls);
        daemon
    }

    fn check(&self, section: &mut Section<'_>, has_tls: bool) {
        let loopback = self.listen.ip().to_canonical().is_loopback();
        section.require("listen", loopback || has_tls, || {
            format!(
                "{} can be reached from other machines and needs `tls.cert` and `tls.key`; or listen on 127.0.0.1 behind a proxy",
                self.listen
            )
        });
        let interval = self.interval;
        section.require(
            "interval",
            (LEAST_INTERVAL..=MOST_INTERVAL).contains(&interval),
            || format!("{interval} is not from {LEAST_INTERVAL} to {MOST_INTERVAL}"),
        );
        let health = self.health_interval;
        let at = if section.has("health_interval") {
            "health_interval"
        } else {
            "interval"
        };
        section.require(at, health >= interval || interval > MOST_INTERVAL, || {
            format!("`health_interval` ({health}) is shorter than `interval` ({interval}); raise it, or look more often")
        });
        section.require("health_interval", health <= MOST_HEALTH_INTERVAL, || {
            format!("{health} is longer than {MOST_HEALTH_INTERVAL}")
        });
    }
}

impl FromValue for SocketAddr {
    fn from_value(value: &DeValue<'_>) -> Result<Self, Invalid> {
        let text = text(value, "127.0.0.1:3001")?;
        let right = || {
            let with_address = match text.strip_prefix("localhost") {
                Some(rest) => format!("127.0.0.1{rest}"),
                None if text.starts_with(':') => format!("127.0.0.1{text}"),
                None if text.bytes().all(|b| b.is_ascii_digit()) => format!("127.0.0.1:{text}"),
                None => format!("{text}:3001"),
            };
            with_address.parse::<Self>().ok()
        };
        text.parse().map_err(|_| {
            Invalid::new(
                text,
                "is no address with a port; write `127.0.0.1:3001` or `[::1]:3001`",
            )
            .or_rather(right().map(|right| right.to_string()))
        })
    }
}
