//! What the benchmark is told.

use std::path::PathBuf;

/// The command line.
pub(crate) struct Arguments {
    pub(crate) command: String,
    pub(crate) data: Option<PathBuf>,
    pub(crate) busy: bool,
    pub(crate) servers: usize,
    pub(crate) folder: PathBuf,
    pub(crate) pids: Option<PathBuf>,
    pub(crate) out: Option<PathBuf>,
    pub(crate) seconds: u64,
    /// Ticks of the pieces in random order that a day is made of; 0 for the recording as it is.
    pub(crate) pieces: usize,
    /// Seconds since 1970 at which the day ends.
    pub(crate) end: i64,
}

impl Arguments {
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = Self {
            command: words.next().unwrap_or_else(|| "measure".to_owned()),
            data: None,
            busy: false,
            servers: 50,
            folder: std::env::temp_dir(),
            pids: None,
            out: None,
            seconds: 400,
            pieces: 0,
            end: 1_700_092_800,
        };
        while let Some(option) = words.next() {
            let value = words.next().ok_or(format!("{option} needs a value"))?;
            let number = || {
                value
                    .parse()
                    .map_err(|_| format!("{option}: `{value}` is no number"))
            };
            match option.as_str() {
                "--data" => arguments.data = Some(value.into()),
                "--mix" => arguments.busy = value == "busy",
                "--servers" => arguments.servers = usize::try_from(number()?).unwrap_or(50),
                "--folder" => arguments.folder = value.into(),
                "--pids" => arguments.pids = Some(value.into()),
                "--out" => arguments.out = Some(value.into()),
                "--pieces" => arguments.pieces = usize::try_from(number()?).unwrap_or(0),
                "--seconds" => arguments.seconds = number()?,
                "--end" => arguments.end = number()?.cast_signed(),
                other => return Err(format!("unknown option {other}")),
            }
        }
        Ok(arguments)
    }
}
