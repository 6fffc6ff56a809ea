//! Reading all candidates, and making declared servers of what is in them.
//!
//! Each file is read once. Files that look half written are set aside, and read once
//! more after one short wait for all of them together. A file that two paths lead to
//! counts once for each client.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::candidates::{self, Candidate};
use super::clients::{self, Client, Form, Reach};
use super::containers;
use super::expand::Names;
use super::format::{self, KeyPath};
use super::home::{Base, Home};
use super::lists::{self, ServerList};
use super::node::Node;
use super::places;
use super::problem::{Fault, Problem, ProblemKind};
use super::read::{FileReader, ReadError};
use super::shape::{self, Declaration};
use super::shown;
use super::{Declared, DeclaredServer, GatewaySource, Launch, Scope, WhyDisabled};

/// Largest JSON file that is read, in bytes. Parsing one takes little more memory than
/// its size.
pub(super) const MAX_JSON_BYTES: u64 = 4 << 20;
/// `~/.claude.json` holds the history of every project and grows to many MB.
const MAX_CLAUDE_BYTES: u64 = 32 << 20;
/// The parser of YAML holds all tokens of a collection in brackets at once, up to 200
/// times its size.
const MAX_YAML_BYTES: u64 = 1 << 20;
/// Docker's own catalogue has about 1 MB.
const MAX_CATALOGUE_BYTES: u64 = 2 << 20;
/// The parser of TOML holds all tokens at once, up to 200 times the size of the file.
const MAX_TOML_BYTES: u64 = 512 << 10;
/// Most servers of one file.
const MAX_SERVERS: usize = 10_000;

/// What came of a candidate.
#[derive(Default)]
struct Found {
    servers: Vec<DeclaredServer>,
    problems: Vec<Problem>,
    files_read: Vec<PathBuf>,
    /// Might be whole when it is read again.
    torn: bool,
}

/// See [`super::discover`].
pub(super) fn discover(
    home: &Home,
    projects: &[PathBuf],
    gateways: &[GatewaySource],
    reader: &dyn FileReader,
) -> Declared {
    let mut problems = Vec::new();
    let candidates = candidates::all(home, projects, gateways, reader, &mut problems);
    let mut seen = HashSet::new();
    let discovery = Discovery { home, reader };
    let mut all: Vec<Found> = candidates
        .iter()
        .map(|candidate| discovery.look_at(candidate, &mut seen))
        .collect();
    if all.iter().any(|found| found.torn) {
        reader.settle();
        seen.clear();
        for (found, candidate) in all
            .iter_mut()
            .zip(&candidates)
            .filter(|(found, _)| found.torn)
        {
            *found = discovery.look_at(candidate, &mut seen);
        }
    }

    let mut declared = Declared {
        problems,
        ..Declared::default()
    };
    for mut found in all {
        declared.servers.append(&mut found.servers);
        declared.problems.append(&mut found.problems);
        declared.files_read.append(&mut found.files_read);
    }
    // A folder may be in the way of several places.
    let mut named = HashSet::new();
    declared
        .problems
        .retain(|problem| named.insert(problem.clone()));
    drop_shadowed(&mut declared.servers);
    for gateway in gateways {
        if let GatewaySource::ProxyServers { process, pairs } = gateway {
            declared
                .servers
                .extend(pairs.iter().filter_map(|pair| named_server(process, pair)));
        }
    }
    declared
}

/// Which client saw which file.
type Seen = HashSet<(&'static str, (u64, u64))>;

struct Discovery<'a> {
    home: &'a Home,
    reader: &'a dyn FileReader,
}

