//! Secrets that we make, and how they are kept: as SHA-256 only, compared in constant time. A plain
//! hash is enough for 256 random bits; nobody can try them out.

use rustix::rand::{GetRandomFlags, getrandom};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The hash of a secret.
#[derive(Clone, Copy)]
pub(super) struct Hashed([u8; 32]);

impl Hashed {
    pub(super) fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }

    /// The same in constant time.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    pub(super) fn to_hex(self) -> String {
        hex(&self.0)
    }

    pub(super) fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            let pair = std::str::from_utf8(pair).ok()?;
            *byte = u8::from_str_radix(pair, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

/// 32 random bytes in lower-case hexadecimal.
pub(super) fn new_secret() -> std::io::Result<String> {
    Ok(hex(&random::<32>()?))
}

/// Six random hexadecimal digits: a name, not a secret.
pub(super) fn new_id() -> std::io::Result<String> {
    Ok(hex(&random::<3>()?))
}

fn random<const LENGTH: usize>() -> std::io::Result<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    let mut filled = 0;
    while filled < LENGTH {
        match getrandom(&mut bytes[filled..], GetRandomFlags::empty()) {
            Ok(more) => filled += more,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn secrets_are_long_and_never_the_same() {
        let (one, other) = (new_secret().unwrap(), new_secret().unwrap());
        assert_eq!((one.len(), new_id().unwrap().len()), (64, 6));
        assert_ne!(one, other);
        assert!(Hashed::of(&one).is(&Hashed::of(&one)));
        assert!(!Hashed::of(&one).is(&Hashed::of(&other)));
    }

    #[test]
    fn a_hash_survives_being_written() {
        // The first example of FIPS 180.
        let hash = Hashed::of("abc");
        let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash.to_hex(), hex);
        assert!(Hashed::from_hex(hex).unwrap().is(&hash));
        for wrong in ["", "ba78", &hex.replace('b', "g"), &format!("{hex}0")] {
            assert!(Hashed::from_hex(wrong).is_none(), "{wrong}");
        }
    }
}
