//! One client's view of a hub.
//!
//! A client has a place in the ring (the number of the last event it was given). It is given what comes
//! behind that as fast as it reads; hyper asks for more only while its small buffer has room. If the
//! ring has moved past the place, the client is told how many events it has missed, and goes on with
//! the newest: whoever cannot follow gains nothing from old news.

use std::collections::VecDeque;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http::HeaderName;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::frame;
use super::hub::Hub;
use super::ring::{Event, Next};
use crate::problem::Problem;

/// Where a client begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// It has nothing yet.
    Fresh,
    /// It has everything up to an event that is still known: all since then follows.
    Resumed,
    /// It has an event of an earlier start or one that is too old: something is missing.
    Lagged {
        /// How many events, where that is known.
        missed: Option<u64>,
    },
}

/// An event for one client only, such as the present state at the beginning.
#[derive(Debug)]
pub struct Message {
    kind: String,
    data: serde_json::Result<serde_json::Value>,
}

impl Message {
    /// A message with anything that can be written as JSON.
    pub fn new(kind: &str, data: &impl Serialize) -> Self {
        Self {
            kind: kind.to_owned(),
            data: serde_json::to_value(data),
        }
    }
}

/// Which events a client wants.
type Filter = Box<dyn Fn(&Event) -> bool + Send + Sync>;

struct Reader {
    hub: Hub,
    wake: watch::Receiver<u64>,
    /// The number of the last event that was looked at.
    cursor: u64,
    /// What comes before the ring's events.
    first: VecDeque<Bytes>,
    filter: Filter,
    /// Gives the place back when the client goes.
    _slot: OwnedSemaphorePermit,
}

impl Hub {
    /// The answer to a client that wants events: those for which `filter` holds, behind
    /// `last_event_id` if that is still known, and before them what `first` makes. `first` is called
    /// after the client's place is fixed, so nothing is lost between a picture of the state and the
    /// changes to it. 503 where there are too many clients.
    pub fn stream(
        &self,
        last_event_id: Option<&str>,
        filter: impl Fn(&Event) -> bool + Send + Sync + 'static,
        first: impl FnOnce(Start) -> Vec<Message>,
    ) -> Response {
        let Some(slot) = self.slot() else {
            return Problem::unavailable("too many clients are listening to events")
                .retry_after(10)
                .into_response();
        };
        let wake = self.wake();
        let (start, cursor) = self.place(last_event_id);
        let mut frames = VecDeque::from([Bytes::from_static(frame::HELLO)]);
        if let Start::Lagged { missed } = start {
            frames.push_back(frame::lagged(missed));
            self.missed(missed.unwrap_or(0));
        }
        for message in first(start) {
            let frame = message
                .data
                .and_then(|data| frame::event(self.epoch(), cursor, &message.kind, &data));
            match frame {
                Ok(frame) => frames.push_back(frame),
                Err(error) => tracing::warn!("a first event cannot be written as JSON: {error}"),
            }
        }
        let reader = Reader {
            hub: self.clone(),
            wake,
            cursor,
            first: frames,
            filter: Box::new(filter),
            _slot: slot,
        };
        let body = Body::from_stream(stream::unfold(reader, Reader::next));
        let headers = [
            (CONTENT_TYPE, "text/event-stream"),
            (CACHE_CONTROL, "no-store"),
            // Proxies of the nginx kind would collect events otherwise.
            (HeaderName::from_static("x-accel-buffering"), "no"),
        ];
        (headers, body).into_response()
    }

    /// How a client begins, and the number of the last event that it need not be given.
    fn place(&self, last_event_id: Option<&str>) -> (Start, u64) {
        let (oldest, newest) = self.range();
        let Some(id) = last_event_id.filter(|id| !id.is_empty()) else {
            return (Start::Fresh, newest);
        };
        match frame::sequence(self.epoch(), id) {
            Some(last) if last > newest => (Start::Lagged { missed: None }, newest),
            Some(last) if last + 1 >= oldest => (Start::Resumed, last),
            Some(last) => {
                let missed = Some(oldest - 1 - last);
                (Start::Lagged { missed }, oldest - 1)
            }
            None => (Start::Lagged { missed: None }, oldest - 1),
        }
    }
}

impl Reader {
    /// The next piece for the client; waits until there is one.
    async fn next(mut self) -> Option<(Result<Bytes, std::convert::Infallible>, Self)> {
        if let Some(frame) = self.first.pop_front() {
            return Some((Ok(frame), self));
        }
        loop {
            // Before the ring is looked at: what comes in between wakes us then.
            self.wake.borrow_and_update();
            match self.hub.after(self.cursor) {
                Next::Event(event) => {
                    self.cursor = event.sequence;
                    if (self.filter)(&event) {
                        return Some((Ok(event.frame.clone()), self));
                    }
                }
                Next::Gone => {
                    let (_, newest) = self.hub.range();
                    let missed = newest - 1 - self.cursor;
                    self.hub.missed(missed);
                    self.cursor = newest - 1;
                    return Some((Ok(frame::lagged(Some(missed))), self));
                }
                Next::Nothing => {
                    let changed = self.wake.changed();
                    match tokio::time::timeout(self.hub.keep_alive(), changed).await {
                        Ok(Ok(())) => {}
                        Ok(Err(_)) => return None,
                        Err(_) => return Some((Ok(Bytes::from_static(frame::BEAT)), self)),
                    }
                }
            }
        }
    }
}
