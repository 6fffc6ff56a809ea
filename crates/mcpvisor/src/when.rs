//! Times as people and programs write them in a question about the past: `2026-11-21T08:00:00Z`, a
//! time ago (`-1h`, `1h`, `now`), or seconds since 1970.

use std::time::Duration;

use jiff::Timestamp;

use crate::config::Span;

/// A time. `now` is the present.
pub fn parse(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let text = text.trim();
    if text == "now" {
        return Ok(now);
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    let wrong = || {
        "a time is written as `2026-11-21T08:00:00Z`, as a time ago such as `-1h`, or as seconds since 1970"
            .to_owned()
    };
    // Ten digits or more without a unit are a date, fewer a time ago.
    if let Ok(seconds) = text.parse::<f64>()
        && seconds >= 1e8
    {
        let ms = seconds * 1e3;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a number that is no time is refused by the conversion"
        )]
        return Timestamp::from_millisecond(ms as i64).map_err(|_| wrong());
    }
    let ago: Span = text
        .strip_prefix('-')
        .unwrap_or(text)
        .parse()
        .map_err(|_| wrong())?;
    now.checked_sub(ago.0).map_err(|_| wrong())
}

/// A step or window: `5m`, `60s`, or seconds.
pub fn span(text: &str) -> Result<Duration, String> {
    text.parse::<Span>()
        .map(|span| span.0)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    #[test]
    fn each_way_to_write_a_time() {
        let now: Timestamp = "2026-11-21T08:00:00Z".parse().unwrap_or_default();
        let at = |text: &str| super::parse(text, now).map(|time| time.to_string());
        for (text, time) in [
            ("now", "2026-11-21T08:00:00Z"),
            ("-1h", "2026-11-21T07:00:00Z"),
            ("90s", "2026-11-21T07:58:30Z"),
            ("2026-11-20T00:00:00Z", "2026-11-20T00:00:00Z"),
            ("2026-11-20T01:00:00+01:00", "2026-11-20T00:00:00Z"),
            ("1763712000", "2025-11-21T08:00:00Z"),
            ("60", "2026-11-21T07:59:00Z"),
        ] {
            assert_eq!(at(text).as_deref(), Ok(time), "{text}");
        }
        for text in ["", "soon", "1 fortnight", "--1h", "1e300"] {
            assert!(at(text).is_err(), "{text}");
        }
    }
}
