//! Alerts, documents and events that are written together, or not at all.

use history::{AlertQuery, Changes, Document, Error, EventQuery, History};
use serde_json::json;

use crate::rows::{alert, event};
use crate::sample::{self, START};

pub(crate) fn document(kind: &str, id: &str, at: i64, n: i64) -> Document {
    Document {
        kind: kind.to_owned(),
        id: id.to_owned(),
        at,
        data: json!({"n": n}).into(),
    }
}

fn put(documents: Vec<Document>) -> Changes {
    Changes {
        put: documents,
        ..Changes::default()
    }
}

fn named(kind: &str, id: &str) -> (String, String) {
    (kind.to_owned(), id.to_owned())
}

fn ids(history: &History, kind: &str) -> Vec<String> {
    let found = history.documents(kind).unwrap();
    found.into_iter().map(|document| document.id).collect()
}

#[test]
fn what_belongs_together_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let history = sample::open(folder.path());
    let first = history.event(event(START, "before")).unwrap();
    let changes = Changes {
        alerts: vec![alert("a", "firing", START)],
        put: vec![
            document("notice", "late", START + 5, 1),
            document("notice", "b", START, 2),
            document("notice", "a", START, 3),
            document("silence", "a", START, 4),
        ],
        remove: vec![named("notice", "never there")],
        events: vec![event(START, "fired"), event(START, "told")],
    };
    let events = history.change(changes).unwrap();
    assert_eq!(events, [first + 1, first + 2]);
    history.close().unwrap();

    let history = sample::open(folder.path());
    assert_eq!(ids(&history, "notice"), ["a", "b", "late"]);
    assert_eq!(
        history.documents("silence").unwrap(),
        [document("silence", "a", START, 4)]
    );
    assert_eq!(history.documents("clock").unwrap(), []);
    assert_eq!(history.alerts(&AlertQuery::default()).unwrap()[0].id, "a");
    let stats = history.stats().unwrap();
    assert_eq!((stats.alerts, stats.documents, stats.events), (1, 4, 3));

    // Removed first, then put: what is named in both is there.
    let changes = Changes {
        put: vec![
            document("notice", "b", START + 9, 20),
            document("notice", "b", START + 9, 21),
        ],
        remove: vec![
            named("notice", "a"),
            named("notice", "b"),
            named("silence", "a"),
        ],
        ..Changes::default()
    };
    assert!(history.change(changes).unwrap().is_empty());
    assert_eq!(
        history.documents("notice").unwrap(),
        [
            document("notice", "late", START + 5, 1),
            document("notice", "b", START + 9, 21)
        ]
    );
    let stats = history.stats().unwrap();
    let bytes = "noticelate{\"n\":1}".len() + "noticeb{\"n\":21}".len();
    assert_eq!((stats.documents, stats.document_bytes), (2, bytes as u64));
}

/// Changes that are refused and leave everything as it was.
fn is_refused(history: &History, put: Vec<Document>) -> Error {
    let before = (
        history.stats().unwrap().document_bytes,
        history.alerts(&AlertQuery::default()).unwrap(),
        history.events(&EventQuery::default()).unwrap(),
        ids(history, "clock"),
        ids(history, "notice"),
    );
    let error = history
        .change(Changes {
            alerts: vec![alert("refused", "firing", START)],
            put,
            remove: vec![named("clock", "0")],
            events: vec![event(START, "refused")],
        })
        .unwrap_err();
    let after = (
        history.stats().unwrap().document_bytes,
        history.alerts(&AlertQuery::default()).unwrap(),
        history.events(&EventQuery::default()).unwrap(),
        ids(history, "clock"),
        ids(history, "notice"),
    );
    assert_eq!(before, after);
    assert!(!history.stats().unwrap().failing);
    error
}

#[test]
fn too_many_of_a_kind_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = sample::options(folder.path());
    options.max_documents = 3;
    let history = sample::open_with(options.clone());
    let clocks = (0..3).map(|n| document("clock", &n.to_string(), START, n));
    history.change(put(clocks.collect())).unwrap();
    let error = is_refused(
        &history,
        (0..4)
            .map(|n| document("notice", &n.to_string(), START, n))
            .collect(),
    );
    assert!(
        matches!(&error, Error::TooManyDocuments { kind, limit: 3 } if kind == "notice"),
        "{error}"
    );
    // One for another is no more than before.
    let exchange = Changes {
        put: vec![document("clock", "new", START, 1)],
        remove: vec![named("clock", "0")],
        ..Changes::default()
    };
    history.change(exchange).unwrap();
    assert_eq!(ids(&history, "clock"), ["1", "2", "new"]);
    history.close().unwrap();

    // Under a lower limit what is there stays, can be changed, and can become fewer.
    options.max_documents = 1;
    let history = sample::open_with(options);
    let changed = document("clock", "1", START, 7);
    history.change(put(vec![changed.clone()])).unwrap();
    assert_eq!(history.documents("clock").unwrap()[0], changed);
    let fewer = Changes {
        remove: vec![named("clock", "2")],
        ..Changes::default()
    };
    history.change(fewer).unwrap();
    assert_eq!(ids(&history, "clock"), ["1", "new"]);
    assert!(
        history
            .change(put(vec![document("clock", "more", START, 1)]))
            .is_err()
    );
}

#[test]
fn too_large_documents_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = sample::options(folder.path());
    options.max_document_bytes = 1_000;
    let history = sample::open_with(options);
    let long = |kind: &str, id: &str, length: usize| Document {
        data: json!("x".repeat(length)).into(),
        ..document(kind, id, START, 0)
    };
    history
        .change(put(vec![long("clock", "0", 300), long("notice", "a", 300)]))
        .unwrap();
    for put in [
        vec![long("notice", "b", 900)],
        vec![long("notice", "b", 2_000)],
        vec![long("notice", "a", 200), long("clock", "b", 790)],
    ] {
        let error = is_refused(&history, put);
        assert!(
            matches!(error, Error::DocumentsTooLarge { limit: 1_000 }),
            "{error}"
        );
    }
    history.change(put(vec![long("notice", "a", 600)])).unwrap();
    assert!(history.stats().unwrap().document_bytes > 900);
}

#[test]
fn one_refused_change_takes_no_other_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = sample::options(folder.path());
    options.max_documents = 50;
    let history = sample::open_with(options);
    // Many at once share transactions.
    let outcomes: Vec<bool> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|thread| {
                let history = history.clone();
                scope.spawn(move || {
                    (0..10)
                        .map(|n| {
                            let one = document("notice", &format!("{thread}-{n}"), START, n);
                            history.change(put(vec![one])).is_ok()
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    let written = outcomes.iter().filter(|ok| **ok).count();
    assert_eq!((written, outcomes.len()), (50, 80));
    assert_eq!(ids(&history, "notice").len(), 50);
    assert_eq!(history.stats().unwrap().documents, 50);
}
