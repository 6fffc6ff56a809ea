//! The page before the judge that users have: `promtool check metrics`.

use std::io::Write as _;
use std::process::{Command, Stdio};

use export::{Format, Limit, encode};
use model::metric::table as metrics;

use crate::fleet::{fleet, measurement};

#[test]
fn promtool_has_no_complaint() {
    let started = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut promtool = match started {
        Ok(promtool) => promtool,
        Err(error) => {
            eprintln!(
                "skipped: promtool cannot be started ({error}); Debian's package prometheus has it"
            );
            return;
        }
    };
    let mut all = fleet(3);
    all.push(measurement(
        metrics::SERVER_UP,
        &["quote \" newline \n escape \u{1b}", "\\"],
        1.0,
    ));
    let mut page = String::new();
    encode(&all, Format::PrometheusText, Limit::default(), &mut page);
    let mut input = promtool.stdin.take().unwrap();
    input.write_all(page.as_bytes()).unwrap();
    drop(input);
    let output = promtool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{said}");
    assert_eq!(said.trim(), "", "promtool complains about style");
}
