//! The judges that the command line names.

use std::sync::Arc;

use clap::Args;
use inference_core::Error;
use ml_judge::{JudgeOptions, Mode, ModelIdentity, Panel, Scorer, Suite};
use ml_service::{ModelConfig, Service};

use super::Bulk;
use super::subject::identity;
use crate::failure::Failure;

/// Who judges, and how it is asked.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Judge")]
pub(crate) struct JudgeArgs {
    /// A model that judges: as of --model, or the URL of a server; several judge together, by
    /// median or majority
    #[arg(long, value_name = "MODEL")]
    judge: Vec<String>,

    /// Temperature of the judges' answers [default: 0]
    #[arg(
        long,
        value_name = "T",
        requires = "judge",
        allow_negative_numbers = true
    )]
    judge_temperature: Option<f64>,

    /// Most tokens of a judge's answer [default: 1024]
    #[arg(
        long,
        value_name = "N",
        requires = "judge",
        allow_negative_numbers = true
    )]
    judge_max_tokens: Option<u32>,

    /// Seed of the judges' samplers
    #[arg(
        long,
        value_name = "N",
        requires = "judge",
        allow_negative_numbers = true
    )]
    judge_seed: Option<u64>,
}

/// Judges, loaded, with who they are.
#[derive(Debug, Clone)]
pub(crate) struct Judges {
    /// What is asked.
    pub(crate) panel: Panel,
    /// Who they are, in their order.
    pub(crate) identities: Vec<ModelIdentity>,
    /// The names by which the service knows them.
    pub(crate) names: Vec<String>,
}

impl JudgeArgs {
    /// Whether there is one.
    pub(crate) fn is_named(&self) -> bool {
        !self.judge.is_empty()
    }

    /// Whether there are several.
    pub(crate) fn is_panel(&self) -> bool {
        self.judge.len() > 1
    }

    fn options(&self) -> JudgeOptions {
        let mut options = JudgeOptions::default();
        options.temperature = self.judge_temperature.unwrap_or(options.temperature);
        options.max_tokens = self.judge_max_tokens.unwrap_or(options.max_tokens);
        options.seed = self.judge_seed;
        options
    }
}

impl Judges {
    /// A suite of theirs, for the runner.
    pub(crate) fn scorer(&self, suite: Arc<dyn Suite>, mode: Mode) -> Scorer {
        let scorer = Scorer::new(suite, mode);
        self.identities.iter().fold(scorer, Scorer::judged_by)
    }

    /// The model whose slots bound how many are asked at once.
    pub(crate) fn first(&self) -> Option<&str> {
        self.names.first().map(String::as_str)
    }
}

impl Bulk<'_> {
    /// Loads the judges that the command line names; `None` where it names none.
    ///
    /// # Errors
    /// One is not there, cannot be loaded or cannot be asked so, or Ctrl-C came first.
    pub(crate) async fn judges(&self, args: &JudgeArgs) -> Result<Option<Judges>, Failure> {
        if args.is_named() {
            self.spinner.say("loading the judge".to_owned());
        }
        let loading = async {
            let names = args.judge.iter().map(|judge| open(&self.service, judge));
            let names: Vec<_> = names.collect::<Result<_, _>>()?;
            let Some(panel) = self.service.panel(&names, &args.options()).await? else {
                return Ok(None);
            };
            let mut identities = Vec::new();
            for name in &names {
                identities.push(identity(&self.service, name).await?);
            }
            Ok::<_, Error>(Some(Judges {
                panel,
                identities,
                names,
            }))
        };
        let loaded = self.interrupt.during(self.spinner.during(loading)).await?;
        Ok(loaded?)
    }
}

/// Makes a judge known to the service.
fn open(service: &Service, judge: &str) -> Result<String, Error> {
    if !judge.starts_with("http://") && !judge.starts_with("https://") {
        return service.open(Some(judge), &inference_core::LoadOptions::default());
    }
    if !service.list().iter().any(|name| name == judge) {
        service.add(judge, ModelConfig::at_url(judge))?;
    }
    Ok(judge.to_owned())
}
