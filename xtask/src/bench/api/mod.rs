//! `bench api`: the daemon of `bench serve`, with fifty clients that ask it and five hundred that
//! listen.
//!
//! Listeners come first, when nothing has made the daemon larger yet. Then each path is asked at the
//! pace of clients that think between two requests, which says how long an answer takes, and as fast
//! as fifty clients can, which says how much it can take; the clients share the processors with the
//! daemon.

mod clients;
mod listeners;
mod report;

use std::time::Duration;

use anyhow::Result;

use super::daemon::{self, Daemon};
use super::family::{self, Cost};
use super::fleet::Fleet;
use super::load::NAMED_SERVERS;
use super::machine::Busy;
use super::paper::{Output, Paper};
use super::workshop::{self, Builds};
use clients::{Answers, Questions};
use listeners::Heard;

/// `bench api`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Clients that ask.
    #[arg(long, default_value_t = 50)]
    clients: usize,

    /// Clients that listen to live events.
    #[arg(long, default_value_t = 500)]
    listeners: usize,

    /// How long each measurement takes, seconds.
    #[arg(long, default_value_t = 30)]
    seconds: u64,

    #[command(flatten)]
    builds: Builds,

    #[command(flatten)]
    output: Output,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
struct Subject {
    name: &'static str,
    path: &'static str,
    gzip: bool,
    /// What a client thinks between two requests, on the average.
    pause: Duration,
    /// What 95 of 100 answers may take at that pace, milliseconds.
    most_ms: f64,
}

const SUBJECTS: [Subject; 3] = [
    Subject {
        name: "`/api/health`",
        path: "/api/health",
        gzip: false,
        pause: Duration::from_millis(50),
        most_ms: 2.0,
    },
    Subject {
        name: "`/metrics`, gzip",
        path: "/metrics",
        gzip: true,
        pause: Duration::from_millis(200),
        most_ms: 5.0,
    },
    Subject {
        name: "`/metrics`, plain",
        path: "/metrics",
        gzip: false,
        pause: Duration::from_millis(200),
        most_ms: 5.0,
    },
];

/// One way of asking, with what came of it.
#[derive(Debug)]
struct Asked {
    subject: Subject,
    flat_out: bool,
    answers: Answers,
    /// The daemon's, percent of one processor.
    cpu_percent: f64,
}

/// Before listeners came, and with them.
#[derive(Debug)]
struct Listening {
    before: Cost,
    with: Cost,
    heard: Heard,
}

/// Measures and prints.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    arguments.builds.build(&daemon::BUILDS)?;
    let fleet = Fleet::start(&workshop::release(), NAMED_SERVERS)?;
    let mut daemon = Daemon::with_a_day()?;
    let time = Duration::from_secs(arguments.seconds);
    family::watch(&mut [&mut daemon.running], time)?;
    let begin = Busy::now();
    let listening = listen(&mut daemon, arguments.listeners, time)?;
    let mut asked = Vec::new();
    for subject in SUBJECTS {
        for flat_out in [false, true] {
            asked.push(ask(&mut daemon, subject, flat_out, arguments, time)?);
        }
    }
    let busy_percent = Busy::now().percent_since(begin);
    let series = daemon.series()?;
    drop(daemon);
    drop(fleet);
    let mut paper = Paper::default();
    report::fill(
        &mut paper,
        arguments,
        series,
        busy_percent,
        &listening,
        &asked,
    );
    paper.deliver(&arguments.output)
}

fn listen(daemon: &mut Daemon, listeners: usize, time: Duration) -> Result<Listening> {
    eprintln!("{listeners} listeners");
    let before = family::watch(&mut [&mut daemon.running], time)?.remove(0);
    let crowd = listeners::Crowd::gather(daemon.port, &daemon.bearer(), listeners)?;
    // Connecting is not part of being held.
    family::watch(&mut [&mut daemon.running], Duration::from_secs(5))?;
    let with = family::watch(&mut [&mut daemon.running], time)?.remove(0);
    let heard = crowd.dismiss()?;
    Ok(Listening {
        before,
        with,
        heard,
    })
}

fn ask(
    daemon: &mut Daemon,
    subject: Subject,
    flat_out: bool,
    arguments: &Arguments,
    time: Duration,
) -> Result<Asked> {
    let pace = if flat_out { ", flat out" } else { "" };
    eprintln!("{}{pace}: {} clients", subject.name, arguments.clients);
    let questions = Questions {
        port: daemon.port,
        path: subject.path,
        gzip: subject.gzip,
        clients: arguments.clients,
        pause: if flat_out {
            Duration::ZERO
        } else {
            subject.pause
        },
        time,
    };
    let crowd = questions.begin();
    let cost = family::watch(&mut [&mut daemon.running], time)?.remove(0);
    Ok(Asked {
        subject,
        flat_out,
        answers: crowd.finish()?,
        cpu_percent: cost.cpu_percent,
    })
}
