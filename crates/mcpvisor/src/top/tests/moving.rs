//! What keys do to what is shown.

use std::time::Duration;

use super::{Effect, Input, SECOND, Seat, sample};
use crate::top::rows::Row;

fn names(seat: &Seat) -> Vec<&str> {
    let picture = seat.state.picture.as_ref().unwrap();
    let rows = seat
        .state
        .rows
        .iter()
        .filter(|row| matches!(row, Row::Server(_)));
    rows.map(|row| row.server(&picture.inventory).unwrap().name.as_str())
        .collect()
}

#[test]
fn keys_sort_and_turn_round() {
    let mut seat = Seat::watching(80, 24);
    for (keys, expected) in [
        ("c", ["filesystem", "memory", "github"]),
        ("m", ["filesystem", "github", "memory"]),
        ("n", ["ev\x1b[2Jil 日本", "filesystem", "github"]),
        ("o", ["ev\x1b[2Jil 日本", "github", "memory"]),
        ("u", ["memory", "github", "filesystem"]),
        ("nn", ["time", "postgres", "memory"]),
    ] {
        seat.press(keys);
        assert_eq!(names(&seat)[..3], expected, "after {keys}");
    }
}

#[test]
fn the_selection_stays_with_what_it_is_on() {
    let mut seat = Seat::watching(80, 24);
    seat.press("n");
    assert!(
        seat.selected_line().contains("ev"),
        "the first, while nobody chose"
    );
    seat.press("<down><down><down>");
    let selected = seat.selected_line();
    assert!(selected.contains("memory"), "{selected}");
    for keys in ["c", "a", "r", "u"] {
        seat.press(keys);
        assert_eq!(seat.selected_line(), selected, "after {keys}");
    }
    seat.show(sample::later(1, 99.0));
    assert_eq!(seat.selected_line(), selected);
    // It is gone: the one in its place is selected.
    seat.show(sample::without("memory"));
    assert_ne!(seat.selected_line(), selected);
}

#[test]
fn servers_open_to_instances_and_processes() {
    let mut seat = Seat::watching(80, 24);
    seat.press("/github<enter>");
    assert_eq!(seat.state.rows.len(), 1);
    seat.press("<enter>");
    assert_eq!(seat.state.rows.len(), 4, "three instances");
    seat.press("<down><right>");
    assert_eq!(seat.state.rows.len(), 5, "the process of the first");
    seat.press("<down><left>");
    assert_eq!(
        seat.state.rows.len(),
        4,
        "left on the process closes its instance"
    );
    seat.press("<left>");
    assert!(
        seat.selected_line().contains("github"),
        "left on a closed one leads out"
    );
    seat.press("<left>");
    assert_eq!(seat.state.rows.len(), 1);
}

#[test]
fn a_filter_finds_processes_in_closed_servers() {
    let mut seat = Seat::watching(80, 24);
    seat.press("/MODELCONTEXT");
    assert_eq!(names(&seat), ["memory"]);
    assert!(seat.state.rows.len() > 1, "the process is shown");
    seat.press("<back><back><back><back><back><back><back><back><back><back><back><back>112");
    assert_eq!(names(&seat), ["memory"]);
    seat.press("zzz");
    assert!(names(&seat).is_empty());
    seat.press("<esc>");
    assert_eq!(names(&seat).len(), 6);
}

#[test]
fn a_filter_finds_no_secrets() {
    let mut seat = Seat::watching(80, 24);
    seat.press("/ghp_0123");
    assert!(names(&seat).is_empty());
}

#[test]
fn letters_of_a_filter_are_no_commands() {
    let mut seat = Seat::watching(80, 24);
    assert!(!seat.press("/qxk").contains(&Effect::Quit));
    assert_eq!(seat.state.arrangement.filter, "qxk");
    assert!(seat.state.modal.is_none());
    assert!(seat.press("<ctrl-c>").contains(&Effect::Quit));
}

#[test]
fn panes_take_turns() {
    use crate::top::layout::Focus;
    let mut seat = Seat::watching(80, 24);
    seat.press("<tab>");
    assert_eq!(seat.state.panes.focus, Focus::Findings);
    seat.press("<tab>d<tab>");
    assert_eq!(seat.state.panes.focus, Focus::Details);
    seat.press("<pgdn><end>");
    let scrolled = seat.state.panes.details_offset;
    assert!(scrolled > 0);
    seat.press("<down>");
    assert_eq!(
        seat.state.panes.details_offset, scrolled,
        "no further than the end"
    );
    seat.press("d");
    assert_eq!(
        seat.state.panes.focus,
        Focus::Servers,
        "who is closed has no keys"
    );
    seat.press("f");
    assert_eq!(seat.state.panes.focus, Focus::Findings);
    seat.press("f");
    assert_eq!(seat.state.panes.focus, Focus::Servers);
}

#[test]
fn a_finding_leads_to_its_server() {
    let mut seat = Seat::watching(80, 24);
    seat.press("f<enter>");
    assert!(
        seat.selected_line().contains("time"),
        "the worst finding is first"
    );
    seat.press("f<down><enter>");
    assert!(seat.selected_line().contains("github"));
}

#[test]
fn the_interval_has_bounds() {
    let mut seat = Seat::watching(80, 24);
    let effects = seat.press("+");
    assert!(effects.contains(&Effect::SetInterval(Duration::from_secs(2))));
    seat.press("-----------");
    assert_eq!(seat.state.interval, Duration::from_millis(200));
    seat.press("++++++++++++++");
    assert_eq!(seat.state.interval, Duration::from_secs(30));
}

#[test]
fn messages_go_away_by_themselves() {
    let mut seat = Seat::watching(80, 24);
    seat.press("p");
    assert!(seat.state.paused);
    let until = seat.state.wakes_at().unwrap();
    seat.now_ns = until - 1;
    assert_eq!(seat.tell(Input::Tick), []);
    seat.now_ns = until;
    assert_eq!(seat.tell(Input::Tick), [Effect::Redraw]);
    assert_eq!(seat.state.wakes_at(), None);
}

#[test]
fn a_look_that_failed_leaves_the_last_picture() {
    let mut seat = Seat::watching(80, 24);
    seat.tell(Input::Failed("no /proc\x1b[2J".to_owned()));
    let screen = seat.screen();
    assert!(
        screen.contains("Cannot look at the machine: no /proc\\x1b[2J"),
        "{screen}"
    );
    assert!(screen.contains("filesystem"));
    seat.now_ns += 10 * SECOND;
    seat.tell(Input::Tick);
    assert!(!seat.screen().contains("Cannot"));
}

#[test]
fn what_is_gone_is_not_remembered() {
    let mut seat = Seat::watching(80, 24);
    seat.press("a");
    seat.show(sample::nothing());
    assert!(seat.state.arrangement.open_servers.is_empty());
    assert!(seat.state.arrangement.open_instances.is_empty());
    assert!(seat.state.rows.is_empty());
}
