//! The small pieces of upkeep between two batches: putting blocks together, removing what has
//! reached its age, giving free pages back.
//!
//! Age is judged by the wall clock, so a clock that is set far ahead by mistake must not empty the
//! history: after every jump, removal by age waits until the clock has gone steadily for an hour.

use crate::series::Millis;
use crate::store::{blocks, registry};
use crate::tier::Tier;
use crate::{Error, options, room, rows};

use super::Writer;
use super::merge::Merge;

/// Wall clock and time since boot may drift apart so much between two ticks.
const JUMP: Millis = 60_000;
/// How long the clock must go steadily after a jump, nanoseconds.
const STEADY: u64 = 3_600_000_000_000;
/// After a longer pause than this the first time seen is as doubtful as a jump.
const LONG_PAUSE: Millis = 7 * 86_400_000;
/// Every so many ticks the ages are looked at.
const AGES_EVERY: u32 = 60;

/// What upkeep remembers.
#[derive(Debug)]
pub(super) struct Upkeep {
    /// Wall clock and time since boot of the last tick.
    last: Option<(Millis, u64)>,
    /// Newest time in the store when it was opened.
    newest: Option<Millis>,
    /// Time since boot when the clock jumped.
    jumped: Option<u64>,
    ticks: u32,
    pub(super) merge: Option<Merge>,
    /// Nothing to merge was found for this state of the blocks.
    pub(super) merged_at: Option<u64>,
    /// Grows when blocks were removed or the file is another one.
    pub(super) changes: u64,
}

impl Upkeep {
    pub(super) fn new(newest: Option<Millis>) -> Self {
        Self {
            last: None,
            newest,
            jumped: None,
            ticks: 0,
            merge: None,
            merged_at: None,
            changes: 0,
        }
    }

    /// The blocks may be others than before.
    pub(super) fn reopened(&mut self) {
        self.merge = None;
        self.merged_at = None;
        self.changes += 1;
    }

    /// Notes the clocks of a tick.
    pub(super) fn clock(&mut self, wall: Millis, boot: u64) {
        let jumped = match self.last {
            Some((last_wall, last_boot)) => {
                let passed = boot.saturating_sub(last_boot) / 1_000_000;
                let passed = i64::try_from(passed).unwrap_or(i64::MAX);
                (wall - last_wall).saturating_sub(passed) > JUMP
            }
            None => self.newest.is_some_and(|newest| wall - newest > LONG_PAUSE),
        };
        if jumped {
            self.jumped = Some(boot);
        }
        if self
            .jumped
            .is_some_and(|since| boot.saturating_sub(since) > STEADY)
        {
            self.jumped = None;
        }
        self.last = Some((wall, boot));
    }
}

impl Writer {
    /// Does one small piece of upkeep.
    pub(super) fn keep_up(&mut self) -> Result<(), Error> {
        self.upkeep.ticks = self.upkeep.ticks.wrapping_add(1);
        let outcome = if self.upkeep.ticks.is_multiple_of(AGES_EVERY) {
            self.remove_old()
        } else {
            self.merge_step(false).map(drop)
        };
        match &outcome {
            // No room to put blocks together is no failure: they stay apart.
            Ok(()) | Err(Error::Full { .. }) => Ok(()),
            Err(error) => {
                self.upkeep.reopened();
                self.fail(error);
                outcome
            }
        }
    }

    /// Removes what has reached its age.
    fn remove_old(&mut self) -> Result<(), Error> {
        if self.upkeep.jumped.is_some() {
            return Ok(());
        }
        let Some(connection) = self.connection.as_ref() else {
            return Ok(());
        };
        let failed = Error::database("remove old data from");
        let options = &self.shared.options;
        let ages = [
            (Tier::Raw, options.raw),
            (Tier::FiveMinutes, options.five_minutes),
            (Tier::Hours, options.hours),
        ];
        let mut longest = 0;
        let mut removed = false;
        for (tier, age) in ages {
            let age = options::millis(age);
            longest = longest.max(age);
            let until = self.now - age;
            let blocks = blocks::all(connection, tier).map_err(&failed)?;
            // One block at a time: the next is removed a little later.
            if let Some(old) = blocks.iter().find(|block| block.high < until) {
                room::remove_with_parts(connection, tier, old).map_err(&failed)?;
                removed = true;
            }
        }
        let series = self.now - longest - 70 * 86_400_000;
        registry::forget_before(connection, series).map_err(&failed)?;
        rows::remove_old(connection, options, self.now).map_err(&failed)?;
        if room::is_slack(connection).map_err(&failed)? {
            room::give_back(connection, 256)?;
        }
        if removed {
            self.upkeep.reopened();
        }
        Ok(())
    }

    /// Puts everything into as few bytes as possible.
    pub(super) fn compact(&mut self) -> Result<(), Error> {
        let outcome = self.try_compact();
        if let Err(error) = &outcome {
            self.upkeep.reopened();
            self.fail(error);
        }
        outcome
    }

    fn try_compact(&mut self) -> Result<(), Error> {
        self.seal()?;
        while self.merge_step(true)? {}
        let connection = self.connection.as_ref().ok_or(Error::Closed)?;
        room::give_back(connection, 1 << 30)?;
        room::write_back(connection)?;
        Ok(())
    }
}
