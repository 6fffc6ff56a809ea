//! Values of a written series, in the notation of promtool: `100e6 200e6+10e6x20 _x3 stale`.
//!
//! | written | means |
//! |---|---|
//! | `7` | 7 |
//! | `1+2x3` | 1 3 5 7: begins at 1, then three more, each 2 higher |
//! | `1-2x3` | 1 -1 -3 -5 |
//! | `5x3` | 5 5 5 5: once, and three more |
//! | `_`, `_x3` | not measured at one time, at three |
//! | `stale` | what is measured has ended |

/// Values of one series at most.
pub const MOST_STEPS: usize = 1_000_000;

/// A series at one of its times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// It has this value.
    Value(f64),
    /// It was not measured, though what it is about is there.
    Missing,
    /// What it is about is there no more.
    Stale,
}

/// Why values cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadValues {
    /// A word is not of the notation.
    #[error(
        "`{0}` is no value; write `1`, `1+2x3` (1 and three more, each 2 higher), `5x3`, `_`, `_x3` or `stale`"
    )]
    Word(String),
    /// There are none.
    #[error("there are no values")]
    None,
    /// There are too many.
    #[error("there are more than {MOST_STEPS} values")]
    TooMany,
}

/// The steps of a text, at least one.
pub fn steps(text: &str) -> Result<Vec<Step>, BadValues> {
    let mut all = Vec::new();
    for word in text.split_whitespace() {
        let (first, more, by) = parsed(word).ok_or_else(|| bad(word))?;
        if more >= MOST_STEPS - all.len().min(MOST_STEPS) {
            return Err(BadValues::TooMany);
        }
        all.extend((0..=more).map(|at| match first {
            Step::Value(value) => Step::Value(value + by * at as f64),
            other => other,
        }));
    }
    if all.is_empty() {
        return Err(BadValues::None);
    }
    Ok(all)
}

/// The first step of a word, how many more there are, and by how much each is higher.
fn parsed(word: &str) -> Option<(Step, usize, f64)> {
    match word {
        "_" => return Some((Step::Missing, 0, 0.0)),
        "stale" => return Some((Step::Stale, 0, 0.0)),
        _ => {}
    }
    if let Some(times) = word.strip_prefix("_x") {
        let times: usize = times.parse().ok()?;
        // What is missing so many times is missing once and then so many less one.
        return Some((Step::Missing, times.checked_sub(1)?, 0.0));
    }
    let Some((values, times)) = word.rsplit_once('x') else {
        return Some((Step::Value(number(word)?), 0, 0.0));
    };
    let more: usize = times.parse().ok()?;
    let Some(at) = sign(values) else {
        return Some((Step::Value(number(values)?), more, 0.0));
    };
    let (first, by) = values.split_at(at);
    Some((Step::Value(number(first)?), more, number(by)?))
}

/// Where the sign between two numbers is: not the one that a number or its exponent begins with.
fn sign(values: &str) -> Option<usize> {
    let bytes = values.as_bytes();
    (1..bytes.len())
        .find(|&at| matches!(bytes[at], b'+' | b'-') && !matches!(bytes[at - 1], b'e' | b'E'))
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

fn bad(word: &str) -> BadValues {
    let clean = word.chars().filter(|c| !c.is_control());
    BadValues::Word(clean.take(40).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values, `_` and `!` in a row.
    fn read(text: &str) -> Result<String, BadValues> {
        let shown = steps(text)?.into_iter().map(|step| match step {
            Step::Value(value) => value.to_string(),
            Step::Missing => "_".to_owned(),
            Step::Stale => "!".to_owned(),
        });
        Ok(shown.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn as_promtool_reads_them() {
        for (text, values) in [
            ("1", "1"),
            ("-2+4x3", "-2 2 6 10"),
            ("1-2x4", "1 -1 -3 -5 -7"),
            ("1x4", "1 1 1 1 1"),
            ("1 _x3 stale", "1 _ _ _ !"),
            ("_ stale 3", "_ ! 3"),
            ("100e6 2e6+1e-1x1", "100000000 2000000 2000000.1"),
            ("1e+3-5e-1x2", "1000 999.5 999"),
            ("5x0", "5"),
            ("Inf -Inf", "inf -inf"),
            ("  1\n 2\t3 ", "1 2 3"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(values), "{text}");
        }
    }

    #[test]
    fn what_is_no_value_is_named() {
        for text in [
            "a", "1+2", "1+x3", "x3", "1x", "1x-2", "_x", "_x0", "_3", "1+2x1.5", "100MB", "1,2",
            "1--2x1", "1+-2x1",
        ] {
            assert_eq!(steps(text), Err(BadValues::Word(text.to_owned())), "{text}");
        }
        assert_eq!(steps(" \n"), Err(BadValues::None));
    }

    #[test]
    fn nothing_grows_without_bound() {
        assert_eq!(steps("1x1000000"), Err(BadValues::TooMany));
        assert_eq!(steps("1x600000 1x600000"), Err(BadValues::TooMany));
        assert_eq!(
            steps("1x99999999999999999999"),
            Err(bad("1x99999999999999999999"))
        );
        assert_eq!(steps("_x1000000").map(|all| all.len()), Ok(MOST_STEPS));
    }
}
