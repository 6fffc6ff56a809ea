//! Live events (server-sent events): one hub, many clients. An event is written out once; all clients
//! share its bytes and read on at their own pace from one ring, so a slow client costs nothing but its
//! own place in it.

mod frame;
mod hub;
mod ring;
mod stream;

pub use hub::{Hub, HubCounts, HubLimits};
pub use ring::Event;
pub use stream::{Message, Start};

#[cfg(test)]
mod tests;
