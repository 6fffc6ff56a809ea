//! Rules over the recorded past: what would have fired.
//!
//! The looks of the history are judged by the engine of the daemon, with a clock made of their times.
//! Where the daemon was started anew, the time that it was away counts as not observed, as it does when it
//! goes on itself: its own processor time tells, because that begins at zero.

mod policy;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use alerting::engine::{Engine, Found, Look};
use alerting::rehearsal::tally::{Episode, Sum, Tally};
use alerting::rule::Source;
use alerting::{Rule, Unit};
use history::Tier;
use jiff::Timestamp;
use model::{Measurement, Moment, Severity};
use schemars::JsonSchema;
use serde::Serialize;

use crate::past_looks::{self, BEATS, Past, PastError, PastFinding, PastLook, Wish, looks};
use crate::report::Word;
use policy::Rehearsal;
pub use policy::{Ladders, ReplayedStep};

/// A daemon that was away for longer begins without what it had seen, milliseconds.
const AWAY_MS: i64 = 600_000;
/// When the replay begins on its own clock, ns.
const BEGIN_NS: u64 = 10_u64.pow(18);
/// Looks between two words about how far it is.
const TELL_EVERY: u64 = 200;

/// What is replayed.
#[derive(Clone, Debug)]
pub struct Replay<'a> {
    /// The rules.
    pub rules: &'a [Rule],
    /// First time.
    pub from: Timestamp,
    /// Last time.
    pub to: Timestamp,
    /// Time between two looks where the past does not tell it.
    pub interval: Duration,
    /// Points of the past that are held at once.
    pub most_points: usize,
    /// What the policy would have done is told too.
    pub ladders: Option<Ladders<'a>>,
}

/// What `replay --json` says.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ReplayReport {
    /// `mcpvisor.replay.v1`.
    pub schema: Word,
    /// First time that was asked for.
    pub from: Timestamp,
    /// Last time that was asked for.
    pub to: Timestamp,
    /// The first look that there was.
    pub first_look: Option<Timestamp>,
    /// The last look that there was.
    pub last_look: Option<Timestamp>,
    /// Looks by how finely they are known: `raw`, `five_minutes`, `hours`.
    pub looks: BTreeMap<&'static str, u64>,
    /// There was more than could be read: some series or findings were not judged.
    pub incomplete: bool,
    /// Alerts that would have fired, by when they began.
    pub alerts: Vec<ReplayedAlert>,
    /// Alerts that are in the sums of the rules only, because there were too many.
    pub alerts_left_out: u64,
    /// What the policy would have decided, in order.
    pub policy: Vec<ReplayedStep>,
    /// Decisions that are not listed, because there were too many.
    pub policy_left_out: u64,
    /// Each rule.
    pub rules: Vec<ReplayedRule>,
}

/// An alert that would have fired.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ReplayedAlert {
    /// The rule.
    pub rule: String,
    /// The worst severity that it had.
    pub severity: Severity,
    /// What it was about: `server` and `owner`, `disk`, ...
    pub labels: BTreeMap<String, String>,
    /// When it began to fire.
    pub from: Timestamp,
    /// When it was over; `null` if it still fired at the end.
    pub to: Option<Timestamp>,
    /// How long that was, seconds.
    pub seconds: f64,
    /// The worst value.
    pub peak: Option<f64>,
    /// The same for people.
    pub peak_shown: Option<String>,
    /// What it said last.
    pub summary: String,
}

/// A rule over the whole time.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ReplayedRule {
    /// Its name.
    pub name: String,
    /// Its condition, for people.
    pub condition: String,
    /// Could it be judged? `judged`; `no_data`: nothing was measured of what it is about; `not_kept`: the
    /// history does not keep that.
    pub data: Word,
    /// Times that it fired.
    pub fired: u64,
    /// Time that its alerts fired, all added up, seconds.
    pub seconds: f64,
    /// The longest of them, seconds.
    pub longest_seconds: f64,
    /// The worst severity.
    pub worst: Option<Severity>,
    /// Alerts that still fired at the end.
    pub firing_at_end: u64,
    /// Times that the condition began to hold, and not for long enough.
    pub too_short: u64,
}

