//! Reading and writing the small numbers that all encodings are made of: variable-length integers,
//! seven bits a byte, the lowest first. Reading never panics: what is cut off or too long is
//! [`Damaged`].

/// Bytes that are not what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("damaged: {0}")]
pub(crate) struct Damaged(pub(crate) &'static str);

/// Takes bytes from the front of a slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// All that is left.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Damaged> {
        let (first, rest) = self.rest.split_first().ok_or(Damaged("cut off"))?;
        self.rest = rest;
        Ok(*first)
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Result<&'a [u8], Damaged> {
        let (first, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(Damaged("cut off"))?;
        self.rest = rest;
        Ok(first)
    }

    pub(crate) fn u32_fixed(&mut self) -> Result<u32, Damaged> {
        let bytes = self.bytes(4)?;
        Ok(u32::from_le_bytes(
            bytes.try_into().map_err(|_| Damaged("cut off"))?,
        ))
    }

    pub(crate) fn u64_fixed(&mut self) -> Result<u64, Damaged> {
        let bytes = self.bytes(8)?;
        Ok(u64::from_le_bytes(
            bytes.try_into().map_err(|_| Damaged("cut off"))?,
        ))
    }

    pub(crate) fn unsigned(&mut self) -> Result<u64, Damaged> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                return Err(Damaged("number too long"));
            }
            value |= part << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Damaged("number too long"))
    }

    pub(crate) fn signed(&mut self) -> Result<i64, Damaged> {
        Ok(unfold(self.unsigned()?))
    }

    /// A count of things that must be smaller than `limit`, so that damaged bytes reserve no memory.
    pub(crate) fn count(&mut self, limit: usize) -> Result<usize, Damaged> {
        let count = usize::try_from(self.unsigned()?).map_err(|_| Damaged("count too large"))?;
        if count > limit {
            return Err(Damaged("count too large"));
        }
        Ok(count)
    }
}

/// Appends an unsigned number.
pub(crate) fn put_unsigned(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(low_bits(value) | 0x80);
        value >>= 7;
    }
    out.push(low_bits(value));
}

/// Appends a signed number: small ones of either sign are short.
pub(crate) fn put_signed(out: &mut Vec<u8>, value: i64) {
    put_unsigned(out, fold(value));
}

/// Appends a count.
pub(crate) fn put_count(out: &mut Vec<u8>, count: usize) {
    put_unsigned(out, count as u64);
}

fn low_bits(value: u64) -> u8 {
    (value & 0x7f) as u8
}

/// 0, -1, 1, -2, .. become 0, 1, 2, 3, ..
pub(crate) fn fold(value: i64) -> u64 {
    (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned()
}

/// The reverse of [`fold`].
pub(crate) fn unfold(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        let numbers = [0, 1, -1, 63, -64, 64, 1 << 40, i64::MAX, i64::MIN];
        let mut bytes = Vec::new();
        for number in numbers {
            put_signed(&mut bytes, number);
        }
        let mut reader = Reader::new(&bytes);
        for number in numbers {
            assert_eq!(reader.signed().unwrap(), number);
        }
        assert!(reader.is_empty());
    }

    #[test]
    fn what_is_cut_off_or_too_long_is_damaged() {
        assert!(Reader::new(&[0x80]).unsigned().is_err());
        assert!(Reader::new(&[0xff; 11]).unsigned().is_err());
        assert!(Reader::new(&[9]).count(8).is_err());
        assert!(Reader::new(&[1, 2, 3]).u32_fixed().is_err());
    }
}
