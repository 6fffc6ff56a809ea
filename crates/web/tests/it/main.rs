//! The edge over real sockets: what is refused, with which status, and that nothing was called then.

mod access;
mod connections;
mod events;
mod hosts;
mod malformed;
mod proxies;
mod requests;
mod sockets;
mod support;
mod tls;
