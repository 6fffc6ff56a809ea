//! Bytes, percentages and durations as people read them.

/// Bytes with a binary unit and three figures: `812 B`, `1.53 MiB`, `12.1 GiB`.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let decimals = match value {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$} {}", UNITS[unit])
}

/// A calculated number of bytes, as [`bytes`] writes it; below zero is zero.
pub fn whole_bytes(value: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "parts of a byte are not shown, and the cast is clamped"
    )]
    bytes(value.max(0.0) as u64)
}

/// A short duration from seconds: `42s`, `5m 03s`, `3h 07m`, `2d 04h`.
pub fn seconds(seconds: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to what fits; whole seconds are what is shown"
    )]
    let whole = seconds.clamp(0.0, 1e15) as u64;
    let (days, hours, minutes, rest) = (
        whole / 86_400,
        whole / 3_600 % 24,
        whole / 60 % 60,
        whole % 60,
    );
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{rest}s"),
        (0, 0, _) => format!("{minutes}m {rest:02}s"),
        (0, _, _) => format!("{hours}h {minutes:02}m"),
        _ => format!("{days}d {hours:02}h"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn three_figures() {
        for (value, expected) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.00 KiB"),
            (1_048_575, "1.00 MiB"),
            (12_345_678, "11.8 MiB"),
            (130_023_424, "124 MiB"),
            (u64::MAX, "16384 PiB"),
        ] {
            assert_eq!(super::bytes(value), expected);
        }
    }

    #[test]
    fn durations_have_two_parts() {
        for (value, expected) in [
            (0.4, "0s"),
            (59.9, "59s"),
            (303.0, "5m 03s"),
            (11_220.0, "3h 07m"),
            (187_200.0, "2d 04h"),
        ] {
            assert_eq!(super::seconds(value), expected);
        }
    }
}
