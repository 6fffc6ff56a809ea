//! Values as whole numbers of a decimal fraction, only where going there and back changes no bit.

/// How many decimals: 0 to [`MOST`].
pub(crate) type Exponent = u8;

/// Nanoseconds as seconds have so many; no reading of the kernel has more.
pub(crate) const MOST: Exponent = 9;

const POWERS: [f64; 10] = [1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/// Beyond this (2^53) a floating-point number has no units digit.
const LARGEST: u64 = 9_007_199_254_740_992;

fn power(exponent: Exponent) -> f64 {
    POWERS.get(usize::from(exponent)).copied().unwrap_or(1.0)
}

/// `value` times ten to the `exponent`, if that is whole and gives the same bits on the way back.
pub(crate) fn to_scaled(value: f64, exponent: Exponent) -> Option<i64> {
    let scaled = value * power(exponent);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what is cut off, too large, or no number does not come back as it was"
    )]
    let whole = (scaled + 0.5_f64.copysign(scaled)) as i64;
    let exact = to_value(whole, exponent).to_bits() == value.to_bits();
    (exact && whole.unsigned_abs() <= LARGEST).then_some(whole)
}

/// The value of a scaled whole number.
pub(crate) fn to_value(scaled: i64, exponent: Exponent) -> f64 {
    scaled as f64 / power(exponent)
}

/// All values as whole numbers with the fewest decimals that fit all.
pub(crate) fn scale(values: &[f64]) -> Option<(Exponent, Vec<i64>)> {
    let mut exponent = 0;
    let mut scaled = Vec::with_capacity(values.len());
    while let Some(value) = values.get(scaled.len()) {
        if let Some(whole) = to_scaled(*value, exponent) {
            scaled.push(whole);
            continue;
        }
        // Begun again with more decimals, which must fit those before, too: 2^53 has no room.
        exponent = (exponent + 1..=MOST).find(|more| to_scaled(*value, *more).is_some())?;
        scaled.clear();
    }
    Some((exponent, scaled))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_and_hundredths() {
        assert_eq!(scale(&[1.0, 4096.0]), Some((0, vec![1, 4096])));
        assert_eq!(scale(&[12.34, 0.1, 7.0]), Some((2, vec![1234, 10, 700])));
        assert_eq!(scale(&[]), Some((0, Vec::new())));
    }

    #[test]
    fn what_is_not_decimal_stays_as_it_is() {
        for value in [1.0 / 3.0, f64::NAN, -0.0, f64::INFINITY, 1e300, 0.1 + 0.2] {
            assert_eq!(scale(&[value]), None, "{value}");
        }
        assert_eq!(scale(&[9_007_199_254_740_992.0, 0.01]), None);
    }
}
