//! Killed at any moment while changes are written: each is there whole or not at all, and all that
//! were answered are there.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use history::{AlertQuery, Changes, EventQuery, History};

use crate::changes::document;
use crate::crash::{FOLDER, rounds, start};
use crate::rows::{alert, event};
use crate::sample::{self, MEMORY, Random, SECOND, START, measure, observation};

const NAME: &str = "crash_changes::each_change_is_whole";
/// So many notices are kept: each change adds one and removes one.
const KEPT: i64 = 20;

/// Which change was the last, as its alert says.
fn last(history: &History) -> Option<i64> {
    let alerts = history.alerts(&AlertQuery::default()).unwrap();
    alerts.first().map(|alert| alert.updated)
}

fn change(n: i64) -> Changes {
    Changes {
        alerts: vec![alert("a", "firing", n), alert("b", "pending", n)],
        put: vec![
            document("clock", "rule", n, n),
            document("notice", &format!("{n:08}"), n, n),
        ],
        remove: vec![("notice".to_owned(), format!("{:08}", n - KEPT))],
        // What is old is removed; these must not be.
        events: vec![event(START + n, "first"), event(START + n, "second")],
    }
}

/// Writes changes until it is killed, among ticks.
fn write_for_ever(folder: &Path) {
    let history = sample::open(folder);
    let mut out = std::io::stdout();
    for n in last(&history).map_or(0, |last| last + 1).. {
        let value = measure(&MEMORY, "a", n as f64);
        history.record(observation(START + n * SECOND, vec![value]));
        writeln!(out, "begun {n}").unwrap();
        let numbers = history.change(change(n)).unwrap();
        writeln!(out, "done {n} {}", numbers[1]).unwrap();
    }
}

#[derive(Default)]
struct Promised {
    begun: Option<i64>,
    done: Option<i64>,
    /// Number of the second event of the last change that was answered.
    event: u64,
}

fn kill_after(folder: &Path, lines: u64, promised: &mut Promised) {
    let mut child = start(NAME, folder);
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    let (mut seen, mut ended) = (0, false);
    while let Some(Ok(line)) = said.next() {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["begun", n] => promised.begun = n.parse().ok(),
            ["done", n, event] => {
                promised.done = n.parse().ok();
                promised.event = event.parse().unwrap();
            }
            _ => continue,
        }
        seen += 1;
        if seen >= lines && !ended {
            ended = true;
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(ended, "it ended by itself after {seen} lines");
}

fn check(folder: &Path, promised: &Promised) {
    let history = sample::open(folder);
    let last = last(&history);
    assert!(last >= promised.done, "{last:?} of {:?}", promised.done);
    assert!(last <= promised.begun, "{last:?} of {:?}", promised.begun);
    let Some(last) = last else {
        return;
    };
    let alerts = history.alerts(&AlertQuery::default()).unwrap();
    assert_eq!(
        alerts,
        [alert("a", "firing", last), alert("b", "pending", last)]
    );
    assert_eq!(
        history.documents("clock").unwrap(),
        [document("clock", "rule", last, last)]
    );
    let notices = history.documents("notice").unwrap();
    let expected = (0.max(last - KEPT + 1)..=last)
        .map(|n| document("notice", &format!("{n:08}"), n, n))
        .collect::<Vec<_>>();
    assert_eq!(notices, expected);
    let all = EventQuery {
        after: Some(0),
        limit: Some(usize::MAX),
        ..EventQuery::default()
    };
    let events = history.events(&all).unwrap();
    let times: Vec<i64> = events.iter().map(|event| event.at - START).collect();
    let expected: Vec<i64> = (0..=last).flat_map(|n| [n, n]).collect();
    assert_eq!(times, expected);
    if let Some(done) = promised.done {
        let answered = events.iter().find(|event| event.id == promised.event);
        assert_eq!(answered.map(|event| event.at - START), Some(done));
    }
    let stats = history.stats().unwrap();
    assert_eq!(stats.documents, 1 + notices.len() as u64);
}

#[test]
fn each_change_is_whole() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return write_for_ever(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(u64::from(std::process::id()) | 1);
    let mut promised = Promised::default();
    for _ in 0..rounds(12) {
        kill_after(folder.path(), random.below(120) + 1, &mut promised);
        check(folder.path(), &promised);
    }
}
