//! Encoding must cost next to nothing beside the reading of the machine.

use std::time::{Duration, Instant};

use export::{Format, Limit, encode};

use crate::fleet::fleet;

#[test]
fn a_page_of_1500_series_is_quick() {
    let all = fleet(60);
    let mut page = String::new();
    let best = (0..20).map(|_| {
        page.clear();
        let begin = Instant::now();
        let written = encode(&all, Format::PrometheusText, Limit::default(), &mut page);
        assert!(written.series > 1_500 && written.dropped() == 0);
        begin.elapsed()
    });
    let best = best.min().unwrap();
    eprintln!("{} series, {} bytes: {best:?}", all.len(), page.len());
    // Without optimisation and on a busy machine; an optimised build takes a fraction.
    assert!(best < Duration::from_millis(50), "{best:?}");
}
