//! Where a view of containers comes from: one look for a command that ends, or the daemon's watcher.

use std::sync::Arc;
use std::thread::JoinHandle;

use containers::view::EngineState;
use containers::{Places, View, Watcher, once};

/// Where a view comes from.
pub enum Source {
    /// A look whenever one is needed, at most for [`once::DEADLINE`] each.
    Once {
        /// Where engines are.
        places: Places,
        /// A look that was begun ahead of its time.
        begun: Option<JoinHandle<View>>,
        /// The last look.
        last: Option<Arc<View>>,
    },
    /// The last view of who watches.
    Watched {
        /// Who watches.
        watcher: Arc<Watcher>,
        /// Where engines are.
        places: Places,
    },
}

impl Source {
    /// For a command that ends. A look begins at once, beside what the command does first.
    pub fn once(places: Places) -> Self {
        let begun = std::thread::Builder::new().name("engines".to_owned());
        let of_thread = places.clone();
        // Without a thread it is done when it is needed.
        let begun = begun.spawn(move || look(&of_thread)).ok();
        Self::Once {
            places,
            begun,
            last: None,
        }
    }

    /// What is known now.
    pub(super) fn view(&mut self) -> Arc<View> {
        match self {
            Self::Watched { watcher, .. } => watcher.latest(),
            Self::Once {
                places,
                begun,
                last,
            } => {
                // Who hangs is not waited for again: the command has other things to do.
                if let Some(last) = last.as_ref().filter(|view| hangs(view)) {
                    return Arc::clone(last);
                }
                let begun = begun.take().and_then(|begun| begun.join().ok());
                let view = Arc::new(begun.unwrap_or_else(|| look(places)));
                *last = Some(Arc::clone(&view));
                view
            }
        }
    }

    /// A look that is not older than this call, where the last one is and the engines answer.
    pub(super) fn again(&self) -> Option<Arc<View>> {
        match self {
            Self::Once { .. } => None,
            Self::Watched { places, .. } => Some(Arc::new(look(places))),
        }
    }
}

fn hangs(view: &View) -> bool {
    let mut engines = view.engines.iter();
    engines.any(|engine| matches!(engine.state, EngineState::Hangs { .. }))
}

/// What cannot be asked tells nothing, so nothing comes of it.
fn look(places: &Places) -> View {
    match once::once(places, once::DEADLINE) {
        Ok(view) => view,
        Err(error) => View {
            engines: Vec::new(),
            notes: vec![format!("container engines cannot be asked: {error}")],
        },
    }
}
