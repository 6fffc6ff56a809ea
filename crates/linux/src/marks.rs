//! Marks: a variable in the environment of what we start, by which all that descends from it is found.
//!
//! Where no control group can be made, a process that leads a session of its own and has lost its parent
//! belongs to nothing any more that the kernel would tell. But it has inherited the environment that its
//! ancestor was started with (`proc_pid_environ(5)`), unless a program on the way took care to drop it.
//! Nothing of an environment is kept: it is only asked whether the mark is in it.

use std::io;

use crate::ProcRoot;

/// Name of the variable.
pub const VARIABLE: &str = "MCPVISOR_RUN";

/// An environment is read up to this length: twice what one argument list may be by default (`execve(2)`).
const LONGEST: usize = 4 << 20;

/// Pids of the processes that carry this mark, in order. Those of other users cannot be read without
/// root's rights and are not found; a zombie has no environment any more.
///
/// They come one by one, while the kernel is asked: what is forked meanwhile has a higher pid, as long as
/// pids do not begin anew, and is found by the same look.
///
/// # Errors
/// The process table cannot be read.
pub fn bearers<'m>(
    root: &'m ProcRoot,
    mark: &'m str,
) -> io::Result<impl Iterator<Item = u32> + 'm> {
    let folder = std::fs::read_dir(root.path())?;
    let pids = folder.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    Ok(pids.filter(move |pid| bears(root, *pid, mark)))
}

/// Whether a process carries this mark.
pub fn bears(root: &ProcRoot, pid: u32, mark: &str) -> bool {
    // One that has ended meanwhile has no environment.
    let environment = root.read(&format!("{pid}/environ"), LONGEST);
    let is_it = |part: &[u8]| {
        let value = part.strip_prefix(VARIABLE.as_bytes());
        value.and_then(|value| value.strip_prefix(b"=")) == Some(mark.as_bytes())
    };
    environment.is_ok_and(|text| text.split(|byte| *byte == 0).any(is_it))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;

    use super::{VARIABLE, bearers};
    use crate::ProcRoot;

    #[test]
    fn only_the_whole_mark_counts() {
        let folder = tempfile::tempdir().unwrap();
        for (pid, environment) in [
            ("12", format!("A=1\0{VARIABLE}=memory/3/ab\0Z=1\0")),
            ("13", format!("A=1\0{VARIABLE}=memory/3/abc\0")),
            ("14", format!("X{VARIABLE}=memory/3/ab\0")),
            ("7", format!("{VARIABLE}=memory/3/ab\0")),
            ("15", String::new()),
        ] {
            fs::create_dir(folder.path().join(pid)).unwrap();
            fs::write(folder.path().join(pid).join("environ"), environment).unwrap();
        }
        fs::create_dir(folder.path().join("16")).unwrap();
        fs::create_dir(folder.path().join("sys")).unwrap();
        let root = ProcRoot::open(folder.path()).unwrap();
        let mut found: Vec<u32> = bearers(&root, "memory/3/ab").unwrap().collect();
        found.sort_unstable();
        assert_eq!(found, [7, 12]);
        assert_eq!(bearers(&root, "memory/3").unwrap().count(), 0);
    }
}
