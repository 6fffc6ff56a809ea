//! Reads real processes once a second: one line a second, for each server its values in the order of
//! the metrics, all as JSON.

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::arguments::Arguments;
use crate::metrics::METRICS;

/// Which processes: `{"idle": [pid, ..], "busy": [pid, ..]}`.
#[derive(Deserialize)]
struct Pids {
    idle: Vec<u32>,
    busy: Vec<u32>,
}

/// First line of a recording: which servers are under load.
#[derive(Serialize, Deserialize)]
pub(crate) struct Heading {
    pub(crate) busy: Vec<bool>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let pids = arguments.pids.as_ref().ok_or("record needs --pids")?;
    let out = arguments.out.as_ref().ok_or("record needs --out")?;
    let pids: Pids = serde_json::from_slice(&fs::read(pids)?)?;
    let servers: Vec<(u32, bool)> = pids
        .busy
        .iter()
        .map(|pid| (*pid, true))
        .chain(pids.idle.iter().map(|pid| (*pid, false)))
        .filter(|(pid, _)| read(*pid).is_some())
        .collect();
    let mut out = BufWriter::new(File::create(out)?);
    let busy = servers.iter().map(|(_, busy)| *busy).collect();
    serde_json::to_writer(&mut out, &Heading { busy })?;
    out.write_all(b"\n")?;
    let (_forever, wait) = sync_channel::<()>(1);
    for _ in 0..arguments.seconds {
        let values: Vec<Option<Vec<f64>>> = servers.iter().map(|(pid, _)| read(*pid)).collect();
        serde_json::to_writer(&mut out, &values)?;
        out.write_all(b"\n")?;
        if wait.recv_timeout(Duration::from_secs(1)) != Err(RecvTimeoutError::Timeout) {
            break;
        }
    }
    Ok(out.flush()?)
}

/// All values of a process; nothing if it is gone.
fn read(pid: u32) -> Option<Vec<f64>> {
    let folder = PathBuf::from(format!("/proc/{pid}"));
    let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
    let stat = text("stat");
    let fields: Vec<f64> = stat
        .rsplit_once(") ")?
        .1
        .split(' ')
        .map(|field| field.trim().parse().unwrap_or(0.0))
        .collect();
    let field = |number: usize| fields.get(number - 3).copied().unwrap_or(0.0);
    let (status, io, memory) = (text("status"), text("io"), text("smaps_rollup"));
    let kilobytes = |text: &str, name: &str| named(text, name) * 1_024.0;
    let delay = text("schedstat")
        .split(' ')
        .nth(1)
        .and_then(|delay| delay.parse::<f64>().ok());
    let fds = fs::read_dir(folder.join("fd")).ok()?.count() as f64;
    let most = named(&text("limits"), "Max open files");
    let values = vec![
        1.0,
        1.0,
        1.0,
        field(20),
        0.0,
        0.0,
        1_700_000_000.0 + field(22) / 100.0,
        0.0,
        field(14) / 100.0,
        field(15) / 100.0,
        delay.unwrap_or(0.0) / 1e9,
        named(&status, "voluntary_ctxt_switches:"),
        named(&status, "nonvoluntary_ctxt_switches:"),
        field(24) * 4_096.0,
        kilobytes(&memory, "Pss:"),
        kilobytes(&memory, "Private_Dirty:") + kilobytes(&memory, "Private_Clean:"),
        kilobytes(&status, "VmSwap:"),
        field(23),
        field(10),
        field(12),
        fds,
        most,
        fds / most.max(1.0),
        0.0,
        named(&io, "read_bytes:"),
        named(&io, "write_bytes:"),
        named(&io, "rchar:"),
        named(&io, "wchar:"),
        named(&io, "syscr:"),
        named(&io, "syscw:"),
    ];
    (values.len() == METRICS.len()).then_some(values)
}

/// The first number of the line that begins like this.
fn named(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0.0)
}
