//! What a rule judges: a metric taken in some way, or findings.

use alerting::rule::{Combine, Figure, How, Rule, Scope, Source, Traffic};
use alerting::{Matcher, Unit};
use model::metric::METRICS;
use model::{FindingKind, Metric};

use super::names::{metric, short};
use super::taken::{WAYS, divisor, how, unit, worst};
use super::traffic::TrafficWish;
use crate::config::alerts::conditions::{self, Labels};
use crate::config::section::Section;

/// Keys that only rules about metrics have.
const OF_METRICS: [&str; 17] = [
    "above",
    "below",
    "at_least",
    "at_most",
    "clear",
    "rate",
    "increase",
    "growth",
    "reaches",
    "per",
    "only",
    "combine",
    "by",
    "min_traffic",
    "absent",
    "times",
    "of",
];

/// What is judged, of which objects, and in which unit.
pub(super) struct Judged {
    pub source: Source,
    pub unit: Unit,
    pub scope: Scope,
    pub by: Vec<String>,
    pub matchers: Vec<Matcher>,
    pub traffic: Option<Traffic>,
    /// It is just what the base judges.
    pub is_unchanged: bool,
}

/// Reads it; `None` where it cannot be known, which was then told.
pub(super) fn read(section: &mut Section<'_>, base: Option<&Rule>, offer: &str) -> Option<Judged> {
    let (has_metric, has_finding) = (section.has("metric"), section.has("finding"));
    let base_source = base.map(|base| &base.source);
    let name = base.map_or("", |base| base.name.as_str());
    match (base_source, has_metric, has_finding) {
        (_, true, true) => {
            section.blame(
                "finding",
                "a rule judges a metric or findings; leave one of them out".to_owned(),
            );
            None
        }
        (None, false, false) => {
            let fault = format!("a rule of one's own needs `metric` or `finding`{offer}");
            section.blame("name", fault);
            None
        }
        (Some(Source::Finding(_)), true, _) => {
            section.blame(
                "metric",
                format!(
                    "`{name}` of the pack judges findings; give a rule about a metric another name"
                ),
            );
            None
        }
        (Some(Source::Figure { .. }), _, true) => {
            section.blame(
                "finding",
                format!(
                    "`{name}` of the pack judges a metric; give a rule about findings another name"
                ),
            );
            None
        }
        (Some(Source::Finding(_)), false, _) | (None, false, true) => findings(section, base),
        (Some(Source::Figure { .. }) | None, _, false) => figure(section, base),
    }
}

fn findings(section: &mut Section<'_>, base: Option<&Rule>) -> Option<Judged> {
    for key in OF_METRICS {
        section.require(key, !section.has(key), || {
            format!("`{key}` is for rules about a metric; findings are judged by `least` and `for`")
        });
    }
    let given = section.optional::<FindingKind>("finding");
    let kind = match (base.map(|base| &base.source), given) {
        (Some(Source::Finding(kind)), _) => Some(*kind),
        (_, given) => given,
    }?;
    section.require("finding", given.is_none_or(|given| given == kind), || {
        let name = kind.name();
        format!("`{name}` of the pack judges `{name}`; give a rule about others another name")
    });
    let scope = section.take("scope", base.map_or(Scope::Server, |base| base.scope));
    let fits = matches!(scope, Scope::Server | Scope::Owner | Scope::Machine);
    section.require("scope", fits, || {
        "findings are those of a `server`, an `owner` or the `machine`".to_owned()
    });
    let labels = Labels {
        of: format!("a finding of scope `{}`", scope.name()),
        names: scope.labels().to_vec(),
        rules: None,
    };
    let matchers = conditions::read(section, "match", &labels);
    Some(Judged {
        source: Source::Finding(kind),
        unit: Unit::Count,
        scope,
        by: Vec::new(),
        matchers: matchers
            .or_else(|| Some(base?.matchers.clone()))
            .unwrap_or_default(),
        traffic: None,
        is_unchanged: base.is_some(),
    })
}

/// The figure of a rule of the pack with what it is divided by.
fn of_base(base: Option<&Rule>) -> Option<(&Figure, Option<&Figure>)> {
    match &base?.source {
        Source::Figure { figure, per } => Some((figure, per.as_ref())),
        Source::Finding(_) => None,
    }
}

