//! From sections to servers. What one says of others is judged when all of them are known.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use inventory::watches::{LONGEST_NAME, check_name};
use supervise::adopt::Survival;
use supervise::order::OrderError;
use supervise::spec::Transport;
use supervise::{Order, Spec};

use super::section::{LogSection, ServerSection};
use super::{Address, ServerSetting, What, command, life, package, restart};
use crate::config::document::Document;
use crate::config::invalid::quotable;
use crate::config::limits::{CONTAINERS, DEFAULT, Limits, LimitsSection};
use crate::config::nearest::nearest;
use crate::config::section::{Section, entry};
use crate::config::value::{Choice, text};
use crate::config::word::Word;

/// Servers at most.
const MOST: usize = 500;
/// Dependencies of one server at most.
const MOST_NEEDS: usize = 50;
/// What a server is, one of them.
const KINDS: [&str; 3] = ["command", "url", "container"];
/// Keys of servers that mcpvisor runs.
const OF_COMMANDS: [&str; 13] = [
    "args",
    "env",
    "directory",
    "user",
    "transport",
    "autostart",
    "depends_on",
    "ready",
    "start",
    "restart",
    "stop",
    "survival",
    "log",
];

/// What is known of all servers before they are read.
struct Known {
    /// Names of those that mcpvisor runs.
    run: BTreeSet<String>,
    /// Names of the others.
    of_others: BTreeSet<String>,
}

/// What one server waits for, and the line that says so.
struct Needs {
    name: String,
    depends_on: Vec<String>,
    line: Option<usize>,
}

/// Reads all servers. Paths in them begin at `folder`.
pub(in crate::config) fn read(
    document: &mut Document<'_>,
    folder: &Path,
    limits: &Limits,
) -> Vec<ServerSetting> {
    let known = Known::of(document);
    let mut reader = Reader {
        known: &known,
        folder,
        limits,
        seen: BTreeSet::new(),
        needs: Vec::new(),
    };
    let read = document.each("server", MOST, |section| reader.server(section));
    if let Some((line, cycle)) = cycle(&reader.needs, &known) {
        document.note(line, "server.depends_on", cycle.to_string());
    }
    read.into_iter().flatten().collect()
}

/// The servers that wait for each other, with a line that says so.
fn cycle(needs: &[Needs], known: &Known) -> Option<(Option<usize>, OrderError)> {
    // What is unknown was told where it stands.
    let all: Vec<(&str, Vec<String>)> = needs
        .iter()
        .map(|needs| {
            let is_there = |name: &&String| known.run.contains(*name);
            let depends_on = needs.depends_on.iter().filter(is_there).cloned();
            (needs.name.as_str(), depends_on.collect())
        })
        .collect();
    let named: BTreeSet<&str> = all.iter().map(|(name, _)| *name).collect();
    let missing = known
        .run
        .iter()
        .filter(|name| !named.contains(name.as_str()));
    let missing = missing.map(|name| (name.as_str(), &[] as &[String]));
    let given = all.iter().map(|(name, needs)| (*name, needs.as_slice()));
    let error = Order::of(given.chain(missing)).err()?;
    let OrderError::Cycle(names) = &error else {
        return None;
    };
    let first = needs.iter().find(|needs| names.contains(&needs.name));
    Some((first.and_then(|needs| needs.line), error))
}

impl Known {
    fn of(document: &Document<'_>) -> Self {
        let mut known = Self {
            run: BTreeSet::new(),
            of_others: BTreeSet::new(),
        };
        for table in document.several("server") {
            let name = entry(table, "name").and_then(|(_, name)| text(name.get_ref(), "").ok());
            let Some(name) = name else { continue };
            let is_of_others = ["url", "container"]
                .into_iter()
                .any(|kind| entry(table, kind).is_some());
            let names = if is_of_others {
                &mut known.of_others
            } else {
                &mut known.run
            };
            names.insert(name.to_owned());
        }
        known
    }

    /// Why nothing can wait for a server of this name.
    fn fault(&self, name: &str) -> Option<String> {
        if self.run.contains(name) {
            return None;
        }
        let shown = quotable(name);
        if self.of_others.contains(name) {
            return Some(format!(
                "`{shown}` is not run by mcpvisor, so nothing can wait for it; remove it from `depends_on`"
            ));
        }
        let names = || self.run.iter().map(String::as_str);
        let fault =
            format!("server `{shown}` is not configured; add it, or remove it from `depends_on`");
        Some(match nearest(name, names()) {
            Some(right) => format!("{fault}; did you mean `{right}`?"),
            None => fault,
        })
    }
}

struct Reader<'a> {
    known: &'a Known,
    folder: &'a Path,
    limits: &'a Limits,
    seen: BTreeSet<String>,
    needs: Vec<Needs>,
}

