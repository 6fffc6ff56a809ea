//! Redacted command lines, worked out once for each process.

use std::sync::Arc;

use model::{Facts, Process, ProcessId, ProcessTable, redact, text};

/// Command lines as they may be shown.
#[derive(Default)]
pub struct Words {
    known: std::collections::BTreeMap<ProcessId, (Arc<Facts>, Arc<str>)>,
    refreshed: bool,
}

impl Words {
    /// Forgets processes that are gone, and works out new ones.
    pub fn refresh(&mut self, table: &ProcessTable) {
        let mut old = std::mem::take(&mut self.known);
        for process in table.processes() {
            let facts = &process.sample.facts;
            let entry = old
                .remove(&process.id())
                .filter(|(known, _)| Arc::ptr_eq(known, facts))
                .unwrap_or_else(|| (Arc::clone(facts), command_line(process)));
            self.known.insert(process.id(), entry);
        }
        self.refreshed = true;
    }

    /// The command line of a process, redacted.
    pub fn of(&self, process: &Process) -> Arc<str> {
        self.known
            .get(&process.id())
            .map_or_else(|| command_line(process), |(_, line)| Arc::clone(line))
    }
}

/// A process without arguments shows its name in brackets, as `ps` does.
fn command_line(process: &Process) -> Arc<str> {
    let argv = process.argv();
    if argv.is_empty() {
        return format!("[{}]", process.comm()).into();
    }
    let shown = redact::arguments(argv);
    // A program that set a title has put all of it into its first argument.
    if let [title] = shown.as_slice() {
        return title.as_str().into();
    }
    text::command_line(&shown).into()
}
