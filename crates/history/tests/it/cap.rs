//! The disk limit holds at every moment, and the right things go first.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use history::{AlertQuery, AuditQuery, Changes, Document, Error, NoticeKind, Tier};

use crate::changes::document;
use crate::rows::{alert, audit, event};
use crate::sample::{self, MEMORY, Random, SECOND, START, measure, observation};

const LIMIT: u64 = 2 << 20;

fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| {
            entry
                .unwrap()
                .metadata()
                .map_or(0, |metadata| metadata.len())
        })
        .sum()
}

#[test]
fn the_limit_holds_under_load() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = sample::options(folder.path());
    options.max_disk = LIMIT;
    let history = sample::open_with(options);
    let (largest, done) = (
        Arc::new(AtomicU64::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let watcher = {
        let (folder, largest, done) = (folder.path().to_owned(), largest.clone(), done.clone());
        std::thread::spawn(move || {
            while !done.load(Ordering::Relaxed) {
                largest.fetch_max(size(&folder), Ordering::Relaxed);
                std::thread::park_timeout(Duration::from_micros(300));
            }
        })
    };
    for _ in 0..20 {
        history.audit(audit(START, "first")).unwrap();
    }
    let mut random = Random(77);
    let mut newest = START;
    for tick in 0..2_500_i64 {
        // Bits without any order cannot be made smaller.
        let measurements = (0..60).map(|server| {
            let bits =
                (random.below(1 << 30) << 31 | random.below(1 << 31)) | 0x3000_0000_0000_0000;
            measure(&MEMORY, &format!("s{server}"), f64::from_bits(bits))
        });
        newest = START + tick * 30 * SECOND;
        assert!(history.record(observation(newest, measurements.collect())));
        if tick % 10 == 0 {
            history.event(event(newest, "tick")).unwrap();
        }
        if tick % 3 == 0 {
            history.flush().unwrap();
        }
    }
    history.flush().unwrap();
    done.store(true, Ordering::Relaxed);
    watcher.join().unwrap();
    let largest = largest.load(Ordering::Relaxed);
    assert!(largest <= LIMIT, "{largest} bytes");
    assert!(largest > LIMIT / 2, "only {largest} bytes were ever used");

    let stats = history.stats().unwrap();
    assert_eq!((stats.dropped, stats.failing), (0, false), "{stats:?}");
    assert_eq!(stats.newest, Some(sample::timestamp(newest)));
    assert!(
        stats.samples < 150_000 && stats.samples >= 10_000,
        "{stats:?}"
    );
    // Samples go before buckets: the hours still reach back to the beginning.
    assert_eq!(
        stats.tiers[&Tier::Hours].oldest,
        Some(sample::timestamp(START))
    );
    assert_eq!(stats.events, 250);
    assert_eq!(history.audits(&AuditQuery::default()).unwrap().len(), 20);
    let notices = history.notices();
    assert!(
        notices
            .iter()
            .any(|notice| notice.kind == NoticeKind::Removed)
    );
    assert!(notices.len() <= 3, "{notices:?}");
}

#[test]
fn events_go_before_audit_entries() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = sample::options(folder.path());
    options.max_disk = LIMIT;
    let history = sample::open_with(options);
    for n in 0..50 {
        history.audit(audit(START + n, "kept")).unwrap();
    }
    let text = "x".repeat(20_000);
    for n in 0..300 {
        let mut event = event(START + n, "large");
        event.title.clone_from(&text);
        history.event(event).unwrap();
        assert!(size(folder.path()) <= LIMIT);
    }
    assert!(history.stats().unwrap().events < 200);
    assert_eq!(history.audits(&AuditQuery::default()).unwrap().len(), 50);
}

#[test]
fn documents_and_alerts_that_are_not_over_never_make_room() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = sample::options(folder.path());
    options.max_disk = LIMIT;
    let history = sample::open_with(options);
    let large = |id: usize| Document {
        data: serde_json::json!("x".repeat(2_000)).into(),
        ..document("notice", &format!("{id:04}"), START, 0)
    };
    // A quarter of the limit, in changes of three.
    let refused = (0..).step_by(3).find_map(|id| {
        let change = Changes {
            put: (id..id + 3).map(large).collect(),
            ..Changes::default()
        };
        let error = history.change(change).err()?;
        assert!(size(folder.path()) <= LIMIT);
        Some((id, error))
    });
    let (documents, error) = refused.unwrap();
    assert!(
        matches!(error, Error::DocumentsTooLarge { limit } if limit == LIMIT / 4),
        "{error}"
    );
    assert!((255..262).contains(&documents), "{documents}");
    let mut rows = vec![alert("a", "firing", 0), alert("b", "pending", 0)];
    rows.extend((1..100).map(|n| alert(&n.to_string(), "resolved", START + n)));
    history.put_alerts(rows).unwrap();
    history.audit(audit(START, "gone")).unwrap();
    let text = "x".repeat(20_000);
    for n in 0..200 {
        // Audit entries are all that is left, and fill the limit.
        let mut entry = audit(START + n, "large");
        entry.command.clone_from(&text);
        history.audit(entry).unwrap();
        let sum = size(folder.path());
        assert!(sum <= LIMIT, "{sum}");
    }
    let left = history.alerts(&AlertQuery::default()).unwrap();
    let left: Vec<&str> = left.iter().map(|alert| alert.id.as_str()).collect();
    assert_eq!(left, ["a", "b"]);
    let found = history.documents("notice").unwrap();
    assert_eq!(found, (0..documents).map(large).collect::<Vec<_>>());
    // All of them can be written again, and all of them removed.
    for id in 0..documents {
        let mut changed = large(id);
        changed.at += 1;
        let change = Changes {
            put: vec![changed],
            ..Changes::default()
        };
        history.change(change).unwrap();
        assert!(size(folder.path()) <= LIMIT);
    }
    let names = found
        .into_iter()
        .map(|document| (document.kind, document.id));
    let names: Vec<_> = names.collect();
    for some in names.chunks(20) {
        let change = Changes {
            remove: some.to_vec(),
            ..Changes::default()
        };
        history.change(change).unwrap();
        assert!(size(folder.path()) <= LIMIT);
    }
    assert_eq!(history.stats().unwrap().documents, 0);
}

#[test]
fn large_snapshots_stay_within_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = sample::options(folder.path());
    options.max_disk = LIMIT;
    let history = sample::open_with(options);
    for n in 0..12 {
        history
            .put_snapshot(START + n, "report", vec![7; 200_000])
            .unwrap();
        assert!(size(folder.path()) <= LIMIT, "{}", size(folder.path()));
    }
    assert!(
        history
            .put_snapshot(START, "report", vec![7; 3_000_000])
            .is_err()
    );
    assert!(history.event(event(START, "after")).is_ok());
}

#[test]
fn a_lower_limit_makes_the_file_smaller() {
    let folder = tempfile::tempdir().unwrap();
    let history = sample::open(folder.path());
    for n in 0..300 {
        let mut event = event(START + n, "large");
        event.title = "x".repeat(30_000);
        history.event(event).unwrap();
    }
    history.close().unwrap();
    assert!(size(folder.path()) > 2 * LIMIT);
    let mut options = sample::options(folder.path());
    options.max_disk = LIMIT;
    let history = sample::open_with(options);
    sample::record(&history, sample::fleet(1, 1, 1));
    assert!(size(folder.path()) <= LIMIT, "{}", size(folder.path()));
    assert!(history.stats().unwrap().events > 10);
}