impl Discovery<'_> {
    fn look_at(&self, candidate: &Candidate, seen: &mut Seen) -> Found {
        let Candidate {
            client,
            place,
            path,
            ..
        } = candidate;
        let limit = match path.extension().and_then(|extension| extension.to_str()) {
            _ if place.base == Base::ClaudeFile => MAX_CLAUDE_BYTES,
            Some("json" | "jsonc" | "json5") => MAX_JSON_BYTES,
            Some("toml") => MAX_TOML_BYTES,
            _ => MAX_YAML_BYTES,
        };
        let mut found = Found::default();
        let contents = match self.reader.read(path, limit) {
            Ok(contents) => contents,
            Err(ReadError::Absent) => return found,
            Err(error) => {
                found.problems.push(places::unread(&error).in_file(path));
                return found;
            }
        };
        if !seen.insert((client.id, contents.identity)) {
            return found;
        }
        let node = match format::parse(path, &contents.bytes, place.at) {
            Ok(node) => node,
            Err(fault) => {
                found.torn = fault.may_be_torn();
                found.problems.push(fault.in_file(path));
                return found;
            }
        };
        found.files_read.push(path.clone());
        match node {
            Some(node) => self.declarations(candidate, &node, &mut found),
            // It may be about to be written.
            None => found.torn = true,
        }
        found
    }

    fn declarations(&self, candidate: &Candidate, node: &Node, found: &mut Found) {
        let Candidate {
            client,
            place,
            path,
            scope,
        } = candidate;
        match place.form {
            Form::Workload => {
                let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                match containers::workload(node, &stem, &client.quirks) {
                    Ok(declaration) => {
                        found
                            .servers
                            .push(self.server(candidate, scope, declaration));
                    }
                    Err(fault) => found.problems.push(fault.in_file(path)),
                }
            }
            Form::DockerRegistry => self.docker(candidate, node, found),
            Form::Servers | Form::BareServers => match lists::all(node, place, scope) {
                Ok(lists) => lists
                    .iter()
                    .for_each(|list| self.list(candidate, list, found)),
                Err(fault) => found.problems.push(fault.in_file(path)),
            },
        }
    }

    fn list(&self, candidate: &Candidate, list: &ServerList<'_>, found: &mut Found) {
        let (entries, faults) = shape::entries(list.node);
        let path = &candidate.path;
        found
            .problems
            .extend(faults.into_iter().map(|fault| fault.in_file(path)));
        for entry in entries {
            if found.servers.len() == MAX_SERVERS {
                let message = format!("more than {MAX_SERVERS} servers: the rest is left out");
                let fault = Fault::new(ProblemKind::TooMany, message).at_line(entry.line);
                found.problems.push(fault.in_file(path));
                return;
            }
            match shape::declaration(entry, &candidate.client.quirks) {
                Ok(Some(declaration)) => {
                    found
                        .servers
                        .push(self.server(candidate, &list.scope, declaration));
                }
                Ok(None) => {}
                Err(fault) => found.problems.push(fault.in_file(path)),
            }
        }
    }

    /// `registry.yaml`, which names the servers that are switched on, with the files
    /// beside it: settings for these and others, and catalogues of all there are.
    fn docker(&self, candidate: &Candidate, registry: &Node, found: &mut Found) {
        let folder = candidate.path.parent().unwrap_or(Path::new(""));
        let config = self.beside(folder.join("config.yaml"), MAX_YAML_BYTES, found);
        let mut files = places::files(self.reader, folder, "catalogs/*.yaml", &mut found.problems);
        files.sort();
        let catalogues: Vec<_> = files
            .into_iter()
            .filter_map(|file| self.beside(file, MAX_CATALOGUE_BYTES, found))
            .collect();

        let on = registry.get("registry").map(shape::entries);
        let off = config.as_ref().map(|(_, config)| shape::entries(config));
        let (on, on_faults) = on.unwrap_or_default();
        let (mut off, off_faults) = off.unwrap_or_default();
        let names: HashSet<_> = on.iter().map(|entry| entry.name).collect();
        off.retain(|entry| !names.contains(entry.name));
        let config = config.as_ref().map_or(&candidate.path, |(path, _)| path);
        for (source, entries, faults, why_disabled) in [
            (&candidate.path, on, on_faults, None),
            (config, off, off_faults, Some(WhyDisabled::NotInRegistry)),
        ] {
            found
                .problems
                .extend(faults.into_iter().map(|fault| fault.in_file(source)));
            let quirks = &candidate.client.quirks;
            let (declarations, problems) =
                containers::docker(&entries, why_disabled, &catalogues, quirks);
            found.problems.extend(problems);
            for declaration in declarations {
                let server = self.server(candidate, &candidate.scope, declaration);
                found.servers.push(DeclaredServer {
                    source: source.clone(),
                    ..server
                });
            }
        }
    }

    /// A file that belongs to another one.
    fn beside(&self, path: PathBuf, limit: u64, found: &mut Found) -> Option<(PathBuf, Node)> {
        const WHOLE: &[KeyPath] = &[&[]];
        match parsed(self.reader, &path, WHOLE, limit) {
            Ok(Some(node)) => {
                found.files_read.push(path.clone());
                Some((path, node))
            }
            Ok(None) => None,
            Err(fault) => {
                found.torn |= fault.may_be_torn();
                found.problems.push(fault.in_file(path));
                None
            }
        }
    }

    fn server(
        &self,
        candidate: &Candidate,
        scope: &Scope,
        declaration: Declaration,
    ) -> DeclaredServer {
        let Candidate {
            client,
            place,
            path,
            ..
        } = candidate;
        let names = Names {
            variables: &self.home.env,
            home: &self.home.home,
            workspace: match scope {
                Scope::Project(folder) | Scope::Local(folder) => Some(folder),
                _ => None,
            },
            plugin: (place.reach == Reach::Plugin)
                .then(|| places::plugin_folder(path))
                .flatten(),
        };
        let mut server = server(client, path, scope.clone(), declaration);
        match &mut server.launch {
            Launch::Stdio {
                command, args, cwd, ..
            } => {
                for text in std::iter::once(command).chain(args).chain(cwd) {
                    *text = names.expand(text);
                }
            }
            Launch::Remote { url, .. } => *url = names.expand(url),
        }
        server
    }
}

