//! pco and Gorilla on chunks of the same values, of the lengths that the store has: twenty minutes,
//! an hour, a day. pco is given whole numbers where values are decimal fractions, as the store does.

use std::error::Error;

use pco::ChunkConfig;
use serde_json::{Value, json};

use crate::arguments::Arguments;
use crate::data::{DAY, Fleet};
use crate::gorilla;
use crate::measure::seconds_of;
use crate::metrics::METRICS;

pub(crate) fn run(arguments: &Arguments) -> Result<Value, Box<dyn Error>> {
    let fleet = Fleet::of(arguments)?;
    let samples = (fleet.series() * DAY) as f64;
    let mut rows = Vec::new();
    for length in [240, 720, DAY] {
        let (mut with_pco, mut with_gorilla) = (0, 0);
        let (mut pco_seconds, mut gorilla_seconds) = (0.0, 0.0);
        for server in 0..arguments.servers {
            for metric in 0..METRICS.len() {
                let values: Vec<f64> = (0..DAY)
                    .map(|tick| fleet.value(server, metric, tick))
                    .collect();
                for chunk in values.chunks(length) {
                    let (bytes, seconds) = seconds_of(|| pack(chunk));
                    with_pco += bytes?;
                    pco_seconds += seconds;
                    let (bytes, seconds) = seconds_of(|| gorilla::encode(chunk).len());
                    with_gorilla += bytes;
                    gorilla_seconds += seconds;
                }
            }
        }
        rows.push(json!({
            "points": length,
            "pco_bytes_per_sample": with_pco as f64 / samples,
            "gorilla_bytes_per_sample": with_gorilla as f64 / samples,
            "pco_million_samples_per_second": samples / pco_seconds / 1e6,
            "gorilla_million_samples_per_second": samples / gorilla_seconds / 1e6,
        }));
    }
    Ok(
        json!({"series": fleet.series(), "mix": if arguments.busy { "busy" } else { "quiet" }, "codecs": rows}),
    )
}

fn pack(values: &[f64]) -> Result<usize, Box<dyn Error>> {
    let config = ChunkConfig::default();
    for power in [1.0, 100.0, 1e9] {
        let scaled: Vec<f64> = values.iter().map(|value| (value * power).round()).collect();
        if scaled
            .iter()
            .zip(values)
            .all(|(scaled, value)| (scaled / power).to_bits() == value.to_bits())
        {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "seconds and bytes are far below 2^53"
            )]
            let whole: Vec<i64> = scaled.iter().map(|scaled| *scaled as i64).collect();
            return Ok(pco::standalone::simple_compress(&whole, &config)?.len());
        }
    }
    Ok(pco::standalone::simple_compress(values, &config)?.len())
}
