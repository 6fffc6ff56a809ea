//! Builds the dashboard of `web/` and makes it ready to be embedded.
//!
//! The sources are copied to `OUT_DIR`, so the source tree stays clean. Packages are installed there by
//! `npm ci` when the lock has changed, and Vite runs when a source has. Each file is compressed here,
//! once, and listed in `dashboard.rs` with its type and a tag of its contents. Without the feature
//! `dashboard` nothing of this happens, and Node is not needed.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use sha2::{Digest as _, Sha256};
use zopfli::{Format, Options};

/// Most bytes of scripts and styles together, compressed.
const MOST_BYTES: usize = 60 * 1024;

/// What the bundle is made of, in `web/`.
const SOURCES: [&str; 7] = [
    "index.html",
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "slim_uplot.ts",
    "vite.config.ts",
    "src",
];

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    for source in SOURCES {
        say(&format!("rerun-if-changed=web/{source}"));
    }
    say("rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_DASHBOARD").is_none() {
        return ExitCode::SUCCESS;
    }
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error=the dashboard cannot be built: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn say(what: &str) {
    println!("cargo::{what}");
}

fn build() -> Result<()> {
    let sources = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("web");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let work = out.join("web");
    copy_sources(&sources, &work)?;
    install(&work)?;
    npm(&work, &["run", "--silent", "build"])?;
    let made = work.join("dist");
    let mut files = Vec::new();
    list(&made, &made, &mut files)?;
    files.sort();
    let (table, size) = embed(&made, &files, &out.join("compressed"))?;
    fs::write(out.join("dashboard.rs"), table)?;
    let text =
        format!("the dashboard's scripts and styles are {size} bytes compressed, of {MOST_BYTES}");
    if size > MOST_BYTES {
        say(&format!("warning={text}"));
    }
    // Cargo keeps it in the build script's output and shows it with `-vv`.
    say(&format!("rustc-env=DASHBOARD_SIZE={text}"));
    Ok(())
}

/// What was removed from the sources must not live on in the copy.
fn copy_sources(sources: &Path, work: &Path) -> Result<()> {
    fs::create_dir_all(work)?;
    let old = work.join("src");
    if old.exists() {
        fs::remove_dir_all(old)?;
    }
    for source in SOURCES {
        copy(&sources.join(source), &work.join(source))?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        fs::copy(from, to).map_err(|error| format!("cannot copy `{}`: {error}", from.display()))?;
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Installs what the lock says, unless that is there. What stands behind `devDependencies` only checks.
fn install(work: &Path) -> Result<()> {
    let stamp = work.join("node_modules/.installed");
    let lock = fs::read(work.join("package-lock.json"))?;
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    npm(
        work,
        &[
            "ci",
            "--omit=dev",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
        ],
    )?;
    fs::write(stamp, lock)?;
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a build script starts programs and waits for them"
)]
fn npm(folder: &Path, arguments: &[&str]) -> Result<()> {
    let program = env::var_os("NPM").unwrap_or_else(|| "npm".into());
    let done = Command::new(&program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .map_err(|error| {
            format!(
                "`{}` does not start ({error}); install Node.js 20.19 or later, \
                 or build with `--no-default-features`, which leaves the dashboard out",
                program.to_string_lossy()
            )
        })?;
    if done.status.success() {
        return Ok(());
    }
    let text = [done.stdout, done.stderr].concat();
    // Cargo takes one line.
    let text = String::from_utf8_lossy(&text).trim().replace('\n', " | ");
    let what = arguments.join(" ");
    Err(
        format!("`npm {what}` failed; `--no-default-features` leaves the dashboard out: {text}")
            .into(),
    )
}

/// All files below a folder, by their paths from `root`.
fn list(root: &Path, folder: &Path, files: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(root, &path, files)?;
        } else {
            let path = path.strip_prefix(root)?;
            files.push(path.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(())
}

/// The table of files as Rust, and the bytes of scripts and styles.
fn embed(made: &Path, files: &[String], compressed: &Path) -> Result<(String, usize)> {
    fs::create_dir_all(compressed)?;
    let mut table = String::from("pub(super) const FILES: &[File] = &[\n");
    let mut size = 0;
    for (number, name) in files.iter().enumerate() {
        let from = made.join(name);
        let bytes = fs::read(&from)?;
        // Slow, a few hundredths smaller than the best of others, and as fast to unpack.
        let mut packed = Vec::new();
        zopfli::compress(
            Options::default(),
            Format::Gzip,
            bytes.as_slice(),
            &mut packed,
        )?;
        let extension = Path::new(name).extension().and_then(|e| e.to_str());
        let kind = match extension {
            Some("html") => "text/html; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            _ => return Err(format!("`{name}` has no known type; add it to build.rs").into()),
        };
        let counts = matches!(extension, Some("js" | "css"));
        if counts {
            size += packed.len();
        }
        let to = compressed.join(format!("{number}.gz"));
        fs::write(&to, packed)?;
        let (from, to) = (from.to_string_lossy(), to.to_string_lossy());
        let digest = Sha256::digest(&bytes);
        let mut tag = String::new();
        for byte in digest.iter().take(8) {
            write!(tag, "{byte:02x}")?;
        }
        // The page itself is asked for by its folder; all else has a hash in its name.
        let (path, is_hashed) = match name.as_str() {
            "index.html" => ("/".to_owned(), false),
            name => (format!("/{name}"), true),
        };
        writeln!(
            table,
            "    File {{ path: {path:?}, kind: {kind:?}, tag: {:?}, is_hashed: {is_hashed}, counts: {counts}, \
             plain: include_bytes!({from:?}), gzip: include_bytes!({to:?}) }},",
            format!("\"{tag}\"")
        )?;
    }
    table.push_str("];\n");
    Ok((table, size))
}
