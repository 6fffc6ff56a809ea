//! Waiting for a condition with a deadline: looks often at first, then less so.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// Looks until `look` finds something, or fails after `within` with an error that names `what`.
pub fn wait_for<T>(what: &str, within: Duration, mut look: impl FnMut() -> Option<T>) -> Result<T> {
    let end = Instant::now() + within;
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(found) = look() {
            return Ok(found);
        }
        if Instant::now() >= end {
            bail!("waited {within:?} in vain for: {what}");
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Looks until `look` is true, or fails after `within` with an error that names `what`.
pub fn wait_until(what: &str, within: Duration, mut look: impl FnMut() -> bool) -> Result<()> {
    wait_for(what, within, || look().then_some(()))
}
