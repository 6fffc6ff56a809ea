//! How a tree is ended, until nothing of it is left.
//!
//! ```text
//! Closing ──► Terminating ──► Killing ──┐
//!  stdin        SIGTERM        SIGKILL  ├──► verified to be empty
//! Verifying ──────┘               ▲─────┘ again and again
//! ```
//! Closing is for trees whose stdin we hold; if the root ends with it, the rest is not waited for long. Verifying is for those whose root has ended by itself: mostly
//! nothing is left then. Once the root has ended it is looked again and again, soon at first, since most of
//! what is left ends on its own. What survives SIGKILL is told, and killed again; that never ends by itself.

use model::ProcessId;

use super::{Effect, Told};
use crate::spec::StopTimes;
use crate::time::{after, seconds};

const MS: u64 = 1_000_000;
/// The first pause between two looks; each is twice as long as the one before it.
const FIRST_PAUSE: u64 = 50 * MS;
/// The longest pause while what is left may end on its own.
const LONGEST_WAIT: u64 = 1_000 * MS;
/// The longest pause between two kills.
const LONGEST_KILL: u64 = 60_000 * MS;
/// What its root left is given so long to be gone if nobody says that it is not.
const VERIFY_FOR: u64 = 1_000 * MS;
/// What a root leaves that has ended with its stdin has so long to end too, however long the grace is.
const REST_FOR: u64 = 500 * MS;
/// What lives for so long after SIGKILL is told: before, the kernel may still be at work.
const TOLD_AFTER: u64 = 5_000 * MS;

/// What has been done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Verifying,
    Closing,
    Terminating,
    Killing,
}

/// A tree that is being ended.
#[derive(Clone, Debug)]
pub(super) struct Ending {
    generation: u64,
    step: Step,
    /// When the step began, ns.
    since: u64,
    /// When the root ended, ns, if that is known.
    root_gone: Option<u64>,
    /// When it is looked next; only once the root has ended or was killed.
    look_at: Option<u64>,
    pause: u64,
    kills: u32,
    /// What was left at the last look.
    remains: Vec<ProcessId>,
}

impl Ending {
    fn new(generation: u64, step: Step, now: u64) -> Self {
        Self {
            generation,
            step,
            since: now,
            root_gone: None,
            look_at: None,
            pause: FIRST_PAUSE,
            kills: 0,
            remains: Vec::new(),
        }
    }

    /// A tree whose root lives, as far as is known.
    pub(super) fn of_living(
        generation: u64,
        holds_stdin: bool,
        now: u64,
        out: &mut Vec<Effect>,
    ) -> Self {
        let first = if holds_stdin {
            Step::Closing
        } else {
            Step::Terminating
        };
        let mut ending = Self::new(generation, first, now);
        ending.act(now, out);
        ending
    }

    /// A tree whose root has ended or was never started.
    pub(super) fn of_ended(generation: u64, now: u64, out: &mut Vec<Effect>) -> Self {
        let mut ending = Self::new(generation, Step::Verifying, now);
        ending.look(now, out);
        ending
    }

    /// A tree whose root is not known to live, and of which something is left.
    pub(super) fn of_remains(generation: u64, now: u64, out: &mut Vec<Effect>) -> Self {
        let mut ending = Self::new(generation, Step::Terminating, now);
        ending.act(now, out);
        ending.look(now, out);
        ending
    }

    /// Processes that were left at the last look.
    pub(super) fn remains(&self) -> &[ProcessId] {
        &self.remains
    }

    /// When something is to be done next.
    pub(super) fn due(&self, times: &StopTimes) -> u64 {
        let look = self.look_at.unwrap_or(u64::MAX);
        look.min(self.deadline(times))
    }

    fn deadline(&self, times: &StopTimes) -> u64 {
        match self.step {
            Step::Verifying => self.since.saturating_add(VERIFY_FOR),
            Step::Closing => {
                let rest = self
                    .root_gone
                    .map_or(u64::MAX, |at| at.saturating_add(REST_FOR));
                after(self.since, times.grace_eof).min(rest)
            }
            Step::Terminating => after(self.since, times.kill_after),
            Step::Killing => u64::MAX,
        }
    }

    /// It is time.
    pub(super) fn pass(&mut self, times: &StopTimes, now: u64, out: &mut Vec<Effect>) {
        if self.deadline(times) <= now {
            self.climb(now, out);
        } else if self.look_at.is_some_and(|at| at <= now) {
            self.look(now, out);
        }
    }

    /// Its root has ended: from now on it is looked whether all has.
    pub(super) fn root_ended(&mut self, now: u64, out: &mut Vec<Effect>) {
        self.pause = FIRST_PAUSE;
        self.root_gone = Some(now);
        self.look(now, out);
    }

    /// Something is left.
    pub(super) fn remain(
        &mut self,
        processes: Vec<ProcessId>,
        now: u64,
        out: &mut Vec<Effect>,
    ) -> bool {
        self.remains = processes;
        let is_news = self.step == Step::Verifying;
        if is_news {
            self.climb(now, out);
        }
        is_news
    }

    /// The root was started after all: what was done to the tree is done to it too.
    pub(super) fn root_came_late(&mut self, now: u64, out: &mut Vec<Effect>) {
        self.act(now, out);
    }

    fn climb(&mut self, now: u64, out: &mut Vec<Effect>) {
        self.step = match self.step {
            Step::Verifying | Step::Closing => Step::Terminating,
            Step::Terminating | Step::Killing => Step::Killing,
        };
        self.since = now;
        self.pause = FIRST_PAUSE;
        self.act(now, out);
        // Killing has looked already.
        if self.step != Step::Killing && self.look_at.is_some() {
            self.schedule(now);
        }
    }

