//! Files that are not what was written: set aside, never lost, and a new one is begun.

use std::fs;
use std::path::{Path, PathBuf};

use history::{Error, EventQuery, History, Notice, NoticeKind, Points, Query};
use rusqlite::Connection;

use crate::rows::event;
use crate::sample::{self, DAY, Random, START, fleet, options, record, timestamp};

/// A history with blocks, a log, and events, closed in order or not.
fn written(folder: &Path) -> Vec<u8> {
    let history = sample::open(folder);
    record(&history, fleet(3, 1_000, 8));
    for n in 0..20 {
        history.event(event(START + n, "kept")).unwrap();
    }
    history.close().unwrap();
    fs::read(folder.join("history.db")).unwrap()
}

fn aside(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.to_string_lossy().contains(".damaged-")
                && !path.to_string_lossy().ends_with("-wal")
                && !path.to_string_lossy().ends_with("-shm")
        })
        .collect();
    found.sort();
    found
}

/// Opens what is there; whatever it was, it must be of use afterwards.
fn opens(folder: &Path) -> (History, Vec<Notice>) {
    let (history, notices) = History::open(options(folder), timestamp(START + DAY)).unwrap();
    history.event(event(START, "after")).unwrap();
    record(
        &history,
        [sample::observation(
            START + DAY,
            vec![sample::measure(&sample::MEMORY, "new", 1.0)],
        )],
    );
    let result = history
        .query(&Query::between(START + DAY, START + DAY))
        .unwrap();
    assert_eq!(result.series.len(), 1);
    (history, notices)
}

/// Damages the file and opens it: it must be set aside as it was.
fn is_set_aside(bytes: &[u8], damaged: &[u8]) {
    assert_ne!(bytes, damaged);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("history.db"), damaged).unwrap();
    let (history, notices) = opens(folder.path());
    let kinds: Vec<NoticeKind> = notices.iter().map(|notice| notice.kind).collect();
    assert_eq!(kinds, [NoticeKind::SetAside]);
    let aside = aside(folder.path());
    assert_eq!(aside.len(), 1);
    assert!(
        notices[0].text.contains(&aside[0].display().to_string()),
        "{notices:?}"
    );
    assert_eq!(history.stats().unwrap().events, 1);
    assert!(fs::read(&aside[0]).unwrap().len() >= damaged.len().min(4_096));
}

#[test]
fn damaged_files_are_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = written(folder.path());
    let half = bytes.len() / 2;
    is_set_aside(&bytes, &bytes[..half]);
    is_set_aside(&bytes, &bytes[..100]);
    is_set_aside(
        &bytes,
        &[b"no database at all, but ".as_slice(), &bytes[24..]].concat(),
    );
    is_set_aside(&bytes, &[0xa5; 10_000]);
    is_set_aside(&bytes, &[&[0; 4_096], &bytes[4_096..]].concat());
    is_set_aside(
        &bytes,
        &[&bytes[..4_096], &vec![0; bytes.len() - 4_096]].concat(),
    );
    let mut version = bytes.clone();
    version[60..64].copy_from_slice(&0_u32.to_be_bytes());
    is_set_aside(&bytes, &version);
}

#[test]
fn an_empty_file_is_a_new_history() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("history.db"), "").unwrap();
    let (_, notices) = opens(folder.path());
    assert_eq!(notices, []);
    assert!(aside(folder.path()).is_empty());
}

#[test]
fn a_log_of_rubbish_costs_at_most_what_was_only_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path());
    fs::write(folder.path().join("history.db-wal"), vec![0x5a; 50_000]).unwrap();
    let (history, notices) = opens(folder.path());
    assert_eq!(notices, []);
    assert_eq!(history.stats().unwrap().events, 21);
    assert_eq!(history.stats().unwrap().samples, 6_001);
}

#[test]
fn of_files_set_aside_the_newest_three_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..5_i64 {
        fs::write(
            folder.path().join("history.db"),
            format!("rubbish {n} {}", "x".repeat(5_000)),
        )
        .unwrap();
        for log in ["history.db-wal", "history.db-shm"] {
            fs::remove_file(folder.path().join(log)).unwrap_or_default();
        }
        let (history, notices) =
            History::open(options(folder.path()), timestamp(START + n * 1_000)).unwrap();
        assert_eq!(notices[0].kind, NoticeKind::SetAside);
        history.close().unwrap();
    }
    let kept: Vec<String> = aside(folder.path())
        .iter()
        .map(|path| fs::read_to_string(path).unwrap()[..9].to_owned())
        .collect();
    assert_eq!(kept, ["rubbish 2", "rubbish 3", "rubbish 4"]);
}

