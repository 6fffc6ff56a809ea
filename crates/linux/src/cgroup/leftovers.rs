//! Groups that an earlier mcpvisor left because it was killed.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;

use super::{
    error::CgroupError,
    group::{Folder, Group, subfolders},
    hierarchies::Hierarchies,
    name::{GroupName, PREFIX},
};
use crate::clock;

/// A group below our own that has a name as only mcpvisor gives it.
#[derive(Debug)]
pub struct Leftover {
    /// Its name, which tells who made it.
    pub name: GroupName,
    /// Processes in it and below it; why they are not known, if they are not.
    pub pids: Result<Vec<u32>, CgroupError>,
    group: Group,
}

impl Leftover {
    /// Takes it over as if it were made here: to go on with it, or to end what is in it and remove
    /// it. First make sure that [`GroupName::maker`] has ended, or is ourselves.
    pub fn into_group(self) -> Group {
        self.group
    }

    /// How long ago it was made; `None` if that cannot be read.
    pub fn made_before(&self) -> Option<Duration> {
        let (_, folder) = self.group.folders().next()?;
        let made = std::fs::metadata(folder).ok()?.modified().ok()?;
        let made = Timestamp::try_from(made).ok()?;
        clock::now().wall.duration_since(made).try_into().ok()
    }
}

/// Groups directly below our own whose names begin with `prefix`: [`PREFIX`] for all of them, also
/// those of mcpvisors that live. Each is told once, with its folders in all hierarchies.
///
/// A name that only begins like ours is not ours, and is left out. Pids in names are those of the pid
/// namespace of the maker.
pub fn leftovers(hierarchies: &Hierarchies, prefix: &str) -> Result<Vec<Leftover>, CgroupError> {
    let mut found: BTreeMap<String, Vec<Folder>> = BTreeMap::new();
    for hierarchy in hierarchies.iter() {
        for path in subfolders(&hierarchy.own)? {
            let name = path.file_name().and_then(|name| name.to_str());
            let ours = |name: &&str| name.starts_with(PREFIX) && name.starts_with(prefix);
            if let Some(name) = name.filter(ours) {
                found.entry(name.to_owned()).or_default().push(Folder {
                    version: hierarchy.version,
                    controllers: hierarchy.controllers.clone(),
                    path: path.clone(),
                });
            }
        }
    }
    let leftover = |(name, folders): (String, _)| {
        let parsed = GroupName::parse(&name)?;
        let group = Group { name, folders };
        Some(Leftover {
            name: parsed,
            pids: group.pids(),
            group,
        })
    };
    Ok(found.into_iter().filter_map(leftover).collect())
}
