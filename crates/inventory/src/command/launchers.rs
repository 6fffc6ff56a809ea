//! Launchers: how each names what it starts.

use super::interpreters::{java, javascript, python, script};
use super::package::Package;
use super::{Command, Launcher, stem};

/// Nested launchers deeper than this are somebody's joke.
const DEEPEST: u8 = 8;

/// Takes launchers and interpreters off until the program that does the work is left.
///
/// The first launcher met is kept in the result: it says what *this* process is.
pub(super) fn strip(words: &[String], depth: u8) -> Option<Command> {
    let (first, rest) = words.split_first()?;
    let program = program_name(first);
    let plain = || Command {
        program: program.to_owned(),
        args: rest.to_vec(),
        ..Command::default()
    };
    if depth > DEEPEST {
        return Some(plain());
    }
    Some(match program {
        "npx" | "bunx" | "pnpx" => npm(rest, depth),
        "npm" | "pnpm" | "yarn" | "bun" => {
            package_manager(program, rest, depth).unwrap_or_else(plain)
        }
        "uvx" => python_tool(rest, depth),
        "uv" | "pipx" | "poetry" | "rye" | "hatch" | "pdm" | "pixi" => {
            python_manager(rest, depth).unwrap_or_else(plain)
        }
        "sh" | "bash" | "dash" | "zsh" | "ash" | "ksh" | "fish" => {
            shell(rest, depth).unwrap_or_else(plain)
        }
        "cmd" => rest
            .iter()
            .position(|word| word.eq_ignore_ascii_case("/c"))
            .and_then(|at| launched(Launcher::Shell, &rest[at + 1..], depth))
            .unwrap_or_else(plain),
        "docker" | "podman" | "nerdctl" => container(rest).unwrap_or_else(plain),
        "env" | "nohup" | "setsid" | "nice" | "ionice" | "stdbuf" | "time" | "timeout" | "tini"
        | "dumb-init" | "catatonit" | "xvfb-run" | "sudo" | "doas" | "chronic" | "disclaimer"
        | "prlimit" | "chrt" | "taskset" | "unbuffer" | "firejail" | "systemd-run" | "setpriv"
        | "dotenv" | "dotenvx" | "direnv" | "mise" | "asdf" | "conda" | "mamba" | "op"
        | "doppler" | "infisical" | "nix" | "caffeinate" | "cross-env" | "systemd-inhibit" => {
            prefix(program, rest, depth).unwrap_or_else(plain)
        }
        "mcpvisor" if rest.first().is_some_and(|word| word == "run") => after_dashes(rest)
            .and_then(|rest| launched(Launcher::Prefix, rest, depth))
            .unwrap_or_else(plain),
        "node" | "nodejs" | "deno" | "tsx" | "ts-node" | "electron" => {
            javascript(program, rest, depth)
        }
        "ruby" | "perl" | "php" | "lua" | "Rscript" | "dotnet" => script(program, rest, &[]),
        "java" => java(rest),
        _ if is_python(program) => python(program, rest, depth),
        _ => plain(),
    })
}

/// Base name of a program, without what login shells and Windows add.
fn program_name(word: &str) -> &str {
    stem(word.trim_start_matches('-'))
}

/// `python`, `python3`, `python3.12`, `pypy3`.
pub(crate) fn is_python(program: &str) -> bool {
    program
        .strip_prefix("python")
        .or_else(|| program.strip_prefix("pypy"))
        .is_some_and(|rest| {
            rest.chars()
                .all(|c| c.is_ascii_digit() || c == '.' || c == 't')
        })
}

/// Does a path end in one of these, whatever the case?
pub(crate) fn has_ending(path: &str, endings: &[&str]) -> bool {
    let ending = std::path::Path::new(path)
        .extension()
        .and_then(std::ffi::OsStr::to_str);
    ending.is_some_and(|ending| endings.iter().any(|one| ending.eq_ignore_ascii_case(one)))
}

