//! Scores of responses, with the service's own models as judges.

use std::num::NonZeroUsize;
use std::sync::Arc;

use futures::stream::{self, BoxStream, StreamExt as _};
use inference_core::{Error, ErrorKind, InferenceAdapter};
use ml_judge::{
    Engine, Interrupted, Judge, JudgeOptions, Order, Panel, Response, Score, Selection, Suite,
};

use super::Service;
use crate::suites::SuiteRules;

/// Items in work at once where neither the caller nor the model says.
pub(super) const CONCURRENCY: NonZeroUsize = NonZeroUsize::new(4).expect("4 is not zero");

/// What responses are scored by.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ScoreOptions {
    /// Names of suites between commas, as [`SuiteRules::select`] reads them; `None` is all of
    /// them, without a judge all that need none.
    pub suites: Option<String>,
    /// Models of the service that judge; of several the median or the majority counts.
    pub judges: Vec<String>,
    /// How the judges are asked.
    pub judging: JudgeOptions,
    /// The rules.
    pub rules: SuiteRules,
    /// Responses in work at once; `None` is the slots of the first judge, else 4.
    pub concurrency: Option<NonZeroUsize>,
}

/// A response with its scores.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ScoredResponse {
    /// The response.
    pub response: Response,
    /// A score by each suite that applies, in the order of the suites. What failed is a score
    /// without values that has the reason.
    pub scores: Vec<Score>,
}

impl ScoreOptions {
    /// The suites that are meant.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`]: a suite is unknown, or needs a judge where none is named,
    /// or none needs the judge that is named.
    fn selection(&self) -> Result<Selection, Error> {
        let named = self.suites.as_deref();
        let selection = self.rules.select(named.unwrap_or("all")).map_err(invalid)?;
        let (unjudged, judged) = selection.clone().without_judge();
        match judged {
            None if !self.judges.is_empty() => {
                let names: Vec<_> = selection.names().collect();
                let names = names.join(", ");
                let message = format!("{names} ask no judge: leave the judge out");
                Err(Error::new(ErrorKind::InvalidRequest, message))
            }
            Some(absent) if self.judges.is_empty() && named.is_some() => Err(invalid(absent)),
            _ if self.judges.is_empty() => Ok(unjudged),
            _ => Ok(selection),
        }
    }
}

impl Service {
    /// Scores responses. Results come in the order of the responses, as they are read; nothing
    /// goes on while nobody reads, and dropping the stream cancels what is in work. Nothing is
    /// recorded: [`ml_judge::Runner`] has a ledger.
    ///
    /// Suites are checked and judges loaded before this returns. Suites pass over responses that
    /// lack what they need. A suite that panics is that response's failure.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`]: a suite is unknown, or needs a judge where none is named,
    /// or none needs the judge that is named; [`ErrorKind::NotFound`] for an unknown judge; those
    /// of loading one.
    pub async fn score_responses(
        &self,
        responses: Vec<Response>,
        options: &ScoreOptions,
    ) -> Result<BoxStream<'static, Result<ScoredResponse, Interrupted>>, Error> {
        let selection = options.selection()?;
        let panel = self.panel(&options.judges, &options.judging).await?;
        let suites = selection.names();
        let suites = suites.filter_map(|name| options.rules.suite(name, panel.as_ref()));
        let suites: Arc<[_]> = suites.collect();
        let slots = match options.judges.first() {
            Some(judge) => self.concurrency(judge)?,
            None => None,
        };
        let concurrency = options.concurrency.or(slots).unwrap_or(CONCURRENCY);
        let engine = Engine::new(concurrency).order(Order::Kept);
        let work = move |response: Response| {
            let suites = Arc::clone(&suites);
            async move {
                let scores = scores(&suites, &response).await;
                ScoredResponse { response, scores }
            }
        };
        Ok(engine.run(stream::iter(responses), work).boxed())
    }

    /// Judges of these models, loaded where they are not yet; `None` where none is named.
    ///
    /// # Errors
    /// Those of [`get`](Self::get), and of [`Judge::new`] for a judge that cannot be asked so.
    pub async fn panel(
        &self,
        judges: &[String],
        options: &JudgeOptions,
    ) -> Result<Option<Panel>, Error> {
        let mut panel = Vec::new();
        for name in judges {
            let model = self.get(Some(name)).await?;
            let shown = model.info().name.clone();
            let backend = Arc::new(InferenceAdapter::new(model));
            panel.push(Judge::new(backend, shown, options)?);
        }
        // It is refused only where it is empty.
        Ok(Panel::new(panel).ok())
    }
}

/// A score by each suite that applies.
pub(super) async fn scores(suites: &[Arc<dyn Suite>], response: &Response) -> Vec<Score> {
    let mut scores = Vec::new();
    for suite in suites {
        if suite.applies(response) {
            scores.push(suite.score(response).await);
        }
    }
    scores
}

/// An error that says how to correct the request.
pub(super) fn invalid(error: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::InvalidRequest, error.to_string())
}
