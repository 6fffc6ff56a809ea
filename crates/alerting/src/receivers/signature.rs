//! The signature of a webhook: HMAC-SHA256 (RFC 2104) over the time of sending, a dot, and the exact body.
//!
//! A receiver that knows the secret computes it over `X-Mcpvisor-Timestamp`, `.` and the body as it came,
//! compares it in constant time with `X-Mcpvisor-Signature`, and refuses what is older than it likes: a
//! recorded request cannot be sent again later, because its time is signed.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::Secret;

/// Header with the time of sending, seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "x-mcpvisor-timestamp";

/// Header with `sha256=` and the signature in hexadecimal digits.
pub const SIGNATURE_HEADER: &str = "x-mcpvisor-signature";

/// Header with the id of the notice, which stays the same however often it is sent.
pub const DELIVERY_HEADER: &str = "x-mcpvisor-delivery";

/// What goes into [`SIGNATURE_HEADER`] for a body sent at this time.
pub(super) fn sign(secret: &Secret, timestamp: &str, body: &[u8]) -> String {
    let mut signature = "sha256=".to_owned();
    // Keys of any length are permitted, so this always succeeds.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) {
        mac.update(timestamp.as_bytes());
        mac.update(b".");
        mac.update(body);
        for byte in mac.finalize().into_bytes() {
            // Writing to a `String` cannot fail.
            write!(signature, "{byte:02x}").ok();
        }
    }
    signature
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_openssl_computes_it() {
        // printf '1795226400.{"version":"4"}' | openssl dgst -sha256 -hmac 'a secret'
        assert_eq!(
            sign(
                &Secret::new("a secret"),
                "1795226400",
                br#"{"version":"4"}"#
            ),
            "sha256=23e9711251b7090f25d236b0c8a090d27900642cc061fe676ded21685c431dba"
        );
    }
}
