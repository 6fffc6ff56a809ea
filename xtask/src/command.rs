//! Running other programs: their output passes by as it comes, and a failure names the command.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::repository;

/// A command that ended without success.
#[derive(Debug)]
pub(crate) struct Failed {
    command: String,
    code: Option<i32>,
}

impl Failed {
    /// The command's own exit code where it fits, else 1.
    pub(crate) fn exit_code(&self) -> ExitCode {
        let code = self.code.and_then(|code| u8::try_from(code).ok());
        ExitCode::from(code.filter(|code| *code != 0).unwrap_or(1))
    }

    #[cfg(test)]
    pub(crate) fn test_example(code: i32) -> Self {
        Self {
            command: "cargo example".to_owned(),
            code: Some(code),
        }
    }
}

impl std::fmt::Display for Failed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.code {
            Some(code) => write!(formatter, "`{}` ended with {code}", self.command),
            None => write!(formatter, "`{}` was killed", self.command),
        }
    }
}

impl std::error::Error for Failed {}

/// The cargo that runs us, in the repository's root.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(repository::root());
    command
}

/// Runs it to its end; anything but exit code 0 is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command
        .status()
        .with_context(|| format!("cannot start `{shown}`"))?;
    if status.success() {
        return Ok(());
    }
    Err(Failed {
        command: shown,
        code: status.code(),
    }
    .into())
}

/// Whether a program of this name is on the `PATH`.
pub(crate) fn exists(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    })
}

/// The program's file name and its arguments, for people.
fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut words = vec![
        program
            .file_name()
            .unwrap_or(command.get_program())
            .to_string_lossy(),
    ];
    words.extend(
        command
            .get_args()
            .map(|argument| argument.to_string_lossy()),
    );
    words.join(" ")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_failure_names_the_command_and_keeps_its_code() {
        let error = run(Command::new("/bin/sh").args(["-c", "exit 7"])).unwrap_err();
        assert_eq!(error.to_string(), "`sh -c exit 7` ended with 7");
        let failed = error.downcast_ref::<Failed>().unwrap();
        assert_eq!(
            format!("{:?}", failed.exit_code()),
            format!("{:?}", ExitCode::from(7))
        );
    }

    #[test]
    fn a_program_that_is_missing_is_named() {
        let error = run(&mut Command::new("/no/such/program")).unwrap_err();
        assert!(format!("{error:#}").contains("`program`"), "{error:#}");
        assert!(exists("sh") && !exists("no-such-program"));
    }
}
