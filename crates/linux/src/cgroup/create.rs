//! Makes a group and sets its limits.
//!
//! First each limit gets a hierarchy that can hold it, then folders are made there and in the unified
//! hierarchy, then limits are set. A version 1 folder in which no limit came into force is removed
//! again: a process that is in it would gain nothing. Where the unified hierarchy has no place for
//! us, the freezer of version 1 keeps the processes together.

use std::path::PathBuf;

use rustix::io::Errno;

use super::{
    controller::{Controller, Version},
    delegation::Delegation,
    enforced::{Enforced, Enforcement, NotEnforced, Outcome},
    error::{Action, CgroupError},
    folders::{Folders, System},
    group::{Folder, Group},
    hierarchies::{Hierarchies, Hierarchy},
    limits::{Amount, Limit, Limits},
    name::GroupName,
    settings,
};

/// Names that are tried before it is given up: each that is taken belongs to an earlier group of the
/// same maker for the same server, which could not be removed.
const MOST_NAMES: u32 = 64;

impl Group {
    /// Makes a group below our own with these limits, and says what the kernel holds of them.
    ///
    /// It never fails as a whole: what cannot be made or set is told in [`Enforced`], and where
    /// nothing could be made the group [is nowhere](Self::is_nowhere). If the name is taken, the
    /// next serial number is.
    pub fn create(
        hierarchies: &Hierarchies,
        name: &GroupName,
        limits: &Limits,
    ) -> (Self, Enforced) {
        create_in(&mut System, hierarchies, name, limits)
    }
}

pub(super) fn create_in(
    folders: &mut dyn Folders,
    hierarchies: &Hierarchies,
    name: &GroupName,
    limits: &Limits,
) -> (Group, Enforced) {
    let planned = plan(hierarchies, limits);
    let places = places(hierarchies, &planned);
    let (name, mut made) = make(folders, &places, name);
    if !made
        .iter()
        .any(|(place, made)| place.version == Version::V2 && made.is_ok())
        && let Some(freezer) = hierarchies.of(Controller::Freezer)
    {
        let own = make_one(folders, freezer, &name);
        made.push((freezer, own));
    }
    let mut enforced = Enforced::default();
    for Planned {
        limit,
        asked,
        place,
    } in planned
    {
        let outcome = match place {
            Ok(place) => set(&made, place, limit, asked),
            Err(why) => Outcome::Not(why),
        };
        enforced.limits.push(Enforcement {
            limit,
            asked,
            outcome,
        });
    }
    let mut group = Group {
        name: name.to_string(),
        folders: Vec::new(),
    };
    for (place, folder) in made {
        match folder {
            Err(error) => enforced.not_made.push(error),
            Ok(path) if is_of_use(place, &path, &enforced) => group.folders.push(Folder {
                version: place.version,
                controllers: place.controllers.clone(),
                path,
            }),
            Ok(path) => {
                if let Err(error) = folders.remove(&path) {
                    let error = CgroupError::new(Action::Remove, path, error);
                    enforced.not_made.push(error);
                }
            }
        }
    }
    let memory = group.unified().filter(|folder| {
        let holds = |limit| holds_in(&enforced, limit, &folder.path);
        holds(Limit::MemoryMax) || holds(Limit::MemoryHigh) || holds(Limit::SwapMax)
    });
    enforced.ends_whole_on_oom =
        memory.is_some_and(|folder| settings::end_whole_on_oom(&folder.path));
    (group, enforced)
}

struct Planned<'h> {
    limit: Limit,
    asked: Amount,
    place: Result<&'h Hierarchy, NotEnforced>,
}

fn plan<'h>(hierarchies: &'h Hierarchies, limits: &Limits) -> Vec<Planned<'h>> {
    let unified = hierarchies.unified();
    let mut delegation = unified.map(Delegation::of);
    let mut place = |limit: Limit, asked| {
        if let Some(range) = limit.out_of_range(asked) {
            return Err(NotEnforced::OutOfRange(range));
        }
        let controller = settings::controller_of(limit);
        let place = hierarchies.of(controller);
        let place = place.ok_or_else(|| hierarchies.why_not(controller))?;
        if let (Version::V2, Some(delegation)) = (place.version, &mut delegation) {
            delegation.give(controller)?;
        }
        Ok(place)
    };
    limits
        .asked()
        .map(|(limit, asked)| Planned {
            limit,
            asked,
            place: place(limit, asked),
        })
        .collect()
}

/// The unified hierarchy, if there is one, and each that is to hold a limit.
fn places<'h>(hierarchies: &'h Hierarchies, planned: &[Planned<'h>]) -> Vec<&'h Hierarchy> {
    let mut places: Vec<&Hierarchy> = hierarchies.unified().into_iter().collect();
    for place in planned
        .iter()
        .filter_map(|planned| planned.place.as_ref().ok())
    {
        if !places.iter().any(|known| known.own == place.own) {
            places.push(place);
        }
    }
    places
}

type Made<'h> = Vec<(&'h Hierarchy, Result<PathBuf, CgroupError>)>;

/// Makes the folders, all with one name.
fn make<'h>(
    folders: &mut dyn Folders,
    places: &[&'h Hierarchy],
    name: &GroupName,
) -> (GroupName, Made<'h>) {
    let mut name = name.clone();
    for _ in 1..MOST_NAMES {
        let made = make_each(folders, places, &name);
        let taken = made
            .iter()
            .any(|(_, made)| matches!(made, Err(error) if error.source == Errno::EXIST));
        if !taken {
            return (name, made);
        }
        for path in made.into_iter().filter_map(|(_, made)| made.ok()) {
            // It was made a moment ago and is empty; if it stays, it is found as a leftover.
            folders.remove(&path).unwrap_or_default();
        }
        name = name.next();
    }
    let made = make_each(folders, places, &name);
    (name, made)
}

fn make_each<'h>(
    folders: &mut dyn Folders,
    places: &[&'h Hierarchy],
    name: &GroupName,
) -> Made<'h> {
    let mut make = |place: &&'h Hierarchy| (*place, make_one(folders, place, name));
    places.iter().map(&mut make).collect()
}

fn make_one(
    folders: &mut dyn Folders,
    place: &Hierarchy,
    name: &GroupName,
) -> Result<PathBuf, CgroupError> {
    let path = place.own.join(name.to_string());
    match folders.make(&path) {
        Ok(()) => Ok(path),
        Err(error) => Err(CgroupError::new(Action::Make, path, error)),
    }
}

fn set(made: &Made<'_>, place: &Hierarchy, limit: Limit, asked: Amount) -> Outcome {
    let folder = made.iter().find(|(known, _)| known.own == place.own);
    match folder {
        Some((_, Ok(path))) => settings::set(place.version, path, limit, asked),
        Some((_, Err(error))) => Outcome::Not(error.clone().into()),
        None => Outcome::Not(NotEnforced::NoController(settings::controller_of(limit))),
    }
}

fn is_of_use(place: &Hierarchy, path: &std::path::Path, enforced: &Enforced) -> bool {
    let holds_one = enforced.limits.iter().any(
        |entry| matches!(&entry.outcome, Outcome::Held { file, .. } if file.starts_with(path)),
    );
    holds_one || place.version == Version::V2 || place.controllers.contains(&Controller::Freezer)
}

fn holds_in(enforced: &Enforced, limit: Limit, folder: &std::path::Path) -> bool {
    matches!(enforced.outcome(limit), Some(Outcome::Held { file, .. }) if file.starts_with(folder))
}
