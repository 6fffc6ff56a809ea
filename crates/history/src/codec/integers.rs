//! Whole numbers in the shortest of five forms. The first byte names the form.

use pco::{DeltaSpec, ModeSpec};

use super::{LONGEST, deflated, packed};
use crate::bytes::{Damaged, Reader, fold, put_count, put_signed};

const CONSTANT: u8 = 0;
const SHORT: u8 = 1;
const SPARSE: u8 = 2;
const PACKED: u8 = 3;
const DEFLATED: u8 = 4;

/// No number is longer, written with seven bits a byte.
const LONGEST_NUMBER: usize = 10;

/// Sparse is tried where at most one in so many numbers differs from the one before.
const SPARSE_FROM: usize = 6;

/// Shorter columns are soon put together with others, so less time is spent on them.
const DEFLATED_FROM: usize = 256;

/// Appends the numbers; how many there are must be known when they are read.
pub(crate) fn encode_integers(numbers: &[i64], out: &mut Vec<u8>) {
    let changes = numbers
        .iter()
        .zip(numbers.iter().skip(1))
        .filter(|(a, b)| a != b)
        .count();
    if changes == 0 {
        out.push(CONSTANT);
        put_signed(out, numbers.first().copied().unwrap_or(0));
        return;
    }
    let mut best = None;
    if numbers.len() < 4 * packed::FEWEST {
        keep_shorter(&mut best, SHORT, short(numbers));
    }
    if changes * SPARSE_FROM <= numbers.len() {
        keep_shorter(&mut best, SPARSE, sparse(numbers, changes));
    }
    if numbers.len() >= packed::FEWEST
        && let Some(bytes) = packed::pack(numbers, ModeSpec::Auto, way(numbers))
    {
        keep_shorter(&mut best, PACKED, bytes);
    }
    if numbers.len() >= DEFLATED_FROM
        && let Some(bytes) = deflated::deflate(&short(numbers))
    {
        keep_shorter(&mut best, DEFLATED, bytes);
    }
    let (form, bytes) = best.unwrap_or_else(|| (SHORT, short(numbers)));
    out.push(form);
    put_count(out, bytes.len());
    out.extend_from_slice(&bytes);
}

/// Whether the numbers or their differences are smaller. pco's own search finds the same, but takes
/// longer than the rest of the encoding.
fn way(numbers: &[i64]) -> DeltaSpec {
    let bits = |number: u64| u64::from(64 - number.leading_zeros());
    let lowest = numbers.iter().copied().min().unwrap_or(0);
    let offsets = numbers.iter();
    let offsets: u64 = offsets
        .map(|number| bits(number.wrapping_sub(lowest).cast_unsigned()))
        .sum();
    let steps = numbers.iter().zip(numbers.iter().skip(1));
    let steps: u64 = steps.map(|(a, b)| bits(fold(b.wrapping_sub(*a)))).sum();
    if offsets < steps {
        DeltaSpec::NoOp
    } else {
        DeltaSpec::TryConsecutive(1)
    }
}

fn keep_shorter(best: &mut Option<(u8, Vec<u8>)>, form: u8, bytes: Vec<u8>) {
    if best
        .as_ref()
        .is_none_or(|(_, known)| bytes.len() < known.len())
    {
        *best = Some((form, bytes));
    }
}

fn short(numbers: &[i64]) -> Vec<u8> {
    let mut out = Vec::with_capacity(numbers.len() * 2);
    let mut before = 0_i64;
    for number in numbers {
        put_signed(&mut out, number.wrapping_sub(before));
        before = *number;
    }
    out
}

/// The first number, then how long each stays and by how much it changes.
fn sparse(numbers: &[i64], changes: usize) -> Vec<u8> {
    let mut lengths = Vec::with_capacity(changes);
    let mut steps = Vec::with_capacity(changes);
    let mut since = 0;
    for (index, pair) in numbers.windows(2).enumerate() {
        if pair[0] != pair[1] {
            lengths.push(i64::try_from(index - since).unwrap_or(0));
            steps.push(pair[1].wrapping_sub(pair[0]));
            since = index;
        }
    }
    let mut out = Vec::new();
    put_signed(&mut out, numbers.first().copied().unwrap_or(0));
    put_count(&mut out, changes);
    // These columns have far fewer numbers, so the depth of this recursion is small.
    encode_integers(&lengths, &mut out);
    encode_integers(&steps, &mut out);
    out
}

/// Reads `count` numbers.
pub(crate) fn decode_integers(reader: &mut Reader, count: usize) -> Result<Vec<i64>, Damaged> {
    decode(reader, count, 0)
}