/// A declared server, nothing expanded yet.
fn server(
    client: &Client,
    source: &Path,
    scope: Scope,
    declaration: Declaration,
) -> DeclaredServer {
    let Declaration {
        name,
        line,
        launch,
        why_disabled,
    } = declaration;
    let shown = match &launch {
        Launch::Stdio { command, args, .. } => shown::command_line(command, args),
        Launch::Remote { url, .. } => shown::url(url),
    };
    DeclaredServer {
        name,
        client: client.name,
        client_id: client.id,
        source: source.to_path_buf(),
        scope,
        line: Some(line),
        launch,
        shown,
        enabled: why_disabled.is_none(),
        why_disabled,
    }
}

/// Reads and parses one file; nothing, if there is none or nothing is in it.
pub(super) fn parsed(
    reader: &dyn FileReader,
    path: &Path,
    wanted: &[KeyPath],
    limit: u64,
) -> Result<Option<Node>, Fault> {
    match reader.read(path, limit) {
        Ok(contents) => format::parse(path, &contents.bytes, wanted),
        Err(ReadError::Absent) => Ok(None),
        Err(error) => Err(places::unread(&error)),
    }
}

/// Takes out servers of a file whose entries count only where another file has none of
/// that name.
fn drop_shadowed(servers: &mut Vec<DeclaredServer>) {
    let declared: HashSet<_> = servers
        .iter()
        .map(|server| (server.source.clone(), server.name.clone()))
        .collect();
    servers.retain(|server| {
        let quirks = clients::by_id(server.client_id).map(|client| &client.quirks);
        let Some((_, by)) = quirks
            .and_then(|quirks| quirks.shadowed)
            .filter(|(file, _)| server.source.file_name().is_some_and(|name| name == *file))
        else {
            return true;
        };
        !declared.contains(&(server.source.with_file_name(by), server.name.clone()))
    });
}

/// A server of a proxy's command line: a name, and a command as one string.
fn named_server(process: &Path, (name, line): &(String, String)) -> Option<DeclaredServer> {
    let mut words = shown::words(line);
    if words.is_empty() {
        return None;
    }
    let command = words.remove(0);
    let launch = Launch::Stdio {
        command,
        args: words,
        cwd: None,
        env_names: Vec::new(),
    };
    let declaration = Declaration {
        name: name.clone(),
        line: 0,
        launch,
        why_disabled: None,
    };
    let server = server(
        clients::by_id("mcp-proxy")?,
        process,
        Scope::Gateway,
        declaration,
    );
    Some(DeclaredServer {
        line: None,
        ..server
    })
}
