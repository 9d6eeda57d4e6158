//! What a model is asked, as work for the runner.

use ml_judge::{Ask, Probe, ProbeSet, WorkItem};
use ml_service::{probe_prompt, probe_response};

use crate::bulk::Subject;

/// How probes are asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) set: &'a ProbeSet,
    pub(super) subject: &'a Subject,
    /// How often each of them is.
    pub(super) epochs: u32,
    /// Seed of the first time; the next is one more.
    pub(super) seed: Option<u64>,
}

impl<'a> Asking<'a> {
    /// How many items there are.
    pub(super) fn count(&self) -> u64 {
        self.set.probes().len() as u64 * u64::from(self.epochs)
    }

    /// All probes, then all of them once more, for each epoch.
    pub(super) fn items(self) -> impl Iterator<Item = WorkItem> + Send + use<'a> {
        let probes = self.set.probes();
        (0..self.epochs)
            .flat_map(move |epoch| probes.iter().map(move |probe| self.item(probe, epoch)))
    }

    fn item(&self, probe: &Probe, epoch: u32) -> WorkItem {
        let mut options = self.subject.options.clone();
        if options
            .temperature
            .is_some_and(|temperature| temperature > 0.0)
            && let Some(seed) = self.seed
        {
            options.seed = Some(seed.wrapping_add(epoch.into()));
        }
        let prompt = probe_prompt(probe, &self.subject.info);
        let ask = Ask::new(prompt).options(options).epoch(epoch);
        WorkItem::ask(probe_response(probe, &self.subject.info), ask)
    }
}
