//! What a model is asked, as work for the runner.

use inference_core::{Message, Prompt};
use ml_judge::{Ask, Probe, ProbeSet, Response, WorkItem};

use crate::bulk::Subject;
use crate::system;

/// The domain of probes that only a judge can score, which its rubric asks for.
const CONTENT: &str = "content";

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
        let ask = Ask::new(self.prompt(probe)).options(options).epoch(epoch);
        WorkItem::ask(self.asked(probe), ask)
    }

    /// A probe without instructions of its own has those that `ml generate` would give.
    fn prompt(&self, probe: &Probe) -> Prompt {
        let system = match probe.system {
            Some(_) => None,
            None => system::message(None, &self.subject.info),
        };
        let system = system.into_iter().map(Message::system);
        Prompt::Chat(system.chain(probe.messages()).collect())
    }

    /// What is known of the answer before there is one.
    fn asked(&self, probe: &Probe) -> Response {
        let mut response = Response::new(&probe.id, &probe.prompt, "");
        response.model.clone_from(&self.subject.info.name);
        match &probe.check {
            Some(check) => {
                let expected = probe.expected.clone();
                response.correct_answer = Some(expected.unwrap_or_else(|| check.expected()));
            }
            None => response.domain = Some(CONTENT.to_owned()),
        }
        response
    }
}
