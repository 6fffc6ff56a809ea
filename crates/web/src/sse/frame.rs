//! How an event looks on the wire, and the ids by which a client says where it stopped.

use bytes::Bytes;
use serde::Serialize;

/// Sent before anything else: how many milliseconds a client waits before it connects again.
pub(super) const HELLO: &[u8] = b"retry: 2000\n\n";

/// A comment, which keeps idle connections alive and finds dead ones.
pub(super) const BEAT: &[u8] = b":\n\n";

/// Tells a client that it has missed events; how many, where that is known.
pub(super) fn lagged(missed: Option<u64>) -> Bytes {
    let missed = missed.map_or("null".to_owned(), |missed| missed.to_string());
    Bytes::from(format!("event: lagged\ndata: {{\"missed\":{missed}}}\n\n"))
}

/// One event. JSON without spaces has no line break, so it fits one `data` line.
pub(super) fn event(
    epoch: &str,
    sequence: u64,
    kind: &str,
    data: &impl Serialize,
) -> serde_json::Result<Bytes> {
    let mut bytes = format!("id: {epoch}-{sequence}\nevent: {}\ndata: ", word(kind)).into_bytes();
    serde_json::to_writer(&mut bytes, data)?;
    bytes.extend_from_slice(b"\n\n");
    // What the vector has to spare would stay in the ring for as long as the event.
    bytes.shrink_to_fit();
    Ok(bytes.into())
}

/// A name that cannot break out of its line.
fn word(kind: &str) -> String {
    let plain = |each: char| each.is_ascii_alphanumeric() || matches!(each, '_' | '-' | '.');
    kind.chars()
        .map(|each| if plain(each) { each } else { '_' })
        .collect()
}

/// The sequence number of an id of this epoch.
pub(super) fn sequence(epoch: &str, id: &str) -> Option<u64> {
    id.trim()
        .strip_prefix(epoch)?
        .strip_prefix('-')?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn an_event_is_three_lines() {
        let data = serde_json::json!({"text": "two\nlines\r\n"});
        let expected = "id: e1-7\nevent: server\ndata: {\"text\":\"two\\nlines\\r\\n\"}\n\n";
        assert_eq!(event("e1", 7, "server", &data).unwrap(), expected);
        let crooked = event("e1", 8, "a\ndata: x", &0).unwrap();
        assert_eq!(crooked, "id: e1-8\nevent: a_data__x\ndata: 0\n\n");
    }

    #[test]
    fn ids_are_of_this_start_or_of_none() {
        assert_eq!(sequence("e1", "e1-7"), Some(7));
        for id in ["e2-7", "e1-", "e1-x", "e1", "7", "", "e1--7", "e1-7-7"] {
            assert_eq!(sequence("e1", id), None, "{id}");
        }
    }

    #[test]
    fn missed_events_are_counted_where_they_can_be() {
        assert_eq!(lagged(Some(3)), "event: lagged\ndata: {\"missed\":3}\n\n");
        let unknown = "event: lagged\ndata: {\"missed\":null}\n\n";
        assert_eq!(lagged(None), unknown);
    }
}
