//! Orders to a thread that waits for descriptors: a bounded queue with a bell that wakes it.

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};

/// Orders that wait at most.
const MOST: usize = 256;

/// The queue. One thread takes, any thread puts.
#[derive(Debug)]
pub struct Inbox<T> {
    waiting: Mutex<VecDeque<T>>,
    bell: OwnedFd,
}

impl<T> Inbox<T> {
    /// An empty queue.
    ///
    /// # Errors
    /// No descriptor is left for its bell.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self {
            waiting: Mutex::new(VecDeque::new()),
            bell: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
        })
    }

    /// Puts an order in and wakes the taker. Gives it back if too many wait.
    pub fn put(&self, order: T) -> Result<(), T> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= MOST {
            return Err(order);
        }
        waiting.push_back(order);
        drop(waiting);
        self.ring();
        Ok(())
    }

    /// Wakes the taker for something that is told in another way.
    pub fn ring(&self) {
        // A full counter has rung already.
        let _rung = rustix::io::write(&self.bell, &1_u64.to_ne_bytes());
    }

    /// The next order, if there is one.
    pub fn take(&self) -> Option<T> {
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    }

    /// Waits for an order, at most `timeout`. Returns early now and then.
    pub fn wait(&self, timeout: Duration) {
        let timeout = Timespec {
            tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(timeout.subsec_nanos()),
        };
        let mut bells = [PollFd::from_borrowed_fd(self.bell.as_fd(), PollFlags::IN)];
        if poll(&mut bells, Some(&timeout)).is_ok_and(|rung| rung > 0) {
            self.silence();
        }
    }

    /// Silences the bell, for who polls its descriptor by themselves; then take until there is nothing.
    pub fn silence(&self) {
        // One that has not rung has nothing to read.
        let _silenced = rustix::io::read(&self.bell, &mut [0_u8; 8]);
    }
}

/// The bell: it is readable while an order may wait.
impl<T> AsFd for Inbox<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::time::Duration;

    use super::{Inbox, MOST};

    #[test]
    fn an_order_wakes_who_waits() {
        let inbox = Inbox::new().unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| inbox.put(7).unwrap());
            let mut found = None;
            while found.is_none() {
                inbox.wait(Duration::from_mins(1));
                found = inbox.take();
            }
            assert_eq!(found, Some(7));
        });
        assert_eq!(inbox.take(), None);
    }

    #[test]
    fn it_has_a_bound() {
        let inbox = Inbox::new().unwrap();
        for number in 0..MOST {
            inbox.put(number).unwrap();
        }
        assert_eq!(inbox.put(MOST), Err(MOST));
        assert_eq!(inbox.take(), Some(0));
        inbox.put(MOST).unwrap();
    }
}