fn figure(section: &mut Section<'_>, base: Option<&Rule>) -> Option<Judged> {
    let (old, old_per) = of_base(base).unzip();
    let old_per = old_per.flatten();
    let is_given = section.has("metric");
    let given = section.with("metric", metric);
    let metric = given.or(old.map(|old| old.metric).filter(|_| !is_given))?;
    let old_same = old.filter(|old| old.metric == metric);
    let scope = scope(section, base, metric);
    let by = by(section, base, metric, scope);
    let per = if section.is_false("per") {
        None
    } else {
        section
            .with("per", super::names::metric)
            .or(old_per.map(|per| per.metric))
    };
    let traffic = TrafficWish::read(section, base, metric);
    // A counter is not taken as a gauge was.
    let old_how = old
        .filter(|old| old.metric.kind == metric.kind)
        .map(|old| old.how);
    let is_how_said = WAYS.iter().any(|key| section.has(key));
    let how = how(section, metric);
    let is_how_wrong = is_how_said && how.is_none();
    let how = how.or(old_how).unwrap_or(How::Value);

    let is_object = |matcher: &Matcher| {
        scope.labels().contains(&matcher.name.as_str()) || by.contains(&matcher.name)
    };
    let labels = Labels::of_metric(metric);
    let given = conditions::read(section, "match", &labels);
    let old_matchers = || {
        let of_series = old_per.into_iter().flat_map(|per| per.only.clone());
        base.map(|base| base.matchers.iter().cloned().chain(of_series).collect())
    };
    let all: Vec<Matcher> = given.or_else(old_matchers).unwrap_or_default();
    let (matchers, shared): (Vec<Matcher>, Vec<Matcher>) = all.into_iter().partition(is_object);
    let own = conditions::read(section, "only", &labels);
    let old_own = || {
        let common = old_per.map(|per| per.only.as_slice()).unwrap_or_default();
        let only = old.into_iter().flat_map(|old| &old.only);
        only.filter(|matcher| !common.contains(matcher))
            .cloned()
            .collect()
    };
    let own: Vec<Matcher> = own.unwrap_or_else(old_own);
    let mut only: Vec<Matcher> = shared.iter().chain(&own).cloned().collect();
    sort(&mut only);

    let combine = section.optional::<Combine>("combine");
    let figure = Figure {
        only,
        combine: combine
            .or(old_same.map(|old| old.combine))
            .unwrap_or_else(|| worst(section, Figure::of(metric).combine)),
        metric,
        how,
    };
    let is_absent = section.has("absent") && figure.how == How::Value;
    if is_how_wrong {
        return None;
    }
    if let Some(fault) = figure.fault().filter(|_| !is_absent) {
        let key = WAYS.into_iter().find(|key| section.has(key));
        section.blame(key.unwrap_or("metric"), fault);
        // In which unit the thresholds are is not known.
        return None;
    }
    let shared_by = |metric: &Metric| {
        let fits = shared
            .iter()
            .filter(|matcher| metric.labels.contains(&matcher.name.as_str()));
        let mut fits: Vec<Matcher> = fits.cloned().collect();
        sort(&mut fits);
        fits
    };
    let per = per.map(|per| divisor(section, &figure, per, shared_by(per)));
    let unit = unit(&figure, per.as_ref());
    let traffic = traffic.map(|wish| Traffic {
        figure: Figure {
            only: shared_by(wish.metric),
            ..Figure::of(wish.metric).over(How::Increase(wish.over))
        },
        at_least: wish.at_least,
    });
    let source = Source::Figure { figure, per };
    Some(Judged {
        is_unchanged: base.is_some_and(|base| base.source == source),
        source,
        unit,
        scope,
        by,
        matchers,
        traffic,
    })
}

fn sort(matchers: &mut Vec<Matcher>) {
    matchers.sort_by_cached_key(ToString::to_string);
    matchers.dedup();
}

impl<'a> Labels<'a> {
    pub(super) fn of_metric(metric: &'a Metric) -> Self {
        Self {
            of: format!("`{}`", metric.name),
            names: metric.labels.to_vec(),
            rules: None,
        }
    }
}

fn scope(section: &mut Section<'_>, base: Option<&Rule>, metric: &'static Metric) -> Scope {
    let has = |scope: Scope| {
        scope
            .labels()
            .iter()
            .all(|label| metric.labels.contains(label))
    };
    let is_process = metric.name.contains("_worst_");
    let natural = [Scope::Server, Scope::Owner, Scope::Gateway]
        .into_iter()
        .find(|scope| has(*scope));
    let natural = match natural {
        Some(Scope::Server) if is_process => Scope::Process,
        Some(scope) => scope,
        None if std::ptr::eq(metric, model::metric::table::CONTAINERS) => Scope::Container,
        None => Scope::Machine,
    };
    let old = base.map(|base| base.scope).filter(|scope| has(*scope));
    let scope = section.take("scope", old.unwrap_or(natural));
    section.require("scope", has(scope), || {
        format!(
            "`{}` tells no {}s apart; its scope is `{}`",
            metric.name,
            scope.name(),
            natural.name()
        )
    });
    section.require("scope", scope != Scope::Process || is_process, || {
        let all = METRICS
            .iter()
            .filter(|metric| metric.name.contains("_worst_"));
        let all: Vec<String> = all
            .map(|metric| format!("`{}`", short(metric.name)))
            .collect();
        format!(
            "`{}` is of whole servers; of single processes there are {}",
            metric.name,
            all.join(", ")
        )
    });
    scope
}

fn by(
    section: &mut Section<'_>,
    base: Option<&Rule>,
    metric: &Metric,
    scope: Scope,
) -> Vec<String> {
    let old = base.map(|base| base.by.clone()).unwrap_or_default();
    let has = |label: &String| metric.labels.contains(&label.as_str());
    let old = old.into_iter().filter(has).collect();
    let by: Vec<String> = section.take("by", old);
    let labels = Labels::of_metric(metric);
    for label in &by {
        if let Some(fault) = labels.fault_of_name(label) {
            section.blame("by", fault);
        }
    }
    let mut all: Vec<String> = Vec::new();
    for label in by {
        if !scope.labels().contains(&label.as_str()) && !all.contains(&label) {
            all.push(label);
        }
    }
    all
}
