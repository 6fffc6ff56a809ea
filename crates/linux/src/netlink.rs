//! Netlink messages and their attributes, read from and written to plain bytes.
//!
//! A datagram holds messages (`struct nlmsghdr`, netlink(7)), a message of some
//! families holds attributes (`struct nlattr`). Both are length-prefixed and padded
//! to four bytes, in the byte order of the machine. The iterators stop at the first
//! length that does not fit: whatever follows could not be told from noise.

/// Bytes of `struct nlmsghdr`.
pub(crate) const HEADER: usize = 16;
/// `NLMSG_ERROR`: the payload starts with a negative error number, 0 for an acknowledgement.
pub(crate) const ERROR: u16 = 2;
/// `NLMSG_DONE`: the end of a dump, or, from the connector, the only message.
pub(crate) const DONE: u16 = 3;
/// `NLM_F_REQUEST`.
pub(crate) const REQUEST: u16 = 0x001;
/// `NLM_F_ROOT | NLM_F_MATCH`.
pub(crate) const DUMP: u16 = 0x300;

/// One message of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    /// `nlmsg_type`.
    pub(crate) kind: u16,
    /// `nlmsg_flags`.
    pub(crate) flags: u16,
    /// What follows the header.
    pub(crate) payload: &'a [u8],
}

/// Messages of one datagram.
pub(crate) fn messages(mut bytes: &[u8]) -> impl Iterator<Item = Message<'_>> {
    std::iter::from_fn(move || {
        let length = usize::try_from(u32_at(bytes, 0)?).ok()?;
        let message = Message {
            kind: u16_at(bytes, 4)?,
            flags: u16_at(bytes, 6)?,
            payload: bytes.get(HEADER..length)?,
        };
        bytes = bytes.get(padded(length)..).unwrap_or_default();
        Some(message)
    })
}

/// Attributes of a message as (type, payload), the two flag bits of the type removed.
pub(crate) fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let length = usize::from(u16_at(bytes, 0)?);
        let kind = u16_at(bytes, 2)? & 0x3fff;
        let payload = bytes.get(4..length)?;
        bytes = bytes.get(padded(length)..).unwrap_or_default();
        Some((kind, payload))
    })
}

/// The error number of an `NLMSG_ERROR` or `NLMSG_DONE` payload; 0 if it holds none.
pub(crate) fn error_number(payload: &[u8]) -> i32 {
    u32_at(payload, 0).map_or(0, |raw| raw.cast_signed().checked_neg().unwrap_or(i32::MAX))
}

/// A message to send.
pub(crate) fn encode(kind: u16, flags: u16, sequence: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(HEADER + payload.len()).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(HEADER + payload.len());
    bytes.extend(length.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    bytes.extend(0_u32.to_ne_bytes()); // the kernel fills in the sender
    bytes.extend(payload);
    bytes
}

/// A 16-bit number in the machine's byte order.
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let field = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_ne_bytes(field.try_into().ok()?))
}

/// A 32-bit number in the machine's byte order.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let field = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_ne_bytes(field.try_into().ok()?))
}

fn padded(length: usize) -> usize {
    length.next_multiple_of(4)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::{attributes, encode, error_number, messages};

    #[test]
    fn what_is_encoded_is_read_back() {
        let mut datagram = encode(20, 0x301, 7, b"abcde");
        datagram.extend([0; 3]);
        datagram.extend(encode(3, 0, 8, &(-13_i32).to_ne_bytes()));
        let read: Vec<_> = messages(&datagram).collect();
        assert_eq!(read.len(), 2);
        assert_eq!((read[0].kind, read[0].flags), (20, 0x301));
        assert_eq!(read[0].payload, b"abcde");
        assert_eq!(error_number(read[1].payload), 13);
    }

    #[test]
    fn a_cut_message_is_dropped() {
        let whole = encode(20, 0, 0, b"abcdefgh");
        for end in 0..whole.len() {
            assert_eq!(messages(whole.get(..end).unwrap()).count(), 0);
        }
    }

    #[test]
    fn a_length_below_the_header_ends_the_datagram() {
        let mut bytes = encode(20, 0, 0, b"");
        bytes[0] = 3;
        assert_eq!(messages(&bytes).count(), 0);
        assert_eq!(attributes(&[0, 0, 1, 0, 9, 9]).count(), 0);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for message in messages(&bytes) {
                prop_assert!(attributes(message.payload).count() <= bytes.len() / 4);
            }
        }
    }
}
