//! From a section to a receiver.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use alerting::dispatch::Outlet;
use alerting::receivers::{self, Kind, Settings};
use model::Severity;

use super::{KindName, Received, Receiver, kinds};
use crate::config::Span;
use crate::config::alerts::levels::{self, Given};
use crate::config::alerts::{names, spans};
use crate::config::invalid::Invalid;
use crate::config::section::Section;
use crate::config::value::FromValue as _;

/// Notices a minute at most.
const PER_MINUTE: u32 = 20;
/// More a minute is no limit.
const MOST_PER_MINUTE: u32 = 600;
/// What is merely worth knowing is told to people once in this time.
const DAILY: Duration = Duration::from_hours(24);

/// What a section says.
pub(in crate::config::alerts) struct Read {
    /// Its name, even where the rest is wrong: routes may name it.
    pub name: String,
    /// All of it.
    pub received: Option<Received>,
}

/// Reads a section.
pub(in crate::config::alerts) fn read(
    section: &mut Section<'_>,
    seen: &mut BTreeSet<String>,
    folder: &Path,
) -> Option<Read> {
    section.knows(names::keys_of("receiver"));
    let name = names::unique(section, seen);
    let has_kind = section.has("kind");
    let kind_name = section.optional::<KindName>("kind");
    if !has_kind {
        section.blame_all("it has no `kind`, such as `kind = \"webhook\"`".to_owned());
    }
    let is_alertmanager = kind_name == Some(KindName::Alertmanager);
    let is_person = matches!(
        kind_name,
        Some(KindName::Slack | KindName::Email | KindName::Desktop)
    );
    let per_minute = section.take("per_minute", PER_MINUTE);
    let fits = (1..=MOST_PER_MINUTE).contains(&per_minute);
    section.require("per_minute", fits, || {
        format!("{per_minute} is not from 1 to {MOST_PER_MINUTE}")
    });
    let on_demand = section.optional::<bool>("on_demand");
    let outlet = Outlet {
        name: name.clone().unwrap_or_default(),
        is_alertmanager,
        resolved: section.take("resolved", true),
        least: section.take("least", Severity::Info),
        digest: digest(section, is_person),
        per_minute,
        heartbeat: spans::within(section, "heartbeat", Span::seconds(10), Span::days(7)),
        on_demand: on_demand.unwrap_or(false),
    };
    section.require("digest", !is_alertmanager || !section.has("digest"), || {
        "an Alertmanager groups and repeats by itself; leave `digest` out".to_owned()
    });
    let timeout = spans::within(section, "timeout", Span::seconds(1), Span::seconds(300));
    let keep_trying = spans::within(section, "keep_trying", Span::seconds(60), Span::days(7));
    let kind = kind_name.and_then(|name| kinds::read(section, name, folder));
    let insecure = section.take("insecure", false);
    let name = name?;
    let settings = kind.map(|kind| Settings {
        name: name.clone(),
        kind,
    });
    if let Some(settings) = &settings {
        check(section, settings);
    }
    let received = settings.map(|settings| Received {
        receiver: Receiver {
            settings,
            timeout: timeout.unwrap_or(Duration::from_secs(10)),
            keep_trying: keep_trying.unwrap_or(DAILY),
        },
        outlet,
        insecure,
        on_demand,
    });
    Some(Read { name, received })
}

/// What the receivers themselves know to be wrong.
fn check(section: &mut Section<'_>, settings: &Settings) {
    let Err(error) = receivers::Receiver::new(settings.clone()) else {
        return;
    };
    // The problem never repeats a secret or a URL.
    let key = match (&settings.kind, error.key) {
        (Kind::Webhook(_) | Kind::Slack(_), "url") => "url",
        (_, key) => key,
    };
    section.blame(key, error.problem);
}

fn digest(section: &mut Section<'_>, is_person: bool) -> [Duration; 4] {
    let usual = if is_person { DAILY } else { Duration::ZERO };
    let mut digest = [usual, Duration::ZERO, Duration::ZERO, Duration::ZERO];
    section.require(
        "digest",
        !section.has("digest") || section.is_table("digest"),
        || "the value must be a table such as `{ warning = \"4h\", info = \"24h\" }`".to_owned(),
    );
    if !section.is_table("digest") {
        return digest;
    }
    let given = levels::read(section, "digest", |value| {
        let span = Span::from_value(value)?;
        if span > Span::days(7) {
            return Err(Invalid::new(
                &span.to_string(),
                format!("is longer than {}", Span::days(7)),
            ));
        }
        Ok(span)
    });
    for (place, given) in given.by_level(&[]).into_iter().enumerate() {
        match given {
            Given::Value(span) => digest[place] = span.0,
            Given::Out => digest[place] = Duration::ZERO,
            Given::Nothing => {}
        }
    }
    digest
}
