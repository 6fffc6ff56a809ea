//! The last events, bounded by number and by bytes.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

/// An event as it was published.
#[derive(Debug)]
pub struct Event {
    pub(super) sequence: u64,
    kind: Box<str>,
    subject: Option<Box<str>>,
    /// As it goes over the wire.
    pub(super) frame: Bytes,
}

impl Event {
    pub(super) fn new(sequence: u64, kind: &str, subject: Option<&str>, frame: Bytes) -> Self {
        Self {
            sequence,
            kind: kind.into(),
            subject: subject.map(Into::into),
            frame,
        }
    }

    /// What kind of event it is.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// What it is about, if it is about one thing.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }
}

/// Events with ascending sequence numbers without a gap; the first ever has number 1.
pub(super) struct Ring {
    events: VecDeque<Arc<Event>>,
    /// Bytes of all frames.
    bytes: usize,
    most_events: usize,
    most_bytes: usize,
    /// Of the newest event ever; 0 before the first.
    pub(super) newest: u64,
}

/// What comes behind a place in the ring.
#[derive(Debug)]
pub(super) enum Next {
    /// Nothing yet.
    Nothing,
    /// The next event.
    Event(Arc<Event>),
    /// The next event is gone already.
    Gone,
}

impl Ring {
    pub(super) fn new(most_events: usize, most_bytes: usize) -> Self {
        Self {
            events: VecDeque::new(),
            bytes: 0,
            most_events: most_events.max(1),
            most_bytes,
            newest: 0,
        }
    }

    /// Adds an event, which must have the next number. One that is larger than all that may be kept is
    /// kept alone.
    pub(super) fn push(&mut self, event: Event) {
        self.newest = event.sequence;
        self.bytes += event.frame.len();
        self.events.push_back(Arc::new(event));
        while self.events.len() > self.most_events
            || (self.bytes > self.most_bytes && self.events.len() > 1)
        {
            let Some(oldest) = self.events.pop_front() else {
                break;
            };
            self.bytes -= oldest.frame.len();
        }
    }

    /// What comes behind the event with this number.
    pub(super) fn after(&self, cursor: u64) -> Next {
        if cursor >= self.newest {
            return Next::Nothing;
        }
        let oldest = self.oldest();
        let wanted = cursor + 1;
        if wanted < oldest {
            return Next::Gone;
        }
        let place = usize::try_from(wanted - oldest).ok();
        match place.and_then(|place| self.events.get(place)) {
            Some(event) => Next::Event(Arc::clone(event)),
            None => Next::Nothing,
        }
    }

    /// The number of the oldest event that is kept.
    pub(super) fn oldest(&self) -> u64 {
        let first = self.events.front();
        first.map_or(self.newest + 1, |event| event.sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(most_events: usize, most_bytes: usize, lengths: &[usize]) -> Ring {
        let mut ring = Ring::new(most_events, most_bytes);
        for length in lengths {
            let frame = Bytes::from(vec![b'x'; *length]);
            ring.push(Event::new(ring.newest + 1, "kind", None, frame));
        }
        ring
    }

    fn check(ring: &Ring, cursor: u64, expected: &str) {
        let next = match ring.after(cursor) {
            Next::Nothing => "nothing".to_owned(),
            Next::Event(event) => format!("event {}", event.sequence),
            Next::Gone => "gone".to_owned(),
        };
        assert_eq!(next, expected, "after {cursor}");
    }

    #[test]
    fn it_keeps_the_newest() {
        let ring = ring(3, 1000, &[10; 5]);
        check(&ring, 0, "gone");
        check(&ring, 1, "gone");
        check(&ring, 2, "event 3");
        check(&ring, 4, "event 5");
        check(&ring, 5, "nothing");
        check(&ring, 99, "nothing");
        check(&Ring::new(3, 1000), 0, "nothing");
    }

    #[test]
    fn bytes_are_bounded_too() {
        let ring = ring(100, 25, &[10; 5]);
        assert_eq!((ring.bytes, ring.oldest()), (20, 4));
    }

    #[test]
    fn a_huge_event_is_kept_alone() {
        let ring = ring(100, 25, &[10, 1000]);
        check(&ring, 0, "gone");
        check(&ring, 1, "event 2");
    }
}
