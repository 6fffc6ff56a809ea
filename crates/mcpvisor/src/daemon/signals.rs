//! What the thread that looks is told beside orders: each is raised once, however often it was raised before
//! the thread took it in. So none can be lost for want of room, and none takes the room of people's orders.

use std::sync::atomic::{AtomicU8, Ordering};

/// Something to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Signal {
    /// Something about servers that are kept has changed.
    Kept = 1,
    /// Something has happened that the next look should not wait for.
    Soon = 1 << 1,
    /// Another configuration is in force.
    Configured = 1 << 2,
    /// It is to end.
    Stop = 1 << 3,
}

/// What is raised.
#[derive(Debug, Default)]
pub(super) struct Signals(AtomicU8);

impl Signals {
    /// Raises one.
    pub(super) fn raise(&self, signal: Signal) {
        self.0.fetch_or(signal as u8, Ordering::AcqRel);
    }

    /// Takes one in, if it was raised.
    pub(super) fn take(&self, signal: Signal) -> bool {
        self.0.fetch_and(!(signal as u8), Ordering::AcqRel) & signal as u8 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::{Signal, Signals};

    #[test]
    fn what_is_raised_often_is_taken_once_and_no_other_with_it() {
        let signals = Signals::default();
        signals.raise(Signal::Kept);
        signals.raise(Signal::Stop);
        signals.raise(Signal::Kept);
        assert!(!signals.take(Signal::Soon));
        assert!(signals.take(Signal::Kept));
        assert!(!signals.take(Signal::Kept));
        assert!(signals.take(Signal::Stop));
    }
}
