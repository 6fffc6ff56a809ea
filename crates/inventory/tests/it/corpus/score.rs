//! Counting what was found, and how well: precision and recall of recognition, extent, naming, owner
//! and state.

use std::fmt;

use inventory::{Instance, Inventory, Server};

use super::record::{Expected, Record};

/// What is counted, in the order of the table.
const COLUMNS: [&str; 5] = ["recognition", "extent", "naming", "owner", "state"];

/// Counts of one part of the corpus.
#[derive(Default)]
struct Counts {
    pictures: usize,
    expected: usize,
    /// Instances that were reported.
    reported: usize,
    /// Right ones by column.
    right: [usize; COLUMNS.len()],
    ordinary: usize,
}

/// Shares of one.
#[derive(Clone, Copy)]
pub(crate) struct Score {
    pub(crate) recall: f64,
    pub(crate) precision: f64,
}

/// All counts and mistakes.
#[derive(Default)]
pub(crate) struct Sheet {
    tuned: Counts,
    held_out: Counts,
    mistakes: Vec<String>,
}

impl Sheet {
    pub(crate) fn add(&mut self, record: &Record, inventory: &Inventory) {
        let instances: Vec<(&Server, &Instance)> = inventory.instances().collect();
        let counts = if record.held_out {
            &mut self.held_out
        } else {
            &mut self.tuned
        };
        counts.pictures += 1;
        counts.expected += record.expected.len();
        counts.reported += instances.len();
        let mut in_servers = 0;
        let mut used = Vec::new();
        for expected in &record.expected {
            let at = record.table.position(expected.root).unwrap();
            in_servers += record.table.subtree(at).len();
            let found = instances.iter().enumerate().find(|(at, (_, instance))| {
                !used.contains(at)
                    && instance
                        .members
                        .iter()
                        .any(|member| member.id.pid == expected.root)
            });
            let Some((at, (server, instance))) = found else {
                self.mistakes.push(format!(
                    "{}: {} is not found",
                    record.name,
                    described(record, expected.root)
                ));
                continue;
            };
            used.push(at);
            for (column, (is_right, given)) in
                compare(expected, server, instance).into_iter().enumerate()
            {
                counts.right[column] += usize::from(is_right);
                if !is_right {
                    self.mistakes.push(format!(
                        "{}: {} of {} is {given}",
                        record.name,
                        COLUMNS[column],
                        described(record, expected.root)
                    ));
                }
            }
        }
        for (at, (server, instance)) in instances.iter().enumerate() {
            if !used.contains(&at) {
                self.mistakes.push(format!(
                    "{}: {} is taken for `{}` ({:.2}: {})",
                    record.name,
                    described(record, instance.root.pid),
                    server.name,
                    server.confidence,
                    server.evidence.join(", ")
                ));
            }
        }
        // The kernel's first process is in every picture.
        counts.ordinary += record
            .table
            .processes()
            .len()
            .saturating_sub(in_servers + 1);
    }

    /// Process trees of servers in the whole corpus.
    pub(crate) fn trees(&self) -> usize {
        self.tuned.expected + self.held_out.expected
    }

    /// Processes in it that belong to no server.
    pub(crate) fn ordinary(&self) -> usize {
        self.tuned.ordinary + self.held_out.ordinary
    }

    /// What has to be good, part by part.
    pub(crate) fn scores(&self) -> Vec<(String, Score)> {
        let parts = [("tuned", &self.tuned), ("held out", &self.held_out)];
        parts
            .into_iter()
            .filter(|(_, counts)| counts.expected > 0)
            .flat_map(|(part, counts)| {
                COLUMNS
                    .iter()
                    .enumerate()
                    .map(move |(column, name)| (format!("{name}, {part}"), counts.score(column)))
            })
            .collect()
    }
}

impl Counts {
    fn score(&self, column: usize) -> Score {
        let right = self.right[column] as f64;
        Score {
            recall: right / self.expected.max(1) as f64,
            precision: right / self.reported.max(1) as f64,
        }
    }
}

fn compare(
    expected: &Expected,
    server: &Server,
    instance: &Instance,
) -> [(bool, String); COLUMNS.len()] {
    let owner = &server.owner;
    [
        (true, String::new()),
        (
            instance.root.pid == expected.root,
            format!("from PID {}", instance.root.pid),
        ),
        (
            expected.name.contains(&server.name),
            format!("`{}`", server.name),
        ),
        (
            expected.owner.contains(&owner.name) && owner.alive == expected.alive,
            format!(
                "{} ({})",
                owner.name,
                if owner.alive { "alive" } else { "gone" }
            ),
        ),
        (
            instance.state.name() == expected.state,
            instance.state.name().to_owned(),
        ),
    ]
}

fn described(record: &Record, pid: u32) -> String {
    let argv = record
        .table
        .get(pid)
        .map(model::Process::argv)
        .unwrap_or_default();
    let line: String = argv.join(" ").chars().take(100).collect();
    format!("{pid} ({})", line.trim())
}

impl fmt::Display for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (part, counts) in [("tuned on", &self.tuned), ("held out", &self.held_out)] {
            writeln!(
                f,
                "\n{part}: {} pictures with {} server trees and {} ordinary processes",
                counts.pictures, counts.expected, counts.ordinary
            )?;
            writeln!(
                f,
                "{:<12} {:>6} {:>9} {:>7} {:>9}",
                "", "right", "reported", "recall", "precision"
            )?;
            for (column, name) in COLUMNS.iter().enumerate() {
                let Score { recall, precision } = counts.score(column);
                writeln!(
                    f,
                    "{name:<12} {:>6} {:>9} {recall:>7.3} {precision:>9.3}",
                    counts.right[column], counts.reported
                )?;
            }
        }
        for mistake in &self.mistakes {
            writeln!(f, "  {mistake}")?;
        }
        Ok(())
    }
}
