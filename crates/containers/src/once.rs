//! One look for a command that ends: all engines at once, at most for three seconds.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;

use crate::clock;
use crate::engine::{Engine, EngineError, Places};
use crate::view::{EngineState, EngineView, View};
use crate::watch::{Looker, notes};

/// For everything.
pub const DEADLINE: Duration = Duration::from_secs(3);

/// What is there, as far as it could be seen in that time. What failed is said in the view.
///
/// # Errors
/// The system gives no means to wait for sockets.
pub fn once(places: &Places, deadline: Duration) -> io::Result<View> {
    with_runtime(async {
        let until = Instant::now() + deadline;
        let sockets = places.existing();
        let notes = notes(places, sockets.is_empty());
        let engines = join_all(sockets.into_iter().map(|socket| look(socket, until))).await;
        View {
            engines: engines.into_iter().map(Arc::new).collect(),
            notes,
        }
    })
}

/// The engines that answer, for orders to them; and why others do not.
///
/// # Errors
/// As [`once`].
pub fn engines(places: &Places, deadline: Duration) -> io::Result<(Vec<Engine>, Vec<EngineError>)> {
    with_runtime(async {
        let sockets = places.existing();
        let connecting = sockets
            .iter()
            .map(|socket| Engine::connect(socket, deadline));
        let mut found = (Vec::new(), Vec::new());
        for connected in join_all(connecting).await {
            match connected {
                Ok(engine) => found.0.push(engine),
                Err(error) => found.1.push(error),
            }
        }
        found
    })
}

/// Runs something on a small runtime of its own, in this thread.
///
/// # Errors
/// As [`once`].
pub fn with_runtime<T>(what: impl Future<Output = T>) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(what);
    runtime.shutdown_background();
    Ok(outcome)
}

async fn look(socket: PathBuf, until: Instant) -> EngineView {
    let begun = clock::now();
    let mut view = EngineView::new(socket);
    // A little is left for telling why.
    let left = until.saturating_duration_since(Instant::now());
    let seen = async {
        let engine = Engine::connect(&view.socket.clone(), left).await?;
        view.version = Some(engine.version().clone());
        Looker::default().look(&engine, &mut view, until).await
    };
    view.state = match seen.await {
        Ok(_) => EngineState::Up,
        Err(EngineError::Hangs { .. }) => EngineState::Hangs { since: begun },
        Err(error @ (EngineError::Unreachable { .. } | EngineError::NoEngine { .. })) => {
            EngineState::Down {
                since: begun,
                why: error.to_string(),
            }
        }
        Err(error) => EngineState::Refused {
            why: error.to_string(),
        },
    };
    view
}
