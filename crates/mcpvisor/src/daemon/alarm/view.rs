//! Alerts as everybody may read them.

use std::sync::Arc;

use alerting::Alert;
use alerting::mute::Silence;

use super::courier::ReceiverState;

/// Alerts, silences and receivers of now.
#[derive(Clone, Debug, Default)]
pub struct AlarmView {
    /// What is pending or firing: what fires first, the worst first.
    pub alerts: Arc<[Alert]>,
    /// Silences, those that were over lately too.
    pub silences: Vec<Silence>,
    /// Receivers.
    pub receivers: Vec<ReceiverState>,
}
