//! Comma-separated values after RFC 4180: time (RFC 3339), metric, labels as `name=value` pairs with
//! semicolons between, and the point. What is not known is empty.

use std::io::{self, Write};

use jiff::Timestamp;

use crate::query::{Points, SeriesResult};
use crate::series::{Millis, SeriesKey};

pub(super) struct Csv;

impl super::Writer for Csv {
    fn begin(&mut self, out: &mut dyn Write, buckets: bool) -> io::Result<()> {
        out.write_all(if buckets {
            b"time,metric,labels,count,min,max,mean,sum,last,increase,p50,p95,p99\r\n".as_slice()
        } else {
            b"time,metric,labels,value\r\n".as_slice()
        })
    }

    fn points(&mut self, out: &mut dyn Write, series: &SeriesResult) -> io::Result<()> {
        let name = format!(
            "{},{}",
            field(&series.key.metric),
            field(&labels(&series.key))
        );
        match &series.points {
            Points::Samples(samples) => {
                for sample in samples {
                    write!(out, "{},{name},{}\r\n", time(sample.at), sample.value)?;
                }
            }
            Points::Buckets(buckets) => {
                for bucket in buckets {
                    write!(out, "{},{name},{}", time(bucket.at), bucket.count)?;
                    let known = [
                        bucket.min,
                        bucket.max,
                        bucket.mean,
                        bucket.sum,
                        Some(bucket.last),
                        bucket.increase,
                        bucket.p50,
                        bucket.p95,
                        bucket.p99,
                    ];
                    for value in known {
                        out.write_all(b",")?;
                        if let Some(value) = value {
                            write!(out, "{value}")?;
                        }
                    }
                    out.write_all(b"\r\n")?;
                }
            }
        }
        Ok(())
    }

    fn end(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

fn time(millis: Millis) -> String {
    Timestamp::from_millisecond(millis).map_or_else(|_| millis.to_string(), |time| time.to_string())
}

fn labels(key: &SeriesKey) -> String {
    let pairs = key.labels.iter();
    let pairs: Vec<String> = pairs
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join(";")
}

/// Quoted where it must be; and no spreadsheet takes it for a formula.
fn field(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula || text.contains([',', '"', '\n', '\r']) {
        let quote = if formula { "'" } else { "" };
        format!("\"{quote}{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        assert_eq!(field("server=memory"), "server=memory");
        assert_eq!(field("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(field("=1+1"), "\"'=1+1\"");
        assert_eq!(time(0), "1970-01-01T00:00:00Z");
    }
}
