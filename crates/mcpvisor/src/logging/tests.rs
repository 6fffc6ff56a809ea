//! Lines from the event to where they go.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::File;
use std::io::Read as _;

use serde_json::Value;

use super::stream::Stream;
use super::text::Look;
use super::*;
use crate::config::{Level, LogFormat, Size};

/// Neither the journal nor a terminal.
const PLAIN: Look = Look {
    journal: false,
    colour: false,
};

/// What is written while `say` runs.
fn said(format: LogFormat, look: Look, say: impl FnOnce()) -> String {
    let (read, write) = rustix::pipe::pipe().unwrap();
    let sink = Sink::to_stream(Stream::of(Some(write)), format, look);
    let (subscriber, handle) = subscriber(&Log::default(), Some("trace".to_owned()), sink).unwrap();
    tracing::subscriber::with_default(subscriber, say);
    drop(handle);
    let mut text = String::new();
    File::from(read).read_to_string(&mut text).unwrap();
    text
}

fn some_lines() {
    let span = tracing::info_span!(
        "look",
        server = "memory server",
        pid = tracing::field::Empty
    );
    span.record("pid", 17);
    let _entered = span.enter();
    tracing::info!(target: "mcpvisor::daemon", processes = 3, ratio = 0.5, "looked");
    tracing::warn!(target: "mcpvisor::daemon", name = "a\"b\x1b[31m\n{}", "odd\nname \u{202e}");
    let error = anyhow::anyhow!("disk full").context("the history cannot be written");
    tracing::error!(target: "mcpvisor::daemon", error = &*error as &(dyn std::error::Error + 'static));
}

/// The time is not the same in two runs.
fn without_time(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let (time, rest) = line.split_once(' ').unwrap();
        let parsed: jiff::Timestamp = time.parse().unwrap();
        assert!(
            time.ends_with('Z') && time.len() == 24 && parsed.as_second() > 1_700_000_000,
            "{time}"
        );
        rest.to_owned() + "\n"
    });
    lines.collect()
}

#[test]
fn text_for_people() {
    insta::assert_snapshot!(without_time(&said(LogFormat::Text, PLAIN, some_lines)), @r#"
    INFO  mcpvisor::daemon look{pid=17 server="memory server"}: looked processes=3 ratio=0.5
    WARN  mcpvisor::daemon look{pid=17 server="memory server"}: odd\nname \u{202e} name="a\"b\x1b[31m\n{}"
    ERROR mcpvisor::daemon look{pid=17 server="memory server"}: error="the history cannot be written: disk full"
    "#);
}

#[test]
fn the_journal_has_times_and_levels_of_its_own() {
    let look = Look {
        journal: true,
        colour: false,
    };
    let text = said(
        LogFormat::Text,
        look,
        || tracing::error!(target: "mcpvisor", "gone"),
    );
    assert_eq!(text, "<3>mcpvisor: gone\n");
}

#[test]
fn colours_are_ours_only() {
    let look = Look {
        journal: false,
        colour: true,
    };
    let text = said(
        LogFormat::Text,
        look,
        || tracing::info!(target: "mcpvisor", "\x1b[2J"),
    );
    assert!(
        text.ends_with(" \x1b[32mINFO \x1b[0m mcpvisor: \\x1b[2J\n"),
        "{text:?}"
    );
}

#[test]
fn json_for_programs() {
    let text = said(LogFormat::Json, PLAIN, some_lines);
    assert!(!text.contains(['\u{202e}', '\x1b']), "{text:?}");
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["message"], "looked");
    assert_eq!(lines[0]["fields"]["ratio"], 0.5);
    assert_eq!(lines[0]["spans"][0]["fields"]["pid"], 17);
    assert_eq!(lines[1]["message"], "odd\nname \u{202e}");
    assert_eq!(lines[1]["level"], "warn");
    assert_eq!(
        lines[2]["fields"]["error"],
        "the history cannot be written: disk full"
    );
}

#[test]
fn lines_have_a_bound() {
    let long = "é\n".repeat(100_000);
    for format in [LogFormat::Text, LogFormat::Json] {
        let text = said(format, PLAIN, || {
            tracing::info!(a = %long, b = %long, c = ?long, d = long.as_str(), e = %long, f = %long, g = %long, "{long}");
        });
        assert_eq!(text.lines().count(), 1);
        assert!((2_000..64 << 10).contains(&text.len()), "{}", text.len());
    }
}

#[test]
fn what_was_lost_is_counted_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("logs/x.log");
    std::fs::create_dir(folder.path().join("logs")).unwrap();
    let log = Log {
        file: Some(path.clone()),
        max_size: Size(1 << 20),
        ..Log::default()
    };
    let (subscriber, handle) = subscriber(&log, None, Sink::open(&log).unwrap()).unwrap();
    tracing::subscriber::with_default(subscriber, || {
        tracing::info!("one");
        std::fs::remove_dir_all(folder.path().join("logs")).unwrap();
        tracing::info!("two");
        tracing::info!("three");
        assert_eq!(handle.dropped_lines(), 2);
        std::fs::create_dir(folder.path().join("logs")).unwrap();
        tracing::info!("four");
    });
    assert_eq!(handle.dropped_lines(), 2);
    let text = std::fs::read_to_string(&path).unwrap();
    let ends = ["2 log lines before this one could not be written", "four"];
    assert_eq!(text.lines().count(), 2);
    assert!(
        text.lines()
            .zip(ends)
            .all(|(line, end)| line.ends_with(end)),
        "{text}"
    );
}

#[test]
fn another_configuration_takes_over_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str, level: Level| Log {
        file: Some(folder.path().join(name)),
        level,
        ..Log::default()
    };
    let content =
        |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap_or_default();
    let first = at("first", Level::Info);
    let (subscriber, handle) = subscriber(&first, None, Sink::open(&first).unwrap()).unwrap();
    tracing::subscriber::with_default(subscriber, || {
        tracing::debug!("hidden");
        tracing::info!("one");
        handle.apply(&at("second", Level::Debug)).unwrap();
        tracing::debug!("two");
        assert!(handle.apply(&at("missing/third", Level::Error)).is_err());
        tracing::debug!("three");
    });
    assert!(content("first").ends_with("one\n") && content("first").lines().count() == 1);
    assert!(content("second").contains("two") && content("second").contains("three"));
}
