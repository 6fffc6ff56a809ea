//! Process tables as text, and what is made of them as text.
//!
//! A picture is a list of lines. A line that starts with a number is a process:
//!
//! ```text
//! PID PPID PGID SID STATE UID AGE TTY [key=value ...] : argv ...
//! ```
//!
//! `AGE` is in seconds, `TTY` is `-` or a device; `·` stands for a space inside an argument. A line
//! that starts with `@` says what is known besides the processes ([`directives`]). The answer
//! ([`render`]) has a line for each instance, for what would be cleaned, spared and kept, and for
//! findings of the kinds that were asked for.
//!
//! Keys of a process: `0=pipe:7r`, `1=sock:12>15` (socket 12, its other end 15, `>0` for gone, `>?`
//! for not told), `0=null`, `0=tty`, `0=tty-gone`, `3=/path`; `fds=?` and `conns=?` for what could not be
//! read; `listen=8080` or `listen=/socket`; `in=8080:31>32` for a connection that came in on a port
//! and `out=5432:33>34` for one that went out; `comm=`, `exe=`, `cwd=`, `cgroup=`, `container=`,
//! `rss=MIB`, `cpu=PERCENT`, `busy=SECONDS` of CPU time, `open=TOTAL/LIMIT`.

pub(crate) mod directives;
pub(crate) mod render;
pub(crate) mod table;

use inventory::plan::{Wishes, plan};
use inventory::stock::look::Looks;
use inventory::wiring::Wiring;
use inventory::{Context, Inventory};
use model::{FindingKind, ProcessTable};

/// A picture with all that is known besides it.
pub(crate) struct Picture {
    pub(crate) table: ProcessTable,
    pub(crate) context: Context,
    pub(crate) wishes: Wishes,
    /// Kinds of findings to show.
    pub(crate) shown: Vec<FindingKind>,
}

impl Picture {
    pub(crate) fn parse(text: &str) -> Self {
        let (mut processes, mut known) = (Vec::new(), directives::Known::default());
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if let Some(directive) = line.strip_prefix('@') {
                known.take(directive);
            } else if !line.starts_with('#') {
                processes.push(table::process(line));
            }
        }
        let table = table::table(processes);
        let (context, wishes, shown) = known.finish(&table);
        Self {
            table,
            context,
            wishes,
            shown,
        }
    }

    pub(crate) fn inventory(&self) -> Inventory {
        inventory::stock::take(&self.table, &self.context, &mut Looks::default())
    }

    pub(crate) fn plan(&self) -> inventory::plan::Plan {
        let wiring = Wiring::new(&self.table);
        plan(
            &self.table,
            &self.inventory(),
            &self.context,
            &wiring,
            &self.wishes,
        )
    }
}

/// Judges a picture and compares the answer, line by line and whatever the indentation.
#[track_caller]
pub(crate) fn check(text: &str, expected: &str) {
    let answer = render::answer(&Picture::parse(text));
    let expected: Vec<&str> = expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let given: Vec<&str> = answer.lines().collect();
    assert!(
        given == expected,
        "\n--- the picture\n{text}\n--- expected\n{}\n--- given\n{}\n",
        expected.join("\n"),
        given.join("\n")
    );
}
