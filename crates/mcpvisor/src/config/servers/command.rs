//! What a server runs: program, arguments, environment, directory and user.

use std::path::{Path, PathBuf};

use supervise::spec::{Runs, Transport};
use toml::de::DeValue;

use super::{HIDDEN, environment};
use crate::config::invalid::Invalid;
use crate::config::section::Section;
use crate::config::value::{Choice, FromValue as _, kind};

/// Arguments at most.
const MOST: usize = 1_000;
/// Longest argument, bytes: the kernel takes no longer one (`MAX_ARG_STRLEN`).
const MOST_BYTES: usize = 128 << 10;
/// Longest name of a user (`LOGIN_NAME_MAX`).
const MOST_USER: usize = 256;

/// Reads it; `None` where what is run cannot be known, which was then told.
pub(super) fn read(section: &mut Section<'_>, folder: &Path, transport: Transport) -> Option<Runs> {
    let words = words(section);
    let environment = environment::read(section, folder);
    let directory = section.with("directory", |value| {
        absolute(&PathBuf::from_value(value)?, folder)
    });
    let user = section.optional::<String>("user");
    if let Some(user) = &user {
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$' | '@');
        let is_name = !user.is_empty() && user.len() <= MOST_USER && user.chars().all(fits);
        section.require("user", is_name, || {
            "it is no name of a user; `getent passwd` lists them".to_owned()
        });
    }
    let mut words = words?.into_iter();
    Some(Runs {
        program: words.next()?,
        arguments: words.collect(),
        environment,
        directory,
        user,
        transport,
    })
}

/// Program and arguments: of `command` as a list, or of `command` and `args`.
fn words(section: &mut Section<'_>) -> Option<Vec<String>> {
    section.knows(["args"]);
    let is_list = section.count("command").is_some();
    section.require("args", !(is_list && section.has("args")), || {
        "the arguments stand in `command` already; leave one of them out".to_owned()
    });
    let command = section.with("command", |value| match value {
        DeValue::String(program) => checked(vec![program.as_ref().to_owned()]),
        DeValue::Array(_) => checked(Vec::from_value(value)?),
        other => Err(Invalid::unquoted(format!(
            "must be a list such as `[\"npx\", \"-y\", \"server-memory\"]`, or a program by itself, not {}",
            kind(other)
        ))),
    });
    let args = section.with("args", |value| checked(Vec::from_value(value)?));
    let mut words = command?;
    let program = words.first().cloned().unwrap_or_default();
    let fault = fault_of_program(&program, is_list);
    section.require("command", fault.is_none(), || {
        fault.unwrap_or_default().to_owned()
    });
    words.extend(args.into_iter().flatten());
    fault.is_none().then_some(words)
}

fn fault_of_program(program: &str, is_list: bool) -> Option<&'static str> {
    if program.trim().is_empty() {
        return Some("it names no program; write it like `[\"npx\", \"-y\", \"server-memory\"]`");
    }
    if program.contains('/') {
        let is_whole = program.starts_with('/');
        return (!is_whole).then_some(
            "the program is a path that begins nowhere; write the whole path, or its bare name if it is in `PATH`",
        );
    }
    if !program.contains(char::is_whitespace) {
        return None;
    }
    Some(if is_list {
        "no shell reads this; write each argument by itself: `[\"program\", \"argument\"]`"
    } else {
        "text is a program without arguments, since no shell reads this; write `[\"program\", \"argument\"]`"
    })
}

/// Words that a program can be given; none is ever quoted.
fn checked(words: Vec<String>) -> Result<Vec<String>, Invalid> {
    let wrong = |why: &str| Err(Invalid::unquoted(why));
    if words.len() > MOST {
        return wrong("has more than 1000 words");
    }
    if words.iter().any(|word| word.contains('\0')) {
        return wrong("has a NUL character in it, which no argument can have");
    }
    if words.iter().any(|word| word.len() > MOST_BYTES) {
        return wrong("has a word longer than 128 KiB, which the kernel does not take");
    }
    if words.iter().any(|word| word.contains(HIDDEN)) {
        return wrong(
            "has in it what `mcpvisor config show` puts in the place of a secret; write the argument",
        );
    }
    Ok(words)
}

/// A path as text; a relative one begins at the configuration's folder.
pub(super) fn absolute(path: &Path, folder: &Path) -> Result<String, Invalid> {
    let whole = folder.join(path).into_os_string().into_string();
    whole.map_err(|_| {
        Invalid::unquoted(
            "begins at the configuration's folder, whose path is no UTF-8; write the whole path",
        )
    })
}

impl Choice for Transport {
    const ALL: &[(&str, Self)] = &[("stdio", Self::Stdio), ("http", Self::Http)];
}
