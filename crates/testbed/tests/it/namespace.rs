//! A test can have a pid namespace for itself.

use std::process::{Command, Stdio};

use anyhow::ensure;
use testbed::namespace::{alone, available, command};
use testbed::process;
use testbed::real::or_skip;

#[test]
fn the_body_sees_only_itself() {
    if or_skip(available()).is_none() {
        return;
    }
    alone("namespace::the_body_sees_only_itself", || {
        let seen = process::all().len();
        // A child in the namespace proves that its /proc is its own.
        let mut child = Command::new("sleep")
            .arg("30")
            .stdin(Stdio::null())
            .spawn()?;
        let pid = child.id();
        let beside_it = process::all().len();
        child.kill()?;
        child.wait()?;
        ensure!(seen == 1, "{seen} processes in a new namespace");
        ensure!(
            beside_it == 2 && pid < 10,
            "pid {pid}, {beside_it} processes"
        );
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_name_that_matches_no_test_is_noticed() {
    if or_skip(available()).is_none() {
        return;
    }
    let outcome = alone("namespace::a_test_that_does_not_exist", || Ok(()));
    assert!(outcome.is_err(), "nothing ran, and nobody noticed");
}

#[test]
fn a_command_in_a_namespace_is_its_first_process() {
    if or_skip(available()).is_none() {
        return;
    }
    let output = command("sh").args(["-c", "echo $$"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "1");
}
