//! Medians and the like of what was measured several times.

/// The value that so many percent are not above; not a number where there is none.
pub(crate) fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    let place = (last * percent + 50) / 100;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}

/// The middle one; of an even number the mean of the two in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let half = sorted.len() / 2;
    match (
        half.checked_sub(1).and_then(|before| sorted.get(before)),
        sorted.get(half),
    ) {
        (Some(before), Some(middle)) if sorted.len().is_multiple_of(2) => {
            f64::midpoint(*before, *middle)
        }
        (_, Some(middle)) => *middle,
        _ => f64::NAN,
    }
}

/// The largest; not a number where there is none.
pub(crate) fn largest(values: &[f64]) -> f64 {
    percentile(values, 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_odd_even_and_nothing() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
        assert!((median(&[7.0]) - 7.0).abs() < 1e-9);
        assert!(median(&[]).is_nan() && largest(&[]).is_nan());
        let hundred: Vec<f64> = (1..=101).map(f64::from).collect();
        assert!((percentile(&hundred, 95) - 96.0).abs() < 1e-9);
        assert!((largest(&hundred) - 101.0).abs() < 1e-9);
    }
}