/// The command behind a launcher, marked as launched by it.
fn launched(launcher: Launcher, words: &[String], depth: u8) -> Option<Command> {
    let mut command = strip(words, depth + 1)?;
    command.launcher = Some(launcher);
    Some(command)
}

/// First word that is no option, with its position; `valued` options take the next word too.
pub(super) fn first_operand<'a>(words: &'a [String], valued: &[&str]) -> Option<(usize, &'a str)> {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if word == "--" {
            return words.get(at + 1).map(|word| (at + 1, word.as_str()));
        }
        if !word.starts_with('-') || word == "-" {
            return Some((at, word));
        }
        at += if valued.contains(&word.as_str()) {
            2
        } else {
            1
        };
    }
    None
}

fn after_dashes(words: &[String]) -> Option<&[String]> {
    let at = words.iter().position(|word| word == "--")?;
    Some(&words[at + 1..])
}

/// Value of an option in either spelling: `--package x`, `--package=x`.
fn option<'a>(words: &'a [String], names: &[&str]) -> Option<&'a str> {
    words.iter().enumerate().find_map(|(at, word)| {
        names.iter().find_map(|name| {
            if word == name {
                words.get(at + 1).map(String::as_str)
            } else {
                word.strip_prefix(name)?.strip_prefix('=')
            }
        })
    })
}

/// `npx [options] PACKAGE args`, `npx -p PACKAGE BIN args`, `npx -c 'command'`.
pub(super) fn npm(rest: &[String], depth: u8) -> Command {
    let package = option(rest, &["-p", "--package"]).and_then(Package::npm);
    let call = option(rest, &["-c", "--call"]);
    let valued = [
        "-p",
        "--package",
        "-c",
        "--call",
        "--registry",
        "--prefix",
        "-w",
        "--workspace",
        "--cache",
    ];
    let Some((at, token)) = first_operand(rest, &valued) else {
        let mut command = call
            .and_then(|line| strip(&shell_words(line), depth + 1))
            .unwrap_or_else(|| Command {
                program: "npx".to_owned(),
                ..Command::default()
            });
        command.launcher = Some(Launcher::Npm);
        command.package = package.or(command.package);
        return command;
    };
    let named = Package::npm(token);
    Command {
        launcher: Some(Launcher::Npm),
        program: named.as_ref().map_or(token, Package::short_name).to_owned(),
        script: None,
        package: package.or(named),
        args: operands_after(rest, at),
    }
}

fn operands_after(rest: &[String], at: usize) -> Vec<String> {
    let mut args = &rest[at + 1..];
    if args.first().is_some_and(|word| word == "--") {
        args = &args[1..];
    }
    args.to_vec()
}

/// `npm exec`, `npm x`, `pnpm dlx`, `yarn dlx`, `bun x`, `bun run FILE`; others do work of their own.
pub(super) fn package_manager(program: &str, rest: &[String], depth: u8) -> Option<Command> {
    let (at, verb) = first_operand(
        rest,
        &["--prefix", "-C", "--dir", "--cwd", "--filter", "-F"],
    )?;
    let after = &rest[at + 1..];
    match (program, verb) {
        (_, "exec" | "x" | "dlx") => Some(npm(after, depth)),
        ("npm" | "pnpm" | "yarn", "run" | "run-script" | "start") => Some(Command {
            launcher: Some(Launcher::Npm),
            program: program.to_owned(),
            args: after.to_vec(),
            ..Command::default()
        }),
        ("bun", "run") => Some(javascript(program, after, depth)),
        ("bun", _) => Some(javascript(program, rest, depth)),
        _ => None,
    }
}

/// Options of `uv` and `uvx` that take a value.
const UV_VALUED: [&str; 22] = [
    "--from",
    "--with",
    "--with-editable",
    "--with-requirements",
    "--python",
    "-p",
    "--directory",
    "--project",
    "--index",
    "--index-url",
    "-i",
    "--extra-index-url",
    "--default-index",
    "--find-links",
    "-f",
    "--cache-dir",
    "--config-file",
    "--env-file",
    "--extra",
    "--group",
    "--refresh-package",
    "--package",
];

