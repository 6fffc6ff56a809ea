//! What happened while nobody could tell it: the containers before a break against those after it.
//!
//! Times are the container's own where it has them (started, ended), else the moment of the comparison.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Action, Event, Origin};
use crate::container::{Container, State};

/// The events that lead from `before` to `after`, without those that were told: `is_told` is asked with
/// the container's id and the action.
pub fn noticed(
    before: &[Arc<Container>],
    after: &[Arc<Container>],
    now: Timestamp,
    is_told: impl Fn(&str, Action) -> bool,
) -> Vec<Event> {
    let old: HashMap<&str, &Container> = by_id(before);
    let new: HashMap<&str, &Container> = by_id(after);
    let mut events = Vec::new();
    for container in before
        .iter()
        .filter(|container| !new.contains_key(container.id.as_str()))
    {
        if container.state.is_alive() {
            events.push(event(container, Action::Die, Some(now)));
        }
        events.push(event(container, Action::Destroy, Some(now)));
    }
    for container in after {
        let Some(known) = old.get(container.id.as_str()) else {
            events.push(event(container, Action::Create, container.created));
            events.extend(
                container
                    .started
                    .map(|at| event(container, Action::Start, Some(at))),
            );
            events.extend(ended(container));
            continue;
        };
        changed(known, container, &mut events);
    }
    let unknown_time = now.as_nanosecond().try_into().unwrap_or(i64::MAX);
    for event in &mut events {
        if event.time_ns == i64::MIN {
            event.time_ns = unknown_time;
        }
    }
    events.retain(|event| !is_told(&event.id, event.action));
    events.sort_by_key(|event| event.time_ns);
    events
}

fn changed(known: &Container, container: &Container, events: &mut Vec<Event>) {
    let was_started = container.started.is_some() && container.started != known.started;
    if was_started {
        if known.state.is_alive() {
            events.push(event(
                known,
                Action::Die,
                container.exit.and_then(|exit| exit.at),
            ));
        }
        events.push(event(container, Action::Start, container.started));
    }
    if (known.state.is_alive() || was_started) && container.exit != known.exit {
        events.extend(ended(container));
    }
    if known.name != container.name {
        events.push(event(container, Action::Rename, None));
    }
    if known.health != container.health && container.health.is_some() {
        let mut verdict = event(container, Action::HealthStatus, None);
        verdict.health = container.health;
        events.push(verdict);
    }
}

/// Its end, if it has ended.
fn ended(container: &Container) -> Vec<Event> {
    let (State::Exited | State::Dead, Some(exit)) = (container.state, container.exit) else {
        return Vec::new();
    };
    let mut events = Vec::new();
    if container.oom_killed == Some(true) {
        events.push(event(container, Action::Oom, exit.at));
    }
    let mut end = event(container, Action::Die, exit.at);
    end.exit_code = Some(exit.code);
    events.push(end);
    events
}

fn by_id(containers: &[Arc<Container>]) -> HashMap<&str, &Container> {
    let pairs = containers
        .iter()
        .map(|container| (container.id.as_str(), &**container));
    pairs.collect()
}

fn event(container: &Container, action: Action, at: Option<Timestamp>) -> Event {
    Event {
        time_ns: at.map_or(i64::MIN, |at| {
            at.as_nanosecond().try_into().unwrap_or(i64::MAX)
        }),
        id: container.id.clone(),
        name: container.name.clone(),
        image: container.image.clone(),
        action,
        exit_code: None,
        health: None,
        origin: Origin::Noticed,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::container::Exit;
    use crate::samples::container;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn actions(before: &[Container], after: &[Container]) -> Vec<(i64, Action)> {
        let shared = |list: &[Container]| list.iter().cloned().map(Arc::new).collect::<Vec<_>>();
        let events = noticed(&shared(before), &shared(after), second(100), |_, _| false);
        events
            .iter()
            .map(|event| (event.time_ns / 1_000_000_000, event.action))
            .collect()
    }

    fn exited(mut container: Container, at: i64) -> Container {
        container.state = State::Exited;
        container.exit = Some(Exit {
            code: 137,
            at: Some(second(at)),
        });
        container
    }

    #[test]
    fn nothing_happened() {
        assert!(actions(&[container("a")], &[container("a")]).is_empty());
    }

    #[test]
    fn it_ended_at_a_known_time_and_one_is_gone() {
        let before = [container("a"), container("b")];
        let mut end = exited(container("a"), 50);
        end.oom_killed = Some(true);
        assert_eq!(
            actions(&before, &[end]),
            [
                (50, Action::Oom),
                (50, Action::Die),
                (100, Action::Die),
                (100, Action::Destroy)
            ]
        );
    }

    #[test]
    fn it_was_started_again() {
        let mut again = container("a");
        again.started = Some(second(60));
        again.exit = Some(Exit {
            code: 1,
            at: Some(second(55)),
        });
        assert_eq!(
            actions(&[container("a")], &[again]),
            [(55, Action::Die), (60, Action::Start)]
        );
    }

    #[test]
    fn what_was_told_is_not_told_again() {
        let before = [Arc::new(container("a"))];
        let after = [Arc::new(exited(container("a"), 50))];
        let told = |id: &str, action| id == before[0].id && action == Action::Die;
        assert!(noticed(&before, &after, second(100), told).is_empty());
    }
}
