//! What is carried over from a damaged file: what is now, as far as it can be read.

use std::fs;
use std::path::Path;

use history::{AlertQuery, Changes, Document, History, Notice, NoticeKind};

use crate::changes::document;
use crate::rows::{alert, event};
use crate::sample::{self, DAY, HOUR, START, fleet, options, record, timestamp};

const PAGE: usize = 4_096;
const MANY: usize = 400;

/// A document that nearly fills a page.
fn large(n: usize) -> Document {
    Document {
        data: serde_json::json!("d".repeat(900)).into(),
        ..document("notice", &format!("{n:04}"), START, 0)
    }
}

/// A history with samples, events, alerts and many documents.
fn written(folder: &Path) -> Vec<u8> {
    let history = sample::open(folder);
    record(&history, fleet(3, 300, 8));
    let mut put: Vec<Document> = (0..MANY).map(large).collect();
    put.push(document("silence", "night", START, 7));
    history
        .change(Changes {
            alerts: vec![
                alert("fires", "firing", START),
                alert("waits", "pending", START),
                alert("over", "resolved", START),
            ],
            put,
            events: vec![event(START, "past")],
            ..Changes::default()
        })
        .unwrap();
    history.close().unwrap();
    fs::read(folder.join("history.db")).unwrap()
}

/// Fills the page that has this text with nonsense.
fn spoil(bytes: &mut [u8], text: &str) {
    let place = bytes
        .windows(text.len())
        .position(|window| window == text.as_bytes())
        .unwrap();
    let page = place / PAGE * PAGE;
    bytes[page..page + PAGE].fill(0xa5);
}

fn open(folder: &Path, at: i64) -> (History, Vec<Notice>) {
    History::open(options(folder), timestamp(at)).unwrap()
}

fn alerts(history: &History) -> Vec<String> {
    let found = history.alerts(&AlertQuery::default()).unwrap();
    found.into_iter().map(|alert| alert.id).collect()
}

#[test]
fn all_that_can_be_read_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = written(folder.path());
    let before = sample::open(folder.path()).documents("notice").unwrap();
    spoil(&mut bytes, "notice0200");
    fs::write(folder.path().join("history.db"), &bytes).unwrap();
    let (history, notices) = open(folder.path(), START + HOUR);
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert_eq!(notices[0].kind, NoticeKind::SetAside);
    let after = history.documents("notice").unwrap();
    // What was on the page is lost, and nothing else.
    assert!(
        after.len() < MANY && after.len() + 5 > MANY,
        "{} of {MANY}",
        after.len()
    );
    assert!(after.iter().all(|document| before.contains(document)));
    assert_eq!(
        history.documents("silence").unwrap(),
        [document("silence", "night", START, 7)]
    );
    assert_eq!(alerts(&history), ["fires", "waits"], "{notices:?}");
    assert_eq!(history.stats().unwrap().events, 0);
    let text = format!(
        "2 alerts that are not over, and {} documents, others are lost",
        after.len() + 1
    );
    assert!(notices[0].text.contains(&text), "{notices:?}");
    assert_eq!(history.stats().unwrap().documents, after.len() as u64 + 1);
    history.close().unwrap();

    // It is done once: what is removed does not come back.
    let (history, notices) = open(folder.path(), START + 2 * HOUR);
    assert_eq!(notices, []);
    let changes = Changes {
        remove: vec![("silence".to_owned(), "night".to_owned())],
        ..Changes::default()
    };
    history.change(changes).unwrap();
    history.close().unwrap();
    let (history, _) = open(folder.path(), START + 3 * HOUR);
    assert_eq!(history.documents("silence").unwrap(), []);
}

#[test]
fn what_was_only_in_the_log_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path());
    let history = sample::open(folder.path());
    let changes = Changes {
        put: vec![document("silence", "newest", START, 8)],
        ..Changes::default()
    };
    history.change(changes).unwrap();
    // As a kill leaves it: the log is not written back.
    let other = tempfile::tempdir().unwrap();
    for name in ["history.db", "history.db-wal"] {
        fs::copy(folder.path().join(name), other.path().join(name)).unwrap();
    }
    let mut bytes = fs::read(other.path().join("history.db")).unwrap();
    spoil(&mut bytes, "notice0200");
    fs::write(other.path().join("history.db"), &bytes).unwrap();
    let (history, notices) = open(other.path(), START + HOUR);
    assert_eq!(notices[0].kind, NoticeKind::SetAside, "{notices:?}");
    let ids: Vec<String> = history
        .documents("silence")
        .unwrap()
        .into_iter()
        .map(|document| document.id)
        .collect();
    assert_eq!(ids, ["newest", "night"], "{notices:?}");
}

fn begin_again(folder: &Path) {
    for name in ["history.db-wal", "history.db-shm"] {
        fs::remove_file(folder.join(name)).unwrap_or_default();
    }
    fs::write(folder.join("history.db"), "").unwrap();
}

#[test]
fn a_start_that_could_not_write_is_made_up_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = written(folder.path());
    spoil(&mut bytes, "notice0200");
    fs::write(folder.path().join("history.db"), &bytes).unwrap();
    let (history, _) = open(folder.path(), START + HOUR);
    history.close().unwrap();
    drop(history);
    // As if the disk had been full when the new file was begun.
    begin_again(folder.path());
    let (history, notices) = open(folder.path(), START + 2 * HOUR);
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(
        notices[0].text.starts_with("of the damaged history"),
        "{notices:?}"
    );
    assert_eq!(alerts(&history), ["fires", "waits"], "{notices:?}");
    assert!(history.stats().unwrap().documents > 390);
    history.close().unwrap();
    drop(history);

    // After a day it is another life.
    begin_again(folder.path());
    let (history, notices) = open(folder.path(), START + 2 * DAY);
    assert_eq!(notices, []);
    assert_eq!(alerts(&history), [""; 0]);
    assert_eq!(history.stats().unwrap().documents, 0);
}

#[test]
fn bounds_hold_for_what_is_carried_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = written(folder.path());
    spoil(&mut bytes, "notice0200");
    fs::write(folder.path().join("history.db"), &bytes).unwrap();
    let mut options = options(folder.path());
    options.max_documents = 20;
    let (history, notices) = History::open(options, timestamp(START + HOUR)).unwrap();
    assert!(notices[0].text.contains("others are lost"), "{notices:?}");
    assert_eq!(history.documents("notice").unwrap().len(), 20);
    assert_eq!(history.documents("silence").unwrap().len(), 1);
}

#[test]
fn the_disk_limit_holds_while_it_is_carried_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = written(folder.path());
    spoil(&mut bytes, "notice0200");
    // As large as the limit allows.
    bytes.resize(2 << 20, 0);
    fs::write(folder.path().join("history.db"), &bytes).unwrap();
    let mut options = options(folder.path());
    options.max_disk = 2 << 20;
    let (history, notices) = History::open(options, timestamp(START + HOUR)).unwrap();
    assert!(
        notices[0]
            .text
            .contains("left no room for the damaged file"),
        "{notices:?}"
    );
    assert_eq!(alerts(&history), ["fires", "waits"], "{notices:?}");
    assert!(history.stats().unwrap().documents > 390);
    let bytes: u64 = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    assert!(bytes <= 2 << 20, "{bytes}");
}
