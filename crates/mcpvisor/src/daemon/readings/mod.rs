//! Readings that are taken less often than a look: logs, disks, databases, ports.
//!
//! They need the file system, which may hang: a home on a server that does not answer, a disk that
//! is asleep. So a thread of its own takes them. Every ten seconds a look hands it an [`Errand`],
//! if it is done with the last, and takes what it has brought back: an [`Answer`], in which each part
//! has its own time. A part that has become too old is not measured, and has a gap. Users'
//! files are read with those users' rights.
//!
//! What a look knows by itself, without any file, is measured here too, at each look: gateways'
//! servers and containers.

mod containers;
mod disks;
mod errand;
mod gateways;
mod logs;
mod ports;
mod reader;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};

use model::metric::table as metrics;
use model::{LabelValues, Measurement, Metric};

use super::measure::put;
use crate::observe::Observer;
use crate::picture::Picture;
use errand::Errand;
use reader::{Answer, Reader};

/// Errands are sent this often, nanoseconds.
const EVERY_NS: u64 = 10_000_000_000;

/// Name of a server and of its owner.
pub(super) type Key = (Arc<str>, Arc<str>);

/// Does something with a user's rights, if we are root and not that user.
fn as_user<T: Send + 'static>(
    uid: u32,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let own = rustix::process::geteuid();
    if own.is_root() && uid != 0 {
        linux::become_user::run_as(uid, work)
    } else {
        Ok(work())
    }
}

/// The looker's side.
pub(crate) struct Readings {
    errands: SyncSender<Errand>,
    answers: Receiver<Answer>,
    latest: Answer,
    sent_ns: Option<u64>,
    /// An errand is out.
    waiting: bool,
}

impl Readings {
    /// Starts the thread. It ends when this is dropped; nobody waits for it, since it may hang.
    pub(crate) fn open() -> io::Result<Self> {
        let (errands, queue) = sync_channel::<Errand>(1);
        let (told, answers) = sync_channel(1);
        let mut reader = Reader::new(linux::clock::now().wall.as_second());
        std::thread::Builder::new()
            .name("readings".to_owned())
            .stack_size(256 << 10)
            .spawn(move || {
                for errand in queue {
                    if told.send(reader.carry_out(errand)).is_err() {
                        return;
                    }
                }
            })?;
        Ok(Self {
            errands,
            answers,
            latest: Answer::default(),
            sent_ns: None,
            waiting: false,
        })
    }

    /// Measures what is known, and sends for what is due.
    pub(crate) fn on(
        &mut self,
        observer: &Observer<'_>,
        picture: &Picture,
        state: &Path,
        out: &mut Vec<Measurement>,
    ) {
        match self.answers.try_recv() {
            Ok(answer) => {
                self.latest = answer;
                self.waiting = false;
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => {}
        }
        let now = picture.table.moment.boot_ns;
        measure(&self.latest, now, out);
        of_the_look(picture, out);
        let is_due = self
            .sent_ns
            .is_none_or(|sent| now.saturating_sub(sent) >= EVERY_NS);
        if is_due && !self.waiting {
            let errand = Errand::of(observer, picture, state);
            self.waiting = self.errands.try_send(errand).is_ok();
            self.sent_ns = Some(now);
        }
    }
}

fn measure(answer: &Answer, now: u64, out: &mut Vec<Measurement>) {
    let mut put = |metric: &'static Metric, labels: &LabelValues, value: f64| {
        out.push(Measurement {
            metric,
            labels: Arc::clone(labels),
            value,
        });
    };
    for log in answer.logs.at(now) {
        put(
            metrics::SERVER_LOG_BYTES_TOTAL,
            &log.labels,
            log.bytes as f64,
        );
        put(
            metrics::SERVER_LOG_ERRORS_TOTAL,
            &log.labels,
            log.errors as f64,
        );
    }
    for (labels, listens) in answer.ports.at(now) {
        put(
            metrics::SERVER_LISTENING,
            labels,
            f64::from(u8::from(*listens)),
        );
    }
    for (labels, disk) in answer.disks.at(now) {
        put(metrics::DISK_FREE_BYTES, labels, disk.free_bytes as f64);
        put(metrics::DISK_FREE_RATIO, labels, disk.free_ratio);
    }
    for (labels, bytes) in answer.databases.at(now) {
        put(metrics::GATEWAY_DATABASE_BYTES, labels, *bytes as f64);
    }
}

/// What the look itself knows.
fn of_the_look(picture: &Picture, out: &mut Vec<Measurement>) {
    for (gateway, counts) in gateways::servers(&picture.inventory) {
        let states = [
            ("running", counts.running),
            ("not_running", counts.not_running),
        ];
        for (state, count) in states {
            put(
                out,
                metrics::GATEWAY_SERVERS,
                &[gateway, state],
                count as f64,
            );
        }
    }
    let count =
        containers::told(picture).or_else(|| containers::count(&picture.inventory, &picture.table));
    if let Some(count) = count {
        put(out, metrics::CONTAINERS, &[], count as f64);
    }
}

#[cfg(test)]
mod tests;
