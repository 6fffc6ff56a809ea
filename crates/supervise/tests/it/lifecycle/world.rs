//! A small world: trees that behave as they like, answers that take their time, and a server's machine that
//! must keep its promises about them.

use std::collections::BTreeMap;
use std::sync::Arc;

use supervise::lifecycle::{Effect, Event, News, Told};
use supervise::spec::{Exit, RestartPolicy};
use supervise::{Lifecycle, Spec};

use super::table::{MS, id, tree};

/// How trees behave, one after the other, over and over.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each combination is a tree that there is"
)]
pub(super) struct Nature {
    pub(super) fails_to_start: bool,
    pub(super) is_deaf_to_eof: bool,
    pub(super) is_deaf_to_term: bool,
    /// SIGKILLs that it takes; a process that waits for a device takes many.
    pub(super) kills: u32,
    /// Its root leaves others behind when it ends.
    pub(super) leaves_children: bool,
    /// How long answers about it take, ms.
    pub(super) latency: u64,
}

struct LivingTree {
    generation: u64,
    nature: Nature,
    root: bool,
    children: bool,
    kills: u32,
}

/// The world.
pub(super) struct World {
    pub(super) server: Lifecycle,
    pub(super) now: u64,
    natures: Vec<Nature>,
    tree: Option<LivingTree>,
    /// By time and number: looks are answered by what is so then.
    coming: BTreeMap<(u64, u64), Answer>,
    number: u64,
    timer: Option<u64>,
    /// The last order was to run.
    wanted: bool,
    /// When it was told last what survives.
    pub(super) survives: Vec<u64>,
    pub(super) starts: u64,
}

enum Answer {
    Event(Event),
    Look(u64),
}

impl World {
    pub(super) fn new(spec: Spec, natures: Vec<Nature>, seed: u64) -> Self {
        Self {
            server: Lifecycle::new(Arc::new(spec), seed),
            now: 0,
            natures,
            tree: None,
            coming: BTreeMap::new(),
            number: 0,
            timer: None,
            wanted: false,
            survives: Vec::new(),
            starts: 0,
        }
    }

    /// Nothing of any tree lives.
    pub(super) fn is_empty(&self) -> bool {
        self.tree
            .as_ref()
            .is_none_or(|tree| !tree.root && !tree.children)
    }

    /// Somebody orders something.
    pub(super) fn order(&mut self, event: Event) {
        match event {
            Event::Start | Event::Restart => self.wanted = true,
            Event::Stop => self.wanted = false,
            _ => {}
        }
        self.tell(event);
    }

    /// Something about the present tree is told.
    pub(super) fn news(&mut self, news: News) {
        let lives = self.tree.as_ref().is_some_and(|tree| tree.root);
        if lives {
            self.tell(tree(self.server.generation(), news));
        }
    }

    /// Its root ends by itself.
    pub(super) fn crash(&mut self, exit: Exit) {
        if let Some(tree) = &mut self.tree
            && tree.root
        {
            tree.children &= tree.nature.leaves_children;
            self.root_ends(exit);
        }
    }

    /// Time passes, with all that happens in it.
    pub(super) fn pass(&mut self, ms: u64) {
        let until = self.now + ms * MS;
        loop {
            let timer = self.timer.unwrap_or(u64::MAX);
            let next = self.coming.keys().next().map_or(u64::MAX, |key| key.0);
            if timer.min(next) > until {
                self.now = until;
                return;
            }
            self.now = self.now.max(timer.min(next));
            if next <= timer {
                match self.coming.pop_first().unwrap().1 {
                    Answer::Event(event) => self.tell(event),
                    Answer::Look(generation) => self.look(generation),
                }
            } else {
                self.timer = None;
                self.tell(Event::Tick);
            }
        }
    }

    fn look(&mut self, generation: u64) {
        let is_left = !self.is_empty() && self.tree.as_ref().unwrap().generation == generation;
        let news = if is_left {
            let processes = vec![id(generation)];
            News::Remains { processes }
        } else {
            News::Emptied
        };
        self.tell(tree(generation, news));
    }

