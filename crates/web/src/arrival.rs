//! How a request reached us, for handlers.

use std::net::IpAddr;

use crate::hosts::Scheme;

/// Where a request came from and how we look from there. A request extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The client, seen through trusted proxies; nothing over the unix socket.
    pub client: Option<IpAddr>,
    /// As the browser sees it.
    pub scheme: Scheme,
    /// The URL of the page for this client, such as `http://127.0.0.1:3001/mcpvisor`, without a slash
    /// at the end.
    pub base_url: String,
}
