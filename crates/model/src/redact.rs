//! Secrets taken out of command lines and URLs before anything is shown, stored or exported.
//!
//! Three readers look at a text, each for one kind of evidence, and note the byte
//! ranges that hold a secret; [`MASK`] is then written over the union of them:
//!
//! - `shell`: names that announce a secret, with the value behind them: options,
//!   assignments, headers, JSON keys, also within quotes within quotes;
//! - `url`: user info, parameters, and paths that work as passwords;
//! - `shapes`: what looks like a secret by itself: token formats, private keys,
//!   long random strings.
//!
//! `arguments` adds what only a whole argument list shows: where a value ends, and
//! that an option's value is the next argument. In doubt a value is hidden: a value
//! too many costs a look at `/proc`, one too few is in a bug report for good.
//!
//! Each reader is one pass that looks at no byte more than a few times, so a hostile
//! argument costs time in proportion to its length; a text without a trigger is returned
//! as it is. A mask can turn what stands beside it into evidence, so a text in which
//! something was found is read again until nothing is: redacted text stays as it is.

mod arguments;
mod headers;
mod names;
mod options;
mod prefixes;
mod programs;
mod randomness;
mod shapes;
mod shell;
mod spans;
mod survey;
mod url;
mod values;

use std::borrow::Cow;

use spans::Spans;
use survey::Survey;

/// What stands in place of a secret.
pub const MASK: &str = "<redacted>";

/// Arguments with secrets replaced by [`MASK`]; as many as were given.
///
/// The first argument is taken for the program, as in `/proc/PID/cmdline`; it may also be
/// a whole command line, as programs write it that set their title.
pub fn arguments(arguments: &[String]) -> Vec<String> {
    let Some(mut shown) = arguments::redact(arguments) else {
        return arguments.to_vec();
    };
    for _ in 1..MOST_ROUNDS {
        match arguments::redact(&shown) {
            Some(again) => shown = again,
            None => break,
        }
    }
    shown
}

/// A URL without user info, and without the values of parameters that look secret.
///
/// The whole string is the URL, even with spaces in it; the scheme may be missing.
pub fn url(url: &str) -> Cow<'_, str> {
    until_stable(url, |url| {
        let mut spans = Spans::default();
        url::whole(url, 0, &mut spans);
        shapes::find(url, false, &mut spans);
        spans
    })
}

/// Any text with what looks like a secret replaced by [`MASK`]: a command line
/// joined by spaces, a shell command, a log line, JSON.
pub fn text(text: &str) -> Cow<'_, str> {
    until_stable(text, |text| {
        let mut spans = Spans::default();
        let survey = survey::of(text);
        in_text(
            text,
            survey,
            programs::first_names_objects(text),
            &mut spans,
        );
        spans
    })
}

/// How often a text is read at most. Two rounds are usual where there was a secret, and
/// one more for each mask that makes its neighbour a secret; it bounds hostile texts.
const MOST_ROUNDS: usize = 8;

fn until_stable(text: &str, find: impl Fn(&str) -> Spans) -> Cow<'_, str> {
    let mut shown = find(text).mask(text);
    if let Cow::Owned(masked) = &mut shown {
        for _ in 1..MOST_ROUNDS {
            match find(masked).mask(masked) {
                Cow::Borrowed(_) => break,
                Cow::Owned(again) => *masked = again,
            }
        }
    }
    shown
}

/// Notes the secrets that a text may have by its survey. With `objects`, long hexadecimal
/// numbers are names of things (containers, commits) and stay.
fn in_text(text: &str, survey: Survey, objects: bool, spans: &mut Spans) {
    let mut urls = Vec::new();
    if survey.addresses {
        url::find(text, &mut urls, spans);
    }
    if survey.names {
        shell::find(text, &urls, spans);
    }
    if survey.shapes {
        shapes::find(text, objects, spans);
    }
}

#[cfg(test)]
mod tests;
