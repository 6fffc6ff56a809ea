//! Servers without a recording. What real ones showed: an idle server wakes up a few times a minute,
//! its memory stays for minutes and then moves by some pages, and half of its series never change; a
//! server under load uses some ticks of processor time a second in uneven bursts, its memory goes up
//! in small steps and down in large ones, and its counters of calls grow with its calls.

use crate::data::Server;
use crate::metrics::METRICS;

const SECONDS: usize = 400;

pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }
}

/// Forty servers, a quarter of them under load, or only those.
pub(crate) fn servers(busy: bool) -> Vec<Server> {
    let all = (0..40_u64).map(|number| (number, number % 4 == 0));
    all.filter(|(_, loaded)| *loaded || !busy)
        .map(|(number, loaded)| server(number, loaded))
        .collect()
}

fn server(number: u64, loaded: bool) -> Server {
    let mut random = Random(0x9e37_79b9 + number * 7_919);
    let mut columns = vec![Vec::with_capacity(SECONDS); METRICS.len()];
    let (mut user, mut system, mut delay) = (30, 10, 1_000_000_u64);
    let (mut switches, mut forced, mut pages, mut faults) =
        (900, 40, 18_000 + number * 200, 20_000);
    let (mut read, mut written, mut reads, mut writes) = (4_000_000, 20_000, 3_000, 400);
    for _ in 0..SECONDS {
        let calls = if loaded {
            random.below(4)
        } else {
            u64::from(random.below(45) == 0)
        };
        if calls > 0 {
            user += random.below(3) * calls;
            system += random.below(2);
            switches += calls * (3 + random.below(12));
            forced += random.below(3);
            delay += random.below(900_000);
            read += calls * (200 + random.below(1_800));
            written += calls * (100 + random.below(3_000));
            reads += calls * (2 + random.below(4));
            writes += calls * (1 + random.below(3));
            faults += random.below(30 * calls);
            if loaded || random.below(4) == 0 {
                pages += random.below(40);
            }
            if random.below(60) == 0 {
                pages -= (pages / 20).min(random.below(1_500));
            }
        }
        let bytes = (pages * 4_096) as f64;
        let row = [
            1.0,
            1.0,
            1.0,
            11.0,
            0.0,
            0.0,
            1_700_000_000.0 + number as f64 / 4.0,
            0.0,
            user as f64 / 100.0,
            system as f64 / 100.0,
            delay as f64 / 1e9,
            switches as f64,
            forced as f64,
            bytes,
            bytes - 20_480_000.0,
            bytes - 24_576_000.0,
            0.0,
            1_073_741_824.0 + 4_194_304.0 * number as f64,
            faults as f64,
            2.0,
            21.0,
            1_024.0,
            21.0 / 1_024.0,
            0.0,
            0.0,
            (written / 4_096 * 4_096) as f64,
            read as f64,
            written as f64,
            reads as f64,
            writes as f64,
        ];
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    columns
}
