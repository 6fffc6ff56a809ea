//! Figures added up over processes: what is not known is counted, and never taken for zero.

use inventory::{Instance, Server};
use model::{Process, ProcessState, ProcessTable, units};

/// A sum of which some parts may be unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum {
    value: f64,
    known: u32,
    unknown: u32,
}

impl Sum {
    /// Takes in one part.
    pub fn add(&mut self, part: Option<f64>) {
        match part {
            Some(part) => {
                self.value += part;
                self.known += 1;
            }
            None => self.unknown += 1,
        }
    }

    /// Takes in the parts of another sum.
    pub fn join(&mut self, other: Self) {
        self.value += other.value;
        self.known += other.known;
        self.unknown += other.unknown;
    }

    /// The sum of what is known; `None` if nothing is, or if that is zero and there is more:
    /// at least nothing says nothing.
    pub fn known(self) -> Option<f64> {
        let says_nothing = self.known == 0 || (self.unknown > 0 && self.value <= 0.0);
        (!says_nothing).then_some(self.value)
    }

    /// In the words of `format`; `-` if nothing is known, a `+` behind it if it is surely more.
    pub fn shown(self, format: fn(f64) -> String) -> String {
        let Some(value) = self.known() else {
            return "-".to_owned();
        };
        let mut text = format(value);
        if self.unknown > 0 {
            text.push('+');
        }
        text
    }
}

/// What an instance, a server or the whole costs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Totals {
    /// Processes.
    pub processes: u32,
    /// CPU, percent of one processor.
    pub cpu_percent: Sum,
    /// Resident memory, bytes.
    pub rss_bytes: Sum,
    /// Proportional memory, bytes.
    pub pss_bytes: Sum,
    /// Threads.
    pub threads: Sum,
    /// Open file descriptors.
    pub fds: Sum,
    /// Bytes a second fetched from storage.
    pub read_rate: Sum,
    /// Bytes a second sent to storage.
    pub write_rate: Sum,
    /// Start of the oldest process, clock ticks since boot.
    pub oldest_ticks: Option<u64>,
}

impl Totals {
    /// Of one process; all unknown if it is not in the table.
    pub fn of_process(process: Option<&Process>) -> Self {
        let mut totals = Self::default();
        totals.add(process);
        totals
    }

    /// Of all processes of an instance.
    pub fn of_instance(table: &ProcessTable, instance: &Instance) -> Self {
        let mut totals = Self::default();
        for member in &instance.members {
            let process = table
                .get(member.id.pid)
                .filter(|process| process.id() == member.id);
            totals.add(process);
        }
        totals
    }

    /// Of all instances of a server.
    pub fn of_server(table: &ProcessTable, server: &Server) -> Self {
        let mut totals = Self::default();
        for instance in &server.instances {
            totals.join(&Self::of_instance(table, instance));
        }
        totals
    }

    /// Takes in other totals.
    pub fn join(&mut self, other: &Self) {
        self.processes += other.processes;
        self.cpu_percent.join(other.cpu_percent);
        self.rss_bytes.join(other.rss_bytes);
        self.pss_bytes.join(other.pss_bytes);
        self.threads.join(other.threads);
        self.fds.join(other.fds);
        self.read_rate.join(other.read_rate);
        self.write_rate.join(other.write_rate);
        self.oldest_ticks = match (self.oldest_ticks, other.oldest_ticks) {
            (Some(own), Some(new)) => Some(own.min(new)),
            (own, new) => own.or(new),
        };
    }

    /// Memory to sort by: proportional where it is known, else resident.
    pub fn memory(&self) -> Option<f64> {
        self.pss_bytes.known().or_else(|| self.rss_bytes.known())
    }

    fn add(&mut self, process: Option<&Process>) {
        self.processes += 1;
        let counters = process.map(|process| &process.sample.counters);
        let usage = process.map(|process| process.usage);
        // The kernel has taken memory and files from a zombie: that is known without reading them.
        let gone = counters.is_some_and(|counters| counters.state == ProcessState::Zombie);
        let or_none_left = |value: Option<f64>| {
            if gone {
                Some(value.unwrap_or(0.0))
            } else {
                value
            }
        };
        self.cpu_percent
            .add(usage.and_then(|usage| usage.cpu_percent));
        self.rss_bytes
            .add(counters.map(|counters| counters.rss_bytes as f64));
        let pss = process
            .and_then(Process::pss_bytes)
            .map(|bytes| bytes as f64);
        self.pss_bytes.add(or_none_left(pss));
        self.threads
            .add(counters.map(|counters| f64::from(counters.threads)));
        let fds = counters
            .and_then(|counters| counters.fd_total)
            .map(f64::from);
        self.fds.add(or_none_left(fds));
        self.read_rate
            .add(usage.and_then(|usage| usage.read_bytes_per_second));
        self.write_rate
            .add(usage.and_then(|usage| usage.write_bytes_per_second));
        let start = process.map(|process| process.id().start_ticks);
        self.oldest_ticks = match (self.oldest_ticks, start) {
            (Some(own), Some(new)) => Some(own.min(new)),
            (own, new) => own.or(new),
        };
    }
}

/// Bytes from a sum.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to what fits; a sum of counters is never negative"
)]
pub fn bytes(value: f64) -> String {
    units::bytes(value.clamp(0.0, 1e18) as u64)
}

/// Percent with one decimal, without the sign: `12.3`, and `1234` from a thousand on.
pub fn percent(value: f64) -> String {
    if value < 999.95 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

/// As [`percent`], with the sign.
pub fn percent_sign(value: f64) -> String {
    format!("{} %", percent(value))
}

/// A count.
pub fn count(value: f64) -> String {
    format!("{value:.0}")
}

/// A count that may be unknown.
pub fn number(value: Option<impl std::fmt::Display>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// `1 process`, `3 processes`: with the plural in `s` or `es`.
pub fn counted(count: usize, word: &str) -> String {
    let mut text = format!("{count} {word}");
    if count != 1 {
        let ending = if word.ends_with('s') { "es" } else { "s" };
        text.push_str(ending);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_parts_are_no_zeros() {
        let mut sum = Sum::default();
        assert_eq!(sum.shown(count), "-");
        sum.add(None);
        assert_eq!(sum.shown(count), "-");
        sum.add(Some(3.0));
        assert_eq!(sum.shown(count), "3+");
        let mut nothing = Sum::default();
        nothing.add(None);
        nothing.add(Some(0.0));
        assert_eq!(nothing.shown(count), "-");
        let mut whole = Sum::default();
        whole.add(Some(0.0));
        assert_eq!(whole.shown(percent), "0.0");
    }

    #[test]
    fn plurals() {
        assert_eq!(counted(1, "process"), "1 process");
        assert_eq!(counted(2, "process"), "2 processes");
        assert_eq!(counted(0, "server"), "0 servers");
    }
}