    fn answer(&mut self, latency: u64, answer: Answer) {
        self.number += 1;
        let at = self.now + latency * MS;
        self.coming.insert((at, self.number), answer);
    }

    fn root_ends(&mut self, exit: Exit) {
        let Some(living) = &mut self.tree else {
            return;
        };
        living.root = false;
        let (generation, latency) = (living.generation, living.nature.latency);
        let lines = Vec::new();
        let event = tree(generation, News::Exited { exit, lines });
        self.answer(latency, Answer::Event(event));
    }

    fn tell(&mut self, event: Event) {
        let effects = self.server.on(event, self.now);
        for effect in &effects {
            self.carry_out(effect);
        }
        // A tick comes, in time and not before now.
        if let Some(due) = self.server.due() {
            let timer = self.timer.unwrap();
            assert!(self.now < timer && timer <= due, "{timer} for {due}");
        }
    }

    fn carry_out(&mut self, effect: &Effect) {
        match effect {
            Effect::Spawn { generation } => self.spawn(*generation),
            Effect::CloseStdin { .. } => self.end_if(|nature| !nature.is_deaf_to_eof, 0),
            Effect::Terminate { .. } => self.end_if(|nature| !nature.is_deaf_to_term, 143),
            Effect::Kill { .. } => {
                if let Some(tree) = &mut self.tree {
                    tree.kills = tree.kills.saturating_sub(1);
                    if tree.kills == 0 {
                        self.end_if(|_| true, 137);
                    }
                }
            }
            Effect::VerifyEmpty { generation } => {
                let latency = self.tree.as_ref().map_or(0, |tree| tree.nature.latency);
                self.answer(latency, Answer::Look(*generation));
            }
            Effect::SetTimer { at } => self.timer = Some(*at),
            Effect::Tell(Told::Survives { .. }) => self.survives.push(self.now),
            Effect::Tell(Told::BackingOff { delay_seconds, .. }) => {
                self.check_pause(*delay_seconds);
            }
            Effect::Tell(Told::Stopped) => assert!(self.is_empty(), "something is left"),
            Effect::Tell(_) | Effect::CheckReadiness { .. } => {}
        }
    }

    fn spawn(&mut self, generation: u64) {
        assert!(self.is_empty(), "two generations at once");
        assert!(self.wanted, "nobody wants it to run");
        let at = usize::try_from(self.starts).unwrap() % self.natures.len();
        let nature = self.natures[at];
        self.starts += 1;
        let lives = !nature.fails_to_start;
        self.tree = Some(LivingTree {
            generation,
            nature,
            root: lives,
            children: lives,
            kills: nature.kills,
        });
        let news = if lives {
            News::Spawned { id: id(generation) }
        } else {
            let reason = "no such program".to_owned();
            News::SpawnFailed { reason }
        };
        let answer = Answer::Event(tree(generation, news));
        self.answer(nature.latency, answer);
    }

    fn end_if(&mut self, ends: impl Fn(&Nature) -> bool, code: i32) {
        let Some(tree) = &mut self.tree else {
            return;
        };
        if ends(&tree.nature) {
            // The end of stdin reaches the root alone.
            tree.children &= code == 0 && tree.nature.leaves_children;
            if tree.root {
                self.root_ends(Exit::Code(code));
            }
        }
    }

    fn check_pause(&self, delay: f64) {
        let restart = &self.server.spec().restart;
        assert_ne!(restart.policy, RestartPolicy::Never);
        let longest = if self.server.is_crash_looping() {
            restart.slow.max(restart.backoff.cap()).mul_f64(1.5)
        } else {
            restart.backoff.cap()
        };
        let first = self.server.failures() == 1 && !self.server.is_crash_looping();
        assert_eq!(
            first,
            delay == 0.0,
            "the first restart is at once, and no other"
        );
        assert!(delay <= longest.as_secs_f64() + 1e-9, "{delay}");
    }
}
