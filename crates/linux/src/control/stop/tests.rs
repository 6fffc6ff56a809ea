//! The state machine without processes: what it is told, what it does.

use std::{collections::BTreeSet, time::Duration};

use model::ProcessId;
use proptest::prelude::*;

use super::{Effect, Event, Outcome, Phase, Sent, Step, Stop, Timing};

const SECOND: Duration = Duration::from_secs(1);

fn id(pid: u32) -> ProcessId {
    ProcessId {
        pid,
        start_ticks: 7,
    }
}

fn stop(pids: &[u32], holds_stdin: bool) -> Stop {
    Stop::new(pids.iter().copied().map(id), holds_stdin, Timing::default())
}

fn ended(pid: u32) -> Event {
    let zombie = false;
    Event::Ended {
        id: id(pid),
        zombie,
    }
}

fn looked(pids: &[u32]) -> Event {
    Event::Looked {
        newcomers: pids.iter().copied().map(id).collect(),
    }
}

/// The effects without the alarm clock.
fn deeds(effects: Vec<Effect>) -> Vec<Effect> {
    let alarm = |effect: &Effect| matches!(effect, Effect::WakeAt(_));
    effects
        .into_iter()
        .filter(|effect| !alarm(effect))
        .collect()
}

fn sent(signal: Sent, pids: &[u32]) -> Vec<Effect> {
    pids.iter()
        .map(|pid| Effect::Signal(id(*pid), signal))
        .collect()
}

fn outcome(stop: &Stop, pid: u32) -> Option<Outcome> {
    let outcomes = stop.outcomes().into_iter();
    outcomes
        .filter(|(known, _)| *known == id(pid))
        .map(|(_, outcome)| outcome)
        .next()
}

#[test]
fn the_root_is_told_first_and_all_before_any_is_continued() {
    let mut stop = stop(&[10, 11], false);
    let expected = [
        sent(Sent::Terminate, &[10, 11]),
        sent(Sent::Continue, &[10, 11]),
    ]
    .concat();
    assert_eq!(deeds(stop.on(&Event::Begin, SECOND)), expected);
    assert_eq!(stop.phase(), Phase::Terminating);
}

#[test]
fn it_is_over_when_all_have_ended_and_a_look_finds_nobody() {
    let mut stop = stop(&[10, 11], false);
    stop.on(&Event::Begin, SECOND);
    assert_eq!(deeds(stop.on(&ended(11), SECOND)), []);
    assert_eq!(deeds(stop.on(&ended(10), SECOND)), [Effect::Look]);
    assert_eq!(deeds(stop.on(&looked(&[]), SECOND)), [Effect::Finish]);
    let by = Step::Terminated;
    let zombie = false;
    assert_eq!(outcome(&stop, 10), Some(Outcome::Ended { by, zombie }));
}

#[test]
fn a_newcomer_gets_what_the_others_got() {
    let mut stop = stop(&[10], false);
    stop.on(&Event::Begin, SECOND);
    stop.on(&ended(10), SECOND);
    let expected = [sent(Sent::Terminate, &[12]), sent(Sent::Continue, &[12])].concat();
    assert_eq!(deeds(stop.on(&looked(&[12]), SECOND)), expected);
    assert_eq!(deeds(stop.on(&looked(&[12]), SECOND)), [], "known by now");
    assert_eq!(deeds(stop.on(&ended(12), SECOND)), [Effect::Look]);
}

/// A look that was begun before the last end knows nothing of what the last one forked.
#[test]
fn an_answer_that_is_older_than_the_last_end_decides_nothing() {
    let mut stop = stop(&[10], false);
    stop.on(&Event::Begin, SECOND);
    let later = SECOND + Timing::default().look_every;
    assert_eq!(deeds(stop.on(&Event::Tick, later)), [Effect::Look]);
    assert_eq!(deeds(stop.on(&ended(10), later)), [Effect::Look]);
    assert_eq!(
        deeds(stop.on(&looked(&[]), later)),
        [],
        "the answer to the first"
    );
    assert_eq!(deeds(stop.on(&looked(&[12]), later)).len(), 2);
    assert_eq!(stop.phase(), Phase::Terminating);
}

#[test]
fn the_deaf_are_frozen_looked_at_and_killed() {
    let mut stop = stop(&[10, 11], false);
    stop.on(&Event::Begin, SECOND);
    stop.on(&ended(11), SECOND);
    let late = SECOND + Timing::default().kill_after;
    let expected = [sent(Sent::Freeze, &[10]), vec![Effect::Look]].concat();
    assert_eq!(deeds(stop.on(&Event::Tick, late)), expected);
    let again = [sent(Sent::Freeze, &[12]), vec![Effect::Look]].concat();
    assert_eq!(deeds(stop.on(&looked(&[12]), late)), again);
    assert_eq!(
        deeds(stop.on(&looked(&[]), late)),
        sent(Sent::Kill, &[10, 12])
    );
    assert_eq!(stop.phase(), Phase::Killing);
    stop.on(&ended(10), late);
    stop.on(&ended(12), late);
    let escaped = [sent(Sent::Freeze, &[13]), vec![Effect::Look]].concat();
    assert_eq!(deeds(stop.on(&looked(&[13]), late)), escaped);
    assert_eq!(deeds(stop.on(&looked(&[]), late)), sent(Sent::Kill, &[13]));
}

