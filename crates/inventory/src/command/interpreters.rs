//! Interpreters: how each names the script that it runs, and which of their scripts are
//! launchers themselves, as npm's and uv's own are.

use super::launchers::{first_operand, npm, package_manager, python_manager, strip};
use super::{Command, Launcher, base_name};

/// `node [options] FILE args`; npm's own scripts run by node are the launchers that they are.
pub(super) fn javascript(program: &str, rest: &[String], depth: u8) -> Command {
    let valued = [
        "-r",
        "--require",
        "--import",
        "--loader",
        "--experimental-loader",
        "-C",
        "--conditions",
        "--env-file",
        "--inspect-port",
        "--title",
        "--tsconfig",
        "--config",
        "--cwd",
    ];
    let mut rest = rest;
    if program == "deno" {
        match first_operand(rest, &valued) {
            Some((at, "run" | "serve" | "task")) => rest = &rest[at + 1..],
            _ => {
                return Command {
                    program: program.to_owned(),
                    args: rest.to_vec(),
                    ..Command::default()
                };
            }
        }
    }
    if rest
        .iter()
        .take_while(|word| word.starts_with('-'))
        .any(|word| matches!(word.as_str(), "-e" | "--eval" | "-p" | "--print"))
    {
        return Command {
            program: program.to_owned(),
            args: rest.to_vec(),
            ..Command::default()
        };
    }
    let Some((at, file)) = first_operand(rest, &valued) else {
        return Command {
            program: program.to_owned(),
            args: rest.to_vec(),
            ..Command::default()
        };
    };
    let after = &rest[at + 1..];
    match base_name(file) {
        "npx-cli.js" | "npx" => return npm(after, depth),
        "npm-cli.js" | "npm" | "pnpm.cjs" | "pnpm" | "yarn.js" | "yarn" => {
            let manager = if base_name(file).starts_with("npm") {
                "npm"
            } else {
                "pnpm"
            };
            if let Some(command) = package_manager(manager, after, depth) {
                return command;
            }
        }
        // tsx's command-line program starts node once more with its loader.
        "cli.mjs" | "tsx" if file.contains("/tsx/") || file.ends_with("/tsx") => {
            let mut command = javascript("tsx", after, depth);
            command.launcher = Some(Launcher::Prefix);
            return command;
        }
        _ => {}
    }
    Command {
        program: program.to_owned(),
        script: Some(file.to_owned()),
        args: after.to_vec(),
        ..Command::default()
    }
}

/// `python [options] FILE args`, `python -m MODULE args`; uv and pipx as modules are launchers.
pub(super) fn python(program: &str, rest: &[String], depth: u8) -> Command {
    let mut at = 0;
    while let Some(word) = rest.get(at) {
        match word.as_str() {
            "-m" => {
                let Some(module) = rest.get(at + 1) else {
                    break;
                };
                let after = &rest[at + 2..];
                if matches!(module.as_str(), "uv" | "pipx")
                    && let Some(command) = python_manager(after, depth)
                {
                    return command;
                }
                return Command {
                    program: program.to_owned(),
                    script: Some(module.clone()),
                    args: after.to_vec(),
                    ..Command::default()
                };
            }
            "-c" => break,
            "-X" | "-W" | "--check-hash-based-pycs" => at += 2,
            word if word.starts_with('-') => at += 1,
            file => {
                if matches!(base_name(file), "uvx" | "uv" | "pipx")
                    && let Some(command) = strip(&rest[at..], depth + 1)
                {
                    return command;
                }
                return Command {
                    program: program.to_owned(),
                    script: Some(file.to_owned()),
                    args: rest[at + 1..].to_vec(),
                    ..Command::default()
                };
            }
        }
    }
    Command {
        program: program.to_owned(),
        args: rest.to_vec(),
        ..Command::default()
    }
}

/// `java [options] -jar FILE args` or `java [options] Main args`.
pub(super) fn java(rest: &[String]) -> Command {
    match rest.iter().position(|word| word == "-jar") {
        Some(at) if at + 1 < rest.len() => Command {
            program: "java".to_owned(),
            script: Some(rest[at + 1].clone()),
            args: rest[at + 2..].to_vec(),
            ..Command::default()
        },
        _ => script(
            "java",
            rest,
            &["-cp", "-classpath", "--class-path", "-p", "--module-path"],
        ),
    }
}

/// An interpreter whose first operand is the script.
pub(super) fn script(program: &str, rest: &[String], valued: &[&str]) -> Command {
    match first_operand(rest, valued) {
        Some((at, file)) => Command {
            program: program.to_owned(),
            script: Some(file.to_owned()),
            args: rest[at + 1..].to_vec(),
            ..Command::default()
        },
        None => Command {
            program: program.to_owned(),
            args: rest.to_vec(),
            ..Command::default()
        },
    }
}
