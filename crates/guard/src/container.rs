//! The container that the server's command starts: `docker run` and `podman run` are only clients of an
//! engine, and what they started lives on when they are killed.
//!
//! The engine's client writes the container's id to a file that we name (`--cidfile`, if the command has
//! none); when the server has ended, that container is removed by the same client program.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use linux::clock;

/// Programs that are clients of an engine, and take the same options.
const ENGINES: [&str; 2] = ["docker", "podman"];

/// How long the engine may take to remove it, each try; an engine that hangs must not keep us.
const TRIES: [Duration; 3] = [
    Duration::from_secs(10),
    Duration::from_secs(20),
    Duration::from_secs(30),
];

/// Between two looks at the engine's client.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Longest id that is believed; they have 64 characters.
const LONGEST_ID: u64 = 256;

/// Where the id is, and whose client wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cidfile {
    engine: OsString,
    path: PathBuf,
    /// We have named it, so we remove it.
    is_ours: bool,
}

/// A container could not be removed.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// The engine's client failed, or did not answer in time.
    #[error("container {id} could not be removed ({why}): run `{engine} rm --force {id}`")]
    Engine {
        /// The container.
        id: String,
        /// Program.
        engine: String,
        /// What it said.
        why: String,
    },
    /// The file is there and cannot be read.
    #[error("cannot read {path}, which names the server's container: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
}

impl Cidfile {
    /// For a command that starts a container: where its id will be. Adds `--cidfile` to the command
    /// unless it has one; `ours` is the file to use then, which must not be there yet. Other commands are
    /// left as they are, and so is one that would need a file of ours when there is none.
    pub fn of(command: &mut Vec<OsString>, ours: Option<&Path>) -> Option<Self> {
        let engine = command.first()?.clone();
        let name = Path::new(&engine).file_name()?.to_str()?.to_owned();
        if !ENGINES.contains(&name.as_str()) {
            return None;
        }
        let verb = command.iter().position(|word| word == "run")?;
        // `docker run`, `docker container run`; options before the verb are the client's own.
        let before = command.get(1..verb)?;
        let is_plain = |word: &OsString| {
            word == "container" || word.to_str().is_some_and(|word| word.starts_with('-'))
        };
        if !before.iter().all(is_plain) {
            return None;
        }
        if let Some(path) = given(command.get(verb + 1..)?) {
            return Some(Self {
                engine,
                path,
                is_ours: false,
            });
        }
        let ours = ours?;
        command.insert(verb + 1, "--cidfile".into());
        command.insert(verb + 2, ours.into());
        Some(Self {
            engine,
            path: ours.to_owned(),
            is_ours: true,
        })
    }

    /// Removes the container if it is still there.
    ///
    /// # Errors
    /// It may still be there.
    pub fn remove(&self) -> Result<(), RemoveError> {
        let removed = match self.id() {
            Ok(Some(id)) => self.remove_container(&id),
            Ok(None) => Ok(()),
            Err(source) => Err(RemoveError::File {
                path: self.path.clone(),
                source,
            }),
        };
        if self.is_ours && removed.is_ok() {
            // Left over at worst; it is in our own folder.
            fs::remove_file(&self.path).ok();
        }
        removed
    }