#[test]
fn random_damage_never_stops_us() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = written(folder.path());
    let mut random = Random(2_024);
    let mut below = |limit: usize| usize::try_from(random.below(limit as u64)).unwrap();
    for round in 0..40 {
        let folder = tempfile::tempdir().unwrap();
        let mut damaged = bytes.clone();
        match round % 3 {
            0 => {
                for _ in 0..=below(20) {
                    let place = below(bytes.len());
                    damaged[place] ^= u8::try_from(below(255) + 1).unwrap();
                }
            }
            1 => {
                let start = below(bytes.len());
                let end = (start + below(9_000)).min(bytes.len());
                damaged[start..end].fill(0);
            }
            _ => damaged.truncate(below(bytes.len())),
        }
        fs::write(folder.path().join("history.db"), &damaged).unwrap();
        match History::open(options(folder.path()), timestamp(START + DAY)) {
            Ok((history, _)) => {
                // What is left can be asked, and new things can be written.
                let outcome = history.query(&Query::between(START, START + 2 * DAY));
                let events = history.events(&EventQuery::default());
                assert!(outcome.is_ok() || is_database(&outcome), "{outcome:?}");
                assert!(events.is_ok() || is_database(&events), "{events:?}");
                history.record(sample::observation(
                    START + DAY,
                    vec![sample::measure(&sample::MEMORY, "new", 1.0)],
                ));
                history
                    .flush()
                    .or_else(|_| history.flush())
                    .unwrap_or_default();
                let newest = history.query(&Query::between(START + DAY, START + DAY));
                assert!(newest.is_ok() || is_database(&newest));
            }
            Err(Error::Newer { .. }) => assert_ne!(damaged[60..64], bytes[60..64]),
            Err(error) => panic!("round {round}: {error}"),
        }
    }
}

fn is_database<T>(outcome: &Result<T, Error>) -> bool {
    matches!(outcome, Err(Error::Database { .. }))
}

#[test]
fn a_damaged_chunk_costs_that_chunk_only() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path());
    let connection = Connection::open(folder.path().join("history.db")).unwrap();
    let sql = "SELECT segment.id, data FROM segment JOIN block ON segment.id / 65536 = block.id WHERE tier = 0 ORDER BY segment.id LIMIT 1";
    let (id, mut data): (i64, Vec<u8>) = connection
        .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let last = data.len() - 1;
    data[last] ^= 1;
    connection
        .execute(
            "UPDATE segment SET data = ?2 WHERE id = ?1",
            rusqlite::params![id, data],
        )
        .unwrap();
    let (first_ticks, all): (i64, i64) = connection
        .query_row("SELECT ticks, (SELECT sum(ticks) FROM block WHERE tier = 0) FROM block WHERE tier = 0 ORDER BY id LIMIT 1", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert!(all > first_ticks);
    drop(connection);

    let history = sample::open(folder.path());
    let result = history.query(&Query::between(START, START + DAY)).unwrap();
    let lengths: Vec<i64> = result
        .series
        .iter()
        .map(|series| i64::try_from(series.points.len()).unwrap())
        .collect();
    assert_eq!(lengths[..5], [1_000; 5]);
    assert_eq!(lengths[5], 1_000 - first_ticks);
    let Points::Samples(samples) = &result.series[5].points else {
        panic!("buckets");
    };
    assert!(samples[0].after_gap);
    assert_eq!(history.stats().unwrap().damaged, 1);
    assert_eq!(
        history
            .notices()
            .iter()
            .map(|notice| notice.kind)
            .collect::<Vec<_>>(),
        [NoticeKind::Damaged]
    );
    history.compact().unwrap();
    let result = history.query(&Query::between(START, START + DAY)).unwrap();
    assert_eq!(
        result
            .series
            .iter()
            .map(|series| series.points.len())
            .sum::<usize>(),
        6_000 - usize::try_from(first_ticks).unwrap()
    );
}

#[test]
fn a_damaged_row_of_the_log_costs_minutes() {
    let folder = tempfile::tempdir().unwrap();
    let history = sample::open(folder.path());
    record(&history, fleet(2, 150, 8));
    history.close().unwrap();
    let connection = Connection::open(folder.path().join("history.db")).unwrap();
    connection
        .execute("UPDATE tick SET data = x'00' WHERE seq = 30", [])
        .unwrap();
    drop(connection);
    let (history, notices) = History::open(options(folder.path()), timestamp(START)).unwrap();
    assert_eq!(
        notices.iter().map(|notice| notice.kind).collect::<Vec<_>>(),
        [NoticeKind::Damaged]
    );
    let result = history.query(&Query::between(START, START + DAY)).unwrap();
    let Points::Samples(samples) = &result.series[0].points else {
        panic!("buckets");
    };
    // Thirty before it, and all from the next row that stands for itself.
    assert_eq!(samples.len(), 120);
    assert_eq!(samples.iter().filter(|sample| sample.after_gap).count(), 2);
}
