//! Any label value and any number give one line that reads back.

use export::{Format, Limit, encode};
use model::metric::table as metrics;
use proptest::prelude::*;

use crate::fleet::measurement;
use crate::reader::read;

proptest! {
    #[test]
    fn one_line_for_one_series(
        server in any::<String>(),
        owner in "\\PC*|[\\\\\"\n\r\t{},= ]{0,12}",
        value in any::<f64>(),
        open_metrics in any::<bool>(),
    ) {
        let format = if open_metrics { Format::OpenMetrics } else { Format::PrometheusText };
        let all = [measurement(metrics::SERVER_UP, &[&server, &owner], value)];
        let mut page = String::new();
        encode(&all, format, Limit::default(), &mut page);
        let lines = read(&page);
        prop_assert_eq!(lines.len(), 1);
        prop_assert_eq!(&lines[0].name, "mcpvisor_server_up");
        prop_assert_eq!(lines[0].value.to_bits(), value.to_bits());
        for (label, given) in [("server", &server), ("owner", &owner)] {
            let read = &lines[0].labels[label];
            prop_assert!(!read.contains(char::is_control));
            prop_assert!(read.chars().count() <= 200);
            let shown = model::text::safe(given);
            if shown.chars().count() <= 200 {
                prop_assert_eq!(read, &*shown);
            }
        }
    }
}
