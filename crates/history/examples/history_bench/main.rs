//! Measures the history on process data, and prints one JSON object.
//!
//! ```sh
//! history_bench record --pids FILE --seconds 400 --out DATA    # read running processes once a second
//! history_bench measure [--data DATA] [--mix quiet|busy] [--servers N] [--folder DIR]
//! history_bench codecs  [--data DATA] [--mix quiet|busy] [--servers N]
//! history_bench feed    [--data DATA] [--mix quiet|busy] [--servers N] [--end SECONDS]
//! ```
//! `measure` fills a history with a day of ticks five seconds apart and asks it; `codecs` compares
//! pco and Gorilla on chunks of the same values; `feed` writes the same day as Prometheus text with
//! timestamps, so that another store can be given exactly what the history was given.
//!
//! `--data` is a recording: samples of real servers, one second apart, taken as if they were five
//! seconds apart and repeated until the day is full, counters going on from where they were. Servers
//! are repeated, too, each time beginning elsewhere in the recording, until there are `--servers` of
//! them. With `--pieces N` the day is made of pieces of N ticks of the recording in random order
//! instead, others for each server, because a day that repeats itself exactly flatters whoever looks
//! for repetitions. Without a recording, [`made_up`] makes one. `busy` takes only servers that are
//! under load.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    reason = "a benchmark prints what it has measured"
)]

mod arguments;
mod codecs;
mod data;
mod feed;
mod gorilla;
mod made_up;
mod measure;
mod metrics;
mod record;

use std::error::Error;

use arguments::Arguments;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::read(std::env::args().skip(1))?;
    match arguments.command.as_str() {
        "record" => record::run(&arguments),
        "measure" => {
            println!("{}", measure::run(&arguments)?);
            Ok(())
        }
        "codecs" => {
            println!("{}", codecs::run(&arguments)?);
            Ok(())
        }
        "feed" => feed::run(&arguments),
        other => Err(format!("`{other}` is none of record, measure, codecs, feed").into()),
    }
}
