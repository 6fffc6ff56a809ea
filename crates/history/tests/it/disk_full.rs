//! A full disk: the newest samples stay in memory, people hear of it once, and all is written when
//! there is room again. The disk is a small file system in memory, which needs a namespace.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use history::{AlertQuery, Changes, Document, Error, History, NoticeKind, Query};
use testbed::namespace;

use crate::changes::document;
use crate::rows::{alert, event};
use crate::sample::{
    self, DAY, MEMORY, SECOND, START, fleet, measure, observation, options, timestamp,
};

const NAME: &str = "disk_full::samples_stay_in_memory_until_there_is_room";
const CHANGES: &str = "disk_full::changes_fail_whole_until_there_is_room";

#[expect(
    clippy::disallowed_methods,
    reason = "mount ends before anything else is done"
)]
fn mount(folder: &Path) -> Result<()> {
    let done = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=2m", "none"])
        .arg(folder)
        .status()
        .context("cannot run mount")?;
    ensure!(done.success(), "mount: {done}");
    Ok(())
}

fn fill(path: &Path) {
    let mut file = File::create(path).unwrap();
    while file.write_all(&[0; 1_024]).is_ok() {}
}

fn count(history: &History) -> usize {
    let result = history.query(&Query::between(START, START + DAY)).unwrap();
    result.series.iter().map(|series| series.points.len()).sum()
}

#[test]
fn samples_stay_in_memory_until_there_is_room() -> Result<()> {
    if let Err(skipped) = namespace::available() {
        eprintln(&skipped.to_string());
        return Ok(());
    }
    namespace::alone(NAME, || {
        let folder = tempfile::tempdir()?;
        mount(folder.path())?;
        let history = sample::open(folder.path());
        let observations = fleet(5, 600, 3);
        sample::record(&history, observations[..100].iter().cloned());
        fill(&folder.path().join("filler"));
        let mut failures = 0;
        for observation in &observations[100..500] {
            assert!(history.record(observation.clone()));
            failures += usize::from(history.flush().is_err());
        }
        // Pages that were there already may take some ticks more.
        assert!(failures > 200, "{failures}");
        assert!(history.event(event(START, "lost")).is_err());
        assert_eq!(count(&history), 5_000);
        assert!(history.stats()?.failing);
        let kinds: Vec<NoticeKind> = history.notices().iter().map(|notice| notice.kind).collect();
        assert_eq!(kinds, [NoticeKind::Failing]);

        fs::remove_file(folder.path().join("filler"))?;
        sample::record(&history, observations[500..].iter().cloned());
        let kinds: Vec<NoticeKind> = history.notices().iter().map(|notice| notice.kind).collect();
        assert_eq!(kinds, [NoticeKind::Resumed]);
        history.event(event(START, "kept"))?;
        assert_eq!(count(&history), 6_000);
        assert_eq!(history.stats()?.dropped, 0);
        history.close()?;
        let history = sample::open(folder.path());
        assert_eq!(count(&history), 6_000);
        Ok(())
    })
}

#[test]
fn changes_fail_whole_until_there_is_room() -> Result<()> {
    if let Err(skipped) = namespace::available() {
        eprintln(&skipped.to_string());
        return Ok(());
    }
    namespace::alone(CHANGES, || {
        let folder = tempfile::tempdir()?;
        mount(folder.path())?;
        let history = sample::open(folder.path());
        // One document is large, so that a change that fails has begun to write.
        let change = |n: i64| Changes {
            alerts: vec![alert("a", "firing", n)],
            put: vec![
                document("clock", "rule", n, n),
                Document {
                    data: serde_json::json!("x".repeat(20_000)).into(),
                    ..document("notice", &n.to_string(), n, n)
                },
            ],
            events: vec![event(n, "tick")],
            ..Changes::default()
        };
        let whole = |last: i64| {
            let alerts = history.alerts(&AlertQuery::default()).unwrap();
            assert_eq!(alerts, [alert("a", "firing", last)]);
            let clocks = history.documents("clock").unwrap();
            assert_eq!(clocks, [document("clock", "rule", last, last)]);
            let notices = history.documents("notice").unwrap();
            let times: Vec<i64> = notices.iter().map(|notice| notice.at).collect();
            assert_eq!(times, (0..=last).collect::<Vec<_>>());
            assert_eq!(history.stats().unwrap().events, last.unsigned_abs() + 1);
        };
        history.change(change(0))?;
        fill(&folder.path().join("filler"));
        let mut next = 1;
        let error = loop {
            match history.change(change(next)) {
                Ok(_) => next += 1,
                Err(error) => break error,
            }
            ensure!(next < 100, "the disk is never full");
        };
        assert!(matches!(error, Error::Database { .. }), "{error}");
        for _ in 0..20 {
            let error = history.change(change(next)).unwrap_err();
            assert!(!matches!(error, Error::Closed), "{error}");
            whole(next - 1);
        }
        let several: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..6)
                .map(|_| scope.spawn(|| history.change(change(next)).unwrap_err()))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert!(
            several.iter().all(|error| !matches!(error, Error::Closed)),
            "{several:?}"
        );
        assert!(history.stats()?.failing);

        fs::remove_file(folder.path().join("filler"))?;
        history.change(change(next))?;
        whole(next);
        assert!(!history.stats()?.failing);
        history.close()?;
        let history = sample::open(folder.path());
        assert_eq!(history.stats()?.documents, next.unsigned_abs() + 2);
        Ok(())
    })
}

#[test]
fn a_file_that_vanishes_is_begun_again() {
    let folder = tempfile::tempdir().unwrap();
    let history = sample::open(folder.path());
    sample::record(&history, fleet(2, 50, 3));
    // The file is replaced by rubbish while it is open.
    for name in ["history.db-wal", "history.db-shm"] {
        fs::remove_file(folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("history.db"), vec![7; 100_000]).unwrap();
    for tick in 0..300 {
        let time = START + DAY + tick * 5 * SECOND;
        history.record(observation(time, vec![measure(&MEMORY, "a", 1.0)]));
        history.flush().unwrap_or_default();
    }
    history.close().unwrap();
    let (history, _) = History::open(options(folder.path()), timestamp(START + 2 * DAY)).unwrap();
    let found = history
        .query(&Query::between(START + DAY, START + 2 * DAY))
        .unwrap();
    let points: usize = found.series.iter().map(|series| series.points.len()).sum();
    assert!(points >= 299, "{points} of 300");
}

#[expect(clippy::print_stderr, reason = "a test that cannot run says why")]
fn eprintln(text: &str) {
    eprintln!("skipped: {text}");
}
