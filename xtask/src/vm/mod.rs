//! `cargo xtask vm`: what needs systemd and cgroup v2 is tried in a virtual machine that has them.
//!
//! A Debian with systemd is made once and kept in `target/vm` ([`image`]). For each run our program and the
//! scripts in `guest/` are put on top of it ([`overlay`]), qemu boots both without a disk ([`boot`]), and
//! the scripts say line by line on a serial port what they found ([`checks`]). qemu emulates the
//! processor, so that it runs wherever tests do, also within another virtual machine.

mod boot;
mod checks;
mod cpio;
mod image;
mod overlay;
mod tools;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::repository;
use crate::step::{Outcome, Steps};

/// How long all checks may take. They take about two minutes where the machine has nothing else to do.
const PATIENCE: Duration = Duration::from_mins(10);

/// One step. Where qemu or Debian's packages cannot be had it is skipped with that word, but in CI, where
/// it is a failure.
pub(crate) fn run(steps: &mut Steps) {
    steps.run("virtual machine", || {
        if let Err(error) = tools::install() {
            return skip_unless_in_ci(error);
        }
        let image = match image::prepare(&folder()) {
            Ok(image) => image,
            Err(error) => return skip_unless_in_ci(error),
        };
        try_out(&image)
    });
}

fn try_out(image: &image::Image) -> Result<Outcome> {
    let folder = folder();
    let disk = overlay::put_together(image, &folder)?;
    let console = folder.join("console.log");
    let mut seen = checks::Seen::expecting(overlay::SCRIPTS.iter().map(|(_, text)| *text));
    let begin = Instant::now();
    boot::run(&image.kernel, &disk, &console, PATIENCE, &mut |line| {
        println!("  {:>5.1} s  {line}", begin.elapsed().as_secs_f64());
        seen.line(line);
    })?;
    let wrong = seen.wrong();
    if wrong.is_empty() {
        println!("  {} checks in the guest, all ok", seen.count());
        return Ok(Outcome::Done);
    }
    bail!(
        "{}; what the guest's console said is in {}",
        wrong.join("; "),
        console.display()
    )
}

fn folder() -> PathBuf {
    repository::root().join("target").join("vm")
}

fn skip_unless_in_ci(error: anyhow::Error) -> Result<Outcome> {
    if repository::in_ci() {
        return Err(error);
    }
    Ok(Outcome::Skipped(format!("{error:#}")))
}
