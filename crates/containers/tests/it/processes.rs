//! The process table of the machine, as the crate wants it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::disallowed_methods,
    reason = "the edge of a test: it reads the clock"
)]

use std::fs;
use std::path::Path;

use containers::process::{Process, Processes};
use jiff::{SignedDuration, Timestamp};
use model::ProcessId;

/// Clock ticks in a second; 100 on all machines that tests run on.
const TICKS: u64 = 100;

/// All processes now. `is_complete` because tests with an engine run as root.
pub(crate) fn all() -> Processes {
    let uptime = fs::read_to_string("/proc/uptime").unwrap();
    let uptime: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
    let boot = Timestamp::now() - SignedDuration::from_secs_f64(uptime);
    let own_namespace = fs::read_link("/proc/self/ns/pid").unwrap();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap_or_default();
        let Ok(pid) = name.parse() else { continue };
        found.extend(process(&entry.path(), pid, boot, &own_namespace));
    }
    Processes::new(found, true)
}

fn process(folder: &Path, pid: u32, boot: Timestamp, own_namespace: &Path) -> Option<Process> {
    let stat = fs::read_to_string(folder.join("stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let start_ticks: u64 = fields.get(19)?.parse().ok()?;
    let argv = fs::read(folder.join("cmdline")).ok()?;
    let argv = argv
        .split(|byte| *byte == 0)
        .filter(|word| !word.is_empty());
    let namespace = fs::read_link(folder.join("ns/pid")).ok();
    Some(Process {
        id: ProcessId { pid, start_ticks },
        ppid: fields.get(1)?.parse().ok()?,
        argv: argv
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect(),
        started: Some(
            boot + SignedDuration::from_millis(i64::try_from(start_ticks * 1000 / TICKS).ok()?),
        ),
        is_zombie: *fields.first()? == "Z",
        shares_our_pids: namespace.map(|namespace| namespace == own_namespace),
    })
}

/// The time so many hours from now: judging asks for the time, so nobody has to wait for it.
pub(crate) fn hours_from_now(hours: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_hours(hours)
}
