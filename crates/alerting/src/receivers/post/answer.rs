//! What a status and its headers mean.

use std::time::Duration;

use http::{HeaderValue, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// Whether the same request may succeed later: the server is in trouble (5xx), was too slow (408), or has
/// had too many requests (429); or somebody puts right who may come in (401, 403; secrets are read anew for
/// each try) or what is there (404). Anything else that is not success would happen again.
pub(super) fn is_temporary(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(
            status,
            StatusCode::REQUEST_TIMEOUT
                | StatusCode::TOO_MANY_REQUESTS
                | StatusCode::UNAUTHORIZED
                | StatusCode::FORBIDDEN
                | StatusCode::NOT_FOUND
        )
}

/// How long `Retry-After` (RFC 9110, 10.2.3) wants us to wait: seconds, or a date; `None` if it is
/// neither.
pub(super) fn retry_after(value: &HeaderValue, now: Timestamp) -> Option<Duration> {
    let value = value.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // So many digits that they are no number are "very long", which is capped.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn wait(value: &str) -> Option<Duration> {
        let now = "2026-11-21T02:00:00Z".parse().unwrap();
        retry_after(&HeaderValue::from_str(value).unwrap(), now)
    }

    #[test]
    fn seconds_and_dates() {
        assert_eq!(wait("120"), Some(Duration::from_mins(2)));
        assert_eq!(wait(" 0 "), Some(Duration::ZERO));
        assert_eq!(
            wait("Sat, 21 Nov 2026 02:01:30 GMT"),
            Some(Duration::from_secs(90))
        );
        assert_eq!(wait("Sat, 21 Nov 2026 01:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(
            wait("99999999999999999999999"),
            Some(Duration::from_secs(u64::MAX))
        );
    }

    #[test]
    fn what_is_neither_says_nothing() {
        for value in ["", "soon", "-5", "1.5", "Sat, 99 Nov 2026 01:00:00 GMT"] {
            assert_eq!(wait(value), None, "{value}");
        }
    }

    #[test]
    fn which_answers_may_become_better() {
        for status in [401, 403, 404, 408, 429, 500, 502, 503, 504, 599] {
            assert!(is_temporary(StatusCode::from_u16(status).unwrap()));
        }
        for status in [301, 307, 400, 410, 413, 422] {
            assert!(!is_temporary(StatusCode::from_u16(status).unwrap()));
        }
    }
}
