//! What the daemon saw last, immutable and shared: whoever answers a question reads it.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use alerting::Alert;
use export::Format;
use model::Observation;

use super::level::Level;
use super::live::LiveSnapshot;
use crate::api::Page;
use crate::picture::Picture;
use crate::report::{self, Report, Words};

/// One look and all that was made of it.
pub struct Snapshot {
    /// Number of the look since the start, from 1.
    pub number: u64,
    /// What was seen and judged.
    pub picture: Arc<Picture>,
    /// What was measured.
    pub observation: Arc<Observation>,
    /// Alerts of this look, pending and firing.
    pub alerts: Arc<[Alert]>,
    /// The level of the whole.
    pub level: Level,
    /// What the look took, seconds of wall time.
    pub look_seconds: f64,
    report: OnceLock<Arc<Report>>,
    pages: [OnceLock<Arc<Page>>; 2],
    dropped_series: std::sync::atomic::AtomicUsize,
}

impl Snapshot {
    /// A look and what was made of it.
    pub fn new(
        number: u64,
        picture: Arc<Picture>,
        observation: Arc<Observation>,
        alerts: Arc<[Alert]>,
        look_seconds: f64,
    ) -> Self {
        Self {
            number,
            level: Level::of(&picture.findings, &alerts),
            alerts,
            picture,
            observation,
            look_seconds,
            report: OnceLock::new(),
            pages: [OnceLock::new(), OnceLock::new()],
            dropped_series: std::sync::atomic::AtomicUsize::new(0),
        }
    }

    /// The document of this look, made when it is first asked for. `words` are kept between looks.
    pub fn report(&self, words: &Mutex<Words>) -> Arc<Report> {
        let made = self.report.get_or_init(|| {
            let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::new(report::report(&self.picture, false, &mut words))
        });
        Arc::clone(made)
    }

    /// The look for listeners.
    pub fn live(&self) -> LiveSnapshot<'_> {
        LiveSnapshot::of(self)
    }

    /// The page of `/metrics`, written when it is first asked for.
    pub fn page(&self, format: Format) -> Arc<Page> {
        let place = match format {
            Format::PrometheusText => 0,
            Format::OpenMetrics => 1,
        };
        let made = self.pages[place].get_or_init(|| {
            let (page, dropped) = Page::write(self, format);
            self.dropped_series.store(dropped, Ordering::Relaxed);
            page
        });
        Arc::clone(made)
    }

    /// Series that its page had to leave out, if it was asked for.
    pub fn dropped_series(&self) -> usize {
        self.dropped_series.load(Ordering::Relaxed)
    }
}