impl Reader<'_> {
    /// Reads a server; `None` where it cannot be one, which was then told.
    fn server(&mut self, section: &mut Section<'_>) -> Option<ServerSetting> {
        section.knows(["name"].into_iter().chain(KINDS).chain(OF_COMMANDS));
        let name = self.name(section);
        let is_container = section.has("container");
        let limits = self.limits(section, name.as_deref(), is_container);
        let shown = ServerSection {
            name: name.clone().unwrap_or_default(),
            limits: Some(limits).filter(|limits| *limits != LimitsSection::default()),
            ..ServerSection::default()
        };
        let example = r#"command = ["npx", "-y", "server-memory"]"#;
        let kind = section.one_of(&KINDS, example);
        let is_of_others = section.has("url") || is_container;
        if section.has("command") || !is_of_others {
            let setting = self.command(section, name.unwrap_or_default(), limits, shown)?;
            return Some(setting).filter(|_| kind.is_some());
        }
        section.refuse(&OF_COMMANDS, |key| {
            format!("`{key}` is for servers that mcpvisor runs by a `command`")
        });
        let url = section.optional::<Address>("url");
        let container = section.optional::<String>("container");
        if let Some(container) = &container {
            let fits = is_container_name(container);
            section.require("container", fits, || {
                "it is no name or id of a container; `docker ps` lists them".to_owned()
            });
        }
        let shown = ServerSection {
            url: url.as_ref().map(Address::shown),
            container: container.clone(),
            ..shown
        };
        let what = url.map(What::Url).or(container.map(What::Container))?;
        Some(ServerSetting {
            name: name?,
            what,
            autostart: false,
            survival: Survival::default(),
            log: super::LogLimits::default(),
            package: None,
            limits,
            section: shown,
        })
    }

    fn name(&mut self, section: &mut Section<'_>) -> Option<String> {
        if !section.has("name") {
            section.blame_all("it has no `name`".to_owned());
        }
        let name = section.optional::<String>("name")?;
        let shown = quotable(&name);
        if check_name(&name).is_err() {
            section.blame("name", format!("`{shown}` is no name of a server; take 1 to {LONGEST_NAME} letters, digits, dots, dashes and underscores"));
            return None;
        }
        if [DEFAULT, CONTAINERS].contains(&name.as_str()) {
            section.blame("name", format!("`{name}` is taken: `[limits.{name}]` is not about one server; choose another name"));
            return None;
        }
        if !self.seen.insert(name.clone()) {
            section.blame(
                "name",
                format!("there is another one with the name `{name}`"),
            );
            return None;
        }
        Some(name)
    }

    fn limits(
        &self,
        section: &mut Section<'_>,
        name: Option<&str>,
        is_container: bool,
    ) -> LimitsSection {
        let base = self.limits.of(name.unwrap_or_default(), is_container);
        let example = r#"{ memory_max = "512MiB", pids_max = 64 }"#;
        let limits = section.table("limits", example, |limits| {
            if is_container {
                LimitsSection::read_of_container(limits)
            } else {
                LimitsSection::read(limits, base)
            }
        });
        limits.unwrap_or_default()
    }

    fn depends_on(&mut self, section: &mut Section<'_>, name: &str) -> Vec<String> {
        let mut depends_on: Vec<String> = section.take("depends_on", Vec::new());
        let count = depends_on.len();
        section.require("depends_on", count <= MOST_NEEDS, || {
            format!("{count} are too many; {MOST_NEEDS} are the most")
        });
        for needed in &depends_on {
            if let Some(fault) = self.known.fault(needed) {
                section.blame("depends_on", fault);
            }
        }
        let mut seen = BTreeSet::new();
        depends_on.retain(|needed| seen.insert(needed.clone()));
        // Without a name nothing waits for it.
        if !name.is_empty() {
            self.needs.push(Needs {
                name: name.to_owned(),
                depends_on: depends_on.clone(),
                line: section.line("depends_on"),
            });
        }
        depends_on
    }

    fn command(
        &mut self,
        section: &mut Section<'_>,
        name: String,
        limits: LimitsSection,
        shown: ServerSection,
    ) -> Option<ServerSetting> {
        let transport = section.take("transport", Word(Transport::default())).0;
        let runs = command::read(section, self.folder, transport);
        let restart = restart::read(section);
        let depends_on = self.depends_on(section, &name);
        let readiness = life::ready(section, transport);
        let start = life::start(section);
        let stop = life::stop(section);
        let autostart = section.take("autostart", true);
        let survival = section.take("survival", Word(Survival::default())).0;
        let log = life::log(section);
        if name.is_empty() {
            return None;
        }
        let runs = runs?;
        let package = package::fetched(&runs);
        let spec = Spec {
            depends_on,
            readiness,
            start,
            restart: restart.restart.clone(),
            stop,
            ..Spec::new(name.clone(), runs)
        };
        let shown = ServerSection {
            autostart: Some(autostart),
            survival: Some(Word(survival)),
            log: Some(LogSection::of(log)),
            ..shown.of_command(&spec, &restart)
        };
        Some(ServerSetting {
            name,
            what: What::Command(Arc::new(spec)),
            autostart,
            survival,
            log,
            package,
            limits,
            section: shown,
        })
    }
}

/// What engines take for the name of a container; ids are of the same letters.
fn is_container_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let is_begun = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    is_begun && name.len() <= 255 && name.chars().all(fits)
}

impl Choice for Survival {
    const ALL: &[(&str, Self)] = &[("adopt", Self::Adopt), ("end", Self::End)];
}
