//! The day as Prometheus text with timestamps in milliseconds, on standard output.

use std::error::Error;
use std::io::{BufWriter, Write};

use crate::arguments::Arguments;
use crate::data::{DAY, Fleet, time};
use crate::metrics::METRICS;

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let fleet = Fleet::of(arguments)?;
    let mut out = BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
    for server in 0..arguments.servers {
        let labels = fleet.labels(server);
        for (number, metric) in METRICS.iter().enumerate() {
            for tick in 0..DAY {
                let value = fleet.value(server, number, tick);
                writeln!(
                    out,
                    "{}{{server=\"{}\",owner=\"{}\"}} {value} {}",
                    metric.name,
                    labels[0],
                    labels[1],
                    time(arguments.end, tick)
                )?;
            }
        }
    }
    Ok(out.flush()?)
}
