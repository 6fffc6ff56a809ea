//! Does this process speak MCP? Evidence, each with its weight, and a stated confidence.
//!
//! A name alone proves little: people edit `mcp.json`, grep for `mcp`, and build in a
//! folder called `mcp-tools`. So only names count that say what *runs* (package,
//! script, program), never folders or other arguments; metadata of the script's own
//! package counts more; and how its standard streams are wired decides where names are
//! weak: a stdio server hangs on pipes, not on a terminal.

use crate::command::{Command, Launcher, base_name, is_python, stem};
use crate::packages::PackageFacts;

mod names;

use names::{is_shell_script, own_name, server_verb, short_name, weight_of_name};

/// From this confidence on a process is listed as an MCP server.
pub const LISTED: f64 = 0.5;
/// From this confidence on an instance may be cleaned.
pub const CERTAIN_ENOUGH: f64 = 0.7;

/// What a process seems to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What it calls itself.
    pub name: String,
    /// 0 to 1.
    pub confidence: f64,
    /// Why, one fact a line.
    pub evidence: Vec<String>,
}

/// How the standard streams of a process look, as far as its descriptors could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Streams {
    /// Not readable.
    Unknown,
    /// Input and output are pipes or sockets: somebody can talk to it.
    Wired,
    /// A terminal: somebody types.
    Terminal,
    /// Neither, but it listens on a socket.
    Listening,
    /// Neither, and it listens nowhere.
    Nothing,
}

/// Weighs the names on a command line.
pub fn by_name(command: &Command) -> Option<Verdict> {
    let mut best: Option<(f64, String)> = None;
    let mut offer = |weight: f64, why: String| {
        if best.as_ref().is_none_or(|(have, _)| *have < weight) {
            best = Some((weight, why));
        }
    };
    for (what, name) in named_things(command) {
        let weight = weight_of_name(name);
        if weight > 0.0 {
            offer(weight, format!("the {what} is named `{name}`"));
        }
    }
    if let Some((weight, word)) = server_verb(command) {
        offer(weight, format!("it was started with `{word}`"));
    }
    let (mut confidence, why) = best?;
    // A shell script says what somebody does, not what speaks: `deploy-mcp-server.sh`.
    if command.launcher == Some(Launcher::Shell)
        && command.script.as_deref().is_some_and(is_shell_script)
    {
        confidence = confidence.min(0.4);
    }
    Some(Verdict {
        name: own_name(command),
        confidence,
        evidence: vec![why],
    })
}

/// Doubts a name that only the command line claims: a program is what its file is called, and
/// `exec -a mcp-server sleep 60` sleeps. What an interpreter runs may give itself any title.
pub fn with_program(mut verdict: Verdict, command: &Command, exe: Option<&str>) -> Verdict {
    let plain = command.launcher.is_none() && command.script.is_none() && command.package.is_none();
    let file = exe.map(base_name);
    if plain
        && file.is_some_and(|file| {
            stem(file) != command.program && weight_of_name(file) == 0.0 && !is_interpreter(file)
        })
    {
        verdict.confidence *= 0.4;
        let file = file.unwrap_or_default();
        verdict
            .evidence
            .push(format!("but the program that runs is `{file}`"));
    }
    verdict
}

fn is_interpreter(file: &str) -> bool {
    is_python(file)
        || matches!(
            file,
            "node" | "nodejs" | "deno" | "bun" | "ruby" | "perl" | "php" | "java" | "electron"
        )
}

/// Adds what the metadata of its package and its script say.
pub fn with_package(
    verdict: Option<Verdict>,
    command: &Command,
    facts: Option<&PackageFacts>,
) -> Option<Verdict> {
    let Some(facts) = facts else { return verdict };
    let mut verdict = verdict.unwrap_or_else(|| Verdict {
        name: own_name(command),
        confidence: 0.0,
        evidence: Vec::new(),
    });
    if let Some(name) = &facts.name {
        short_name(name).clone_into(&mut verdict.name);
        // Much is run in the folder of a package that is not what the package is for: its build,
        // its tests.
        let most = if facts.entry || facts.imports.is_some() {
            1.0
        } else {
            0.3
        };
        let weight = weight_of_name(name).min(most);
        if weight > verdict.confidence {
            verdict.confidence = weight;
            verdict.evidence.push(format!("its package is `{name}`"));
        }
    }
    match (&facts.sdk, facts.entry) {
        (Some(sdk), true) => {
            verdict.confidence = raise(verdict.confidence, 0.6);
            verdict
                .evidence
                .push(format!("its package runs this file and depends on `{sdk}`"));
        }
        (Some(sdk), false) if verdict.confidence > 0.3 => {
            verdict.confidence = raise(verdict.confidence, 0.3);
            verdict
                .evidence
                .push(format!("its package depends on `{sdk}`"));
        }
        _ => {}
    }
    // A bundled program has its SDK inside and depends on nothing; its keywords still tell.
    if facts.speaks_of_mcp && facts.entry && verdict.confidence == 0.0 {
        verdict.confidence = 0.5;
        verdict
            .evidence
            .push("its package runs this file and says that it is about MCP".to_owned());
    } else if facts.speaks_of_mcp && verdict.confidence > 0.3 {
        verdict.confidence = raise(verdict.confidence, 0.2);
        verdict
            .evidence
            .push("its package says that it is about MCP".to_owned());
    }
    if let Some(import) = &facts.imports {
        verdict.confidence = raise(verdict.confidence, 0.75);
        verdict.evidence.push(format!("its script uses `{import}`"));
    }
    (verdict.confidence > 0.0).then_some(verdict)
}

/// Corrects a verdict by how the process is wired.
pub fn with_streams(mut verdict: Verdict, streams: Streams, launcher: bool) -> Verdict {
    match streams {
        Streams::Wired => {
            verdict.confidence = raise(verdict.confidence, 0.2);
            verdict
                .evidence
                .push("its standard input and output are pipes or sockets".to_owned());
        }
        Streams::Terminal => {
            // Somebody may try a server by hand, but then its name says so plainly.
            verdict.confidence = if verdict.confidence >= 0.85 {
                0.6
            } else {
                verdict.confidence * 0.5
            };
            verdict
                .evidence
                .push("its standard input is a terminal".to_owned());
        }
        Streams::Nothing if !launcher => {
            verdict.confidence *= 0.8;
            verdict
                .evidence
                .push("its standard input leads nowhere and it listens nowhere".to_owned());
        }
        _ => {}
    }
    verdict
}

/// Two independent signs together are stronger than each: 1 - (1 - a)(1 - b), below certainty.
fn raise(confidence: f64, by: f64) -> f64 {
    (1.0 - (1.0 - confidence) * (1.0 - by)).min(0.97)
}

/// Package, script and program, with what each is called in a sentence.
fn named_things(command: &Command) -> Vec<(&'static str, &str)> {
    let mut things = Vec::new();
    if let Some(package) = &command.package {
        things.push(("package", package.name.as_str()));
    }
    if let Some(script) = &command.script {
        things.push(("script", stem(script)));
    }
    things.push(("program", command.program.as_str()));
    things
}

#[cfg(test)]
mod tests;
