//! `mcpvisor top`: the machine behind the screen.

use std::io::IsTerminal as _;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

use inventory::plan::Plan;
use linux::events::{ProcessEvent, ProcessEvents};
use model::ProcessId;

use crate::api::Servers;
use crate::cleaning;
use crate::cli::{Setting, TopArguments};
use crate::client::Client;
use crate::exit::{self, Failure};
use crate::observe::{self, Observer, Scope};
use crate::picture::{Pasts, Picture};
use crate::top::{Look, Options, Source};

/// Where a daemon tells of the past, how often it is asked, and how long the screen waits for it.
const PASTS: &str = "/api/v1/servers";
const PASTS_EVERY: Duration = Duration::from_secs(30);
const PASTS_WITHIN: Duration = Duration::from_secs(1);
/// Shortest interval.
const SHORTEST: Duration = Duration::from_millis(200);
/// After an event the picture is made this much later, so that a burst (a client that starts ten
/// servers) makes one.
const SETTLE: Duration = Duration::from_millis(60);
/// Pictures that events bring forward are at least this far apart: a build that starts hundreds
/// of compilers must not make us look all the time.
const BETWEEN: Duration = Duration::from_millis(200);

/// Runs the command.
pub fn run(setting: &Setting, arguments: &TopArguments) -> anyhow::Result<u8> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return Err(Failure::new(
            exit::USAGE,
            "`top` needs a terminal; use `mcpvisor ps --watch 1s` where there is none",
        )
        .into());
    }
    if arguments.interval.0 < SHORTEST {
        return Err(Failure::new(exit::USAGE, "--interval must be at least 200ms").into());
    }
    let events = ProcessEvents::open().ok();
    let observer = Observer::watch(setting, Scope::Servers, events.is_some())?;
    let mut machine = Machine {
        setting,
        observer,
        events,
        interval: arguments.interval.0,
        last_ns: 0,
        due_ns: 0,
        last: None,
        stop: None,
        pasts: Arc::default(),
        pasts_due_ns: 0,
    };
    let options = Options {
        interval: arguments.interval.0,
        look: Look {
            colour: setting.output.colour,
            unicode: speaks_unicode(),
        },
        zone: jiff::tz::TimeZone::system(),
    };
    let ended = crate::top::run(&mut machine, &options);
    // The screen is given back by now, so that a complaint does not garble it.
    machine.observer.store_memory();
    ended?;
    Ok(exit::FINE)
}

/// Does the terminal's locale say that it shows more than ASCII?
fn speaks_unicode() -> bool {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL")
        .or_else(|| set("LC_CTYPE"))
        .or_else(|| set("LANG"));
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

struct Machine<'a> {
    setting: &'a Setting,
    observer: Observer<'a>,
    events: Option<ProcessEvents>,
    interval: Duration,
    last_ns: u64,
    /// When the next picture is due, nanoseconds since boot.
    due_ns: u64,
    last: Option<Arc<Picture>>,
    /// The root that [`Source::plan_stop`] planned for.
    stop: Option<ProcessId>,
    /// What a daemon told of the past, and when it is asked again, nanoseconds since boot.
    pasts: Arc<Pasts>,
    pasts_due_ns: u64,
}

