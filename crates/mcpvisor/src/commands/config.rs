//! `mcpvisor config`: begin a configuration, check it, show what is in force, and its schema.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::config::{self, Fault, Loaded, Problem, Why};
use crate::exit::{self, Failure};
use crate::output::Output;

/// `config`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do with the configuration.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Write a file with all keys that have a default, their meaning, and examples of rules and receivers.
    Init {
        /// Replace a file that is there.
        #[arg(long)]
        force: bool,
    },
    /// Say all that is wrong with a file: line, key, reason and what would be right.
    Check {
        /// The file, instead of the one in use.
        file: Option<PathBuf>,
        /// As JSON (schema/config-check.v1.json).
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON Schema of the file.
    Schema,
    /// Print the values in force, those of the file and the defaults.
    Show {
        /// As JSON (schema/config.json).
        #[arg(long)]
        json: bool,
    },
}

/// What `config check --json` prints.
#[derive(Debug, serde::Serialize, schemars::JsonSchema)]
pub struct CheckReport {
    /// `mcpvisor.config-check.v1`.
    pub schema: &'static str,
    /// The file; none where the environment does not say where it would be.
    pub path: Option<PathBuf>,
    /// Is there a file? Without one the defaults are in force.
    pub exists: bool,
    /// Nothing is wrong.
    pub valid: bool,
    /// Everything that is wrong, in the order of lines.
    pub problems: Vec<Problem>,
}

/// Runs the command. `named`: the file of `--config`.
pub fn run(named: Option<&Path>, arguments: &Arguments) -> anyhow::Result<u8> {
    let output = Output::standard();
    match &arguments.action {
        Action::Init { force } => init(named, *force, &output),
        Action::Check { file, json } => check(file.as_deref().or(named), *json, &output),
        Action::Schema => {
            output.json(&config::schema::schema(), true)?;
            Ok(exit::FINE)
        }
        Action::Show { json } => show(named, *json, &output),
    }
}

fn init(named: Option<&Path>, force: bool, output: &Output) -> anyhow::Result<u8> {
    let path = named.map(Path::to_owned).or_else(config::usual);
    let path = path.ok_or_else(|| {
        Failure::new(
            exit::USAGE,
            "neither XDG_CONFIG_HOME nor HOME says where the configuration belongs; name it with `--config FILE`",
        )
    })?;
    write_new(&path, &config::template(), force).map_err(|error| {
        let shown = path.display();
        let what = match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                format!("{shown} exists; `--force` replaces it, `mcpvisor config check` says whether it is right")
            }
            _ => format!("{shown} cannot be written: {error}"),
        };
        Failure::new(exit::CANNOT_CREATE, what)
    })?;
    output.text(&format!(
        "Wrote {}. As it stands it changes nothing: every line is a comment that shows a default or an example.\n",
        path.display()
    ))?;
    Ok(exit::FINE)
}

/// Writes a file that only its owner may change, in a folder that is made if need be. An old file is
/// replaced in one step or not at all.
fn write_new(path: &Path, text: &str, replace: bool) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    if !folder.exists() {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    let target = if replace {
        folder.join(format!(".mcpvisor.toml.{}", std::process::id()))
    } else {
        path.to_owned()
    };
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&target)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| {
            if replace {
                std::fs::rename(&target, path)
            } else {
                Ok(())
            }
        });
    if written.is_err() {
        // Half a file is no configuration; the first error is the one to tell.
        drop(std::fs::remove_file(&target));
    }
    written
}

fn check(file: Option<&Path>, json: bool, output: &Output) -> anyhow::Result<u8> {
    let opened = config::open_or_fault(file);
    if json {
        let (report, code) = report(opened);
        output.json(&report, true)?;
        return Ok(code);
    }
    let Loaded { source, .. } = opened.map_err(Failure::from)?;
    let Some(path) = source.path() else {
        output.text("There is no configuration; the defaults are in force.\n")?;
        return Ok(exit::FINE);
    };
    let shown = path.display();
    output.text(&if source.exists() {
        format!("{shown} is right.\n")
    } else {
        format!(
            "There is no {shown}; the defaults are in force. `mcpvisor config init` writes it.\n"
        )
    })?;
    Ok(exit::FINE)
}

/// The document, and the exit code.
fn report(opened: Result<Loaded, Fault>) -> (CheckReport, u8) {
    let report = |path: Option<PathBuf>, exists: bool, problems: Vec<Problem>| CheckReport {
        schema: "mcpvisor.config-check.v1",
        path,
        exists,
        valid: problems.is_empty(),
        problems,
    };
    match opened {
        Ok(Loaded { source, .. }) => {
            let path = source.path().map(Path::to_owned);
            (report(path, source.exists(), Vec::new()), exit::FINE)
        }
        Err(Fault {
            path,
            why: Why::Wrong(problems),
        }) => (
            report(Some(path), true, problems.list().to_vec()),
            exit::CONFIG,
        ),
        Err(fault) => {
            let whole = Problem {
                line: None,
                key: String::new(),
                message: fault.why.to_string(),
            };
            let exists = fault.path.exists();
            (
                report(Some(fault.path.clone()), exists, vec![whole]),
                Failure::from(fault).code,
            )
        }
    }
}

fn show(named: Option<&Path>, json: bool, output: &Output) -> anyhow::Result<u8> {
    let Loaded { config, source } = config::open(named)?;
    if json {
        output.json(&config, true)?;
        return Ok(exit::FINE);
    }
    let origin = match source.path().filter(|_| source.exists()) {
        Some(path) => format!("the defaults, and what {} changes", path.display()),
        None => "the defaults; there is no file".to_owned(),
    };
    output.text(&format!(
        "# In force: {}.\n\n{}",
        model::text::safe(&origin),
        config.effective()
    ))?;
    Ok(exit::FINE)
}
