//! `mcpvisor clean`: plans, asks, and has the plan carried out.
//!
//! Nothing is signalled that was not planned, shown, held and planned again:
//! 1. The machine is observed and a plan is made; without `--apply` that is all.
//! 2. Every process of the plan is held by a pidfd, so that its pid cannot come to mean
//!    another one.
//! 3. A person at a terminal is asked.
//! 4. The machine is observed once more. Only if it gives the same plan, by the same id, is
//!    anything done; else something changed, and nothing is.
//! 5. [`crate::cleaning`] writes the plan into the audit file, ends the trees, removes containers and
//!    files, and measures what came free.

use std::time::Duration;

use containers::Places;
use linux::ProcRoot;
use linux::control::Target;

use crate::cleaning;
use crate::cli::Setting;
use crate::client::Client;
use crate::config::Span;
use crate::engines::Source;
use crate::exit::{self, Failure};
use crate::observe::{Observer, Scope, pause};
use crate::output::{Output, is_interactive};
use crate::picture::Picture;
use crate::render;
use crate::report::PlanReport;

mod remote;

/// How often a plan that changes while it is being held is made anew, where nobody has seen it yet.
const ATTEMPTS: u32 = 5;

/// `clean`.
#[derive(Debug, clap::Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own on the command line"
)]
pub struct Arguments {
    /// Carry the plan out. Without it nothing is changed.
    #[arg(long)]
    pub apply: bool,
    /// Carry out just the plan with this id; if the machine has changed since, do nothing.
    #[arg(long, value_name = "ID", requires = "apply")]
    pub plan_id: Option<String>,
    /// Only these: id of a server, finding or container, name of a server or container, kind of
    /// finding, path of a file, or pid.
    #[arg(long, value_name = "ID|KIND")]
    pub only: Vec<String>,
    /// Not these, in the same words.
    #[arg(long, value_name = "ID|KIND")]
    pub exclude: Vec<String>,
    /// Only instances that have run at least this long.
    #[arg(long, value_name = "DURATION")]
    pub older_than: Option<Span>,
    /// How long an owner must be gone before its instance counts as an orphan [default: 60s].
    #[arg(long, value_name = "DURATION")]
    pub grace: Option<Span>,
    /// Time from SIGTERM to SIGKILL [default: 10s].
    #[arg(long, value_name = "DURATION")]
    pub kill_after: Option<Span>,
    /// Other users' processes too; for root.
    #[arg(long)]
    pub all_users: bool,
    /// Do not ask.
    #[arg(long, short)]
    pub yes: bool,
    /// As JSON (schema/clean.v1.json).
    #[arg(long)]
    pub json: bool,
}

/// Runs the command. Exit code: 0 all planned is gone or there was nothing to do, also for a dry
/// run; 1 something was refused or survived; 2 something changed under the plan.
pub fn run(setting: &Setting, arguments: &Arguments) -> anyhow::Result<u8> {
    let root = rustix::process::geteuid().is_root();
    if arguments.all_users && !root {
        return Err(Failure::new(
            exit::USAGE,
            "--all-users is for root: others' processes cannot be signalled",
        )
        .into());
    }
    if let Some(client) = Client::find(&setting.state) {
        return remote::run(setting, arguments, &client);
    }
    let mut observer = Observer::once(setting)?;
    observer.ask_engines(Source::once(Places::of_environment()));
    wish(&mut observer, arguments);
    let mut seen = observer.observe(Scope::Thorough);
    observer.remember();
    if !arguments.apply {
        return dry_run(setting, arguments, &mut observer, &seen);
    }
    if arguments.plan_id.is_none() {
        seen = wait_out_grace(setting, &mut observer, seen);
    }
    let held = match hold(&mut observer, seen, arguments)? {
        Held::Ready(held) => held,
        Held::Changed(seen) => {
            return end(
                setting,
                arguments,
                &mut observer,
                &seen,
                "changed",
                exit::ERROR,
            );
        }
        Held::Nothing(seen) => {
            let code = if seen.leaves_something() {
                exit::WARNING
            } else {
                exit::FINE
            };
            return end(
                setting,
                arguments,
                &mut observer,
                &seen,
                "nothing_to_do",
                code,
            );
        }
    };
    carry_out(setting, arguments, &mut observer, held)
}

