//! Others that watch processes every five seconds and keep what they see.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::bench::http;
use crate::bench::running::Running;
use crate::bench::workshop::{self, Peer as Program};

/// Another monitor.
pub(crate) struct Peer {
    pub(crate) key: &'static str,
    pub(crate) name: &'static str,
    /// Its programs and their packages.
    pub(crate) package: &'static [Program],
    /// Starts all of its programs.
    pub(crate) start: fn() -> Result<Vec<Running>>,
}

const EXPORTER_PORT: u16 = 39356;
const PROMETHEUS_PORT: u16 = 39390;
const NETDATA_PORT: u16 = 39399;
const READY_WITHIN: Duration = Duration::from_secs(30);

const PROCESS_EXPORTER: Program = Program {
    program: "/usr/bin/prometheus-process-exporter",
    package: "prometheus-process-exporter",
};
const PROMETHEUS: Program = Program {
    program: "/usr/bin/prometheus",
    package: "prometheus",
};
const NETDATA: Program = Program {
    program: "/usr/sbin/netdata",
    package: "netdata",
};
const GLANCES: Program = Program {
    program: "/usr/bin/glances",
    package: "glances",
};

pub(crate) const PEERS: [Peer; 3] = [
    Peer {
        key: "process-exporter",
        name: "process-exporter and Prometheus, scraped every 5 s",
        package: &[PROCESS_EXPORTER, PROMETHEUS],
        start: exporter_and_prometheus,
    },
    Peer {
        key: "netdata",
        name: "netdata, only its apps.plugin, every 5 s",
        package: &[NETDATA],
        start: netdata,
    },
    Peer {
        key: "glances",
        name: "glances, CSV every 5 s",
        package: &[GLANCES],
        start: glances,
    },
];

/// One group for each program name: what process-exporter's own documentation begins with.
fn exporter_and_prometheus() -> Result<Vec<Running>> {
    PROCESS_EXPORTER.must_be_here()?;
    PROMETHEUS.must_be_here()?;
    let folder = workshop::empty("prometheus")?;
    let groups = folder.join("groups.yml");
    write(
        &groups,
        "process_names:\n- name: \"{{.Comm}}\"\n  cmdline: [\".+\"]\n",
    )?;
    let mut exporter = Command::new(PROCESS_EXPORTER.program);
    exporter.arg("-config.path").arg(&groups);
    exporter.args(["-web.listen-address", &local(EXPORTER_PORT)]);
    let exporter = Running::start_logging(&mut exporter, &folder, "exporter")?;
    let scrapes = folder.join("prometheus.yml");
    let target = local(EXPORTER_PORT);
    write(
        &scrapes,
        &format!(
            "global: {{scrape_interval: 5s, scrape_timeout: 5s}}\nscrape_configs:\n\
             - {{job_name: processes, static_configs: [{{targets: [\"{target}\"]}}]}}\n"
        ),
    )?;
    let mut prometheus = Command::new(PROMETHEUS.program);
    prometheus.arg("--config.file").arg(&scrapes);
    prometheus
        .arg("--storage.tsdb.path")
        .arg(folder.join("data"));
    prometheus.args(["--web.listen-address", &local(PROMETHEUS_PORT)]);
    let mut prometheus = Running::start_logging(&mut prometheus, &folder, "prometheus")?;
    wait_for(&mut prometheus, PROMETHEUS_PORT, "/-/ready")?;
    Ok(vec![exporter, prometheus])
}

/// Everything that is not about processes is switched off: its other plugins, machine learning,
/// alarms, reports to its makers.
fn netdata() -> Result<Vec<Running>> {
    NETDATA.must_be_here()?;
    let folder = workshop::empty("netdata")?;
    for name in ["cache", "lib", "log", "etc"] {
        fs::create_dir(folder.join(name)).with_context(|| format!("cannot make {name}"))?;
    }
    let place = folder.display();
    let off = [
        "proc",
        "diskspace",
        "cgroups",
        "tc",
        "idlejitter",
        "statsd",
        "timex",
        "checks",
        "slabinfo",
        "python.d",
        "charts.d",
        "node.d",
        "go.d",
        "fping",
        "ioping",
        "ebpf",
        "perf",
        "nfacct",
        "freeipmi",
        "cups",
        "xenstat",
    ];
    let off = off.map(|name| format!("    {name} = no\n")).concat();
    let configuration = folder.join("netdata.conf");
    write(
        &configuration,
        &format!(
            "[global]\n    run as user = root\n    update every = 5\n\
             [directories]\n    cache = {place}/cache\n    lib = {place}/lib\n    log = {place}/log\n    \
             config = {place}/etc\n\
             [db]\n    update every = 5\n    mode = dbengine\n\
             [plugins]\n    apps = yes\n    enable running new plugins = no\n{off}\
             [ml]\n    enabled = no\n[health]\n    enabled = no\n\
             [registry]\n    enabled = no\n[statsd]\n    enabled = no\n\
             [web]\n    bind to = 127.0.0.1\n    default port = {NETDATA_PORT}\n"
        ),
    )?;
    write(&folder.join("etc/.opt-out-from-anonymous-statistics"), "")?;
    let mut command = Command::new(NETDATA.program);
    command.args(["-D", "-c"]).arg(&configuration);
    command.arg("-P").arg(folder.join("pid"));
    command.env("DISABLE_TELEMETRY", "1");
    let mut netdata = Running::start_logging(&mut command, &folder, "netdata")?;
    wait_for(&mut netdata, NETDATA_PORT, "/api/v1/info")?;
    Ok(vec![netdata])
}

/// Without a screen, and without looking for newer versions of itself.
fn glances() -> Result<Vec<Running>> {
    GLANCES.must_be_here()?;
    let folder = workshop::empty("glances")?;
    let mut command = Command::new(GLANCES.program);
    command.args(["--quiet", "--time", "5", "--disable-check-update"]);
    command.args(["--export", "csv", "--export-csv-file"]);
    command.arg(folder.join("glances.csv"));
    let mut glances = Running::start_logging(&mut command, &folder, "glances")?;
    thread::sleep(Duration::from_secs(3));
    glances.must_still_run().context(log(&folder, "glances"))?;
    Ok(vec![glances])
}

fn local(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

/// The end of what it said.
fn log(folder: &Path, name: &str) -> String {
    let text = fs::read_to_string(folder.join(format!("{name}.log"))).unwrap_or_default();
    text.lines().last().unwrap_or("it said nothing").to_owned()
}

/// Until it answers.
fn wait_for(running: &mut Running, port: u16, path: &str) -> Result<()> {
    let deadline = Instant::now() + READY_WITHIN;
    loop {
        running.must_still_run()?;
        match http::fetch(port, path, &[]) {
            Ok(_) => return Ok(()),
            Err(error) if Instant::now() > deadline => bail!("not ready: {error:#}"),
            Err(_) => thread::sleep(Duration::from_millis(200)),
        }
    }
}