/// `uvx [--from PACKAGE] TOOL args`.
fn python_tool(rest: &[String], depth: u8) -> Command {
    let from = option(rest, &["--from", "--spec"]).and_then(Package::python);
    let Some((at, token)) = first_operand(rest, &UV_VALUED) else {
        return Command {
            launcher: Some(Launcher::Python),
            program: "uvx".to_owned(),
            package: from,
            ..Command::default()
        };
    };
    let named = Package::python(token);
    // `uvx --from x python script.py` and `uvx fastmcp run server.py` go on behind the tool.
    let inner = strip(&rest[at..], depth + 1).filter(|inner| inner.script.is_some());
    Command {
        launcher: Some(Launcher::Python),
        program: named
            .as_ref()
            .map_or_else(|| token.to_owned(), |package| package.name.clone()),
        script: inner.as_ref().and_then(|inner| inner.script.clone()),
        package: from.or(named),
        args: inner.map_or_else(|| operands_after(rest, at), |inner| inner.args),
    }
}

/// `uv run …`, `uv tool run …`, `uv tool uvx …`, `pipx run …`, `poetry run …`.
pub(super) fn python_manager(rest: &[String], depth: u8) -> Option<Command> {
    let (at, verb) = first_operand(rest, &UV_VALUED)?;
    let after = &rest[at + 1..];
    match verb {
        "tool" => {
            let (at, verb) = first_operand(after, &UV_VALUED)?;
            matches!(verb, "run" | "uvx").then(|| python_tool(&after[at + 1..], depth))
        }
        "run" | "x" => {
            // `uv run -m module`, `uv run server.py`, `uv run --with mcp mcp run server.py`.
            if let Some(module) = option(after, &["-m", "--module"]) {
                return Some(Command {
                    launcher: Some(Launcher::Python),
                    program: "python".to_owned(),
                    script: Some(module.to_owned()),
                    ..Command::default()
                });
            }
            let (at, token) = first_operand(after, &UV_VALUED)?;
            let mut command = if has_ending(token, &["py"]) {
                python("python", &after[at..], depth)
            } else {
                strip(&after[at..], depth + 1)?
            };
            command.launcher = Some(Launcher::Python);
            Some(command)
        }
        _ => None,
    }
}

/// `sh -c LINE` launches what the line names first; `sh script.sh` launches too; an
/// interactive shell does not.
fn shell(rest: &[String], depth: u8) -> Option<Command> {
    let c = rest
        .iter()
        .position(|word| word.starts_with('-') && !word.starts_with("--") && word.contains('c'));
    if let Some(at) = c {
        let line = rest[at + 1..].iter().find(|word| !word.starts_with('-'))?;
        return launched(Launcher::Shell, &first_command(line), depth).or_else(|| {
            Some(Command {
                launcher: Some(Launcher::Shell),
                program: "sh".to_owned(),
                ..Command::default()
            })
        });
    }
    let (at, file) = first_operand(rest, &["-o", "-O", "--rcfile", "--init-file"])?;
    Some(Command {
        launcher: Some(Launcher::Shell),
        program: "sh".to_owned(),
        script: Some(file.to_owned()),
        args: rest[at + 1..].to_vec(),
        ..Command::default()
    })
}

