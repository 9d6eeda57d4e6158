//! Probes of the service's models, with their answers scored.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

use futures::stream::{self, BoxStream, StreamExt as _};
use inference_core::{
    EntryPoint, Error, GenerateOptions, Generation, GenerationError, Message, ModelInfo, Prompt,
    TextModel,
};
use ml_judge::{Engine, Interrupted, JudgeOptions, Order, Probe, ProbeSet, Response, Score, Suite};

use super::Service;
use super::score::{CONCURRENCY, invalid, scores};
use crate::suites::SuiteRules;
use crate::system::system_message;

/// The domain of probes that only a judge can score, which its rubric asks for.
const CONTENT: &str = "content";

/// How probes are asked and scored.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ProbeOptions {
    /// How answers are sampled, over the model's own options; by default greedily, with at most
    /// 512 tokens.
    pub sampling: GenerateOptions,
    /// Models of the service that judge; of several the median or the majority counts.
    pub judges: Vec<String>,
    /// How the judges are asked.
    pub judging: JudgeOptions,
    /// The rules.
    pub rules: SuiteRules,
    /// Probes in work at once; `None` is the slots of the model, else 4.
    pub concurrency: Option<NonZeroUsize>,
}

impl ProbeOptions {
    /// The most tokens of an answer where nobody says.
    pub const MAX_TOKENS: u32 = 512;
}

impl Default for ProbeOptions {
    fn default() -> Self {
        Self {
            sampling: GenerateOptions::default()
                .max_tokens(Self::MAX_TOKENS)
                .temperature(GenerateOptions::DEFAULT_TEMPERATURE),
            judges: Vec::new(),
            judging: JudgeOptions::default(),
            rules: SuiteRules::default(),
            concurrency: None,
        }
    }
}

/// What came of a probe.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ProbeResult {
    /// The probe.
    pub probe: Probe,
    /// The probe as a response, with the model's answer where there is one.
    pub response: Response,
    /// The answer, or why there is none.
    pub answer: Result<Generation, GenerationError>,
    /// A score by each suite that applies: the probe's check under the name [`Probe::SUITE`], then
    /// those of the judges. None where there is no answer.
    pub scores: Vec<Score>,
}

impl ProbeResult {
    /// Whether the probe's check passed; `None` without a check or an answer.
    pub fn correct(&self) -> Option<bool> {
        let mut scores = self.scores.iter();
        let checked = scores.find(|score| score.suite == Probe::SUITE)?;
        Some(checked.value("correct")? > 0.5)
    }
}

impl Service {
    /// Asks a model probes, and scores the answers: each by its check, with judges by their
    /// rubrics too. Results come in the order of the probes, as they are read; nothing goes on
    /// while nobody reads, and dropping the stream cancels what is in work. Nothing is recorded:
    /// [`ml_judge::Runner`] has a ledger.
    ///
    /// The model is the default one where none is named. It and the judges are loaded before this
    /// returns. An answer that failed is a result without scores; a suite that panics is that
    /// probe's failure.
    ///
    /// # Errors
    /// [`InvalidRequest`](inference_core::ErrorKind::InvalidRequest): nothing could score a probe,
    /// or no model could honour the sampling; those of [`get`](Self::get).
    pub async fn probe(
        &self,
        model: Option<&str>,
        set: &ProbeSet,
        options: &ProbeOptions,
    ) -> Result<BoxStream<'static, Result<ProbeResult, Interrupted>>, Error> {
        let (rules, judges) = (&options.rules, &options.judges);
        let checked = rules.check_probes(set, !judges.is_empty());
        checked.map_err(invalid)?;
        let name = self.find(model)?.to_string();
        let sampling = self.options(Some(&name), options.sampling.clone(), EntryPoint::Library)?;
        let panel = self.panel(judges, &options.judging).await?;
        let asking = Arc::new(Asking {
            model: self.get(Some(&name)).await?,
            sampling,
            suites: rules.of_probes(set, panel.as_ref()),
        });
        let concurrency = options.concurrency.or(self.concurrency(&name)?);
        let engine = Engine::new(concurrency.unwrap_or(CONCURRENCY)).order(Order::Kept);
        let work = move |probe: Probe| {
            let asking = Arc::clone(&asking);
            async move { asking.ask(probe).await }
        };
        let probes = stream::iter(set.probes().to_vec());
        Ok(engine.run(probes, work).boxed())
    }
}

/// Who is asked, and who scores.
struct Asking {
    model: Arc<dyn TextModel>,
    sampling: GenerateOptions,
    suites: Vec<Arc<dyn Suite>>,
}

impl Asking {
    async fn ask(&self, probe: Probe) -> ProbeResult {
        let start = Instant::now();
        let info = self.model.info();
        let prompt = probe_prompt(&probe, info);
        let stream = self.model.generate(prompt, self.sampling.clone());
        let answer = stream.into_generation().await;
        let mut response = probe_response(&probe, info);
        response.elapsed_seconds = Some(start.elapsed().as_secs_f64());
        let mut given = Vec::new();
        if let Ok(generation) = &answer {
            response.response.clone_from(&generation.text);
            given = scores(&self.suites, &response).await;
        }
        ProbeResult {
            probe,
            response,
            answer,
            scores: given,
        }
    }
}

/// What a model is sent for a probe. One without instructions of its own has those of
/// [`system_message`].
pub fn probe_prompt(probe: &Probe, model: &ModelInfo) -> Prompt {
    let system = match probe.system {
        Some(_) => None,
        None => system_message(None, model),
    };
    let system = system.into_iter().map(Message::system);
    Prompt::Chat(system.chain(probe.messages()).collect())
}

/// A probe as a response of a model that has not answered yet: its right answer where it has a
/// check, else the domain that judges' rubrics ask for.
pub fn probe_response(probe: &Probe, model: &ModelInfo) -> Response {
    let mut response = Response::new(&probe.id, &probe.prompt, "");
    response.model.clone_from(&model.name);
    match &probe.check {
        Some(check) => {
            let expected = probe.expected.clone();
            response.correct_answer = Some(expected.unwrap_or_else(|| check.expected()));
        }
        None => response.domain = Some(CONTENT.to_owned()),
    }
    response
}
