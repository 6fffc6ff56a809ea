//! Steps of a task: each is announced, timed, and listed at the end with its outcome.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::command::Failed;

/// How a step ended when it did not fail.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All is well.
    Done,
    /// It could not be carried out here, and that is no fault of the code.
    Skipped(String),
}

/// The steps carried out so far.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    finished: Vec<Finished>,
}

#[derive(Debug)]
struct Finished {
    name: &'static str,
    took: Duration,
    outcome: Result<Outcome>,
}

impl Steps {
    /// Carries out one step; a failure is kept for the end.
    pub(crate) fn run(&mut self, name: &'static str, step: impl FnOnce() -> Result<Outcome>) {
        eprintln!("==> {name}");
        let start = Instant::now();
        let outcome = step();
        let took = start.elapsed();
        if let Err(error) = &outcome {
            eprintln!("{name} failed: {error:#}");
        }
        self.finished.push(Finished {
            name,
            took,
            outcome,
        });
    }

    /// Prints a line a step, and answers with the exit code of the first that failed.
    pub(crate) fn finish(&self) -> ExitCode {
        println!();
        for step in &self.finished {
            println!("{}", step.line());
        }
        self.exit_code()
    }

    fn exit_code(&self) -> ExitCode {
        let first = self
            .finished
            .iter()
            .find_map(|step| step.outcome.as_ref().err());
        match first {
            None => ExitCode::SUCCESS,
            Some(error) => error
                .downcast_ref::<Failed>()
                .map_or(ExitCode::FAILURE, Failed::exit_code),
        }
    }
}

impl Finished {
    fn line(&self) -> String {
        let seconds = self.took.as_secs_f64();
        let (word, reason) = match &self.outcome {
            Ok(Outcome::Done) => ("ok", String::new()),
            Ok(Outcome::Skipped(reason)) => ("skipped", format!("  {reason}")),
            Err(error) => ("FAILED", format!("  {error:#}")),
        };
        format!("{:<18} {word:<8} {seconds:>7.1} s{reason}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    #[test]
    fn the_first_failure_decides_and_the_rest_still_runs() {
        let mut steps = Steps::default();
        steps.run("fine", || Ok(Outcome::Done));
        steps.run("cargo", || Err(Failed::test_example(101).into()));
        steps.run("ours", || Err(anyhow!("second")));
        let mut ran = false;
        steps.run("last", || {
            ran = true;
            Ok(Outcome::Skipped("no network".to_owned()))
        });
        assert!(ran);
        let code = format!("{:?}", steps.exit_code());
        assert_eq!(code, format!("{:?}", ExitCode::from(101)));
        assert!(steps.finished[3].line().ends_with("s  no network"));
    }

    #[test]
    fn nothing_failed_is_success() {
        let mut steps = Steps::default();
        steps.run("skipped", || Ok(Outcome::Skipped("absent".to_owned())));
        let code = format!("{:?}", steps.exit_code());
        assert_eq!(code, format!("{:?}", ExitCode::SUCCESS));
    }
}
