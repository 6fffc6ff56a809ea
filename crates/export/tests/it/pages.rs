//! Whole pages as snapshots.

use export::{Format, Limit, encode};
use model::Measurement;
use model::metric::table as metrics;

use crate::fleet::{fleet, measurement};

fn sample() -> Vec<Measurement> {
    vec![
        measurement(metrics::BUILD_INFO, &["0.1.0"], 1.0),
        measurement(
            metrics::SERVER_CPU_SECONDS_TOTAL,
            &["memory", "Codex", "user"],
            12.5,
        ),
        measurement(
            metrics::SERVER_CPU_SECONDS_TOTAL,
            &["memory", "Codex", "system"],
            0.25,
        ),
        measurement(metrics::SERVER_UP, &["say \"hi\"\n", "C:\\x"], 0.0),
        measurement(metrics::SERVER_UP, &["memory", "Codex"], 1.0),
        measurement(
            metrics::SERVER_WORST_FD_RATIO,
            &["memory", "Codex"],
            0.031_25,
        ),
        measurement(metrics::LOOKS_TOTAL, &[], 17.0),
    ]
}

fn page(format: Format) -> String {
    let mut page = String::new();
    let written = encode(&sample(), format, Limit::default(), &mut page);
    assert_eq!((written.series, written.dropped()), (7, 0));
    page
}

#[test]
fn prometheus_text() {
    insta::assert_snapshot!(page(Format::PrometheusText), @r#"
    # HELP mcpvisor_server_up Whether the server runs: 1, or 0 for one that is declared and absent.
    # TYPE mcpvisor_server_up gauge
    mcpvisor_server_up{server="memory",owner="Codex"} 1
    mcpvisor_server_up{server="say \"hi\"\\n",owner="C:\\x"} 0
    # HELP mcpvisor_server_cpu_seconds_total Processor time used, by mode: user, system.
    # TYPE mcpvisor_server_cpu_seconds_total counter
    mcpvisor_server_cpu_seconds_total{server="memory",owner="Codex",mode="system"} 0.25
    mcpvisor_server_cpu_seconds_total{server="memory",owner="Codex",mode="user"} 12.5
    # HELP mcpvisor_server_worst_fd_ratio Open file descriptors over the soft limit, 0 to 1, of the process that is nearest to its limit.
    # TYPE mcpvisor_server_worst_fd_ratio gauge
    mcpvisor_server_worst_fd_ratio{server="memory",owner="Codex"} 0.03125
    # HELP mcpvisor_build_info The running mcpvisor.
    # TYPE mcpvisor_build_info gauge
    mcpvisor_build_info{version="0.1.0"} 1
    # HELP mcpvisor_looks_total Passes over the machine since the start.
    # TYPE mcpvisor_looks_total counter
    mcpvisor_looks_total 17
    "#);
}

#[test]
fn open_metrics() {
    insta::assert_snapshot!(page(Format::OpenMetrics), @r#"
    # HELP mcpvisor_server_up Whether the server runs: 1, or 0 for one that is declared and absent.
    # TYPE mcpvisor_server_up gauge
    mcpvisor_server_up{server="memory",owner="Codex"} 1
    mcpvisor_server_up{server="say \"hi\"\\n",owner="C:\\x"} 0
    # HELP mcpvisor_server_cpu_seconds Processor time used, by mode: user, system.
    # TYPE mcpvisor_server_cpu_seconds counter
    # UNIT mcpvisor_server_cpu_seconds seconds
    mcpvisor_server_cpu_seconds_total{server="memory",owner="Codex",mode="system"} 0.25
    mcpvisor_server_cpu_seconds_total{server="memory",owner="Codex",mode="user"} 12.5
    # HELP mcpvisor_server_worst_fd_ratio Open file descriptors over the soft limit, 0 to 1, of the process that is nearest to its limit.
    # TYPE mcpvisor_server_worst_fd_ratio gauge
    # UNIT mcpvisor_server_worst_fd_ratio ratio
    mcpvisor_server_worst_fd_ratio{server="memory",owner="Codex"} 0.03125
    # HELP mcpvisor_build The running mcpvisor.
    # TYPE mcpvisor_build info
    mcpvisor_build_info{version="0.1.0"} 1
    # HELP mcpvisor_looks Passes over the machine since the start.
    # TYPE mcpvisor_looks counter
    mcpvisor_looks_total 17
    # EOF
    "#);
}

#[test]
fn an_empty_page_is_one_too() {
    let mut page = String::new();
    encode(&[], Format::PrometheusText, Limit::default(), &mut page);
    assert_eq!(page, "");
    encode(&[], Format::OpenMetrics, Limit::default(), &mut page);
    assert_eq!(page, "# EOF\n");
}

#[test]
fn the_order_of_measurements_does_not_matter() {
    let mut all = fleet(20);
    let mut forwards = String::new();
    encode(&all, Format::OpenMetrics, Limit::default(), &mut forwards);
    all.reverse();
    let mut backwards = String::new();
    encode(&all, Format::OpenMetrics, Limit::default(), &mut backwards);
    assert_eq!(forwards, backwards);
    let heads: Vec<_> = forwards
        .lines()
        .filter(|line| line.starts_with("# TYPE"))
        .collect();
    assert_eq!(heads.len(), model::metric::METRICS.len());
}
