//! Whether our own group of the unified hierarchy gives a controller to the groups below it.
//!
//! It does if `cgroup.subtree_control` names it. A group that has processes may not switch that on
//! (the no-internal-process rule), and ours has at least this one; only the root of the hierarchy is
//! exempt. So it is tried there, and where [room was made](super::Hierarchies::make_room). It stays on:
//! whether others rely on it by then is not known.

use rustix::fs::{Access, access};

use super::{
    controller::{Controller, Version},
    enforced::NotEnforced,
    files,
    hierarchies::Hierarchy,
};

pub(super) struct Delegation<'h> {
    unified: &'h Hierarchy,
    enabled: Option<Vec<u8>>,
}

impl<'h> Delegation<'h> {
    pub(super) fn of(unified: &'h Hierarchy) -> Self {
        Self {
            unified,
            enabled: None,
        }
    }

    /// Sees to it that groups below have the controller, if that can be.
    pub(super) fn give(&mut self, controller: Controller) -> Result<(), NotEnforced> {
        let Some(name) = controller.name(Version::V2) else {
            return Err(NotEnforced::NoController(controller));
        };
        let own = &self.unified.own;
        let control = own.join("cgroup.subtree_control");
        let enabled = match self.enabled.take() {
            Some(enabled) => enabled,
            None => files::read(&control)?,
        };
        let given = files::has_word(&enabled, name);
        self.enabled = Some(enabled);
        if given {
            return Ok(());
        }
        // Every group but the root has a type.
        let is_root = access(own.join("cgroup.type"), Access::EXISTS).is_err();
        if !is_root && !self.unified.has_room {
            return Err(NotEnforced::NotDelegated {
                group: own.clone(),
                controller,
            });
        }
        Ok(files::write(&control, &format!("+{name}"))?)
    }
}
