//! What the thread that looks does about containers at each look.

use std::sync::Weak;

use model::{Measurement, Unavailable};

use super::measure::Figures;
use super::{Containers, limits};
use crate::config::Config;
use crate::daemon::Daemon;
use crate::engines::Look;
use crate::picture::Picture;

/// Between two looks.
#[derive(Default)]
pub(in crate::daemon) struct Desk {
    figures: Figures,
    /// What was said to be missing.
    told: Vec<Unavailable>,
}

impl Desk {
    /// Adds the figures of containers.
    pub(in crate::daemon) fn measure(&mut self, picture: &Picture, out: &mut Vec<Measurement>) {
        if let Some(look) = &picture.engines {
            self.figures.measure(look, out);
        }
    }

    /// Says once what cannot be seen, and looks after limits.
    pub(in crate::daemon) fn after(&mut self, daemon: &Daemon, config: &Config, picture: &Picture) {
        let (Some(look), Some(containers)) = (&picture.engines, daemon.containers()) else {
            return;
        };
        self.tell(look);
        limit(daemon.weak(), containers, config, look);
    }

    /// Whoever reads the log is told once, and again only when it has changed.
    fn tell(&mut self, look: &Look) {
        let new = look
            .unavailable
            .iter()
            .filter(|missing| !self.told.contains(missing));
        for missing in new {
            tracing::info!("{}: {}", missing.what, missing.why);
        }
        self.told.clone_from(&look.unavailable);
    }
}

fn limit(daemon: Weak<Daemon>, containers: &Containers, config: &Config, look: &Look) {
    limits::after(daemon, containers.limited(), config, look);
}
