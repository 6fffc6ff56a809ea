//! Stopping and cleaning: nothing is done without a yes to just what was shown.

use super::{Effect, Input, Key, Seat, sample};
use crate::top::Outcome;
use crate::top::modal::Modal;

fn apply(effects: &[Effect]) -> Option<&str> {
    effects.iter().find_map(|effect| match effect {
        Effect::Apply { plan_id } => Some(plan_id.as_str()),
        _ => None,
    })
}

/// On `memory`, with the plan to stop it on the screen.
fn asked_to_stop(columns: u16, rows: u16) -> Seat {
    let mut seat = Seat::watching(columns, rows);
    let effects = seat.press("/memory<enter>k");
    let root = sample::stop_plan().removals[0].root;
    assert!(effects.contains(&Effect::PlanStop { root }));
    seat.tell(Input::Result(Outcome::Planned(Ok(sample::stop_plan()))));
    seat
}

#[test]
fn clean_shows_the_plan_and_applies_just_that() {
    let mut seat = Seat::watching(80, 24);
    assert_eq!(apply(&seat.press("x")), None);
    insta::assert_snapshot!(seat.screen());
    assert_eq!(apply(&seat.press("y")), Some("5ca1ab1e"));
    assert!(matches!(seat.state.modal, Some((Modal::Working(_), _))));
    // Keys that come meanwhile do nothing.
    assert_eq!(seat.press("yq<esc>x"), []);
    let report = vec![
        "2 of 2 processes ended, 48 MiB freed".to_owned(),
        "a\x1b[2Jb".to_owned(),
    ];
    seat.tell(Input::Result(Outcome::Applied(Ok(report))));
    let screen = seat.screen();
    assert!(
        screen.contains("2 of 2 processes ended") && screen.contains("a\\x1b[2Jb"),
        "{screen}"
    );
    seat.press("<esc>");
    assert!(seat.state.modal.is_none());
}

#[test]
fn stop_asks_for_a_plan_and_shows_it() {
    let mut seat = asked_to_stop(100, 24);
    insta::assert_snapshot!(seat.screen());
    assert_eq!(apply(&seat.press("y")), Some("0ddba115"));
}

#[test]
fn anything_but_yes_is_no() {
    for key in ["n", "N", "<esc>", "<enter>", "q"] {
        let mut seat = asked_to_stop(80, 24);
        let effects = seat.press(key);
        assert!(
            effects.iter().all(|effect| *effect == Effect::Redraw),
            "{key}: {effects:?}"
        );
        assert!(seat.state.modal.is_none(), "{key}");
        assert_eq!(apply(&seat.press("y")), None);
    }
    let mut seat = asked_to_stop(80, 24);
    seat.press("kx <down>z");
    assert!(
        matches!(seat.state.modal, Some((Modal::Confirm(_), _))),
        "other keys answer nothing"
    );
}

#[test]
fn a_yes_that_was_typed_ahead_does_not_count() {
    let mut seat = Seat::watching(80, 24);
    seat.press("x");
    assert_eq!(seat.tell(Input::Key(Key::Char('y'))), []);
    assert_eq!(
        apply(&seat.press("y")),
        Some("5ca1ab1e"),
        "a second later it does"
    );
}

#[test]
fn a_plan_that_is_out_of_date_is_not_applied() {
    let mut seat = Seat::watching(80, 24);
    seat.press("x");
    seat.show(sample::without("time"));
    assert!(
        seat.screen().contains("has changed since"),
        "{}",
        seat.screen()
    );
    assert_eq!(apply(&seat.press("y")), None);

    let mut seat = asked_to_stop(80, 24);
    seat.show(sample::nothing());
    assert_eq!(apply(&seat.press("y")), None);
}

#[test]
fn an_empty_plan_cannot_be_confirmed() {
    let mut seat = Seat::new(80, 24);
    seat.show(sample::nothing());
    seat.press("x");
    assert!(
        seat.screen().contains("nothing to clean"),
        "{}",
        seat.screen()
    );
    assert_eq!(apply(&seat.press("y")), None);
}

#[test]
fn what_cannot_be_stopped_says_why() {
    for (keys, expected) in [
        ("/postgres<enter>k", "does not run"),
        ("/github<enter>k", "Several instances"),
        ("/zzzz<enter>k", "Nothing is selected"),
        ("fk", "Choose an instance"),
    ] {
        let mut seat = Seat::watching(80, 24);
        let effects = seat.press(keys);
        assert!(
            !effects
                .iter()
                .any(|effect| matches!(effect, Effect::PlanStop { .. })),
            "{keys}"
        );
        assert!(
            seat.screen().contains(expected),
            "{keys}: {}",
            seat.screen()
        );
    }
}

#[test]
fn a_plan_that_comes_too_late_is_not_shown() {
    let mut seat = Seat::watching(80, 24);
    seat.press("/memory<enter>k<esc>");
    seat.tell(Input::Result(Outcome::Planned(Ok(sample::stop_plan()))));
    assert!(seat.state.modal.is_none());
    seat.press("k");
    seat.tell(Input::Result(Outcome::Planned(Err(
        "it has ended".to_owned()
    ))));
    assert!(
        seat.screen()
            .contains("No plan could be made: it has ended")
    );
}

#[test]
fn a_failure_is_reported() {
    let mut seat = Seat::watching(80, 24);
    seat.press("xy");
    seat.tell(Input::Result(Outcome::Applied(Err(
        "the audit cannot be written".to_owned(),
    ))));
    let screen = seat.screen();
    assert!(
        screen.contains("Not done") && screen.contains("audit"),
        "{screen}"
    );
}