fn wish(observer: &mut Observer<'_>, arguments: &Arguments) {
    let wishes = observer.wishes();
    if let Some(grace) = arguments.grace {
        wishes.grace_seconds = grace.0.as_secs_f64();
    }
    wishes.older_than_seconds = arguments.older_than.map(|age| age.0.as_secs_f64());
    wishes.only.clone_from(&arguments.only);
    wishes.exclude.clone_from(&arguments.exclude);
    wishes.all_users = arguments.all_users;
}

/// The options without which the same plan would not come about.
fn repeated(arguments: &Arguments) -> String {
    let quoted = |word: &String| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@".contains(c);
        if word.chars().all(plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    };
    let mut options = String::new();
    for (name, words) in [("only", &arguments.only), ("exclude", &arguments.exclude)] {
        for word in words {
            options.push_str(&format!(" --{name} {}", quoted(word)));
        }
    }
    if let Some(age) = arguments.older_than {
        options.push_str(&format!(" --older-than {age}"));
    }
    if let Some(grace) = arguments.grace {
        options.push_str(&format!(" --grace {grace}"));
    }
    if arguments.all_users {
        options.push_str(" --all-users");
    }
    options
}

fn dry_run(
    setting: &Setting,
    arguments: &Arguments,
    observer: &mut Observer<'_>,
    seen: &Picture,
) -> anyhow::Result<u8> {
    let outcome = if seen.has_nothing_to_clean() {
        "nothing_to_do"
    } else {
        "planned"
    };
    let document = cleaning::document(observer, seen, outcome);
    if arguments.json {
        setting.output.json(&document, true)?;
    } else {
        let page = render::clean::plan(&document.plan, &setting.output);
        let options = repeated(arguments);
        let next = render::clean::next_step(&document.plan, &options, &setting.output);
        setting.output.text(&(page + &next))?;
    }
    Ok(exit::FINE)
}

fn end(
    setting: &Setting,
    arguments: &Arguments,
    observer: &mut Observer<'_>,
    seen: &Picture,
    outcome: &'static str,
    code: u8,
) -> anyhow::Result<u8> {
    let document = cleaning::document(observer, seen, outcome);
    if arguments.json {
        setting.output.json(&document, true)?;
    } else {
        let page = render::clean::plan(&document.plan, &setting.output);
        setting
            .output
            .text(&(page + &render::clean::result(&document, &setting.output)))?;
    }
    Ok(code)
}

/// Waits until the owners of what is refused for its grace alone have been gone for long enough.
fn wait_out_grace(setting: &Setting, observer: &mut Observer<'_>, seen: Picture) -> Picture {
    let Some(wait) = seen.longest_wait() else {
        return seen;
    };
    let plan = cleaning::plan_of(&seen, observer.wishes().grace_seconds);
    tell_wait(setting, waiting(&plan), wait);
    wait_for(setting, wait);
    let seen = observer.observe(Scope::Thorough);
    observer.remember();
    seen
}

/// How many wait for one thing only.
fn waiting(plan: &PlanReport) -> usize {
    let processes = plan.refused.iter();
    let processes = processes.filter(|refused| refused.reasons.len() == 1);
    let containers = plan.containers_refused.iter();
    processes.count() + containers.filter(|one| one.wait_seconds.is_some()).count()
}

/// Says what is waited for.
fn tell_wait(setting: &Setting, waiting: usize, seconds: f64) {
    let noun = if waiting == 1 {
        "owner has"
    } else {
        "owners have"
    };
    setting.output.note(&format!(
        "{waiting} {noun} been gone for less than the grace; waiting {seconds:.0} s. `--grace 0s` would not wait; Ctrl-C stops without a change."
    ));
}

/// Waits, and says now and then how long still.
fn wait_for(setting: &Setting, seconds: f64) {
    let until = linux::clock::boot_ns().saturating_add(nanoseconds(seconds));
    loop {
        let left = until.saturating_sub(linux::clock::boot_ns());
        if left == 0 {
            break;
        }
        pause(Duration::from_nanos(left).min(Duration::from_secs(5)));
        let left = until.saturating_sub(linux::clock::boot_ns());
        if left > 0 {
            setting
                .output
                .note(&format!("  {} s left", left / 1_000_000_000 + 1));
        }
    }
    // A tick more, so that "gone for 60 s" is not missed by a rounding.
    pause(Duration::from_millis(20));
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped, and a wait of centuries is cut"
)]
fn nanoseconds(seconds: f64) -> u64 {
    (seconds.clamp(0.0, 1e9) * 1e9) as u64
}

