//! Whole screens as people see them.

use super::{Seat, sample};
use crate::top::Look;

fn with_history(columns: u16, rows: u16) -> Seat {
    let mut seat = Seat::new(columns, rows);
    for second in 0..90 {
        let wave = 20.0 + 18.0 * (second as f64 / 7.0).sin();
        seat.show(sample::later(second, wave));
    }
    seat
}

#[test]
fn small_screen() {
    insta::assert_snapshot!(Seat::watching(80, 24).screen());
}

#[test]
fn small_screen_open() {
    let mut seat = Seat::watching(80, 24);
    seat.press("a");
    insta::assert_snapshot!(seat.screen());
}

#[test]
fn small_screen_with_details() {
    let mut seat = with_history(80, 24);
    seat.press("/memory<enter>d");
    insta::assert_snapshot!(seat.screen());
}

#[test]
fn small_screen_with_findings() {
    let mut seat = Seat::watching(80, 24);
    seat.press("f");
    insta::assert_snapshot!(seat.screen());
}

#[test]
fn small_screen_before_the_first_picture() {
    insta::assert_snapshot!(Seat::new(80, 8).screen());
}

#[test]
fn small_screen_with_nothing_to_see() {
    let mut seat = Seat::new(80, 8);
    seat.show(sample::nothing());
    insta::assert_snapshot!(seat.screen());
}

#[test]
fn small_screen_with_help() {
    let mut seat = Seat::watching(80, 24);
    seat.press("?");
    insta::assert_snapshot!(seat.screen());
}

#[test]
fn wide_screen() {
    let mut seat = with_history(200, 50);
    seat.press("n");
    seat.press("a<home><down><down><down><down><down><down><down><down><down><down>");
    insta::assert_snapshot!(seat.screen());
}

#[test]
fn wide_screen_flat_and_sheds() {
    let mut seat = Seat::new(200, 20);
    let mut picture = sample::picture();
    picture.shed = Some("PSS is not read since 14:02:10".to_owned());
    seat.show(picture);
    seat.press("tc");
    insta::assert_snapshot!(seat.screen());
}

#[test]
fn a_terminal_without_unicode_gets_ascii() {
    let mut seat = with_history(80, 24);
    seat.state.look = Look {
        colour: false,
        unicode: false,
    };
    // The hostile server has letters of its own.
    seat.press("/memory<enter><enter>d");
    let screen = seat.screen();
    assert!(screen.is_ascii(), "{screen}");
}

#[test]
fn no_size_breaks_anything() {
    let mut seat = with_history(80, 24);
    seat.press("adf");
    for keys in ["", "<tab>", "<tab>", "x", "<esc>?", "<esc>/zz"] {
        seat.press(keys);
        for columns in [1, 2, 9, 20, 40, 79, 149, 150, 151, 300] {
            for rows in [1, 2, 3, 5, 11, 12, 30, 80] {
                seat.tell(super::Input::Resize(columns, rows));
                seat.screen();
            }
        }
    }
}

#[test]
fn hostile_text_and_secrets_do_not_reach_the_screen() {
    let mut seat = Seat::watching(200, 50);
    seat.press("a");
    let mut seen = String::new();
    for _ in 0..20 {
        seen.push_str(&seat.screen());
        seat.press("<down>");
    }
    assert!(
        seen.contains("ev\\x1b[2Jil"),
        "the name is shown with visible escapes"
    );
    assert!(!seen.contains(['\x1b', '\x07', '\u{202e}']));
    assert!(!seen.contains("ghp_0123"), "{seen}");
    assert!(seen.contains(model::redact::MASK));
}

#[test]
fn a_long_name_leaves_room_for_the_number_of_instances() {
    let mut seat = Seat::new(80, 24);
    let mut picture = sample::picture();
    let mut inventory = (*picture.inventory).clone();
    for server in &mut inventory.servers {
        server.name = format!("a-server-with-quite-a-long-name-{}", server.name);
    }
    picture.inventory = std::sync::Arc::new(inventory);
    seat.show(picture);
    let screen = seat.screen();
    assert!(screen.contains("▸ a-server-with-qu… ×3 Claude"), "{screen}");
}

#[test]
fn what_is_unknown_is_no_zero() {
    let mut seat = Seat::watching(120, 24);
    seat.press("/evil<enter>");
    // No CPU figure yet: the server and its process say so.
    assert!(seat.screen().contains(" - "), "{}", seat.screen());
    seat.press("<esc>/postgres<enter>");
    let screen = seat.screen();
    let line = screen
        .lines()
        .find(|line| line.starts_with("  postgres"))
        .unwrap();
    assert!(line.contains('-') && !line.contains('0'), "{line}");
    seat.press("<esc>/github<enter>");
    let screen = seat.screen();
    let line = screen
        .lines()
        .find(|line| line.contains("github") && line.contains("surplus"))
        .unwrap();
    assert!(
        line.contains("0.4+"),
        "two of three are known, so it is at least that: {line}"
    );
}
