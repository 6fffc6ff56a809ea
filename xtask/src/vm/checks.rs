//! What the guest says: `check NAME ok`, `check NAME failed: WHY`, at the end `checks done`.
//!
//! The scripts themselves are the list of what has to be heard: each of their lines that begins with
//! `check NAME`. One that is never heard of has failed.

use std::collections::BTreeMap;

const DONE: &str = "checks done";

/// What was said so far of what was expected.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Names, and what came of them.
    checks: BTreeMap<String, Option<Result<(), String>>>,
    is_done: bool,
}

impl Seen {
    /// The checks in these scripts.
    pub(crate) fn expecting<'s>(scripts: impl Iterator<Item = &'s str>) -> Self {
        let names = scripts.flat_map(|script| script.lines().filter_map(name));
        Self {
            checks: names.map(|name| (name.to_owned(), None)).collect(),
            is_done: false,
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.checks.len()
    }

    /// Takes notice of a line; others than those of checks have no meaning.
    pub(crate) fn line(&mut self, line: &str) {
        self.is_done |= line == DONE;
        let Some(name) = name(line) else { return };
        let said = &line["check ".len() + name.len()..];
        let result = match said.strip_prefix(" ok") {
            Some(rest) if rest.is_empty() || rest.starts_with(':') => Ok(()),
            _ => Err(said.trim_start().to_owned()),
        };
        // One that the scripts do not name, or say twice, is a fault of theirs: the worse one counts.
        match self.checks.get_mut(name) {
            Some(Some(Err(_))) => {}
            Some(slot) => *slot = Some(result),
            None => {
                let why = Err("nobody expects it".to_owned());
                self.checks.insert(name.to_owned(), Some(why));
            }
        }
    }

    /// What went wrong.
    pub(crate) fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        if self.checks.is_empty() {
            wrong.push("there are no checks".to_owned());
        }
        for (name, result) in &self.checks {
            match result {
                Some(Ok(())) => {}
                Some(Err(why)) => wrong.push(format!("{name} {why}")),
                None => wrong.push(format!("{name} was not heard of")),
            }
        }
        if !self.is_done {
            wrong.push("the guest did not come to the end of its checks".to_owned());
        }
        wrong
    }
}

fn name(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("check ")?;
    let name = rest.split(' ').next()?;
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (!name.is_empty() && name.bytes().all(is_name)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vm::overlay::SCRIPTS;

    const SCRIPT: &str = "#!/bin/sh\ncheck() {\n}\ncheck one f\n# check no\ncheck two-2 g \"$x\"\n";

    fn seen(lines: &[&str]) -> Vec<String> {
        let mut seen = Seen::expecting([SCRIPT].into_iter());
        for line in lines {
            seen.line(line);
        }
        seen.wrong()
    }

    #[test]
    fn all_that_a_script_names_has_to_be_heard() {
        let all = ["check one ok", "check two-2 ok: in 5 s", "checks done"];
        assert!(seen(&all).is_empty());
        assert_eq!(seen(&[all[0], all[2]]), ["two-2 was not heard of"]);
        assert_eq!(seen(&all[..2]).len(), 1);
    }

    #[test]
    fn failures_stay() {
        let wrong = seen(&[
            "noise",
            "check one failed: no group",
            "check one ok",
            "check two-2 okay",
            "check three ok",
            "checks done",
        ]);
        assert_eq!(
            wrong,
            [
                "one failed: no group",
                "three nobody expects it",
                "two-2 okay"
            ]
        );
    }

    #[test]
    fn our_scripts_have_checks() {
        let seen = Seen::expecting(SCRIPTS.iter().map(|(_, text)| *text));
        assert!(seen.count() > 20, "{}", seen.count());
        assert_eq!(Seen::default().wrong().len(), 2);
    }
}
