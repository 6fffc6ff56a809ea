//! Containers as targets of the policy: what of them nobody owns any more, and which one an alert is about.

use containers::container::Container;
use inventory::OwnerKind;
use model::ProcessId;
use supervise::policy::Target;

use super::cases::About;
use crate::engines::{self, Look};
use crate::picture::Picture;

/// What the objects of containers begin with.
pub(super) const CONTAINER: &str = "container ";

/// Main processes of containers that would be cleaned; one whose process cannot be seen is left to people.
pub(super) fn orphans<'a>(
    about: &'a About<'_>,
    picture: &'a Picture,
) -> impl Iterator<Item = ProcessId> + 'a {
    let look = picture.engines.iter();
    look.flat_map(move |look| {
        let of_it = look.plan.removals.iter().filter(move |removal| {
            let subject = look.subject(&removal.finding);
            subject.is_some_and(|(server, owner)| about.is_about(&server, &owner))
        });
        of_it.filter_map(|removal| removal.root)
    })
}

/// The words by which a plan means just these containers.
pub(in crate::daemon) fn orphan_words(processes: &[ProcessId], picture: &Picture) -> Vec<String> {
    let look = picture.engines.iter();
    let removals = look.flat_map(|look| &look.plan.removals);
    let meant =
        removals.filter(|removal| removal.root.is_some_and(|root| processes.contains(&root)));
    meant
        .map(|removal| removal.planned.target().id.clone())
        .collect()
}

/// The one container that an alert is about, if it runs and is not our own.
pub(super) fn restart(about: &About<'_>, picture: &Picture) -> Option<Target> {
    let look = picture.engines.as_ref()?;
    let container = by_configuration(about, look)
        .or_else(|| by_labels(about, look))
        .or_else(|| by_process(about, look, picture))?;
    let own = picture.table.get(std::process::id());
    let own = own.and_then(|own| own.sample.facts.container_id.as_deref());
    if !container.state.is_alive() || own.is_some_and(|own| container.id.starts_with(own)) {
        return None;
    }
    let process = container.pid.and_then(|pid| picture.table.get(pid));
    let its = process.filter(|process| is_in(process, container));
    Some(Target {
        object: format!("{CONTAINER}{}", container.name),
        processes: its.map(model::Process::id).into_iter().collect(),
        is_only_watched: false,
    })
}

/// The name of the container that a target is.
pub(in crate::daemon) fn name_of(object: &str) -> Option<&str> {
    object.strip_prefix(CONTAINER)
}

fn is_in(process: &model::Process, container: &Container) -> bool {
    let its = process.sample.facts.container_id.as_deref();
    its.is_some_and(|id| container.id.starts_with(id))
}

/// A server of the configuration that is a container, or an owner that is one.
fn by_configuration<'a>(about: &About<'_>, look: &'a Look) -> Option<&'a Container> {
    let names = [about.server, about.owner].into_iter().flatten();
    let mut found = names.filter_map(|name| look.named.get(name));
    found.next().map(|container| &**container)
}

/// By what its labels say, or by the labels of its series; only where that means one container.
fn by_labels<'a>(about: &About<'_>, look: &'a Look) -> Option<&'a Container> {
    about.server.or(about.container)?;
    let mut found = look.of_mcp().filter(|judged| {
        let container = &judged.owned.container;
        let owner = engines::owner_name(judged);
        let is_it = about.is_about(&engines::server_name(look, judged), &owner);
        let label = about.container;
        container.state.is_alive()
            && is_it
            && label.is_none_or(|label| label == engines::label(container))
    });
    match (found.next(), found.next()) {
        (Some(only), None) => Some(&only.owned.container),
        _ => None,
    }
}

/// The container that a gateway itself runs in.
fn by_process<'a>(about: &About<'_>, look: &'a Look, picture: &Picture) -> Option<&'a Container> {
    let name = about.owner?;
    let owners = picture.inventory.owners.iter();
    let gateways = owners.filter(|owner| owner.name == name && owner.kind == OwnerKind::Gateway);
    let mut ids: Vec<&str> = gateways
        .filter_map(|owner| picture.table.get(owner.pid?))
        .filter_map(|process| process.sample.facts.container_id.as_deref())
        .collect();
    ids.dedup();
    let [id] = ids[..] else {
        return None;
    };
    let mut all = look.judged.iter();
    let found = all.find(|judged| judged.owned.container.id.starts_with(id));
    found.map(|judged| &*judged.owned.container)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use containers::orphan::Judged;

    use super::*;
    use crate::engines::samples;
    use crate::top::tests::sample;

    fn served(letter: char, name: &str) -> Judged {
        let evidence = "somebody".to_owned();
        samples::judged(
            letter,
            name,
            containers::orphan::Verdict::Served { evidence },
        )
    }

    fn picture(look: Look) -> Picture {
        Picture {
            engines: Some(Arc::new(look)),
            ..sample::picture()
        }
    }

    fn about<'a>(server: Option<&'a str>, owner: Option<&'a str>) -> About<'a> {
        About {
            server,
            owner,
            container: None,
        }
    }

    fn object(about: &About<'_>, picture: &Picture) -> Option<String> {
        restart(about, picture).map(|target| target.object)
    }

    #[test]
    fn the_configuration_goes_before_labels() {
        let look = samples::look(
            vec![served('a', "one"), served('b', "two")],
            Some(("hub", 1)),
        );
        let picture = picture(look);
        let two = Some("container two".to_owned());
        assert_eq!(object(&about(Some("hub"), None), &picture), two);
        assert_eq!(
            object(&about(None, Some("hub")), &picture),
            two,
            "it is an owner"
        );
        // Of the labels' server `time` there is one more.
        let one = Some("container one".to_owned());
        let of_labels = about(Some("time"), Some("docker mcp gateway"));
        assert_eq!(object(&of_labels, &picture), one);
        assert_eq!(object(&about(Some("other"), None), &picture), None);
        assert_eq!(
            object(&about(None, None), &picture),
            None,
            "the machine is no container"
        );
    }

    #[test]
    fn in_doubt_none_is_restarted() {
        let look = samples::look(vec![served('a', "one"), served('b', "two")], None);
        let picture = picture(look);
        assert_eq!(object(&about(Some("time"), None), &picture), None);
        // The series of a container that is removed when it ends is called by its image.
        let series = About {
            container: Some("two"),
            ..about(Some("time"), None)
        };
        assert_eq!(object(&series, &picture), None);
        assert_eq!(name_of("container two"), Some("two"));
        assert_eq!(name_of("kept server two"), None);
    }

    #[test]
    fn what_does_not_run_is_not_restarted() {
        let mut stopped = served('a', "one");
        let container = Arc::make_mut(&mut stopped.owned.container);
        container.state = containers::container::State::Exited;
        let picture = picture(samples::look(vec![stopped], Some(("hub", 0))));
        assert_eq!(object(&about(Some("hub"), None), &picture), None);
    }
}