/// A plan whose processes are held.
struct Ready {
    seen: Picture,
    targets: Vec<Target>,
}

enum Held {
    Ready(Ready),
    Changed(Picture),
    Nothing(Picture),
}

/// Holds every process of the plan, asks, and makes sure that the plan still stands.
fn hold(
    observer: &mut Observer<'_>,
    mut seen: Picture,
    arguments: &Arguments,
) -> anyhow::Result<Held> {
    let root = ProcRoot::system()?;
    for attempt in 1.. {
        if let Some(id) = &arguments.plan_id
            && *id != seen.plan.id
        {
            return Ok(Held::Changed(seen));
        }
        if seen.has_nothing_to_clean() {
            return Ok(Held::Nothing(seen));
        }
        let targets = cleaning::grasp(&root, &seen.plan);
        let ask =
            is_interactive() && !arguments.yes && arguments.plan_id.is_none() && !arguments.json;
        if ask
            && targets.is_some()
            && !confirmed(
                observer.output(),
                &cleaning::plan_of(&seen, observer.wishes().grace_seconds),
            )
        {
            return Ok(Held::Nothing(Picture {
                plan: std::sync::Arc::default(),
                engines: None,
                ..seen
            }));
        }
        let again = observer.observe(Scope::Thorough);
        match targets {
            Some(targets) if again.plan.id == seen.plan.id => {
                return Ok(Held::Ready(Ready {
                    seen: again,
                    targets,
                }));
            }
            // What a person or another run has seen is carried out as it was, or not at all.
            _ if ask || arguments.plan_id.is_some() || attempt >= ATTEMPTS => {
                return Ok(Held::Changed(again));
            }
            _ => seen = again,
        }
    }
    Ok(Held::Changed(seen))
}

fn confirmed(output: &Output, plan: &PlanReport) -> bool {
    if output.text(&render::clean::plan(plan, output)).is_err() {
        return false;
    }
    output.note(&format!("\n{}? [y/N] ", question(plan)));
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).is_ok()
        && matches!(answer.trim(), "y" | "Y" | "yes" | "Yes")
}

/// What is asked before it is done.
fn question(plan: &PlanReport) -> String {
    let processes: usize = plan.removals.iter().map(|removal| removal.pids.len()).sum();
    let counts = [
        (processes, "process", "processes"),
        (plan.containers.len(), "container", "containers"),
        (plan.files.len(), "file", "files"),
    ];
    let words = counts.iter().filter(|(count, ..)| *count > 0);
    let words: Vec<String> = words
        .map(|(count, one, more)| format!("{count} {}", if *count == 1 { one } else { more }))
        .collect();
    format!("Remove {}", words.join(", "))
}

fn carry_out(
    setting: &Setting,
    arguments: &Arguments,
    observer: &mut Observer<'_>,
    ready: Ready,
) -> anyhow::Result<u8> {
    let shown = is_interactive() && !arguments.yes && arguments.plan_id.is_none();
    let grace = observer.wishes().grace_seconds;
    if !arguments.json && !shown {
        let plan = cleaning::plan_of(&ready.seen, grace);
        setting
            .output
            .text(&render::clean::plan(&plan, &setting.output))?;
    }
    let kill_after = arguments
        .kill_after
        .unwrap_or(setting.config.clean.kill_after)
        .0;
    let note = |line: &str| {
        if !arguments.json {
            setting.output.note(line);
        }
    };
    let carried = cleaning::execute(
        setting,
        observer,
        &ready.seen,
        ready.targets,
        kill_after,
        &cleaning::actor(),
        &note,
    )?;
    let document = carried.finish(&note);
    if arguments.json {
        setting.output.json(&document, true)?;
    } else {
        setting
            .output
            .text(&render::clean::result(&document, &setting.output))?;
    }
    let refused = document.plan.leaves_something();
    Ok(match &*document.outcome {
        "changed" => exit::ERROR,
        "done" if !refused => exit::FINE,
        _ => exit::WARNING,
    })
}