#[test]
fn a_process_that_outlives_sigkill_is_reported() {
    let mut stop = stop(&[10], false);
    stop.on(&Event::Begin, SECOND);
    let kill = SECOND + Timing::default().kill_after;
    stop.on(&Event::Tick, kill);
    stop.on(&looked(&[]), kill);
    let over = kill + Timing::default().give_up;
    assert_eq!(deeds(stop.on(&Event::Tick, over)), [Effect::Finish]);
    assert_eq!(outcome(&stop, 10), Some(Outcome::Survived));
    assert_eq!(
        deeds(stop.on(&ended(10), over)),
        [],
        "nothing after the end"
    );
}

#[test]
fn stdin_comes_before_signals() {
    let mut stop = stop(&[10, 11], true);
    assert_eq!(deeds(stop.on(&Event::Begin, SECOND)), [Effect::CloseStdin]);
    stop.on(&ended(11), SECOND);
    let late = SECOND + Timing::default().stdin_grace;
    let expected = [sent(Sent::Terminate, &[10]), sent(Sent::Continue, &[10])].concat();
    assert_eq!(deeds(stop.on(&Event::Tick, late)), expected);
    let by = Step::StdinClosed;
    let zombie = false;
    assert_eq!(outcome(&stop, 11), Some(Outcome::Ended { by, zombie }));
}

#[test]
fn refusal_ends_the_matter_for_one_process() {
    let mut stop = stop(&[10, 11], false);
    stop.on(&Event::Begin, SECOND);
    let why = "not ours".to_owned();
    stop.on(
        &Event::Refused {
            id: id(10),
            why: why.clone(),
        },
        SECOND,
    );
    assert_eq!(deeds(stop.on(&ended(11), SECOND)), [Effect::Look]);
    assert_eq!(deeds(stop.on(&looked(&[]), SECOND)), [Effect::Finish]);
    assert_eq!(outcome(&stop, 10), Some(Outcome::Refused { why }));
}

#[test]
fn what_had_ended_before_was_not_ended_by_us() {
    let mut stop = stop(&[10, 11], false);
    assert_eq!(stop.on(&ended(10), SECOND), []);
    let expected = [sent(Sent::Terminate, &[11]), sent(Sent::Continue, &[11])].concat();
    assert_eq!(deeds(stop.on(&Event::Begin, SECOND)), expected);
    assert_eq!(outcome(&stop, 10), Some(Outcome::AlreadyGone));
}

#[test]
fn an_empty_tree_is_over_after_one_look() {
    let mut stop = stop(&[], false);
    assert_eq!(deeds(stop.on(&Event::Begin, SECOND)), [Effect::Look]);
    assert_eq!(deeds(stop.on(&looked(&[]), SECOND)), [Effect::Finish]);
}

#[test]
fn blindness_is_remembered() {
    let mut stop = stop(&[10], false);
    stop.on(&Event::Begin, SECOND);
    stop.on(&ended(10), SECOND);
    assert_eq!(deeds(stop.on(&Event::Blind, SECOND)), [Effect::Finish]);
    assert!(!stop.is_verified());
}

fn any_event() -> impl Strategy<Value = Event> {
    let pid = 10_u32..16;
    prop_oneof![
        1 => Just(Event::Begin),
        3 => Just(Event::Tick),
        1 => Just(Event::Blind),
        3 => (pid.clone(), any::<bool>()).prop_map(|(pid, zombie)| Event::Ended { id: id(pid), zombie }),
        1 => pid.clone().prop_map(|pid| Event::Refused { id: id(pid), why: String::new() }),
        3 => proptest::collection::vec(pid, 0..3).prop_map(|pids| looked(&pids)),
    ]
}

proptest! {
    /// Whatever happens in whatever order: nobody is signalled who is not known to live, the
    /// steps only go up, and time alone brings it to its end.
    #[test]
    fn signals_go_to_the_living_only_and_it_always_ends(
        events in proptest::collection::vec((any_event(), 0_u64..3000), 0..60),
        holds_stdin in any::<bool>(),
    ) {
        let mut stop = stop(&[10, 11], holds_stdin);
        let mut now = SECOND;
        let mut known: BTreeSet<_> = [id(10), id(11)].into();
        let mut over = BTreeSet::new();
        let began = std::iter::once((Event::Begin, 0)).chain(events);
        for (event, passed) in began {
            now += Duration::from_millis(passed);
            if stop.phase() != Phase::Ready && stop.phase() != Phase::Done {
                match &event {
                    Event::Ended { id, .. } | Event::Refused { id, .. } if known.contains(id) => {
                        over.insert(*id);
                    }
                    Event::Looked { newcomers } => known.extend(newcomers),
                    _ => {}
                }
            }
            for effect in stop.on(&event, now) {
                if let Effect::Signal(target, _) = effect {
                    prop_assert!(known.contains(&target) && !over.contains(&target));
                }
            }
        }
        for _ in 0..500 {
            now += Duration::from_millis(500);
            let event = if stop.phase() == Phase::Freezing { looked(&[]) } else { Event::Tick };
            stop.on(&event, now);
        }
        prop_assert_eq!(stop.phase(), Phase::Done);
        prop_assert_eq!(stop.outcomes().len(), known.len());
    }

    /// A tree that forks whenever it is looked at is frozen for a bounded number of looks only.
    #[test]
    fn a_fork_bomb_does_not_keep_it(first in 100_u32..200) {
        let mut stop = stop(&[10], false);
        stop.on(&Event::Begin, SECOND);
        let late = SECOND + Timing::default().kill_after;
        stop.on(&Event::Tick, late);
        let mut looks = 0;
        while stop.phase() == Phase::Freezing && looks < 1000 {
            stop.on(&looked(&[first + looks]), late);
            looks += 1;
        }
        prop_assert!(looks < 50, "{} looks", looks);
    }
}
