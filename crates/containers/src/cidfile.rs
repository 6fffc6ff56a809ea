//! Files with a container's id, which a client was asked to write: with and without their container.
//!
//! A gateway removes such a file when it has read it, so one or two are normal and many are traces of
//! crashes. One is stale when no engine knows its container, it is old, and nobody lives who writes it.

mod read;

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::client;
use crate::process::Processes;
pub use read::{Scan, scan};

/// So many are normal at any time.
pub const NORMAL: usize = 2;

/// More than this is a finding.
pub const MANY: usize = 5;

/// Who had it written, by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Writer {
    /// mcpproxy-go: `mcpproxy-cid-123.txt` in the folder for temporary files.
    Mcpproxy,
    /// Our guard with this process id: `guards/4711.cid` in the state directory.
    Guard {
        /// Process id.
        pid: u32,
    },
    /// Some other program: `*.cid`, `*.cidfile`.
    Other,
}

/// What stands in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "content")]
pub enum Content {
    /// An id.
    Id {
        /// 12 to 64 hexadecimal digits.
        id: String,
    },
    /// Nothing: its container was never made, or not yet.
    Empty,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cidfile {
    /// Where.
    pub path: PathBuf,
    /// Who had it written.
    pub writer: Writer,
    /// What stands in it.
    pub content: Content,
    /// When it was written.
    pub modified: Timestamp,
    /// Device and inode, to be compared before it is removed.
    pub identity: (u64, u64),
}

/// What every engine says of a file's container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// One knows it.
    Exists,
    /// All were asked, and none knows it.
    Nowhere,
    /// One could not be asked.
    Unknown,
}

/// What is to be thought of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum CidfileVerdict {
    /// Its container exists.
    InUse,
    /// Somebody may still write it.
    BeingWritten,
    /// Not old enough.
    Young,
    /// Left over: it may be removed.
    Stale,
    /// An engine could not be asked: it stays.
    Unknown,
}

/// Judges a file. `grace` is how old it must be.
pub fn judge(
    file: &Cidfile,
    known: Known,
    processes: &Processes,
    now: Timestamp,
    grace: Duration,
) -> CidfileVerdict {
    match (&file.content, known) {
        (Content::Id { .. }, Known::Exists) => return CidfileVerdict::InUse,
        (Content::Id { .. }, Known::Unknown) => return CidfileVerdict::Unknown,
        _ => {}
    }
    if !processes.is_complete() {
        return CidfileVerdict::Unknown;
    }
    if may_be_written(file, processes) {
        return CidfileVerdict::BeingWritten;
    }
    let age = now.as_second().saturating_sub(file.modified.as_second());
    if u64::try_from(age).unwrap_or(0) < grace.as_secs() {
        return CidfileVerdict::Young;
    }
    CidfileVerdict::Stale
}

fn may_be_written(file: &Cidfile, processes: &Processes) -> bool {
    if let Writer::Guard { pid } = file.writer
        && processes.get(pid).is_some()
    {
        return true;
    }
    let path = file.path.to_string_lossy();
    let name = file
        .path
        .file_name()
        .map(|name| name.to_string_lossy())
        .unwrap_or_default();
    let names_it = |word: &String| {
        let word = word.strip_prefix("--cidfile=").unwrap_or(word);
        // A client in another folder may name it without its path.
        *word == *path || *word == *name || word.ends_with(&format!("/{name}"))
    };
    let mut clients = processes
        .living()
        .filter(|process| client::is_client(process));
    clients.any(|process| process.argv.iter().any(names_it))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{START, process, second};

    fn file(writer: Writer, content: Content) -> Cidfile {
        Cidfile {
            path: PathBuf::from("/tmp/mcpproxy-cid-1.txt"),
            writer,
            content,
            modified: second(START),
            identity: (1, 2),
        }
    }

    fn id() -> Content {
        Content::Id { id: "a".repeat(64) }
    }

    fn verdict(file: &Cidfile, known: Known, commands: &[&str], age: i64) -> CidfileVerdict {
        let living = commands
            .iter()
            .zip(44..)
            .map(|(command, pid)| process(pid, command));
        let processes = Processes::new(living, true);
        judge(
            file,
            known,
            &processes,
            second(START + age),
            Duration::from_mins(1),
        )
    }

    #[test]
    fn only_what_nobody_needs_is_stale() {
        use CidfileVerdict::{BeingWritten, InUse, Stale, Unknown, Young};
        let of = |content| file(Writer::Mcpproxy, content);
        let writer = "docker run --cidfile /tmp/mcpproxy-cid-1.txt x";
        let beside = "docker run --cidfile=mcpproxy-cid-1.txt x";
        for (content, known, commands, age, expected) in [
            (id(), Known::Exists, [""].as_slice(), 9_999, InUse),
            (id(), Known::Unknown, &[""], 9_999, Unknown),
            (id(), Known::Nowhere, &[writer], 9_999, BeingWritten),
            (
                Content::Empty,
                Known::Nowhere,
                &[beside],
                9_999,
                BeingWritten,
            ),
            (id(), Known::Nowhere, &[""], 59, Young),
            (id(), Known::Nowhere, &[""], -59, Young),
            (id(), Known::Nowhere, &[""], 60, Stale),
            (
                Content::Empty,
                Known::Nowhere,
                &["vim /tmp/mcpproxy-cid-1.txt"],
                60,
                Stale,
            ),
        ] {
            let found = verdict(&of(content.clone()), known, commands, age);
            assert_eq!(found, expected, "{content:?} {known:?} {commands:?} {age}");
        }
    }

    #[test]
    fn a_guards_file_stays_while_its_number_is_taken() {
        let guard = file(Writer::Guard { pid: 44 }, id());
        assert_eq!(
            verdict(&guard, Known::Nowhere, &["sh"], 999),
            CidfileVerdict::BeingWritten
        );
        assert_eq!(
            verdict(&guard, Known::Nowhere, &[], 999),
            CidfileVerdict::Stale
        );
    }

    #[test]
    fn where_processes_are_hidden_nothing_is_stale() {
        let hidden = Processes::new([], false);
        let file = file(Writer::Mcpproxy, id());
        let verdict = judge(
            &file,
            Known::Nowhere,
            &hidden,
            second(START + 999),
            Duration::ZERO,
        );
        assert_eq!(verdict, CidfileVerdict::Unknown);
    }
}
