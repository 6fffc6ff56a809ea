//! Child processes: idle ones, a stray in its own session, a zombie.

use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use crate::arguments::Arguments;

/// Starts what the flags ask for. Nobody waits for these children, which is what makes the zombie.
pub(crate) fn start(arguments: &Arguments) -> Result<Vec<Child>> {
    let mut children = Vec::new();
    for _ in 0..arguments.children {
        let flags: &[&str] = if arguments.children_end_too {
            &["--end-with-parent"]
        } else {
            &[]
        };
        children.push(idle(arguments, flags)?);
    }
    if arguments.setsid_child {
        children.push(idle(arguments, &["--setsid"])?);
    }
    if arguments.zombie {
        children.push(idle(arguments, &["--exit-after=0"])?);
    }
    Ok(children)
}

fn idle(arguments: &Arguments, flags: &[&str]) -> Result<Child> {
    let ourselves = std::env::current_exe().context("cannot tell where this program is")?;
    Command::new(ourselves)
        .arg("--child")
        .arg(format!("--max-lifetime={}", arguments.max_lifetime))
        .args(flags)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start a child")
}
