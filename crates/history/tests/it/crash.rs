//! Killed at any moment: the history opens again with everything that was promised.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use history::{AuditQuery, EventQuery, History, Points, Query};

use crate::rows::{audit, event};
use crate::sample::{
    MEMORY, Random, SECOND, SECONDS, START, measure, observation, options, timestamp,
};

pub(crate) const FOLDER: &str = "MCPVISOR_HISTORY_CRASH_FOLDER";
const ROUNDS: &str = "MCPVISOR_CRASH_ROUNDS";
const NAME: &str = "crash::killed_at_any_moment";
/// Three ticks a minute: the head goes into blocks every sixty ticks, and those are put together.
const APART: i64 = 20 * SECOND;
const SERVERS: usize = 12;
/// At five seconds a tick, ten seconds.
const MAY_BE_LOST: usize = 2;

fn memory(tick: usize, server: usize) -> f64 {
    (tick * 7 + server * (tick % 5)) as f64 * 4_096.0
}

fn open(folder: &Path) -> History {
    let mut options = options(folder);
    // However many rounds there are, nothing reaches its age.
    options.raw = options.hours;
    let (history, notices) = History::open(options, timestamp(START)).unwrap();
    assert_eq!(notices, []);
    history
}

fn ticks(history: &History) -> usize {
    let newest = history.stats().unwrap().newest;
    newest.map_or(0, |newest| {
        usize::try_from((newest.as_millisecond() - START) / APART).unwrap() + 1
    })
}

/// Writes until it is killed, and says what it was promised.
fn write_for_ever(folder: &Path) {
    let history = open(folder);
    let mut out = std::io::stdout();
    let first = ticks(&history);
    for tick in first.. {
        let measurements = (0..SERVERS).flat_map(|server| {
            let name = format!("s{server}");
            [
                measure(&MEMORY, &name, memory(tick, server)),
                measure(&SECONDS, &name, tick as f64 / 100.0),
            ]
        });
        let time = START + i64::try_from(tick).unwrap() * APART;
        assert!(history.record(observation(time, measurements.collect())));
        writeln!(out, "recorded {tick}").unwrap();
        if tick % 7 == 0 {
            writeln!(out, "event {}", history.event(event(time, "tick")).unwrap()).unwrap();
        }
        if tick % 11 == 0 {
            writeln!(out, "audit {}", history.audit(audit(time, "tick")).unwrap()).unwrap();
        }
        history.flush().unwrap();
        writeln!(out, "flushed {tick}").unwrap();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program is this test itself; it is killed and waited for below"
)]
pub(crate) fn start(name: &str, folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// How often a test kills; more if the environment says so.
pub(crate) fn rounds(usual: usize) -> usize {
    let rounds = std::env::var(ROUNDS).ok();
    rounds
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(usual)
}

#[derive(Default)]
struct Promised {
    recorded: usize,
    flushed: usize,
    events: Vec<u64>,
    audits: Vec<u64>,
}

/// Lets the child write so many lines, kills it, and reads the rest of what it said.
fn kill_after(folder: &Path, lines: usize, promised: &mut Promised) {
    let mut child = start(NAME, folder);
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut seen = 0;
    let mut ended = false;
    while let Some(Ok(line)) = said.next() {
        let mut words = line.split(' ');
        let what = words.next();
        let number = words.next().and_then(|number| number.parse::<usize>().ok());
        match (what, number) {
            (Some("recorded"), Some(tick)) => promised.recorded = tick + 1,
            (Some("flushed"), Some(tick)) => promised.flushed = tick + 1,
            (Some("event"), Some(id)) => promised.events.push(id as u64),
            (Some("audit"), Some(id)) => promised.audits.push(id as u64),
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
    let history = open(folder);
    let kept = ticks(&history);
    assert!(
        kept >= promised.flushed,
        "{kept} ticks of {} that were in the file",
        promised.flushed
    );
    assert!(
        kept + MAY_BE_LOST >= promised.recorded,
        "{kept} ticks of {} recorded",
        promised.recorded
    );
    let whole = Query::between(START, i64::MAX).metric(MEMORY.name);
    let result = history.query(&whole).unwrap();
    if kept > 0 {
        assert_eq!(result.series.len(), SERVERS);
    }
    for (server, series) in result.series.iter().enumerate() {
        let Points::Samples(samples) = &series.points else {
            panic!("buckets");
        };
        assert_eq!(samples.len(), kept);
        for (tick, sample) in samples.iter().enumerate() {
            assert_eq!(sample.value.to_bits(), memory(tick, server).to_bits());
            assert_eq!(sample.after_gap, tick == 0);
        }
    }
    let buckets = history.query(&whole.step(Duration::from_mins(5))).unwrap();
    for series in &buckets.series {
        let Points::Buckets(buckets) = &series.points else {
            panic!("samples");
        };
        let counted: u32 = buckets.iter().map(|bucket| bucket.count).sum();
        assert_eq!(counted as usize, kept);
    }
    let all = EventQuery {
        after: Some(0),
        limit: Some(usize::MAX),
        ..EventQuery::default()
    };
    let events: Vec<u64> = history
        .events(&all)
        .unwrap()
        .iter()
        .map(|event| event.id)
        .collect();
    assert!(promised.events.iter().all(|id| events.contains(id)));
    let all = AuditQuery {
        limit: Some(usize::MAX),
        ..AuditQuery::default()
    };
    let audits: Vec<u64> = history
        .audits(&all)
        .unwrap()
        .iter()
        .map(|audit| audit.id)
        .collect();
    assert!(promised.audits.iter().all(|id| audits.contains(id)));
    assert_eq!(history.stats().unwrap().damaged, 0);
}

#[test]
fn killed_at_any_moment() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return write_for_ever(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(u64::from(std::process::id()) | 1);
    let mut promised = Promised::default();
    for _ in 0..rounds(15) {
        let lines = usize::try_from(random.below(400)).unwrap() + 1;
        kill_after(folder.path(), lines, &mut promised);
        check(folder.path(), &promised);
    }
}