impl Machine<'_> {
    fn take(&mut self) -> Arc<Picture> {
        let mut picture = self.observer.observe(Scope::Servers);
        picture.pasts = self.pasts();
        let picture = Arc::new(picture);
        let now = linux::clock::boot_ns();
        self.last_ns = now;
        self.due_ns = now.saturating_add(nanoseconds(self.interval));
        self.last = Some(Arc::clone(&picture));
        picture
    }

    /// What a daemon's history tells, asked for now and then; what it told last if it does not
    /// answer at once.
    fn pasts(&mut self) -> Arc<Pasts> {
        let now = linux::clock::boot_ns();
        if now < self.pasts_due_ns {
            return Arc::clone(&self.pasts);
        }
        self.pasts_due_ns = now.saturating_add(nanoseconds(PASTS_EVERY));
        let found = Client::find(&self.setting.state)
            .and_then(|client| client.get_within::<Servers>(PASTS, PASTS_WITHIN).ok());
        if let Some(found) = found {
            let pasts = found
                .servers
                .into_iter()
                .filter_map(|server| Some(((server.name, server.owner.name), server.history?)));
            self.pasts = Arc::new(pasts.collect());
        }
        Arc::clone(&self.pasts)
    }

    /// Takes in what the kernel tells; a start or an end brings the next picture forward.
    fn note_events(&mut self) -> anyhow::Result<()> {
        let Some(events) = &mut self.events else {
            return Ok(());
        };
        let mut noted = Vec::new();
        while events.read(&mut noted)? {}
        let mut matters = false;
        for event in &noted {
            self.observer.collector().note(event);
            matters |= match event {
                ProcessEvent::Lost => true,
                ProcessEvent::Exec { pid } => observe::looks_like_a_server(*pid),
                ProcessEvent::Exit { pid, .. } => self.is_of_interest(*pid),
                // An owner that starts something may start a server that no name gives away.
                ProcessEvent::Fork { parent, .. } => self.is_of_interest(*parent),
                _ => false,
            };
        }
        if matters {
            let now = linux::clock::boot_ns();
            let soon = now.saturating_add(nanoseconds(SETTLE));
            let earliest = self.last_ns.saturating_add(nanoseconds(BETWEEN));
            self.due_ns = self.due_ns.min(soon.max(earliest));
        }
        Ok(())
    }

    /// A member of an instance, or an owner.
    fn is_of_interest(&self, pid: u32) -> bool {
        self.last.as_ref().is_none_or(|picture| {
            picture.inventory.instance_of(pid).is_some()
                || picture
                    .inventory
                    .servers
                    .iter()
                    .any(|server| server.owner.pid == Some(pid))
        })
    }
}

impl Source for Machine<'_> {
    fn next(&mut self, timeout: Duration) -> anyhow::Result<Option<Arc<Picture>>> {
        self.note_events()?;
        let wait = self.due_in().min(timeout);
        if !wait.is_zero() {
            match &self.events {
                Some(events) => drop(events.wait(wait)?),
                None => observe::pause(wait),
            }
            self.note_events()?;
        }
        Ok(self.due_in().is_zero().then(|| self.take()))
    }

    fn due_in(&self) -> Duration {
        Duration::from_nanos(self.due_ns.saturating_sub(linux::clock::boot_ns()))
    }

    fn wake_fd(&self) -> Option<BorrowedFd<'_>> {
        self.events.as_ref().map(|events| events.as_fd())
    }

    fn set_interval(&mut self, interval: Duration) {
        self.interval = interval.max(SHORTEST);
        self.due_ns = self.last_ns.saturating_add(nanoseconds(self.interval));
    }

    fn plan_stop(&mut self, root: ProcessId) -> anyhow::Result<Plan> {
        self.insist(Some(root));
        let picture = self.observer.observe(Scope::Thorough);
        self.insist(None);
        self.stop = Some(root);
        Ok((*picture.plan).clone())
    }

    fn apply(&mut self, plan_id: &str) -> anyhow::Result<Vec<String>> {
        let lines = self.carry_out(plan_id);
        self.insist(None);
        self.stop = None;
        self.due_ns = 0;
        lines
    }
}

impl Machine<'_> {
    /// Plans for one instance that a person chose, or again for all that was left behind.
    fn insist(&mut self, root: Option<ProcessId>) {
        let wishes = self.observer.wishes();
        wishes.insist = root.is_some();
        wishes.only = root.map(|root| root.pid.to_string()).into_iter().collect();
    }

    fn carry_out(&mut self, plan_id: &str) -> anyhow::Result<Vec<String>> {
        if self
            .last
            .as_ref()
            .is_none_or(|picture| picture.plan.id != plan_id)
        {
            self.insist(self.stop);
        }
        let document = cleaning::apply(
            self.setting,
            &mut self.observer,
            plan_id,
            None,
            self.setting.config.clean.kill_after.0,
            &cleaning::actor(),
            &|_| {},
        )?
        .finish(&|_| {});
        if document.outcome == "changed" && !document.applied {
            return Ok(vec![
                "something changed since the plan was made, so nothing was done".to_owned(),
            ]);
        }
        let plain = crate::output::Output {
            colour: false,
            width: Some(76),
            logs: false,
        };
        let text = crate::render::clean::result(&document, &plain);
        Ok(text.lines().map(str::to_owned).collect())
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
