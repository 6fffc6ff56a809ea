//! Figures over time as a line of bars.

use super::Look;

/// One character for each value, between zero and the highest; a gap is a space.
pub fn line(values: &[Option<f32>], look: Look) -> String {
    let highest = peak(values).unwrap_or(0.0);
    let bars = look.bars();
    let bar = |value: f32| {
        // All zero is a line of the lowest bars, not of the highest.
        let share = if highest > 0.0 {
            (value / highest).clamp(0.0, 1.0)
        } else {
            0.0
        };
        bars.iter()
            .enumerate()
            .rev()
            .find(|(height, _)| share * bars.len() as f32 > *height as f32)
            .map_or(bars[0], |(_, bar)| *bar)
    };
    values.iter().map(|value| value.map_or(' ', bar)).collect()
}

/// The highest of the known values.
pub fn peak(values: &[Option<f32>]) -> Option<f32> {
    values.iter().flatten().copied().reduce(f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_grow_with_the_value() {
        let look = Look {
            colour: false,
            unicode: true,
        };
        let values = [Some(0.0), Some(1.0), None, Some(4.0), Some(8.0)];
        assert_eq!(line(&values, look), "▁▁ ▄█");
        assert_eq!(line(&[Some(0.0), Some(0.0)], look), "▁▁");
        assert_eq!(
            line(
                &[Some(8.0)],
                Look {
                    colour: false,
                    unicode: false
                }
            ),
            "#"
        );
        assert_eq!(peak(&[None]), None);
    }
}