fn read_short(mut reader: Reader, count: usize) -> Result<Vec<i64>, Damaged> {
    let mut before = 0_i64;
    let mut numbers = Vec::with_capacity(count);
    for _ in 0..count {
        before = before.wrapping_add(reader.signed()?);
        numbers.push(before);
    }
    Ok(numbers)
}

fn decode(reader: &mut Reader, count: usize, depth: u8) -> Result<Vec<i64>, Damaged> {
    if count > LONGEST || depth > 12 {
        return Err(Damaged("column too long"));
    }
    let form = reader.byte()?;
    if form == CONSTANT {
        return Ok(vec![reader.signed()?; count]);
    }
    let length = reader.count(usize::MAX)?;
    let bytes = reader.bytes(length)?;
    let mut inside = Reader::new(bytes);
    match form {
        SHORT => read_short(inside, count),
        DEFLATED => {
            let bytes = deflated::inflate(bytes, count.saturating_mul(LONGEST_NUMBER))?;
            read_short(Reader::new(&bytes), count)
        }
        SPARSE => {
            let mut value = inside.signed()?;
            let changes = inside.count(count)?;
            let lengths = decode(&mut inside, changes, depth + 1)?;
            let steps = decode(&mut inside, changes, depth + 1)?;
            let mut numbers = Vec::with_capacity(count);
            numbers.push(value);
            let mut since = 0_usize;
            for (length, step) in lengths.into_iter().zip(steps) {
                since = usize::try_from(length)
                    .ok()
                    .and_then(|length| since.checked_add(length))
                    .filter(|since| *since < count)
                    .ok_or(Damaged("change beyond the column"))?;
                numbers.resize(since + 1, value);
                value = value.wrapping_add(step);
            }
            numbers.resize(count, value);
            Ok(numbers)
        }
        PACKED => packed::unpack(bytes, count),
        _ => Err(Damaged("unknown form of whole numbers")),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes_of(numbers: &[i64]) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode_integers(numbers, &mut bytes);
        bytes
    }

    fn comes_back(numbers: &[i64]) -> usize {
        let bytes = bytes_of(numbers);
        let mut reader = Reader::new(&bytes);
        assert_eq!(
            decode_integers(&mut reader, numbers.len()).unwrap(),
            numbers
        );
        assert!(reader.is_empty());
        bytes.len()
    }

    #[test]
    fn constants_cost_next_to_nothing() {
        assert_eq!(comes_back(&vec![7; 17_280]), 2);
        assert_eq!(comes_back(&[]), 2);
    }

    #[test]
    fn few_changes_cost_little() {
        let mut numbers = vec![1_000_000; 17_280];
        numbers[9_000..].fill(1_004_096);
        assert!(comes_back(&numbers) < 24);
        numbers[17_279] = 0;
        assert!(comes_back(&numbers) < 40);
    }

    #[test]
    fn what_comes_again_costs_little() {
        let work = (0..60_i64)
            .map(|i| (i * i * 7_919) % 1_009)
            .collect::<Vec<_>>();
        let hours = work.iter().cycle().take(17_280).scan(0, |sum, step| {
            *sum += step;
            Some(*sum)
        });
        assert!(comes_back(&hours.collect::<Vec<_>>()) < 400);
    }

    #[test]
    fn the_ends_of_the_range() {
        comes_back(&[i64::MIN, i64::MAX, 0, i64::MIN]);
        let swinging: Vec<i64> = (0..500)
            .map(|i| if i % 2 == 0 { i64::MIN } else { i64::MAX })
            .collect();
        comes_back(&swinging);
    }

    proptest! {
        #[test]
        fn any_numbers_come_back(numbers in prop::collection::vec(any::<i64>(), 0..400)) {
            comes_back(&numbers);
        }

        #[test]
        fn rarely_changing_numbers_come_back(
            runs in prop::collection::vec((-3_i64..3, 1_usize..60), 0..40),
        ) {
            let numbers: Vec<i64> =
                runs.into_iter().flat_map(|(value, length)| vec![value; length]).collect();
            comes_back(&numbers);
        }

        #[test]
        fn damaged_bytes_never_panic(
            numbers in prop::collection::vec(-50_i64..50, 0..200),
            at in any::<prop::sample::Index>(),
            bits in 1_u8..,
            count in 0_usize..300,
        ) {
            let mut bytes = bytes_of(&numbers);
            let place = at.index(bytes.len());
            bytes[place] ^= bits;
            if let Ok(found) = decode_integers(&mut Reader::new(&bytes), count) {
                prop_assert_eq!(found.len(), count);
            }
        }
    }
}
