//! What happens when a server ends by itself: `restart`, in a word or a table.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::time::Duration;

use supervise::spec::{Backoff, Restart, RestartPolicy, StartLimit};
use toml::de::DeValue;

use crate::config::Span;
use crate::config::alerts::spans::within;
use crate::config::invalid::Invalid;
use crate::config::section::Section;
use crate::config::value::{Choice, choice, kind, number, whole};
use crate::config::word::Word;

/// The bounds of [`Backoff::try_new`].
const LEAST_PAUSE: Span = Span(Duration::from_millis(100));
const DAY: Span = Span::hours(24);
const SECOND: Span = Span::seconds(1);
/// More failures are no limit.
const MOST_FAILURES: u64 = 1_000;
/// Exit codes that the kernel tells.
const MOST_CODE: u64 = 255;

/// A restart with the numbers that [`Backoff`] keeps to itself.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Read {
    pub restart: Restart,
    pub factor: f64,
    pub jitter: f64,
}

impl Default for Read {
    fn default() -> Self {
        Self {
            restart: Restart::default(),
            factor: 2.0,
            jitter: 0.2,
        }
    }
}

/// Reads `restart`.
pub(super) fn read(section: &mut Section<'_>) -> Read {
    let usual = Read::default();
    if section.is_table("restart") {
        let example = r#"{ policy = "always", pause = "1s" }"#;
        return section.table("restart", example, table).unwrap_or(usual);
    }
    let policy = section.with("restart", |value| match value {
        DeValue::String(_) => choice::<RestartPolicy>(value),
        other => Err(Invalid::unquoted(format!(
            "must be `\"never\"`, `\"on-failure\"`, `\"always\"` or a table such as `{{ policy = \"always\" }}`, not {}",
            kind(other)
        ))),
    });
    Read {
        restart: Restart {
            policy: policy.unwrap_or_default(),
            ..usual.restart
        },
        ..usual
    }
}

fn table(table: &mut Section<'_>) -> Read {
    let usual = Read::default();
    let Restart {
        success,
        backoff,
        reset_after,
        limit,
        slow,
        ..
    } = usual.restart;
    let policy = table.take("policy", Word(RestartPolicy::default())).0;
    let success = table.with("success", codes).unwrap_or(success);
    let pause = within(table, "pause", LEAST_PAUSE, DAY);
    let cap = within(table, "pause_cap", LEAST_PAUSE, DAY);
    let factor = table.with("pause_factor", |value| number(value, 2.0, 1.0, 100.0));
    let jitter = table.with("jitter", |value| number(value, 0.2, 0.0, 0.5));
    let (factor, jitter) = (
        factor.unwrap_or(usual.factor),
        jitter.unwrap_or(usual.jitter),
    );
    let pause = pause.unwrap_or(backoff.base());
    // Who only writes a longer pause means it.
    let cap = cap.unwrap_or(backoff.cap().max(pause));
    table.require("pause_cap", pause <= cap, || {
        let (pause, cap) = (Span(pause), Span(cap));
        format!("the longest pause ({cap}) is shorter than the first one, `pause` ({pause}); raise it, or lower `pause`")
    });
    let slow = within(table, "slow", SECOND, DAY).unwrap_or(slow.max(cap));
    table.require("slow", slow >= cap, || {
        let (slow, cap) = (Span(slow), Span(cap));
        format!("what is given up for now ({slow}) would be tried more often than before (`pause_cap`, {cap}); raise it")
    });
    let failures = table.with("failures", |value| whole(value, 8, 1, MOST_FAILURES));
    let failures = failures
        .and_then(|count| u32::try_from(count).ok())
        .and_then(NonZeroU32::new);
    let backoff = match Backoff::try_new(pause, factor, cap, jitter) {
        Ok(backoff) => backoff,
        // Which bound it breaks was told above.
        Err(_) => backoff,
    };
    Read {
        restart: Restart {
            policy,
            success,
            backoff,
            reset_after: within(table, "reset_after", SECOND, DAY).unwrap_or(reset_after),
            limit: StartLimit {
                failures: failures.unwrap_or(limit.failures),
                within: within(table, "within", SECOND, DAY).unwrap_or(limit.within),
            },
            slow,
        },
        factor,
        jitter,
    }
}

fn codes(value: &DeValue<'_>) -> Result<BTreeSet<i32>, Invalid> {
    let DeValue::Array(codes) = value else {
        let what = kind(value);
        let why = format!("must be a list of exit codes such as `[0]`, not {what}");
        return Err(Invalid::unquoted(why));
    };
    let codes = codes.iter().map(|code| {
        let code = whole(code.get_ref(), 0, 0, MOST_CODE)?;
        i32::try_from(code).map_err(|_| Invalid::unquoted("is no exit code"))
    });
    codes.collect()
}

impl Choice for RestartPolicy {
    const ALL: &[(&str, Self)] = &[
        ("never", Self::Never),
        ("on-failure", Self::OnFailure),
        ("always", Self::Always),
    ];
}
