//! Containers beside processes: judged at the same moment, in one list of findings and one plan.

use std::sync::Arc;

use inventory::plan::Plan;
use model::{Finding, FindingKind, ProcessTable};

use super::Observer;
use crate::config::Config;
use crate::engines::{Beside, Engines, Look, Source};

impl Observer<'_> {
    /// From now on engines are asked too.
    pub fn ask_engines(&mut self, source: Source) {
        let (state, config) = (&self.setting.state, &self.setting.config);
        self.engines = Some(Engines::open(source, state, config, &self.host.boot_id));
    }

    /// Takes another configuration into force, as far as it names containers.
    pub fn configure_engines(&mut self, config: &Config) {
        if let Some(engines) = &mut self.engines {
            engines.configure(config);
        }
    }

    /// Adds what is wrong with containers to the findings, and the id of what may be removed to the plan's.
    pub(super) fn look_at_engines(
        &mut self,
        table: &ProcessTable,
        findings: &mut Vec<Finding>,
        plan: &mut Plan,
    ) -> Option<Arc<Look>> {
        let beside = Beside {
            table,
            wishes: &self.wishes,
            files: &self.context.files,
            is_thorough: self.is_thorough,
        };
        let (look, found) = self.engines.as_mut()?.look(&beside);
        findings.extend(found);
        for finding in findings.iter_mut() {
            let mut files = look.plan.files.iter();
            if finding.kind == FindingKind::StaleState
                && files.any(|file| file.finding == finding.id)
            {
                finding.command = Some(format!("mcpvisor clean --only {}", finding.id));
            }
        }
        inventory::findings::sort(findings);
        plan.id = look.plan.id_with(&plan.id);
        Some(Arc::new(look))
    }
}
