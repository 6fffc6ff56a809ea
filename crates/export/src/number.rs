//! Numbers as the formats want them: the shortest text that reads back as the same number.

/// Up to here every integer has a float of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Appends a value: `42`, `0.25`, `1.5e-07`, `+Inf`, `-Inf`, `NaN`.
///
/// Whole numbers up to 2^53 have no exponent; beyond, and below 0.0001, exponents are written as
/// Go writes them, with a sign and two digits.
pub(crate) fn push(page: &mut String, value: f64) {
    if value.is_nan() {
        page.push_str("NaN");
    } else if value.is_infinite() {
        page.push_str(if value > 0.0 { "+Inf" } else { "-Inf" });
    } else if value.fract() == 0.0 && value.abs() <= EXACT {
        push_whole(page, value);
    } else {
        push_fraction(page, value);
    }
}

fn push_whole(page: &mut String, value: f64) {
    if value.is_sign_negative() {
        page.push('-');
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole, not negative and at most 2^53"
    )]
    let mut rest = value.abs() as u64;
    let mut digits = [0; 16];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    page.push_str(str::from_utf8(&digits[first..]).unwrap_or_default());
}

fn push_fraction(page: &mut String, value: f64) {
    let size = value.abs();
    if (1e-4..EXACT).contains(&size) {
        page.push_str(&value.to_string());
        return;
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    page.push_str(&format!("{digits}e{sign}{exponent:0>2}"));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    fn text(value: f64) -> String {
        let mut page = String::new();
        super::push(&mut page, value);
        page
    }

    #[test]
    fn as_go_and_people_write_them() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-17.0, "-17"),
            (0.25, "0.25"),
            (1_234_567.5, "1234567.5"),
            (12_884_901_888.0, "12884901888"),
            (9_007_199_254_740_992.0, "9007199254740992"),
            (1e17, "1e+17"),
            (1.5e300, "1.5e+300"),
            (1.5e-7, "1.5e-07"),
            (0.0001, "0.0001"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(text(value), expected);
        }
    }

    proptest! {
        #[test]
        fn a_number_reads_back_as_itself(value in any::<f64>()) {
            prop_assert_eq!(text(value).parse().map(f64::to_bits), Ok(value.to_bits()));
        }

        #[test]
        fn whole_numbers_are_digits_only(value in 0_u64..=1 << 53) {
            prop_assert_eq!(text(value as f64), value.to_string());
        }
    }
}
