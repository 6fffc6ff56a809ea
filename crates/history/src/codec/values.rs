//! Columns of values: scaled whole numbers where that is exact, else floating-point numbers.

use pco::{DeltaSpec, ModeSpec};

use super::decimal::{MOST, scale, to_value};
use super::integers::{decode_integers, encode_integers};
use super::packed;
use crate::bytes::{Damaged, Reader, put_count};

// The first byte is the number of decimals, or one of these.
const PLAIN: u8 = 0x10;
const PACKED: u8 = 0x11;
const SAME: u8 = 0x12;

/// Appends the values; how many there are must be known when they are read.
pub(crate) fn encode_values(values: &[f64], out: &mut Vec<u8>) {
    if let Some((exponent, scaled)) = scale(values) {
        out.push(exponent);
        encode_integers(&scaled, out);
        return;
    }
    let first = values.first().map_or(0, |value| value.to_bits());
    if values.iter().all(|value| value.to_bits() == first) {
        out.push(SAME);
        out.extend_from_slice(&first.to_le_bytes());
        return;
    }
    let plain = values.len() * 8;
    let packed = (values.len() >= packed::FEWEST)
        .then(|| packed::pack(values, ModeSpec::Auto, DeltaSpec::Auto))
        .flatten()
        .filter(|bytes| bytes.len() < plain);
    if let Some(bytes) = packed {
        out.push(PACKED);
        put_count(out, bytes.len());
        out.extend_from_slice(&bytes);
    } else {
        out.push(PLAIN);
        for value in values {
            out.extend_from_slice(&value.to_bits().to_le_bytes());
        }
    }
}

/// Reads `count` values.
pub(crate) fn decode_values(reader: &mut Reader, count: usize) -> Result<Vec<f64>, Damaged> {
    if count > super::LONGEST {
        return Err(Damaged("column too long"));
    }
    match reader.byte()? {
        exponent @ 0..=MOST => {
            let scaled = decode_integers(reader, count)?;
            Ok(scaled
                .into_iter()
                .map(|number| to_value(number, exponent))
                .collect())
        }
        SAME => Ok(vec![f64::from_bits(reader.u64_fixed()?); count]),
        PLAIN => {
            let plain = |_| Ok(f64::from_bits(reader.u64_fixed()?));
            (0..count).map(plain).collect()
        }
        PACKED => {
            let length = reader.count(usize::MAX)?;
            packed::unpack(reader.bytes(length)?, count)
        }
        _ => Err(Damaged("unknown form of values")),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn comes_back(values: &[f64]) -> usize {
        let mut bytes = Vec::new();
        encode_values(values, &mut bytes);
        let mut reader = Reader::new(&bytes);
        let found = decode_values(&mut reader, values.len()).unwrap();
        let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&found), bits(values));
        assert!(reader.is_empty());
        bytes.len()
    }

    #[test]
    fn seconds_cost_what_whole_numbers_do() {
        let ticks: Vec<f64> = (0..1_000).map(|i| f64::from(i / 7)).collect();
        let seconds: Vec<f64> = ticks.iter().map(|tick| tick / 100.0).collect();
        assert_eq!(comes_back(&ticks), comes_back(&seconds));
    }

    #[test]
    fn every_kind_of_number() {
        let payload = f64::from_bits(0x7ff0_0000_0000_0002);
        let odd = [f64::NAN, -f64::NAN, payload, -0.0, 0.0, f64::INFINITY];
        comes_back(&odd);
        assert_eq!(comes_back(&[payload; 1_000]), 9);
        let many: Vec<f64> = odd.iter().copied().cycle().take(400).collect();
        comes_back(&many);
        comes_back(&[f64::MIN_POSITIVE, f64::MAX, f64::NEG_INFINITY, 5e-324]);
    }

    proptest! {
        #[test]
        fn any_bits_come_back(bits in prop::collection::vec(any::<u64>(), 0..300)) {
            let values: Vec<f64> = bits.into_iter().map(f64::from_bits).collect();
            comes_back(&values);
        }

        #[test]
        fn smooth_values_come_back(start in -1e6_f64..1e6, steps in prop::collection::vec(-1.0_f64..1.0, 0..300)) {
            let mut value = start;
            let values: Vec<f64> = steps.into_iter().map(|step| { value += step; value }).collect();
            comes_back(&values);
        }
    }
}