    /// Does what the step does; killing looks at once.
    fn act(&mut self, now: u64, out: &mut Vec<Effect>) {
        let generation = self.generation;
        match self.step {
            Step::Verifying => {}
            Step::Closing => out.push(Effect::CloseStdin { generation }),
            Step::Terminating => out.push(Effect::Terminate { generation }),
            Step::Killing => self.look(now, out),
        }
    }

    fn look(&mut self, now: u64, out: &mut Vec<Effect>) {
        let generation = self.generation;
        if self.step == Step::Killing {
            let since = now.saturating_sub(self.since);
            if since >= TOLD_AFTER {
                out.push(Effect::Tell(Told::Survives {
                    generation,
                    processes: self.remains.clone(),
                    kills: self.kills,
                    after_seconds: seconds(since),
                }));
            }
            // What was forked since is killed with the rest.
            self.kills = self.kills.saturating_add(1);
            out.push(Effect::Kill { generation });
        }
        out.push(Effect::VerifyEmpty { generation });
        self.schedule(now);
    }

    fn schedule(&mut self, now: u64) {
        let longest = if self.step == Step::Killing {
            LONGEST_KILL
        } else {
            LONGEST_WAIT
        };
        self.look_at = Some(now.saturating_add(self.pause));
        self.pause = self.pause.saturating_mul(2).min(longest);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// What is done, and when (ms), if nothing helps.
    fn course(mut ending: Ending, first: &[Effect], until: u64) -> Vec<(u64, &'static str)> {
        let name = |effect: &Effect| match effect {
            Effect::CloseStdin { .. } => "close",
            Effect::Terminate { .. } => "term",
            Effect::Kill { .. } => "kill",
            Effect::VerifyEmpty { .. } => "look",
            Effect::Tell(Told::Survives { .. }) => "told",
            _ => "other",
        };
        let times = StopTimes {
            grace_eof: Duration::from_secs(2),
            kill_after: Duration::from_secs(10),
        };
        let mut done: Vec<_> = first.iter().map(|effect| (0, name(effect))).collect();
        loop {
            let now = ending.due(&times);
            if now > until * MS {
                return done;
            }
            let mut out = Vec::new();
            ending.pass(&times, now, &mut out);
            done.extend(out.iter().map(|effect| (now / MS, name(effect))));
        }
    }

    #[test]
    fn the_whole_way() {
        let mut out = Vec::new();
        let ending = Ending::of_living(1, true, 0, &mut out);
        let done = course(ending, &out, 20_000);
        let kills = [12_000, 12_050, 12_150, 12_350, 12_750, 13_550, 15_150];
        let mut expected = vec![(0, "close"), (2_000, "term")];
        expected.extend(kills.iter().flat_map(|at| [(*at, "kill"), (*at, "look")]));
        expected.extend([(18_350, "told"), (18_350, "kill"), (18_350, "look")]);
        assert_eq!(done, expected);
    }

    #[test]
    fn what_survives_is_told_for_ever() {
        let mut out = Vec::new();
        let ending = Ending::of_living(1, false, 0, &mut out);
        let done = course(ending, &out, 3_600_000);
        let told: Vec<u64> = done
            .iter()
            .filter(|(_, what)| *what == "told")
            .map(|(at, _)| *at)
            .collect();
        assert!(told.len() > 50, "{told:?}");
        let pauses = told.windows(2).map(|pair| pair[1] - pair[0]);
        assert_eq!(pauses.max(), Some(60_000));
    }

    #[test]
    fn what_a_crash_leaves_is_looked_at_soon_then_ended() {
        let mut out = Vec::new();
        let ending = Ending::of_ended(1, 0, &mut out);
        let done = course(ending, &out, 1_500);
        let looks = [0, 50, 150, 350, 750];
        let mut expected: Vec<_> = looks.iter().map(|at| (*at, "look")).collect();
        expected.extend([
            (1_000, "term"),
            (1_050, "look"),
            (1_150, "look"),
            (1_350, "look"),
        ]);
        assert_eq!(done, expected);
    }

    #[test]
    fn a_root_that_ends_brings_looks() {
        let mut out = Vec::new();
        let mut ending = Ending::of_living(1, true, 0, &mut out);
        ending.root_ended(0, &mut out);
        let left = ProcessId {
            pid: 7,
            start_ticks: 1,
        };
        assert!(
            !ending.remain(vec![left], 0, &mut out),
            "the rest may end by itself"
        );
        assert_eq!(ending.remains(), [left]);
        let done = course(ending, &out, 600);
        let expected = [
            (0, "close"),
            (0, "look"),
            (50, "look"),
            (150, "look"),
            (350, "look"),
            (500, "term"),
            (550, "look"),
        ];
        assert_eq!(done, expected);
    }

    #[test]
    fn what_is_known_to_be_left_is_not_waited_for() {
        let mut out = Vec::new();
        let mut ending = Ending::of_ended(1, 0, &mut out);
        out.clear();
        assert!(ending.remain(Vec::new(), 3 * MS, &mut out));
        assert_eq!(out, [Effect::Terminate { generation: 1 }]);
        out.clear();
        assert!(!ending.remain(Vec::new(), 4 * MS, &mut out));
        assert_eq!(out, []);
    }

    #[test]
    fn a_root_that_comes_late_gets_what_the_others_got() {
        for (holds_stdin, expected) in [
            (true, Effect::CloseStdin { generation: 4 }),
            (false, Effect::Terminate { generation: 4 }),
        ] {
            let mut out = Vec::new();
            let mut ending = Ending::of_living(4, holds_stdin, 0, &mut out);
            out.clear();
            ending.root_came_late(MS, &mut out);
            assert_eq!(out, [expected]);
        }
    }
}
