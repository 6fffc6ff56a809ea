//! A living client of an engine: what its command line says about the container that it serves.
//!
//! `docker run -i IMAGE` is a process of the host that carries the container's input and output. As long
//! as it lives, somebody may be at its other end. Its options are read as far as they name the container.

use crate::process::Process;

/// Programs that are clients of an engine.
const CLIENTS: [&str; 5] = [
    "docker",
    "podman",
    "docker.exe",
    "com.docker.cli",
    "nerdctl",
];

/// Options of `run` and `create` that take no value (docker-run(1), podman-run(1)). Of any other option
/// that has no `=` the next word is the value.
const FLAGS: [&str; 17] = [
    "--detach",
    "--disable-content-trust",
    "--help",
    "--init",
    "--interactive",
    "--no-healthcheck",
    "--no-hosts",
    "--oom-kill-disable",
    "--privileged",
    "--publish-all",
    "--quiet",
    "--read-only",
    "--replace",
    "--rm",
    "--rmi",
    "--sig-proxy",
    "--tty",
];

/// Single letters of `run` that take a value.
const VALUE_LETTERS: &str = "acehlmpuvw";

/// What a client does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `run`: makes a container and stays with it.
    Run,
    /// Stays with a container that exists: `attach`, `start`, `exec`, `logs`, `wait`.
    Stay,
}

/// A client's command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCommand {
    /// What it does.
    pub verb: Verb,
    /// `--name`, or the container that it stays with.
    pub container: Option<String>,
    /// `--cidfile`.
    pub cidfile: Option<String>,
    /// `--label KEY=VALUE`.
    pub labels: Vec<(String, String)>,
    /// Image; `None` if it could not be told from an option's value.
    pub image: Option<String>,
    /// `-d`: it does not stay.
    pub detached: bool,
}

/// Whether a process is a client of an engine.
pub fn is_client(process: &Process) -> bool {
    CLIENTS.contains(&process.program())
}

/// Reads a client's command line; nothing if it is none, or none that stays with a container.
pub fn parse(process: &Process) -> Option<ClientCommand> {
    if !is_client(process) {
        return None;
    }
    let words = process.argv.get(1..)?;
    // Options before the verb are the client's own (`--context x`); a word that is a verb ends them.
    let at = words.iter().position(|word| verb(word).is_some())?;
    let rest = words.get(at + 1..)?;
    match verb(words.get(at)?)? {
        Verb::Run => Some(run(rest)),
        Verb::Stay => Some(ClientCommand {
            container: stays_with(rest),
            ..empty(Verb::Stay)
        }),
    }
}

fn verb(word: &str) -> Option<Verb> {
    match word {
        "run" => Some(Verb::Run),
        "attach" | "start" | "exec" | "logs" | "wait" => Some(Verb::Stay),
        _ => None,
    }
}

fn empty(verb: Verb) -> ClientCommand {
    ClientCommand {
        verb,
        container: None,
        cidfile: None,
        labels: Vec::new(),
        image: None,
        detached: false,
    }
}

fn run(words: &[String]) -> ClientCommand {
    let mut found = empty(Verb::Run);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--" {
            found.image = words.next().cloned();
            break;
        }
        if !word.starts_with('-') || word == "-" {
            found.image = Some(word.clone());
            break;
        }
        let (option, value) = match word.split_once('=') {
            Some((option, value)) if word.starts_with("--") => (option, Some(value.to_owned())),
            _ if word.starts_with("--") => {
                let is_flag = FLAGS.contains(&word.as_str());
                (
                    word.as_str(),
                    if is_flag { None } else { words.next().cloned() },
                )
            }
            _ => letters(word, &mut found, &mut words),
        };
        match (option, value) {
            ("--detach", value) => found.detached = value.is_none_or(|value| value != "false"),
            ("--name", value) => found.container = value,
            ("--cidfile", value) => found.cidfile = value,
            ("--label" | "-l", Some(value)) => {
                let (key, value) = value.split_once('=').unwrap_or((&value, ""));
                found.labels.push((key.to_owned(), value.to_owned()));
            }
            _ => {}
        }
    }
    found
}

/// `-i`, `-itd`, `-eKEY`, `-l KEY=VALUE`: flags, and at the end perhaps one that takes a value.
fn letters<'a>(
    word: &'a str,
    found: &mut ClientCommand,
    words: &mut std::slice::Iter<'_, String>,
) -> (&'a str, Option<String>) {
    for (at, letter) in word.char_indices().skip(1) {
        if letter == 'd' {
            found.detached = true;
        }
        if VALUE_LETTERS.contains(letter) {
            let rest = word.get(at + letter.len_utf8()..).unwrap_or_default();
            let rest = rest.strip_prefix('=').unwrap_or(rest);
            let value = if rest.is_empty() {
                words.next().cloned()
            } else {
                Some(rest.to_owned())
            };
            return (if letter == 'l' { "-l" } else { "" }, value);
        }
    }
    ("", None)
}

/// The first word that is no option; a value that is taken for it costs nothing, because names are
/// compared as a whole.
fn stays_with(words: &[String]) -> Option<String> {
    words.iter().find(|word| !word.starts_with('-')).cloned()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::samples::process;

    fn of(command: &str) -> ClientCommand {
        parse(&process(1, command)).unwrap()
    }

    #[test]
    fn images_behind_all_sorts_of_options() {
        for command in [
            "docker run mcp/time",
            "docker run -i --rm mcp/time --local-timezone UTC",
            "docker run --rm -i --init --security-opt no-new-privileges --cpus 1 --memory 2Gb --pull never mcp/time",
            "/usr/bin/docker --context far container run -e TOKEN -eX=1 -v /a:/b mcp/time",
            "podman run -it --env=A=b --name=x mcp/time run",
            "docker run -i --rm -- mcp/time",
            "docker run -im 64m --network=none mcp/time",
        ] {
            assert_eq!(of(command).image.as_deref(), Some("mcp/time"), "{command}");
        }
    }

    #[test]
    fn what_names_the_container() {
        let run = of("docker run --name web --cidfile /tmp/c -l a=1 --label=b=2 -l c -di x");
        assert_eq!(run.container.as_deref(), Some("web"));
        assert_eq!(run.cidfile.as_deref(), Some("/tmp/c"));
        let label = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            run.labels,
            [label("a", "1"), label("b", "2"), label("c", "")]
        );
        assert!(run.detached && !of("docker run --detach=false x").detached);
        let stay = of("docker exec -i web sh");
        assert_eq!(
            (stay.verb, stay.container.as_deref()),
            (Verb::Stay, Some("web"))
        );
    }

    #[test]
    fn what_is_no_client_that_stays() {
        for command in [
            "dockerd run x",
            "docker ps",
            "node run x",
            "docker compose up",
            "docker",
            "",
        ] {
            assert_eq!(parse(&process(1, command)), None, "{command}");
        }
    }
}
