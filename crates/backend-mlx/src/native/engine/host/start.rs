//! How a request that waits is taken on.

use std::path::Path;
use std::sync::Arc;

use inference_core::Error;

use super::Host;
use crate::native::engine::adapters::AdapterId;
use crate::native::engine::admission::{Admission, refused};
use crate::native::engine::compute::Compute;
use crate::native::engine::pace::MOST_ROWS;
use crate::native::engine::prefill::Part;
use crate::native::engine::prefix::common;
use crate::native::engine::reading::{Classifying, Purpose, Reading};
use crate::native::engine::reply::{Origin, Reply};
use crate::native::engine::sequence::Room;
use crate::native::engine::status::Presence;
use crate::native::engine::task::{Classify, Generate, Work};

type Adapter<C> = (AdapterId, Option<<C as Compute>::Adapter>);

/// What a request has once it is taken on.
struct Taken<C: Compute> {
    adapter: Adapter<C>,
    room: Room,
    presence: Presence,
}

impl<C: Compute> Host<C> {
    /// Whether the first that waits can be taken on, or must be refused. Nobody overtakes it.
    pub(super) fn can_start(&self) -> bool {
        let Some(task) = self.waiting.front() else {
            return false;
        };
        let has_slot = !matches!(task.work, Work::Generate(_)) || self.running.len() < self.slots;
        let needed = self.compute.kv_bytes(tokens_needed(&task.work));
        has_slot && (needed <= self.budget.free() || needed > self.budget.total())
    }

    /// Takes the first that waits on.
    pub(super) fn start(&mut self) {
        if !self.can_start() {
            return;
        }
        let Some(task) = self.waiting.pop_front() else {
            return;
        };
        let presence = Presence::generating(&self.status);
        drop(task.place);
        match self.taken(task.adapter.as_deref(), &task.work, presence) {
            Ok(taken) => self.begin(task.work, taken),
            Err(error) => task.work.fail(error),
        }
        self.prefixes.shrink_to(self.budget.free());
        self.show();
    }

    /// Finds memory and adapter.
    fn taken(
        &mut self,
        adapter: Option<&Path>,
        work: &Work,
        presence: Presence,
    ) -> Result<Taken<C>, Error> {
        let room = self.reserve(tokens_needed(work))?;
        let adapter = self.adapter(adapter)?;
        Ok(Taken {
            adapter,
            room,
            presence,
        })
    }

    fn begin(&mut self, work: Work, taken: Taken<C>) {
        match work {
            Work::Generate(generate) => self.generate(generate, taken),
            Work::Classify(classify) => self.classify(classify, taken),
            Work::Observe(observe) => {
                let observed = self.compute.observe(&observe.prompt);
                drop(taken);
                // It fails where nobody waits for it any more.
                let _ = observe.reply.send(observed);
            }
        }
    }

    fn reserve(&self, tokens: usize) -> Result<Room, Error> {
        let bytes = self.compute.kv_bytes(tokens);
        match self.budget.admit(bytes) {
            Admission::Admitted(reservation) => Ok(Room {
                tokens,
                reservation,
            }),
            Admission::Later | Admission::Never => Err(refused(tokens, bytes, self.budget.total())),
        }
    }

    /// Loads an adapter before it is asked for.
    pub(in crate::native::engine) fn load_adapter(&mut self, path: &Path) -> Result<(), Error> {
        self.adapter(Some(path)).map(drop)
    }

    fn adapter(&mut self, path: Option<&Path>) -> Result<Adapter<C>, Error> {
        let Some(path) = path else {
            return Ok((AdapterId::NONE, None));
        };
        let load = |path: &Path| self.compute.adapter(path);
        let forget = |id| self.prefixes.forget(id);
        let (id, adapter) = self.adapters.get(path, load, forget)?;
        Ok((id, Some(adapter)))
    }

    fn generate(&mut self, generate: Generate, taken: Taken<C>) {
        let (cached_tokens, cache) = self.reuse(taken.adapter.0, &generate.prompt);
        let origin = Origin {
            started: generate.started,
            prompt_tokens: generate.prompt.len(),
            cached_tokens,
            presence: taken.presence,
        };
        let status = Arc::clone(&self.status);
        let reply = Reply::new(generate.answer, generate.outlet, status, origin);
        let part = Part {
            tokens: generate.prompt,
            cache,
            done: cached_tokens,
        };
        let purpose = Purpose::Answer {
            reply: Box::new(reply),
            room: taken.room,
        };
        self.read_for([part], taken.adapter, purpose);
    }

    fn classify(&mut self, classify: Classify, taken: Taken<C>) {
        let part = |tokens| Part {
            tokens,
            cache: self.compute.cache(),
            done: 0,
        };
        let parts: Vec<_> = classify.prompts.into_iter().map(part).collect();
        let purpose = Purpose::Classify(Classifying {
            sampler: classify.sampler,
            logits: classify.logits,
            reply: classify.reply,
            room: taken.room,
            presence: taken.presence,
            found: Vec::with_capacity(parts.len()),
        });
        self.read_for(parts, taken.adapter, purpose);
    }

    fn read_for(
        &mut self,
        parts: impl IntoIterator<Item = Part<C>>,
        adapter: Adapter<C>,
        purpose: Purpose,
    ) {
        let status = Arc::clone(&self.status);
        self.reading = Some(Reading::new(status, parts, adapter, purpose));
    }

    /// The longest beginning of a prompt that was computed before, for an answer that has ended
    /// or one that goes on. The last token is always left to compute: its logits are wanted.
    fn reuse(&mut self, adapter: AdapterId, prompt: &[u32]) -> (usize, C::Cache) {
        let wanted = &prompt[..prompt.len() - 1];
        let running = self
            .running
            .iter()
            .filter(|sequence| sequence.adapter.0 == adapter)
            .map(|sequence| (common(sequence.computed(), wanted), sequence))
            .filter(|(length, _)| *length > 0)
            .max_by_key(|(length, _)| *length)
            .and_then(|(length, sequence)| Some((length, C::truncated(&sequence.cache, length)?)));
        let kept = self.prefixes.longest(adapter, wanted, C::truncated);
        let longest = running.into_iter().chain(kept).max_by_key(|one| one.0);
        longest.unwrap_or_else(|| (0, self.compute.cache()))
    }
}

/// For how many tokens memory is reserved before a request begins.
fn tokens_needed(work: &Work) -> usize {
    match work {
        Work::Generate(generate) => generate.prompt.len() + generate.answer.limit().reserved(),
        // The prompts before the one that is read are gone.
        Work::Classify(classify) => {
            let longest = classify.prompts.iter().map(Vec::len).max();
            longest.unwrap_or(0) + MOST_ROWS
        }
        Work::Observe(observe) => observe.prompt.len(),
    }
}
