//! Members of a log line in JSON, which may be cut at its end: only those of the outermost object,
//! read from the begin, without building anything.

use super::words;

/// Numbers of pino and bunyan: 50 is an error, 60 fatal.
const ERROR_LEVEL: f64 = 50.0;

/// Whether the object's level is one of an error.
pub(super) fn reports_an_error(text: &[u8]) -> bool {
    Members {
        rest: text.get(1..).unwrap_or_default(),
    }
    .find_map(|(key, value)| words::is_level_key(key).then(|| is_error_level(value)))
    .unwrap_or(false)
}

/// The text of one member, as far as the line goes.
pub(super) fn text(object: &[u8], wanted: &[u8]) -> Option<String> {
    let (_, value) = Members {
        rest: object.get(1..)?,
    }
    .find(|(key, _)| *key == wanted)?;
    let inside = value.strip_prefix(b"\"")?;
    match serde_json::from_slice(value) {
        Ok(text) => Some(text),
        // It was cut.
        Err(_) => Some(String::from_utf8_lossy(inside).into_owned()),
    }
}

fn is_error_level(value: &[u8]) -> bool {
    match value.strip_prefix(b"\"") {
        Some(word) => words::level(word.strip_suffix(b"\"").unwrap_or(word)) == Some(true),
        None => str::from_utf8(value)
            .ok()
            .and_then(|number| number.parse::<f64>().ok())
            .is_some_and(|number| number >= ERROR_LEVEL),
    }
}

/// Keys, and values as they stand there. Values that are objects or lists are passed over.
struct Members<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let start = self.rest.iter().position(|byte| *byte == b'"')?;
            let key = string(self.rest.get(start..)?);
            self.rest = self.rest.get(start + key.len()..)?.trim_ascii_start();
            self.rest = self.rest.strip_prefix(b":")?.trim_ascii_start();
            let length = length(self.rest);
            let value = self.rest.get(..length)?;
            self.rest = self.rest.get(length..)?;
            let key = key.strip_prefix(b"\"")?;
            if let Some(key) = key.strip_suffix(b"\"")
                && !matches!(value.first(), Some(b'{' | b'['))
            {
                return Some((key, value.trim_ascii_end()));
            }
        }
    }
}

/// A string with its quotes; to the end where it is cut.
fn string(text: &[u8]) -> &[u8] {
    let mut escaped = false;
    let end = text.iter().skip(1).position(|byte| {
        let ends = !escaped && *byte == b'"';
        escaped = !escaped && *byte == b'\\';
        ends
    });
    end.and_then(|end| text.get(..end + 2)).unwrap_or(text)
}

/// Bytes of a value.
fn length(text: &[u8]) -> usize {
    match text.first() {
        Some(b'"') => string(text).len(),
        Some(b'{' | b'[') => {
            let (mut depth, mut at) = (0_usize, 0);
            while let Some(byte) = text.get(at) {
                match byte {
                    b'"' => at += string(text.get(at..).unwrap_or_default()).len().max(1) - 1,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    break;
                }
            }
            at.min(text.len())
        }
        _ => text
            .iter()
            .position(|byte| matches!(byte, b',' | b'}'))
            .unwrap_or(text.len()),
    }
}
