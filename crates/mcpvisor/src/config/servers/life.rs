//! When a server is ready, how long its start and its stop may take, and how much of its log is kept.

use supervise::spec::{Readiness, StartTimes, StopTimes, Transport};
use toml::de::DeValue;

use super::LogLimits;
use crate::config::alerts::spans::within;
use crate::config::invalid::Invalid;
use crate::config::section::Section;
use crate::config::value::{Choice, choice, kind, whole};
use crate::config::{Size, Span};

const MILLISECONDS_100: Span = Span(std::time::Duration::from_millis(100));
const MILLISECOND: Span = Span(std::time::Duration::from_millis(1));
const SECOND: Span = Span::seconds(1);
const MINUTE: Span = Span::seconds(60);
const MINUTES_10: Span = Span::seconds(600);
const HOUR: Span = Span::hours(1);
const DAY: Span = Span::hours(24);

/// A smaller file would be set aside all the time.
const LEAST_LOG: Size = Size(64 << 10);
/// Nobody reads more of one server.
const MOST_LOG: Size = Size::mebibytes(1024);
/// More would make each rotation a long row of renames.
const MOST_FILES: u64 = 100;

/// What can be said of readiness in a word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Ready {
    Alive,
    Probe,
}

/// Reads what makes it ready.
pub(super) fn ready(section: &mut Section<'_>, transport: Transport) -> Readiness {
    let readiness = if section.is_table("ready") {
        let port = section.table("ready", "{ port = 3000 }", |ready| {
            if !ready.has("port") {
                ready.blame_all("it needs `port`, such as `{ port = 3000 }`".to_owned());
            }
            ready.with("port", |value| whole(value, 3000, 1, u16::MAX.into()))
        });
        let port = port.flatten().and_then(|port| u16::try_from(port).ok());
        port.map(Readiness::Port)
    } else {
        let word = section.with("ready", |value| match value {
            DeValue::String(_) => choice::<Ready>(value),
            other => Err(Invalid::unquoted(format!(
                "must be `\"alive\"`, `\"probe\"` or a table such as `{{ port = 3000 }}`, not {}",
                kind(other)
            ))),
        });
        word.map(|word| match word {
            Ready::Alive => Readiness::None,
            Ready::Probe => Readiness::Probe,
        })
    };
    let readiness = readiness.unwrap_or_default();
    let is_port = section.is_table("ready");
    section.require("ready", !is_port || transport == Transport::Http, || {
        "a stdio server listens on no port; give it `transport = \"http\"`, or write `ready = \"probe\"`"
            .to_owned()
    });
    let is_probe = readiness == Readiness::Probe;
    section.require("ready", !is_probe || transport == Transport::Stdio, || {
        "only a stdio server can be asked before its port is known; write `ready = { port = 3000 }`".to_owned()
    });
    readiness
}

/// Reads how long its start may take.
pub(super) fn start(section: &mut Section<'_>) -> StartTimes {
    let usual = StartTimes::default();
    let read = section.table("start", r#"{ quiet = "30s", cap = "10m" }"#, |start| {
        let times = StartTimes {
            quiet: within(start, "quiet", SECOND, HOUR).unwrap_or(usual.quiet),
            cap: within(start, "cap", SECOND, DAY).unwrap_or(usual.cap),
            settle: within(start, "settle", MILLISECOND, MINUTE).unwrap_or(usual.settle),
        };
        let (quiet, cap) = (Span(times.quiet), Span(times.cap));
        let key = if start.has("cap") { "cap" } else { "quiet" };
        start.require(key, quiet <= cap, || {
            format!("`quiet` ({quiet}) is longer than `cap` ({cap}), the time for the whole start; lower it, or raise `cap`")
        });
        times
    });
    read.unwrap_or(usual)
}

/// Reads how long its stop may take.
pub(super) fn stop(section: &mut Section<'_>) -> StopTimes {
    let usual = StopTimes::default();
    let read = section.table(
        "stop",
        r#"{ stdin_grace = "2s", kill_after = "10s" }"#,
        |stop| {
            let least = Span::seconds(0);
            StopTimes {
                grace_eof: within(stop, "stdin_grace", least, MINUTES_10)
                    .unwrap_or(usual.grace_eof),
                kill_after: within(stop, "kill_after", MILLISECONDS_100, MINUTES_10)
                    .unwrap_or(usual.kill_after),
            }
        },
    );
    read.unwrap_or(usual)
}

/// Reads how much of its log is kept.
pub(super) fn log(section: &mut Section<'_>) -> LogLimits {
    let usual = LogLimits::default();
    let read = section.table("log", r#"{ max_size = "10MiB", files = 3 }"#, |log| {
        let size = log.take("max_size", Size(usual.max_size));
        log.require("max_size", (LEAST_LOG..=MOST_LOG).contains(&size), || {
            format!("{size} is not from {LEAST_LOG} to {MOST_LOG}")
        });
        let files = log.with("files", |value| whole(value, 3, 0, MOST_FILES));
        LogLimits {
            max_size: size.0,
            files: files
                .and_then(|files| u32::try_from(files).ok())
                .unwrap_or(usual.files),
        }
    });
    read.unwrap_or(usual)
}

impl Choice for Ready {
    const ALL: &[(&str, Self)] = &[("alive", Self::Alive), ("probe", Self::Probe)];
}