    /// The id; nothing if no container was started.
    fn id(&self) -> io::Result<Option<String>> {
        let metadata = match fs::metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        if !metadata.is_file() || metadata.len() > LONGEST_ID {
            return Err(io::Error::other("it is no file with an id"));
        }
        let text = fs::read_to_string(&self.path)?;
        let id = text.trim();
        if id.is_empty() {
            return Ok(None);
        }
        if !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(io::Error::other("what stands in it is no id"));
        }
        Ok(Some(id.to_owned()))
    }

    fn remove_container(&self, id: &str) -> Result<(), RemoveError> {
        let mut why = String::new();
        for patience in TRIES {
            match self.ask_engine(id, patience) {
                Ok(()) => return Ok(()),
                Err(error) => why = error.to_string(),
            }
        }
        Err(RemoveError::Engine {
            id: id.to_owned(),
            engine: self.engine.to_string_lossy().into_owned(),
            why,
        })
    }

    /// `rm --force`; a container that is gone already is none that is left.
    fn ask_engine(&self, id: &str, patience: Duration) -> io::Result<()> {
        #[expect(clippy::disallowed_methods, reason = "this is what waits for it")]
        let mut client = Command::new(&self.engine)
            .args([OsStr::new("rm"), OsStr::new("--force"), OsStr::new(id)])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let deadline = clock::boot_ns().saturating_add(nanoseconds(patience));
        let status = loop {
            if let Some(status) = client.try_wait()? {
                break status;
            }
            if clock::boot_ns() > deadline {
                client.kill()?;
                client.wait()?;
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!("no answer within {} s", patience.as_secs()),
                ));
            }
            pause();
        };
        let said = read_some(client.stderr.take());
        if status.success()
            || said.contains("No such container")
            || said.contains("no such container")
        {
            return Ok(());
        }
        Err(io::Error::other(said))
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn pause() {
    let wait = rustix::event::Timespec::try_from(LOOK_EVERY).ok();
    rustix::event::poll(&mut [], wait.as_ref()).ok();
}

/// The first line of what it said.
fn read_some(stream: Option<std::process::ChildStderr>) -> String {
    use std::io::Read as _;

    let mut text = Vec::new();
    if let Some(stream) = stream {
        stream.take(4096).read_to_end(&mut text).ok();
    }
    let text = String::from_utf8_lossy(&text);
    model::text::safe(text.lines().next().unwrap_or_default().trim()).into_owned()
}

/// `--cidfile FILE` or `--cidfile=FILE` among the options of `run`.
fn given(options: &[OsString]) -> Option<PathBuf> {
    let mut words = options.iter();
    while let Some(word) = words.next() {
        let text = word.to_str()?;
        if text == "--cidfile" {
            return words.next().map(PathBuf::from);
        }
        if let Some(path) = text.strip_prefix("--cidfile=") {
            return Some(PathBuf::from(path));
        }
        if text == "--" {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn command(text: &str) -> Vec<OsString> {
        text.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn commands_that_start_a_container_get_a_file() {
        for (before, after) in [
            (
                "docker run -i --rm mcp/time",
                "docker run --cidfile /c -i --rm mcp/time",
            ),
            (
                "/usr/bin/podman run x",
                "/usr/bin/podman run --cidfile /c x",
            ),
            (
                "docker container run x",
                "docker container run --cidfile /c x",
            ),
            ("docker --debug run x", "docker --debug run --cidfile /c x"),
        ] {
            let mut words = command(before);
            let cidfile = Cidfile::of(&mut words, Some(Path::new("/c"))).unwrap();
            assert_eq!(words, command(after));
            assert!(cidfile.is_ours && cidfile.path == Path::new("/c"));
        }
    }

    #[test]
    fn a_file_that_is_given_is_used() {
        for before in [
            "docker run --cidfile /d -i x",
            "docker run -i --cidfile=/d x",
        ] {
            let mut words = command(before);
            let cidfile = Cidfile::of(&mut words, Some(Path::new("/c"))).unwrap();
            assert_eq!(words, command(before));
            assert!(!cidfile.is_ours && cidfile.path == Path::new("/d"));
        }
        let mut words = command("docker run x");
        assert_eq!(Cidfile::of(&mut words, None), None);
        assert_eq!(words, command("docker run x"));
    }

    #[test]
    fn other_commands_are_left_as_they_are() {
        for before in [
            "npx -y x",
            "docker exec run x",
            "docker ps",
            "docker",
            "sh -c docker run",
        ] {
            let mut words = command(before);
            assert_eq!(
                Cidfile::of(&mut words, Some(Path::new("/c"))),
                None,
                "{before}"
            );
            assert_eq!(words, command(before));
        }
    }
}