/// The words of the first command in a shell line that does the work: `exec`, assignments and
/// `cd X &&` in front of it are passed over.
fn first_command(line: &str) -> Vec<String> {
    for part in line.split([';', '\n']).flat_map(|part| part.split("&&")) {
        let mut words = shell_words(part.split('|').next().unwrap_or(part));
        let keep = words
            .iter()
            .position(|word| word != "exec" && word != "command" && !is_assignment(word))
            .unwrap_or(words.len());
        words.drain(..keep);
        let skipped = [
            "cd", "export", "source", ".", "set", "ulimit", "unset", "true", ":", "trap",
        ];
        match words.first() {
            Some(word) if !skipped.contains(&word.as_str()) => return words,
            _ => {}
        }
    }
    Vec::new()
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// Words of a shell line: quotes and backslashes are honoured, nothing is expanded.
pub(crate) fn shell_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(chars.next()),
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// `docker run -i --rm -e X image args`.
fn container(rest: &[String]) -> Option<Command> {
    let valued_before = [
        "-H",
        "--host",
        "-c",
        "--context",
        "--config",
        "-l",
        "--log-level",
    ];
    let (at, verb) = first_operand(rest, &valued_before)?;
    let mut after = &rest[at + 1..];
    if verb == "container" {
        after = after.strip_prefix(&["run".to_owned()])?;
    } else if verb != "run" {
        return None;
    }
    let (at, image) = first_container_operand(after)?;
    let package = Package::image(image);
    Some(Command {
        launcher: Some(Launcher::Container),
        program: package
            .as_ref()
            .map_or(image, Package::short_name)
            .to_owned(),
        script: None,
        package,
        args: after[at + 1..].to_vec(),
    })
}

/// `docker run` has many options; those without a value are fewer, so they are the ones listed.
fn first_container_operand(words: &[String]) -> Option<(usize, &str)> {
    let flags = [
        "--rm",
        "--init",
        "--privileged",
        "--read-only",
        "--detach",
        "--interactive",
        "--tty",
        "--no-healthcheck",
        "--oom-kill-disable",
        "--publish-all",
        "--quiet",
        "--disable-content-trust",
    ];
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if !word.starts_with('-') {
            return Some((at, word));
        }
        let short = word.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
        let alone = word.contains('=')
            || flags.contains(&word.as_str())
            || short.is_some_and(|letters| letters.chars().all(|c| "itdPq".contains(c)))
            || short.is_some_and(|letters| {
                letters.len() > 1 && letters.starts_with(['e', 'v', 'p', 'u', 'w', 'l', 'm', 'h'])
            });
        at += if alone { 1 } else { 2 };
    }
    None
}

/// Programs that run the command behind their own options.
fn prefix(program: &str, rest: &[String], depth: u8) -> Option<Command> {
    if matches!(
        program,
        "dotenv" | "dotenvx" | "op" | "doppler" | "infisical" | "mise" | "direnv" | "nix"
    ) && let Some(command) = after_dashes(rest)
    {
        return launched(Launcher::Prefix, command, depth);
    }
    let valued: &[&str] = match program {
        "env" => &["-u", "--unset", "-C", "--chdir", "-S"],
        "nice" => &["-n", "--adjustment"],
        "timeout" => &["-s", "--signal", "-k", "--kill-after"],
        "sudo" | "doas" => &["-u", "-g", "-h", "-p", "-C", "-U"],
        "setpriv" | "systemd-run" => &["-p", "--property", "--unit", "-u", "--reuid", "--regid"],
        "xvfb-run" => &[
            "-s",
            "--server-args",
            "-n",
            "--server-num",
            "-e",
            "-f",
            "-w",
        ],
        "conda" | "mamba" => &["-n", "--name", "-p", "--prefix", "--cwd"],
        "stdbuf" => &["-i", "-o", "-e"],
        "tini" => &["-p", "-e"],
        "ionice" => &["-c", "-n"],
        _ => &[],
    };
    let (mut at, mut word) = first_operand(rest, valued)?;
    let skip = match program {
        "timeout" | "taskset" | "chrt" => 1,
        "conda" | "mamba" if word == "run" => 1,
        "mise" | "direnv" | "asdf" if word == "exec" => 1,
        _ => 0,
    };
    if skip == 1 {
        let (next, _) = first_operand(&rest[at + 1..], valued)?;
        at += 1 + next;
        word = rest.get(at)?;
    }
    while is_assignment(word) {
        at += 1;
        word = rest.get(at)?;
    }
    launched(Launcher::Prefix, &rest[at..], depth)
}
