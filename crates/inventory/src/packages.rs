//! Metadata of the package that a script belongs to: its name, whether it depends on an MCP
//! SDK, whether this script is what it runs; and whether the script itself uses an SDK.
//!
//! Reads `package.json` and `*.dist-info/METADATA` beside the script, and the first part
//! of the script. Only files, only for reading, each with a cap; what cannot be read is
//! no evidence. Answers are cached by script, because packages seldom change while they run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use model::{Facts, Process, ProcessId, ProcessTable};
use serde::{Deserialize, Serialize};

use crate::command::{Command, base_name};

mod node;
mod python;

/// What the package of a script says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PackageFacts {
    /// Name of the package.
    pub name: Option<String>,
    /// The MCP SDK that it depends on.
    pub sdk: Option<String>,
    /// The script is a program or the main file of the package.
    pub entry: bool,
    /// Its keywords name MCP.
    pub speaks_of_mcp: bool,
    /// The SDK that the script itself imports.
    pub imports: Option<String>,
}

/// Reads a whole file of at most so many bytes, or nothing.
pub type ReadFile<'a> = dyn Fn(&Path, usize) -> Option<Vec<u8>> + 'a;

/// Longest metadata file that is read.
const METADATA_CAP: usize = 512 * 1024;
/// How much of a script is searched for imports.
const SCRIPT_CAP: usize = 512 * 1024;

/// Looks up packages, remembering what it found.
#[derive(Default)]
pub struct Packages {
    known: HashMap<PathBuf, Option<PackageFacts>>,
    seen: HashMap<ProcessId, Arc<Facts>>,
}

/// Scripts remembered at most: beyond, the memory starts anew.
const KNOWN_CAP: usize = 4096;

impl Packages {
    /// Has this process not been asked about since it last executed a program?
    pub fn is_new(&mut self, process: &Process) -> bool {
        let facts = &process.sample.facts;
        let before = self.seen.insert(process.id(), Arc::clone(facts));
        before.is_none_or(|before| !Arc::ptr_eq(&before, facts))
    }

    /// Forgets processes that are not in the table any more.
    pub fn forget_ended(&mut self, table: &ProcessTable) {
        self.seen
            .retain(|id, _| table.get(id.pid).is_some_and(|process| process.id() == *id));
    }

    /// The package facts of what `process` runs; `None` if it runs no script, or nothing is known.
    pub fn look(
        &mut self,
        process: &Process,
        command: &Command,
        read: &ReadFile<'_>,
    ) -> Option<PackageFacts> {
        if command.launcher.is_some() || process.sample.facts.container_id.is_some() {
            return None;
        }
        let script = script_path(process, command)?;
        if let Some(known) = self.known.get(&script) {
            return known.clone();
        }
        let found = look_up(process, command, &script, read);
        if self.known.len() >= KNOWN_CAP {
            self.known = HashMap::new();
        }
        self.known.insert(script, found.clone());
        found
    }
}

/// Where the script is: relative ones from the working directory; a module stays a module.
fn script_path(process: &Process, command: &Command) -> Option<PathBuf> {
    let script = command.script.as_deref()?;
    if script.starts_with('/') {
        return Some(PathBuf::from(script));
    }
    if is_module(process, script) {
        return Some(Path::new(process.argv().first()?).join("-m").join(script));
    }
    Some(Path::new(process.sample.facts.cwd.as_deref()?).join(script))
}

fn is_module(process: &Process, script: &str) -> bool {
    process
        .argv()
        .windows(2)
        .any(|pair| pair[0] == "-m" && pair[1] == script)
}

fn look_up(
    process: &Process,
    command: &Command,
    script: &Path,
    read: &ReadFile<'_>,
) -> Option<PackageFacts> {
    let python = crate::command::is_python(&command.program)
        || base_name(process.sample.facts.exe.as_deref().unwrap_or_default()).starts_with("python");
    let facts = if python {
        python::facts(process, command, script, read)
    } else {
        node::facts(script, read)
    };
    (facts != PackageFacts::default()).then_some(facts)
}

/// The first SDK of the list that a text contains.
fn first_mention(text: &[u8], list: &[(&str, &str)]) -> Option<String> {
    list.iter()
        .find(|(sign, _)| contains(text, sign.as_bytes()))
        .map(|(_, sdk)| (*sdk).to_owned())
}

fn contains(text: &[u8], sign: &[u8]) -> bool {
    memchr::memmem::find(text, sign).is_some()
}
