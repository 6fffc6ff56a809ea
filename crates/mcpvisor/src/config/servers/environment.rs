//! `env`: variables of a server, written down, in a file, or from our own environment. No value is ever
//! quoted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use supervise::spec::{Hidden, Value};
use toml::de::DeValue;

use super::HIDDEN;
use super::command::absolute;
use crate::config::document::Placed;
use crate::config::invalid::{Invalid, quotable};
use crate::config::section::Section;
use crate::config::value::{FromValue as _, text};

/// Variables of one server at most.
const MOST: usize = 200;
/// Longest value, bytes: the kernel takes no longer text (`MAX_ARG_STRLEN`).
const MOST_VALUE: usize = 128 << 10;
/// What a value may be.
const FORMS: &str = "must be text, `{ file = \"/path/to/file\" }` or `{ variable = \"NAME\" }`";

/// Reads all variables.
pub(super) fn read(section: &mut Section<'_>, folder: &Path) -> BTreeMap<String, Value> {
    let example = r#"{ LEVEL = "debug", TOKEN = { file = "token.secret" } }"#;
    let mut found = BTreeMap::new();
    let entries = section.entries("env", example);
    let count = entries.len();
    section.require("env", count <= MOST, || {
        format!("{count} variables are too many; {MOST} are the most")
    });
    for (name, entry) in entries {
        let key = format!("env.{}", quotable(&name));
        let place = Some(entry.span());
        if let Some(fault) = fault_of_name(&name) {
            section.note(&key, place, fault.to_owned());
            continue;
        }
        match value(entry, folder) {
            Ok(value) => {
                found.insert(name, value);
            }
            Err(invalid) => section.note(&key, place, invalid.concealed().to_string()),
        }
    }
    found
}

/// Why nothing can be called so. Other characters than those of shells are in use: npm has names with
/// slashes and colons.
fn fault_of_name(name: &str) -> Option<&'static str> {
    let is_blank = |c: char| c.is_control() || c.is_whitespace();
    if name.is_empty() {
        Some("the name of a variable is empty")
    } else if name.contains('=') {
        Some("no variable can have `=` in its name; write `NAME = \"value\"`")
    } else if name.contains('$') {
        Some("the name of a variable is written without `$`")
    } else if name.contains(is_blank) {
        Some("the name of a variable has no spaces, line ends or control characters")
    } else if name.starts_with(|c: char| c.is_ascii_digit()) {
        Some("the name of a variable does not begin with a digit")
    } else {
        None
    }
}

fn value(entry: &Placed<'_>, folder: &Path) -> Result<Value, Invalid> {
    let wrong = |why: &str| Err(Invalid::unquoted(why));
    let DeValue::Table(table) = entry.get_ref() else {
        return plain(text(entry.get_ref(), "..")?);
    };
    let mut entries = table.iter();
    let (Some((key, place)), None) = (entries.next(), entries.next()) else {
        return wrong(FORMS);
    };
    match key.get_ref().as_ref() {
        "file" => absolute(&PathBuf::from_value(place.get_ref())?, folder).map(Value::File),
        "variable" => variable(text(place.get_ref(), "MY_TOKEN")?),
        "env" => wrong(
            "has `env`; write `{ variable = \"NAME\" }` for a variable of the daemon's environment",
        ),
        _ => wrong(FORMS),
    }
}

fn plain(written: &str) -> Result<Value, Invalid> {
    let wrong = |why: &str| Err(Invalid::unquoted(why));
    if written == HIDDEN {
        return wrong(
            "is what `mcpvisor config show` puts in the place of a secret; write the value, or the file it is in",
        );
    }
    if written.contains('\0') {
        return wrong("has a NUL character in it, which no variable can have");
    }
    if written.len() > MOST_VALUE {
        return wrong("is longer than 128 KiB, which the kernel does not take");
    }
    let inner = written.strip_prefix("${");
    if inner
        .and_then(|rest| rest.strip_suffix('}'))
        .is_some_and(is_name)
    {
        return wrong(
            "is taken as it stands, since no shell reads it; write `{ variable = \"NAME\" }` for a variable of the daemon's environment",
        );
    }
    Ok(Value::Plain(Hidden(written.to_owned())))
}

/// A variable of ours. What is no name of one may be the secret itself.
fn variable(name: &str) -> Result<Value, Invalid> {
    if is_name(name) {
        return Ok(Value::Variable(name.to_owned()));
    }
    Err(Invalid::unquoted(
        "is no name of a variable; write it without `$`: letters, digits and underscores",
    ))
}

fn is_name(name: &str) -> bool {
    let is_first = name.chars().next().is_some_and(|c| !c.is_ascii_digit());
    is_first && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