/// Replays. `progress` is told now and then how far it is, from 0 to 1.
pub fn replay(
    past: &(impl Past + ?Sized),
    wish: &Replay<'_>,
    mut progress: impl FnMut(f64),
) -> Result<ReplayReport, PastError> {
    let Replay {
        rules, from, to, ..
    } = *wish;
    let (begin, end) = (from.as_millisecond(), to.as_millisecond());
    let mut run = Run::new(rules, begin);
    let mut rehearsal = wish.ladders.clone().map(Rehearsal::new);
    run.learn(past, wish)?;
    let (findings, has_all) = past.findings(begin, end)?;
    let mut findings = Findings::new(findings);
    let mut past_looks = looks(
        past,
        Wish {
            metrics: past_looks::metrics(rules),
            from: begin,
            to: end,
            step: None,
            interval: wish.interval,
            most_points: wish.most_points,
        },
    );
    while let Some(look) = past_looks.next().transpose()? {
        let found = findings.at(look.at);
        run.on(&look, found);
        if let Some(rehearsal) = &mut rehearsal {
            let (wall, boot_ns) = (look.at, run.clock.1);
            rehearsal.on(run.engine.alerts(), found, Moment { wall, boot_ns });
        }
        if run.count.is_multiple_of(TELL_EVERY) {
            let passed = look.at.as_millisecond().saturating_sub(begin);
            progress(passed as f64 / end.saturating_sub(begin).max(1) as f64);
        }
    }
    let incomplete = past_looks.is_incomplete() || !has_all;
    let mut report = run.finish(wish, incomplete);
    if let Some(rehearsal) = rehearsal {
        report.policy = rehearsal.steps;
        report.policy_left_out = rehearsal.left_out;
    }
    Ok(report)
}

/// A replay under way.
struct Run {
    engine: Engine,
    tally: Tally,
    /// Milliseconds since 1970, and ns of the replay's own clock.
    clock: (i64, u64),
    /// The daemon's own processor time.
    beats: f64,
    seen: HashSet<&'static str>,
    count: u64,
    by_tier: BTreeMap<&'static str, u64>,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

impl Run {
    fn new(rules: &[Rule], begin: i64) -> Self {
        Self {
            engine: Engine::new(rules.to_vec()),
            tally: Tally::of(rules),
            clock: (begin, BEGIN_NS),
            beats: 0.0,
            seen: HashSet::new(),
            count: 0,
            by_tier: BTreeMap::new(),
            first: None,
            last: None,
        }
    }

    /// Teaches the engine what was before the first look.
    fn learn(&mut self, past: &(impl Past + ?Sized), wish: &Replay<'_>) -> Result<(), PastError> {
        let needs = past_looks::windows(wish.rules, Duration::from_mins(10));
        if needs.is_empty() {
            return Ok(());
        }
        let begin = self.clock.0;
        let engine = &mut self.engine;
        let mut learn = |at: i64, interval: Duration, seen: &[Measurement]| {
            let ago = u64::try_from(begin.saturating_sub(at)).unwrap_or(0);
            let moment = Moment {
                wall: Timestamp::from_millisecond(at).unwrap_or_default(),
                boot_ns: BEGIN_NS.saturating_sub(ago.saturating_mul(1_000_000)),
            };
            engine.learn(moment, interval, seen);
        };
        let border = past_looks::before(past, &needs, begin, wish.interval, &mut learn)?;
        let fine = looks(
            past,
            Wish {
                metrics: needs.iter().map(|need| need.metric).collect(),
                from: border,
                to: begin.saturating_sub(1),
                step: None,
                interval: wish.interval,
                most_points: wish.most_points,
            },
        );
        for look in fine {
            let look = look?;
            learn(look.at.as_millisecond(), look.interval, &look.measurements);
        }
        Ok(())
    }

    fn on(&mut self, look: &PastLook, findings: &[Found]) {
        let at = look.at.as_millisecond();
        let away = at.saturating_sub(self.clock.0);
        let own = look
            .measurements
            .iter()
            .find(|one| std::ptr::eq(one.metric, BEATS));
        let is_restarted = look.tier == Tier::Raw && own.is_some_and(|own| own.value < self.beats);
        self.beats = own.map_or(self.beats, |own| own.value);
        let passed = if is_restarted && away <= AWAY_MS {
            self.engine.counters_begin_anew();
            0
        } else {
            u64::try_from(away).unwrap_or(0)
        };
        self.clock = (
            at,
            self.clock
                .1
                .saturating_add(passed.saturating_mul(1_000_000)),
        );
        let transitions = self.engine.on(&Look {
            moment: Moment {
                wall: look.at,
                boot_ns: self.clock.1,
            },
            interval: look.interval,
            measurements: &look.measurements,
            findings,
        });
        self.tally.on(&self.engine, &transitions);
        self.seen
            .extend(look.measurements.iter().map(|one| one.metric.name));
        self.count += 1;
        *self.by_tier.entry(tier(look.tier)).or_default() += 1;
        self.first.get_or_insert(look.at);
        self.last = Some(look.at);
    }

