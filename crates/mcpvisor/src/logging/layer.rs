//! From events to lines.

use std::fmt;
use std::sync::Arc;

use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::line::{Line, Span};
use super::record::Record;
use super::sink::Sink;

/// Writes each event that the filter lets through as a line.
pub(super) struct Lines {
    sink: Arc<Sink>,
}

impl Lines {
    pub(super) fn new(sink: Arc<Sink>) -> Self {
        Self { sink }
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").finish_non_exhaustive()
    }
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut record = Record::default();
            attributes.record(&mut record);
            span.extensions_mut().replace(record);
        }
    }

    fn on_record(&self, id: &Id, values: &tracing::span::Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(record) = span.extensions_mut().get_mut::<Record>()
        {
            values.record(record);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut record = Record::default();
        event.record(&mut record);
        let scope = context.event_scope(event).into_iter();
        let spans = scope.flat_map(tracing_subscriber::registry::Scope::from_root);
        let spans = spans.map(|span| Span {
            name: span.name(),
            fields: span
                .extensions()
                .get::<Record>()
                .map(|record| record.fields.clone())
                .unwrap_or_default(),
        });
        let metadata = event.metadata();
        self.sink.write(&Line {
            time: linux::clock::now().wall,
            level: *metadata.level(),
            target: metadata.target(),
            spans: spans.collect(),
            record: &record,
        });
    }
}
