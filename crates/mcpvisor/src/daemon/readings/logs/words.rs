//! Words of level, and what else stands before a message.

/// Whether a word is one of an error's level (`Some(true)`), of another (`Some(false)`), or none.
pub(super) fn level(word: &[u8]) -> Option<bool> {
    const ERRORS: [&[u8]; 16] = [
        b"error",
        b"err",
        b"err!",
        b"erro",
        b"eror",
        b"fatal",
        b"panic",
        b"critical",
        b"crit",
        b"severe",
        b"emerg",
        b"emergency",
        b"unhandled",
        b"uncaught",
        b"ftl",
        b"dpanic",
    ];
    const OTHERS: [&[u8]; 18] = [
        b"info",
        b"information",
        b"inf",
        b"debug",
        b"dbg",
        b"warn",
        b"warning",
        b"wrn",
        b"trace",
        b"trc",
        b"notice",
        b"verbose",
        b"silly",
        b"log",
        b"success",
        b"config",
        b"fine",
        b"http",
    ];
    let is = |known: &&[u8]| known.eq_ignore_ascii_case(word);
    if ERRORS.iter().any(is) {
        return Some(true);
    }
    OTHERS.iter().any(is).then_some(false)
}

/// The level that a member of logfmt says: `level=error`, `lvl=info`.
pub(super) fn member(text: &[u8]) -> Option<bool> {
    let at = text.iter().position(|byte| *byte == b'=')?;
    let (key, value) = (text.get(..at)?, text.get(at + 1..)?);
    if !is_level_key(key) {
        return None;
    }
    let quoted = |byte: &u8| matches!(byte, b'"' | b'\'');
    let value = value.strip_prefix(b"\"").unwrap_or(value);
    let end = value.iter().position(quoted).unwrap_or(value.len());
    Some(level(value.get(..end)?) == Some(true))
}

/// Names of the member that holds the level.
pub(super) fn is_level_key(key: &[u8]) -> bool {
    const KEYS: [&[u8]; 8] = [
        b"level",
        b"lvl",
        b"severity",
        b"levelname",
        b"loglevel",
        b"log_level",
        b"log.level",
        b"severityText",
    ];
    KEYS.iter().any(|known| known.eq_ignore_ascii_case(key))
}

/// Whether `error`, `fatal` and the like, without a colon, begin the report of one: `Error reading
/// the file` does, `Error handling is on` does not.
pub(super) fn goes_on_as_error(word: &[u8], next: &[u8]) -> bool {
    const OTHER_MATTERS: [&[u8]; 20] = [
        b"handling",
        b"handler",
        b"handlers",
        b"tracking",
        b"reporting",
        b"reports",
        b"rate",
        b"rates",
        b"count",
        b"counts",
        b"log",
        b"logs",
        b"logging",
        b"codes",
        b"recovery",
        b"correction",
        b"messages",
        b"budget",
        b"path",
        b"limit",
    ];
    let end = next.iter().position(|byte| !byte.is_ascii_alphabetic());
    let follower = next.get(..end.unwrap_or(next.len())).unwrap_or_default();
    let is = |known: &str| word.eq_ignore_ascii_case(known.as_bytes());
    if is("error") || is("err") || is("err!") {
        return !OTHER_MATTERS
            .iter()
            .any(|other| other.eq_ignore_ascii_case(follower));
    }
    if is("unhandled") || is("uncaught") {
        return true;
    }
    is("fatal")
        && (follower.eq_ignore_ascii_case(b"error") || follower.eq_ignore_ascii_case(b"exception"))
}

/// Times, dates and numbers: digits, and what stands between them.
pub(super) fn is_time(text: &[u8]) -> bool {
    const NAMES: [&[u8]; 24] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec", b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun", b"AM", b"PM", b"UTC",
        b"GMT", b"Z",
    ];
    let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
    let only = |byte: &u8| {
        byte.is_ascii_digit()
            || matches!(
                byte,
                b':' | b'.' | b',' | b'/' | b'-' | b'+' | b'T' | b'Z' | b' ' | b's' | b'm'
            )
    };
    digits > 0 && text.iter().all(only) || NAMES.contains(&text)
}

pub(super) fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
