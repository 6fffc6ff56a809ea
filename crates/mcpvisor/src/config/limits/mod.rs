//! `[limits.default]`, `[limits.containers]` and `[limits.NAME]`: what servers may use.
//!
//! A section says only what it is about; what holds for a server is put together from all that concern
//! it, the nearest first, key by key. `"none"` in a nearer one takes away what a farther one says.

mod section;
mod value;

use std::collections::BTreeMap;
use std::time::Duration;

pub use section::LimitsSection;
pub use value::{Limit, OpenFiles};

use super::invalid::quotable;
use super::policy::Profile;
use super::section::Section;

/// Sections at most.
const MOST: usize = 500;
/// Longest name of a server, characters.
const MOST_NAME: usize = 100;
/// The section that holds for all servers that run as processes.
pub(super) const DEFAULT: &str = "default";
/// The section that holds for all containers of MCP servers.
pub(super) const CONTAINERS: &str = "containers";

/// What a server may use; what is `None` is not limited.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ServerLimits {
    /// Memory of all its processes in bytes; above it the kernel kills.
    pub memory_max: Option<u64>,
    /// Memory in bytes above which the kernel reclaims and slows down.
    pub memory_high: Option<u64>,
    /// Swap space in bytes; zero is none.
    pub swap_max: Option<u64>,
    /// Tasks: processes and their threads.
    pub pids_max: Option<u64>,
    /// Processors' worth of time, 0.01 to 10,000.
    pub cpu: Option<f64>,
    /// Share of a busy disk, 1 to 10,000; what nobody has set has 100.
    pub io_weight: Option<u16>,
    /// Open files that each of its processes may have.
    pub nofile: Option<OpenFiles>,
    /// Processes of one instance.
    pub processes: Option<u32>,
    /// Instances of one server under one owner.
    pub instances: Option<u32>,
    /// How long an instance may run.
    pub run_time: Option<Duration>,
}

/// All sections, by their names.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
#[serde(transparent)]
pub struct Limits(BTreeMap<String, LimitsSection>);

impl Limits {
    /// Names of the servers that have a section of their own.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.0.keys().map(String::as_str);
        names.filter(|name| ![DEFAULT, CONTAINERS].contains(name))
    }

    /// What a section says.
    fn section(&self, name: &str) -> LimitsSection {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// What is said of a server by its name.
    pub(super) fn of(&self, name: &str, is_container: bool) -> LimitsSection {
        let all = if is_container { CONTAINERS } else { DEFAULT };
        self.section(name).over(self.section(all))
    }

    /// What holds for all containers.
    pub(super) fn of_containers(&self) -> ServerLimits {
        self.section(CONTAINERS).resolved()
    }

    /// Is there no section?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads all sections, on top of what the profile says.
    pub(super) fn read(section: &mut Section<'_>, profile: Profile) -> Self {
        let mut names = section.names();
        // What holds for all is known before what differs from it.
        names.sort_by_key(|name| name != DEFAULT);
        let count = names.len();
        if count > MOST {
            section.blame_all(format!(
                "there are {count} of them; at most {MOST} are read"
            ));
            names.truncate(MOST);
        }
        let mut limits = Self::default();
        for name in names {
            if let Some(fault) = fault_of_name(&name) {
                section.blame_name(&name, fault);
            }
            let what_to_do = if section::KEYS.contains(&name.as_str()) {
                "limits belong to somebody: write `[limits.default]` before it, or `[limits.NAME]` for one server"
            } else {
                "write `[limits.NAME]` on a line of its own"
            };
            let base = match name.as_str() {
                DEFAULT | CONTAINERS => LimitsSection::default(),
                _ => limits.section(DEFAULT),
            };
            let read = section.named(&name, what_to_do, |section| {
                if name == CONTAINERS {
                    LimitsSection::read_of_container(section)
                } else {
                    LimitsSection::read(section, base)
                }
            });
            if let Some(read) = read {
                limits.0.insert(name, read);
            }
        }
        if let Some(usual) = profile.container_limits() {
            let given = limits.section(CONTAINERS);
            limits.0.insert(CONTAINERS.to_owned(), given.over(usual));
        }
        limits
    }
}

/// Why nothing can be called so. Servers that others started have names that others gave them.
fn fault_of_name(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("it is empty; write the name of a server, or `default`".to_owned());
    }
    if name.chars().any(char::is_control) {
        return Some("no server has control characters in its name".to_owned());
    }
    let is_long = name.chars().count() > MOST_NAME;
    is_long.then(|| format!("`{}` is longer than {MOST_NAME} characters", quotable(name)))
}

impl schemars::JsonSchema for Limits {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Limits".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        BTreeMap::<String, LimitsSection>::json_schema(generator)
    }
}
