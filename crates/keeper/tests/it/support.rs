//! A keeper in a folder of its own, and servers that are easily told what to do.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use keeper::{Handle, Happened, Notice, ServerView, Settings, Wanted};
use supervise::Spec;
use supervise::lifecycle::State;
use supervise::spec::{Runs, Transport};
use tempfile::TempDir;
use testbed::wait::{wait_for, wait_until};
use testbed::{Identity, programs};

pub(crate) const SOON: Duration = Duration::from_secs(30);

/// A keeper and its folder.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    groups: bool,
    keeper: Option<Handle>,
    notices: Arc<Mutex<Vec<Notice>>>,
}

impl World {
    pub(crate) fn new(wanted: Vec<Wanted>) -> Self {
        Self::with(wanted, true)
    }

    /// Without control groups, as an ordinary user has none on many machines.
    pub(crate) fn without_groups(wanted: Vec<Wanted>) -> Self {
        Self::with(wanted, false)
    }

    fn with(wanted: Vec<Wanted>, groups: bool) -> Self {
        let mut world = Self {
            groups,
            folder: tempfile::tempdir().unwrap(),
            keeper: None,
            notices: Arc::default(),
        };
        world.begin(wanted);
        world
    }

    /// Begins to keep in the same folder again.
    pub(crate) fn begin(&mut self, wanted: Vec<Wanted>) {
        let handle = Handle::start(Settings {
            folder: self.folder.path().join("servers"),
            wanted,
            groups: self.groups,
            version: "0".to_owned(),
            changed: Box::new(|| {}),
        });
        self.keeper = Some(handle.unwrap());
    }

    pub(crate) fn end(&mut self) {
        self.collect();
        self.keeper().end();
        self.collect();
        self.keeper = None;
    }

    pub(crate) fn keeper(&self) -> &Handle {
        self.keeper.as_ref().unwrap()
    }

    pub(crate) fn server(&self, name: &str) -> Arc<ServerView> {
        let view = self.keeper().view();
        Arc::clone(
            view.server(name)
                .unwrap_or_else(|| panic!("no server {name}")),
        )
    }

    pub(crate) fn state(&self, name: &str) -> State {
        self.server(name).state
    }

    pub(crate) fn wait(
        &self,
        name: &str,
        what: &str,
        is_so: impl Fn(&ServerView) -> bool,
    ) -> Arc<ServerView> {
        wait_for(&format!("{name}: {what}"), SOON, || {
            let view = self.keeper().view();
            view.server(name).filter(|server| is_so(server)).cloned()
        })
        .unwrap_or_else(|error| {
            let view = self.keeper().view();
            panic!("{error}: {:?}\n{}", view.server(name), self.log(name))
        })
    }

    pub(crate) fn wait_state(&self, name: &str, state: State) -> Arc<ServerView> {
        self.wait(name, state.name(), |server| server.state == state)
    }

    /// The first process of a server that runs.
    pub(crate) fn root(&self, name: &str) -> Identity {
        let server = self.wait(name, "a process", |server| server.process.is_some());
        Identity::of(server.process.unwrap().pid).expect("it has ended")
    }

    pub(crate) fn log(&self, name: &str) -> String {
        let path = self.folder.path().join(format!("servers/{name}.log"));
        std::fs::read_to_string(path).unwrap_or_default()
    }

    fn collect(&self) {
        let (notices, lost) = self.keeper().take_notices();
        assert_eq!(lost, 0);
        self.notices.lock().unwrap().extend(notices);
    }

    /// What happened to a server so far, in words.
    pub(crate) fn told(&self, name: &str) -> Vec<String> {
        if self.keeper.is_some() {
            self.collect();
        }
        let notices = self.notices.lock().unwrap();
        let of_it = notices.iter().filter(|notice| notice.server == name);
        of_it.map(|notice| notice.what.to_string()).collect()
    }

    pub(crate) fn wait_told(&self, name: &str, words: &str) {
        wait_until(&format!("{name}: {words}"), SOON, || {
            self.told(name).iter().any(|told| told.contains(words))
        })
        .unwrap_or_else(|error| panic!("{error}: {:#?}", self.told(name)));
    }

    pub(crate) fn has_happened(&self, is_it: impl Fn(&Happened) -> bool) -> bool {
        self.collect();
        self.notices
            .lock()
            .unwrap()
            .iter()
            .any(|notice| is_it(&notice.what))
    }
}

/// A server that is a shell script. As HTTP it has no input that could end.
pub(crate) fn script(name: &str, text: &str) -> Spec {
    let runs = Runs {
        program: "sh".to_owned(),
        arguments: vec!["-c".to_owned(), text.to_owned()],
        transport: Transport::Http,
        ..Runs::default()
    };
    quick(Spec::new(name, runs))
}

/// The stdio server of the testbed.
pub(crate) fn server(name: &str, flags: &[&str]) -> Spec {
    let mut words = programs::server_command(flags)
        .unwrap()
        .into_iter()
        .map(|word| word.into_string().unwrap());
    let runs = Runs {
        program: words.next().unwrap(),
        arguments: words.collect(),
        ..Runs::default()
    };
    quick(Spec::new(name, runs))
}

/// It is not waited for long.
fn quick(mut spec: Spec) -> Spec {
    spec.stop.grace_eof = Duration::from_millis(300);
    spec.stop.kill_after = Duration::from_millis(500);
    spec
}

/// Members of all trees that descend from this mark's start have ended: nothing bears its name any more.
pub(crate) fn all_gone(pids: &[Identity]) {
    wait_until("the end of all of them", SOON, || {
        pids.iter().all(|one| !one.is_running())
    })
    .unwrap_or_else(|error| panic!("{error}: {pids:?}"));
}
