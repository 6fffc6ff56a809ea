//! The view that readers share, put together from what each engine's task publishes.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use crate::view::{EngineView, View};

/// The last view. Readers never wait; tasks wait for each other for as long as a list is copied.
#[derive(Debug, Default)]
pub(super) struct Published {
    view: ArcSwap<View>,
    writing: Mutex<()>,
}

impl Published {
    pub(super) fn latest(&self) -> Arc<View> {
        self.view.load_full()
    }

    /// Puts an engine's view in the place of its last one.
    pub(super) fn publish(&self, engine: EngineView) {
        self.change(|view| {
            let mut known = view.engines.iter_mut();
            match known.find(|known| known.socket == engine.socket) {
                Some(known) => *known = Arc::new(engine),
                None => view.engines.push(Arc::new(engine)),
            }
        });
    }

    /// Says what is to be said once.
    pub(super) fn note(&self, notes: Vec<String>) {
        if self.latest().notes != notes {
            self.change(|view| view.notes = notes);
        }
    }

    fn change(&self, change: impl FnOnce(&mut View)) {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut view = View::clone(&self.latest());
        change(&mut view);
        self.view.store(Arc::new(view));
    }
}
