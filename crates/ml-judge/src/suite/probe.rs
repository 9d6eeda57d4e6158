//! A set of probes as a suite.

use std::collections::HashMap;
use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt as _};

use crate::{Mode, Probe, ProbeSet, Response, Score, Suite};

/// Checks the answers to probes, by [`Probe::score`].
///
/// It applies to responses with the id of a probe that has a check; those without one are for a
/// judge.
#[derive(Debug, Clone)]
pub struct ProbeSuite {
    probes: Arc<HashMap<String, Probe>>,
    version: String,
    mode: Mode,
}

impl ProbeSuite {
    /// A suite that checks the answers to these probes.
    pub fn new(set: &ProbeSet, mode: Mode) -> Self {
        let checked = set.probes().iter().filter(|probe| probe.check.is_some());
        let by_id = checked.map(|probe| (probe.id.clone(), probe.clone()));
        Self {
            probes: Arc::new(by_id.collect()),
            version: Probe::version(set.probes(), mode),
            mode,
        }
    }
}

impl Suite for ProbeSuite {
    fn name(&self) -> &str {
        Probe::SUITE
    }

    /// Names the rules and the content of all probes, as the version of a score does those of one.
    fn version(&self) -> &str {
        &self.version
    }

    fn applies(&self, response: &Response) -> bool {
        self.probes.contains_key(&response.id)
    }

    fn score<'a>(&'a self, response: &'a Response) -> BoxFuture<'a, Score> {
        async move {
            if let Some(probe) = self.probes.get(&response.id) {
                probe.score(&response.response, self.mode)
            } else {
                let reason = format!("there is no probe {:?} with a check", response.id);
                Score::unscored(self.name(), self.version(), self.mode, reason)
            }
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;

    fn response(id: &str, text: &str) -> Response {
        Response::new(id, "", text)
    }

    #[test]
    fn answers_are_checked_by_the_probe_of_their_id() {
        let suite = ProbeSuite::new(&ProbeSet::capability(), Mode::V2);
        for (id, text, correct) in [
            ("math_02", "Answer: $28.75", 1.0),
            ("math_02", "Answer: $21.25", 0.0),
            ("math_08", "Answer: 612", 1.0),
        ] {
            let response = response(id, text);
            assert!(suite.applies(&response), "{id}");
            let score = block_on(suite.score(&response));
            assert_eq!(score.value("correct"), Some(correct), "{id}: {text}");
        }
    }

    #[test]
    fn it_applies_to_probes_with_a_check_alone() {
        let capability = ProbeSuite::new(&ProbeSet::capability(), Mode::V2);
        let content = ProbeSuite::new(&ProbeSet::content(), Mode::V2);
        assert!(!capability.applies(&response("unknown", "Answer: 612")));
        assert!(!content.applies(&response("tiananmen", "A massacre.")));
    }

    #[test]
    fn the_version_names_the_rules_of_its_scores_and_the_probes() {
        let set = ProbeSet::capability();
        let mut other = set.clone();
        let mut changed = set.probes()[0].clone();
        changed.prompt.push('!');
        other.merge([changed]);
        let version = |set, mode| ProbeSuite::new(set, mode).version;
        assert_ne!(version(&set, Mode::V2), version(&other, Mode::V2));
        for mode in Mode::ALL {
            let rules = |version: &str| version.split('+').next().map(ToOwned::to_owned);
            let score = set.probes()[0].score("10063", mode);
            assert_eq!(rules(&version(&set, mode)), rules(&score.version), "{mode}");
        }
    }
}
