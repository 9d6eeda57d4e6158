//! One item from its prompt to its scores.

use std::sync::Arc;
use std::time::Duration;

use super::stage::{Claim, Stage};
use super::{Answered, Ask, Asker, Done, Failure, Origin, Reuse, Scored, Scorer, WorkItem};
use crate::engine::guard;
use crate::{AnswerRecord, Conflict, Key, Ledger, LedgerError, Outcome, Receipt, Response, Score};
use inference_core::{Error, ErrorKind};

/// What all items of a run share.
#[derive(Debug)]
pub(super) struct Floor {
    pub(super) ledger: Ledger,
    pub(super) asker: Option<Asker>,
    pub(super) scorers: Vec<Scorer>,
    pub(super) reuse: Reuse,
    pub(super) deadline: Option<Duration>,
    pub(super) answers: Stage<Result<Arc<AnswerRecord>, Failure>>,
    pub(super) scores: Stage<Arc<Score>>,
}

/// A finished item on its way into the ledger.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) done: Done,
    pub(super) receipts: Vec<Receipt>,
    pub(super) answer: Option<Key>,
    pub(super) scores: Vec<Key>,
}

impl Floor {
    /// Whether the ledger has all that would come of an item that asks or only scores. Of one
    /// that does both, the scores are not known before the answer is read.
    pub(super) fn is_recorded(&self, item: &WorkItem, answer: Option<Key>) -> bool {
        match answer {
            Some(key) => self.scorers.is_empty() && self.answers.had(key),
            None => self.applying(&item.response).all(|scorer| {
                let key = scorer.key(&item.response);
                self.scores.had(key)
            }),
        }
    }

    /// Answers and scores an item.
    pub(super) async fn work(
        &self,
        index: u64,
        item: WorkItem,
        answer: Option<Key>,
    ) -> Result<Finished, LedgerError> {
        let mut finished = Finished {
            done: Done {
                index,
                response: item.response,
                answer: None,
                scores: Vec::new(),
            },
            receipts: Vec::new(),
            answer: None,
            scores: Vec::new(),
        };
        if let Some(ask) = &item.ask {
            let answered = self.answer(ask, answer, &mut finished).await?;
            finished.done.take(answered);
            if matches!(finished.done.answer, Some(Err(_))) {
                return Ok(finished);
            }
        }
        for scorer in &self.scorers {
            if scorer.applies(&finished.done.response) {
                let scored = self.score(scorer, &mut finished).await?;
                finished.done.scores.push(scored);
            }
        }
        Ok(finished)
    }

    fn applying<'a>(&'a self, response: &'a Response) -> impl Iterator<Item = &'a Scorer> {
        let scorers = self.scorers.iter();
        scorers.filter(|scorer| scorer.applies(response))
    }

    async fn answer(
        &self,
        ask: &Ask,
        key: Option<Key>,
        finished: &mut Finished,
    ) -> Result<Result<Answered, Failure>, LedgerError> {
        let (Some(asker), Some(key)) = (&self.asker, key) else {
            let message = "there is no model to ask: name one";
            return Ok(Err(Error::new(ErrorKind::InvalidRequest, message).into()));
        };
        let mine = match self.answers.claim(key) {
            Claim::Mine(mine) => mine,
            Claim::Done(answer) => return Ok(answer.map(Answered::recorded)),
            Claim::Others(answer) => {
                let answer = answer.await.unwrap_or(Err(Failure::Cancelled));
                return Ok(answer.map(Answered::recorded));
            }
        };
        if self.answers.has_seen(key, &self.ledger)?
            && let Some(answer) = self.ledger.answer(key)?
        {
            let answer = Arc::new(answer);
            mine.passing(&Ok(Arc::clone(&answer)));
            return Ok(Ok(Answered::recorded(answer)));
        }
        let answer = match guard(self.deadline, asker.answer(ask)).await {
            Ok(answer) => answer.map(Arc::new).map_err(Failure::from),
            Err(interrupted) => Err(interrupted.into()),
        };
        match &answer {
            Err(_) => mine.passing(&answer),
            Ok(record) => {
                mine.done(&answer);
                finished.answer = Some(key);
                let recorded = self.ledger.record_answer(key, record, self.conflict());
                finished.receipts.push(recorded.await?);
            }
        }
        Ok(answer.map(Answered::new))
    }

    async fn score(&self, scorer: &Scorer, finished: &mut Finished) -> Result<Scored, LedgerError> {
        let response = &finished.done.response;
        let key = scorer.key(response);
        let mine = match self.scores.claim(key) {
            Claim::Mine(mine) => mine,
            Claim::Done(score) => return Ok(Scored::recorded(score)),
            Claim::Others(score) => {
                let given_up = || Arc::new(scorer.failed(&Failure::Cancelled));
                let score = score.await.unwrap_or_else(|_| given_up());
                return Ok(Scored::recorded(score));
            }
        };
        if self.scores.has_seen(key, &self.ledger)?
            && let Some(score) = self.ledger.score(key)?
        {
            let score = Arc::new(score);
            mine.passing(&score);
            return Ok(Scored::recorded(score));
        }
        let score = guard(self.deadline, async { scorer.suite.score(response).await }).await;
        let score = score.unwrap_or_else(|interrupted| scorer.failed(&interrupted.into()));
        let score = Arc::new(score);
        match &score.outcome {
            Outcome::Unscored { .. } => mine.passing(&score),
            Outcome::Scored { .. } => {
                mine.done(&score);
                finished.scores.push(key);
                let recorded = self.ledger.record_score(key, &score, self.conflict());
                finished.receipts.push(recorded.await?);
            }
        }
        let origin = Origin::New;
        Ok(Scored { score, origin })
    }

    fn conflict(&self) -> Conflict {
        match self.reuse {
            Reuse::Nothing => Conflict::Replace,
            Reuse::Deliver | Reuse::Skip => Conflict::Keep,
        }
    }
}
