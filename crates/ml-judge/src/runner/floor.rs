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

/// Rows of an item on their way into the ledger.
#[derive(Debug, Default)]
struct Rows {
    answer: Option<(Key, Receipt)>,
    scores: Vec<(Key, Receipt)>,
    /// Whether rows of other items are part of it too.
    shared: bool,
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

    /// Answers and scores an item. It is done when its rows are durable, so that what is asked
    /// and not recorded is never more than what is in work.
    pub(super) async fn work(
        &self,
        index: u64,
        item: WorkItem,
        answer: Option<Key>,
    ) -> Result<Done, LedgerError> {
        let mut rows = Rows::default();
        let mut done = Done {
            index,
            response: item.response,
            answer: None,
            scores: Vec::new(),
        };
        if let Some(ask) = &item.ask {
            done.take(self.answer(ask, answer, &mut rows).await?);
        }
        if !matches!(done.answer, Some(Err(_))) {
            for scorer in &self.scorers {
                if scorer.applies(&done.response) {
                    let scored = self.score(scorer, &done.response, &mut rows).await?;
                    done.scores.push(scored);
                }
            }
        }
        self.settle(rows).await?;
        Ok(done)
    }

    /// Waits until all rows are durable.
    async fn settle(&self, mut rows: Rows) -> Result<(), LedgerError> {
        // Receipts complete in order, so it is the last that is worth waiting for.
        while let Some((key, receipt)) = rows.scores.pop() {
            receipt.await?;
            self.scores.release(key);
        }
        if let Some((key, receipt)) = rows.answer {
            receipt.await?;
            self.answers.release(key);
        }
        if rows.shared {
            self.ledger.flush().await?;
        }
        Ok(())
    }

    fn applying<'a>(&'a self, response: &'a Response) -> impl Iterator<Item = &'a Scorer> {
        let scorers = self.scorers.iter();
        scorers.filter(|scorer| scorer.applies(response))
    }

    async fn answer(
        &self,
        ask: &Ask,
        key: Option<Key>,
        rows: &mut Rows,
    ) -> Result<Result<Answered, Failure>, LedgerError> {
        let (Some(asker), Some(key)) = (&self.asker, key) else {
            let message = "there is no model to ask: name one";
            return Ok(Err(Error::new(ErrorKind::InvalidRequest, message).into()));
        };
        let mine = match self.answers.claim(key) {
            Claim::Mine(mine) => mine,
            Claim::Done(answer) => {
                rows.shared = true;
                return Ok(answer.map(Answered::recorded));
            }
            Claim::Others(answer) => {
                rows.shared = true;
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
                let recorded = self.ledger.record_answer(key, record, self.conflict());
                rows.answer = Some((key, recorded.await?));
                mine.done(&answer);
            }
        }
        Ok(answer.map(Answered::new))
    }

    async fn score(
        &self,
        scorer: &Scorer,
        response: &Response,
        rows: &mut Rows,
    ) -> Result<Scored, LedgerError> {
        let key = scorer.key(response);
        let mine = match self.scores.claim(key) {
            Claim::Mine(mine) => mine,
            Claim::Done(score) => {
                rows.shared = true;
                return Ok(Scored::recorded(score));
            }
            Claim::Others(score) => {
                rows.shared = true;
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
                let recorded = self.ledger.record_score(key, &score, self.conflict());
                rows.scores.push((key, recorded.await?));
                mine.done(&score);
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
