//! What the guard does about what happens: a pure state machine.
//!
//! ```text
//! Serving ──► Leaving ──► Ending ──► Over
//!            a deadline   the tree   its end is told
//!            runs         is ended
//! ```
//! Clients that follow the MCP specification (2025-06-18, "Lifecycle", stdio) close the server's input,
//! wait, send SIGTERM to the process that they started, wait, and send SIGKILL; the usual waits are two
//! seconds. That process is the guard, which cannot act on SIGKILL. So it does the same two steps to the
//! tree, and a little faster.

use std::time::Duration;

/// SIGTERM, which means the end; other signals only pass through.
const TERMINATE: i32 = 15;

/// How long each step may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From the end of standard input, or of the client, to SIGTERM.
    pub grace: Duration,
    /// From SIGTERM to SIGKILL.
    pub kill_after: Duration,
    /// Run time after which the tree is ended; none unless set.
    pub timeout: Option<Duration>,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            grace: Duration::from_millis(1500),
            kill_after: Duration::from_millis(1500),
            timeout: None,
        }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The server itself has ended.
    ServerEnded,
    /// Nobody can write to standard input any more.
    InputEnded,
    /// The process that started us has ended.
    ClientEnded,
    /// We got a signal.
    Signalled(i32),
    /// Time has passed.
    Tick,
}

/// Why a tree is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The server has; what is left of its tree goes with it.
    ServerEnded,
    /// Its input has ended, and it went on.
    InputEnded,
    /// Its client has ended, and it went on.
    ClientEnded,
    /// We were told to end by SIGTERM, and it went on.
    Told,
    /// It ran for longer than it may.
    TimedOut,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send the server this signal, too.
    Pass(i32),
    /// End its whole tree.
    End(Why),
}

/// The machine.
#[derive(Clone, Debug)]
pub struct Machine {
    timing: Timing,
    /// When the tree is to be ended, and why; the earliest reason counts.
    deadline: Option<(Duration, Why)>,
    is_ending: bool,
}

impl Machine {
    /// A server that has just started. `now` is the time since any moment that does not change.
    #[must_use]
    pub fn new(timing: Timing, now: Duration) -> Self {
        let timeout = timing
            .timeout
            .map(|timeout| (now.saturating_add(timeout), Why::TimedOut));
        Self {
            timing,
            deadline: timeout,
            is_ending: false,
        }
    }

    /// When to say [`Event::Tick`]; nothing is waited for without one.
    #[must_use]
    pub fn wake_at(&self) -> Option<Duration> {
        self.deadline.filter(|_| !self.is_ending).map(|(at, _)| at)
    }

    /// Tells it what happened.
    pub fn on(&mut self, event: Event, now: Duration) -> Vec<Effect> {
        if self.is_ending {
            return Vec::new();
        }
        match event {
            Event::ServerEnded => return self.end(Why::ServerEnded),
            Event::InputEnded => self.no_later_than(now + self.timing.grace, Why::InputEnded),
            Event::ClientEnded => self.no_later_than(now + self.timing.grace, Why::ClientEnded),
            Event::Signalled(signal) => {
                if signal == TERMINATE {
                    self.no_later_than(now + self.timing.kill_after, Why::Told);
                }
                return vec![Effect::Pass(signal)];
            }
            Event::Tick => {}
        }
        match self.deadline {
            Some((at, why)) if at <= now => self.end(why),
            _ => Vec::new(),
        }
    }

    fn no_later_than(&mut self, at: Duration, why: Why) {
        if self.deadline.is_none_or(|(earlier, _)| at < earlier) {
            self.deadline = Some((at, why));
        }
    }

    fn end(&mut self, why: Why) -> Vec<Effect> {
        self.is_ending = true;
        vec![Effect::End(why)]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn machine(timeout: Option<u64>) -> Machine {
        let timing = Timing {
            grace: s(2),
            kill_after: s(3),
            timeout: timeout.map(s),
        };
        Machine::new(timing, s(100))
    }

    #[test]
    fn a_server_that_ends_by_itself() {
        let mut machine = machine(None);
        assert_eq!(machine.wake_at(), None);
        assert_eq!(machine.on(Event::Tick, s(1000)), []);
        let effects = machine.on(Event::ServerEnded, s(1001));
        assert_eq!(effects, [Effect::End(Why::ServerEnded)]);
        assert_eq!(machine.on(Event::ServerEnded, s(1002)), []);
    }

    #[test]
    fn a_server_that_goes_on_without_its_client() {
        for (event, why) in [
            (Event::InputEnded, Why::InputEnded),
            (Event::ClientEnded, Why::ClientEnded),
        ] {
            let mut machine = machine(None);
            assert_eq!(machine.on(event, s(110)), []);
            assert_eq!(machine.wake_at(), Some(s(112)));
            // The other sign of the same thing comes later and puts nothing off.
            assert_eq!(machine.on(Event::ClientEnded, s(111)), []);
            assert_eq!(machine.on(Event::InputEnded, s(111)), []);
            assert_eq!(machine.on(Event::Tick, s(112)), [Effect::End(why)]);
            assert_eq!(machine.wake_at(), None);
        }
    }

    #[test]
    fn signals_pass_and_one_of_them_is_meant_for_us_too() {
        let mut machine = machine(None);
        assert_eq!(machine.on(Event::Signalled(2), s(110)), [Effect::Pass(2)]);
        assert_eq!(machine.wake_at(), None);
        assert_eq!(machine.on(Event::Signalled(15), s(110)), [Effect::Pass(15)]);
        assert_eq!(machine.wake_at(), Some(s(113)));
        assert_eq!(machine.on(Event::Signalled(15), s(112)), [Effect::Pass(15)]);
        assert_eq!(machine.on(Event::Tick, s(113)), [Effect::End(Why::Told)]);
        assert_eq!(machine.on(Event::Signalled(15), s(113)), []);
    }

    #[test]
    fn run_time_is_over() {
        let mut machine = machine(Some(30));
        assert_eq!(machine.wake_at(), Some(s(130)));
        assert_eq!(machine.on(Event::InputEnded, s(129)), []);
        assert_eq!(
            machine.on(Event::Tick, s(130)),
            [Effect::End(Why::TimedOut)]
        );
        let longest = Timing {
            timeout: Some(Duration::MAX),
            ..Timing::default()
        };
        assert_eq!(Machine::new(longest, s(1)).wake_at(), Some(Duration::MAX));
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            Just(Event::ServerEnded),
            Just(Event::InputEnded),
            Just(Event::ClientEnded),
            (1..64_i32).prop_map(Event::Signalled),
            Just(Event::Tick),
        ]
    }

    proptest! {
        /// Whatever happens, a tree is ended once, and in time once there is a reason.
        #[test]
        fn an_end_comes_once_and_in_time(steps in prop::collection::vec((event(), 0..4_u64), 1..60)) {
            let mut machine = machine(None);
            let (mut now, mut ends, mut reason) = (100, 0, None);
            for (event, passed) in steps {
                now += passed;
                if matches!(event, Event::InputEnded | Event::ClientEnded | Event::Signalled(15)) {
                    reason.get_or_insert(now);
                }
                let effects = machine.on(event, s(now));
                ends += effects.iter().filter(|effect| matches!(effect, Effect::End(_))).count();
                prop_assert!(ends <= 1);
                if ends == 0 && let Some(reason) = reason {
                    let wake = machine.wake_at().unwrap_or(Duration::MAX);
                    prop_assert!(wake <= s(reason + 3), "{wake:?} after {reason}");
                }
            }
        }
    }
}
