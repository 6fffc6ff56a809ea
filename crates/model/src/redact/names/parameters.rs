//! Names of parameters in URLs, which are shorter there and may be encoded.

use super::Words;
use super::words::LONGEST;

/// Parameters of URLs that are secret there, besides what [`Words::meaning`] knows.
pub(in crate::redact) fn is_secret_parameter(name: &[u8]) -> bool {
    let mut decoded = [0; LONGEST];
    let name = without_percents(&name[name.len().saturating_sub(LONGEST)..], &mut decoded);
    let words = Words::of(name);
    match words.squashed() {
        b"key" | b"code" | b"sig" | b"signature" | b"session" | b"sessionid" | b"sid"
        | b"jsessionid" | b"phpsessid" | b"ticket" | b"assertion" | b"clientassertion"
        | b"codeverifier" => return true,
        _ => {}
    }
    // Signed requests of S3 and Google storage: all but what only describes the signature.
    if words.count() > 2 && words.word(0) == b"x" && matches!(words.word(1), b"amz" | b"goog") {
        return !matches!(
            words.last(),
            b"algorithm" | b"date" | b"expires" | b"headers" | b"signedheaders"
        );
    }
    words.meaning().is_some()
}

/// A name with what is encoded by `%` (RFC 3986 section 2.1) decoded.
fn without_percents<'a>(name: &[u8], decoded: &'a mut [u8; LONGEST]) -> &'a [u8] {
    let digit = |at: usize| name.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let (mut at, mut length) = (0, 0);
    while at < name.len() {
        let byte = match (name[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                at += 2;
                u8::try_from(high << 4 | low).unwrap_or(b'%')
            }
            (byte, ..) => byte,
        };
        decoded[length] = byte;
        length += 1;
        at += 1;
    }
    &decoded[..length]
}

#[cfg(test)]
mod tests {
    use super::is_secret_parameter;

    #[test]
    fn parameters_have_short_names() {
        for name in [
            "key",
            "sig",
            "code",
            "X-Amz-Credential",
            "access%5Ftoken",
            "data%5Btoken%5D",
        ] {
            assert!(is_secret_parameter(name.as_bytes()), "{name}");
        }
        for name in [
            "page",
            "X-Amz-Date",
            "profile",
            "token_type",
            "client_id",
            "state",
        ] {
            assert!(!is_secret_parameter(name.as_bytes()), "{name}");
        }
    }
}