    fn finish(self, wish: &Replay<'_>, incomplete: bool) -> ReplayReport {
        // Nothing is known of the time after the last look.
        let end = self.last.unwrap_or(wish.to);
        let tallied = self.tally.finish(end);
        let unit = |name: &str| {
            wish.rules
                .iter()
                .find(|rule| rule.name == name)
                .map(|rule| rule.unit)
        };
        let alerts = tallied.episodes.into_iter().map(|episode| {
            let unit = unit(&episode.rule);
            replayed(episode, unit, end)
        });
        let rules = wish.rules.iter().map(|rule| {
            let data = match &rule.source {
                _ if !past_looks::kept(rule) => "not_kept",
                Source::Figure { figure, .. } if !self.seen.contains(figure.metric.name) => {
                    "no_data"
                }
                Source::Figure { .. } | Source::Finding(_) => "judged",
            };
            let sum = tallied.sums.get(&rule.name).copied().unwrap_or_default();
            summed(rule, data, sum)
        });
        ReplayReport {
            schema: "mcpvisor.replay.v1".into(),
            from: wish.from,
            to: wish.to,
            first_look: self.first,
            last_look: self.last,
            looks: self.by_tier,
            incomplete,
            alerts: alerts.collect(),
            alerts_left_out: tallied.left_out,
            policy: Vec::new(),
            policy_left_out: 0,
            rules: rules.collect(),
        }
    }
}

fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Raw => "raw",
        Tier::FiveMinutes => "five_minutes",
        Tier::Hours => "hours",
    }
}

fn replayed(episode: Episode, unit: Option<Unit>, end: Timestamp) -> ReplayedAlert {
    let lasted = episode.to.unwrap_or(end).duration_since(episode.from);
    ReplayedAlert {
        rule: episode.rule,
        severity: episode.severity,
        labels: episode.labels,
        from: episode.from,
        to: episode.to,
        seconds: lasted.as_secs_f64(),
        peak: episode.peak,
        peak_shown: episode.peak.zip(unit).map(|(peak, unit)| unit.show(peak)),
        summary: episode.summary,
    }
}

fn summed(rule: &Rule, data: &'static str, sum: Sum) -> ReplayedRule {
    ReplayedRule {
        name: rule.name.clone(),
        condition: crate::api::condition(rule),
        data: data.into(),
        fired: sum.fired,
        seconds: sum.time.as_secs_f64(),
        longest_seconds: sum.longest.as_secs_f64(),
        worst: sum.worst,
        firing_at_end: sum.open,
        too_short: sum.dropped,
    }
}

/// Findings of the past, by when they began.
struct Findings {
    to_come: Vec<PastFinding>,
    there: Vec<PastFinding>,
    found: Vec<Found>,
}

impl Findings {
    fn new(mut all: Vec<PastFinding>) -> Self {
        all.sort_by_key(|finding| std::cmp::Reverse(finding.from));
        Self {
            to_come: all,
            there: Vec::new(),
            found: Vec::new(),
        }
    }

    /// Those that are there at a time; times only grow.
    fn at(&mut self, now: Timestamp) -> &[Found] {
        let before = self.there.len();
        self.there
            .retain(|finding| finding.to.is_none_or(|to| now < to));
        let mut is_changed = self.there.len() != before;
        while let Some(next) = self.to_come.pop_if(|next| next.from <= now) {
            if next.to.is_none_or(|to| now < to) {
                self.there.push(next);
                is_changed = true;
            }
        }
        if is_changed {
            self.found = self.there.iter().filter_map(found).collect();
        }
        &self.found
    }
}

fn found(finding: &PastFinding) -> Option<Found> {
    let name = |name: &Option<String>| Arc::<str>::from(name.as_deref().unwrap_or_default());
    Some(Found {
        kind: finding.kind?,
        severity: finding.severity,
        server: finding
            .server
            .is_some()
            .then(|| (name(&finding.server), name(&finding.owner))),
        title: finding.title.clone(),
        evidence: Vec::new(),
        advice: String::new(),
    })
}

#[cfg(test)]
mod tests;
