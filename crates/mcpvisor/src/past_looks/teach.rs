//! Teaching an engine the time before its first look, so that no rate has a hole there.
//!
//! Long windows are taught in buckets of five minutes, the last minutes look by look.

use std::time::Duration;

use alerting::{Engine, Rule};
use model::metric::table as metrics;
use model::{Metric, Moment};

use super::{Need, Past, PastError, Wish, looks, windows};

/// What every look has, and what starts from zero whenever the daemon does.
pub const BEATS: &Metric = metrics::PROCESS_CPU_SECONDS_TOTAL;
/// Looks of so long are taught one by one; also how long a daemon may have been away for its last looks
/// to count as those just before.
const FINE: Duration = Duration::from_mins(10);
/// Width of what is taught of the time before.
const COARSE: Duration = Duration::from_mins(5);
/// Points that are held at once: the daemon has little memory.
const MOST_POINTS: usize = 100_000;
/// Nothing before this is taught.
const LONGEST: Duration = Duration::from_hours(24);

/// Teaches an engine that is about to go on where an earlier daemon ended. `now`: the present.
///
/// Counters of servers start again from what their living processes have, and nobody knows what they
/// gained while nobody looked. So that time counts as not observed, as it does for the clocks of alerts:
/// the last look is told as if it had been taken now, and counters begin anew.
pub fn teach(
    engine: &mut Engine,
    past: &(impl Past + ?Sized),
    rules: &[Rule],
    interval: Duration,
    now: Moment,
) -> Result<(), PastError> {
    let needs = windows(rules, FINE);
    if needs.is_empty() {
        return Ok(());
    }
    let wall = now.wall.as_millisecond();
    let beats = looks(
        past,
        Wish {
            metrics: vec![BEATS],
            from: wall.saturating_sub(millis(FINE)),
            to: wall,
            step: None,
            interval,
            most_points: MOST_POINTS,
        },
    );
    let mut last = None;
    for look in beats {
        last = Some(look?.at.as_millisecond());
    }
    let moved =
        |at: i64, shift: i64| moment_before(now, at, wall.saturating_sub(at).saturating_sub(shift));
    let border = before(
        past,
        &needs,
        last.unwrap_or(wall),
        interval,
        |at, interval, seen| {
            if let Some(moment) = moved(at, 0) {
                engine.learn(moment, interval, seen);
            }
        },
    )?;
    if let Some(last) = last {
        let shift = wall.saturating_sub(last);
        let fine = Wish {
            metrics: needs.iter().map(|need| need.metric).collect(),
            from: border,
            to: last,
            step: None,
            interval,
            most_points: MOST_POINTS,
        };
        for look in looks(past, fine) {
            let look = look?;
            if let Some(moment) = moved(look.at.as_millisecond(), shift) {
                engine.learn(moment, look.interval, &look.measurements);
            }
        }
    }
    engine.counters_begin_anew();
    Ok(())
}

/// Tells what was before the last minutes before a time, of metrics whose windows reach back so far, and
/// says when those last minutes begin, milliseconds since 1970.
pub fn before(
    past: &(impl Past + ?Sized),
    needs: &[Need],
    until: i64,
    interval: Duration,
    mut tell: impl FnMut(i64, Duration, &[model::Measurement]),
) -> Result<i64, PastError> {
    let border = until.saturating_sub(millis(FINE));
    let border = border.saturating_sub(border.rem_euclid(millis(COARSE)));
    let long: Vec<&Need> = needs.iter().filter(|need| need.window > FINE).collect();
    let longest = long.iter().map(|need| need.window).max();
    if let Some(longest) = longest {
        let wish = Wish {
            metrics: long.iter().map(|need| need.metric).collect(),
            from: until.saturating_sub(millis(longest.min(LONGEST))),
            to: border.saturating_sub(1),
            step: Some(COARSE),
            interval,
            most_points: MOST_POINTS,
        };
        for look in looks(past, wish) {
            let look = look?;
            tell(look.at.as_millisecond(), look.interval, &look.measurements);
        }
    }
    Ok(border)
}

/// A moment so many milliseconds before the present; none for one before the machine was started.
fn moment_before(now: Moment, at: i64, ago: i64) -> Option<Moment> {
    let ago = u64::try_from(ago).ok()?.checked_mul(1_000_000)?;
    Some(Moment {
        wall: jiff::Timestamp::from_millisecond(at).ok()?,
        boot_ns: now.boot_ns.checked_sub(ago)?,
    })
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
