//! What people do with alerts: take notice, and clear.

use alerting::engine::What;
use alerting::{Acknowledgement, Reason, State};
use model::Severity::Critical;

use super::world::{World, memory_rule, set_memory};

fn ann() -> Acknowledgement {
    Acknowledgement {
        by: "ann".to_owned(),
        at: "2026-03-01T12:05:00Z".parse().unwrap(),
        comment: "on it".to_owned(),
    }
}

#[test]
fn acknowledged_until_it_is_over() {
    let mut world = World::new(vec![memory_rule()]);
    set_memory(&mut world, 150.0);
    world.run(60);
    let id = world.alert().id;
    let alert = world.engine.acknowledge(&id, ann()).unwrap();
    assert_eq!(alert.acknowledged, Some(ann()));
    set_memory(&mut world, 250.0);
    let (_, what, alert) = world.next(60).unwrap();
    assert_eq!((what, alert.acknowledged), (What::Escalated, Some(ann())));
    set_memory(&mut world, 50.0);
    assert_eq!(world.next(5).unwrap().2.acknowledged, Some(ann()));
    assert!(world.engine.acknowledge(&id, ann()).is_err());
    set_memory(&mut world, 250.0);
    assert_eq!(world.next(60).unwrap().2.acknowledged, None);
}

#[test]
fn cleared_it_begins_anew() {
    let mut world = World::new(vec![memory_rule()]);
    set_memory(&mut world, 250.0);
    world.run(60);
    let id = world.alert().id;
    let told = world.engine.clear(&id).unwrap();
    assert_eq!(
        (told.what, told.alert.reason),
        (What::Resolved, Some(Reason::Cleared))
    );
    assert_eq!(
        (told.alert.state, told.alert.id.as_str()),
        (State::Resolved, id.as_str())
    );
    assert_eq!(world.engine.alerts().count(), 0);
    assert!(world.engine.clear(&id).is_err());
    let (after, what, alert) = world.next(60).unwrap();
    assert_eq!((after, what, alert.severity), (15, What::Fired, Critical));
    assert_ne!(alert.id, id);
    assert_eq!(alert.fingerprint, told.alert.fingerprint);
}

#[test]
fn what_waits_can_be_cleared() {
    let mut world = World::new(vec![memory_rule()]);
    set_memory(&mut world, 150.0);
    world.run(20);
    let id = world.alert().id;
    assert_eq!(world.engine.clear(&id).unwrap().what, What::Dropped);
    assert_eq!(world.run(30), []);
    assert_eq!(world.next(5).unwrap().1, What::Fired);
}

#[test]
fn what_is_not_there() {
    let mut world = World::new(vec![memory_rule()]);
    let error = world.engine.clear("0123456789abcdef").unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no alert `0123456789abcdef` that is pending or firing"
    );
}
