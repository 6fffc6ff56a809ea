//! The checksum that every stored piece carries: CRC-32 as in zlib and PNG (ISO-HDLC, polynomial
//! 0x04C11DB7 reflected), which finds every error burst of up to 32 bits.

const TABLES: [[u32; 256]; 8] = tables();

const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut index = 0;
    while index < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let mut value = index as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 {
                (value >> 1) ^ 0xedb8_8320
            } else {
                value >> 1
            };
            bit += 1;
        }
        tables[0][index] = value;
        index += 1;
    }
    let mut slice = 1;
    while slice < 8 {
        let mut index = 0;
        while index < 256 {
            let before: u32 = tables[slice - 1][index];
            tables[slice][index] = (before >> 8) ^ tables[0][(before & 0xff) as usize];
            index += 1;
        }
        slice += 1;
    }
    tables
}

/// The checksum of these bytes, eight bytes a step.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    let mut steps = bytes.chunks_exact(8);
    for step in &mut steps {
        let first = crc.to_le_bytes();
        crc = 0;
        for (place, byte) in step.iter().enumerate() {
            let mixed = if place < 4 {
                byte ^ first[place]
            } else {
                *byte
            };
            crc ^= TABLES[7 - place][usize::from(mixed)];
        }
    }
    for byte in steps.remainder() {
        let mixed = (crc & 0xff) as usize ^ usize::from(*byte);
        crc = (crc >> 8) ^ TABLES[0][mixed];
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn every_flipped_bit_is_seen() {
        let mut bytes = *b"chunks of a day, and then some more";
        let right = crc32(&bytes);
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(crc32(&bytes), right);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}
