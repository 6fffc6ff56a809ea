//! What people should hear about the history itself: said once when it begins and once when it is
//! over, never at every tick.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// A damaged file was set aside, and a new one begun.
    SetAside,
    /// A piece of the file is damaged; what was in it is lost.
    Damaged,
    /// Nothing can be written: samples stay in memory as long as they fit.
    Failing,
    /// Writing works again.
    Resumed,
    /// The disk limit removed what had not yet reached its age.
    Removed,
    /// The file was brought to a newer layout.
    Migrated,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// What it is about.
    pub kind: NoticeKind,
    /// For people: what happened, and what it means.
    pub text: String,
}

/// So many wait for a reader; then the oldest go.
const WAITING: usize = 64;

/// Notices that nobody has read yet.
#[derive(Debug, Default)]
pub(crate) struct Notices(Mutex<VecDeque<Notice>>);

impl Notices {
    pub(crate) fn say(&self, kind: NoticeKind, text: impl Into<String>) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() == WAITING {
            waiting.pop_front();
        }
        let text = text.into();
        waiting.push_back(Notice { kind, text });
    }

    pub(crate) fn take(&self) -> Vec<Notice> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.drain(..).collect()
    }
}
