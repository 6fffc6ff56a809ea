//! Orders to servers that take longer than their asker waits: what became of them can be asked later.

use std::collections::VecDeque;

use jiff::Timestamp;

/// Tasks that are remembered.
const MOST: usize = 200;

/// An order to a server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Task {
    /// Its number among all orders.
    pub(crate) id: u64,
    /// The server.
    pub(crate) server: String,
    /// `start`, `stop` or `restart`.
    pub(crate) order: &'static str,
    /// When it was ordered.
    pub(crate) at: Timestamp,
    /// How it ended, once it has: or why it failed.
    pub(crate) ended: Option<(Timestamp, Result<(), String>)>,
}

/// The latest of them.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    all: VecDeque<Task>,
}

impl Tasks {
    /// A new one. The oldest is forgotten.
    pub(crate) fn add(&mut self, task: Task) {
        if self.all.len() >= MOST {
            self.all.pop_front();
        }
        self.all.push_back(task);
    }

    /// How it ended.
    pub(crate) fn end(&mut self, id: u64, at: Timestamp, how: Result<(), String>) {
        if let Some(task) = self.all.iter_mut().find(|task| task.id == id) {
            task.ended = Some((at, how));
        }
    }

    /// One of them.
    pub(crate) fn get(&self, id: u64) -> Option<&Task> {
        self.all.iter().find(|task| task.id == id)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn only_the_latest_are_remembered() {
        let mut tasks = Tasks::default();
        for id in 1..=MOST as u64 + 1 {
            tasks.add(Task {
                id,
                server: "memory".to_owned(),
                order: "start",
                at: Timestamp::UNIX_EPOCH,
                ended: None,
            });
        }
        assert_eq!(tasks.get(1), None);
        tasks.end(2, Timestamp::UNIX_EPOCH, Err("no".to_owned()));
        assert_eq!(
            tasks.get(2).unwrap().ended.as_ref().unwrap().1,
            Err("no".to_owned())
        );
        tasks.end(1, Timestamp::UNIX_EPOCH, Ok(()));
    }
}
