//! The likeliest next token of many prompts.

use std::sync::Arc;

use inference_core::{
    Classification, ClassifyOptions, Error, ErrorKind, GenerateOptions, OptionKind, Prompt, Usage,
};
use tokio::sync::oneshot;

use super::shared::Shared;
use crate::BACKEND;
use crate::native::engine::{Classified, Classify, Work, token};
use crate::native::sampler::Sampler;

impl Shared {
    pub(super) async fn classify(
        self: Arc<Self>,
        prompts: Vec<Prompt>,
        options: ClassifyOptions,
    ) -> Result<Vec<Classification>, Error> {
        self.link.require_open()?;
        if options.model.is_some() {
            let what = format_args!("the option {}", OptionKind::Model.name());
            return Err(Error::unsupported(BACKEND, what));
        }
        let adapter = self.adapter(options.adapter.as_deref())?;
        if prompts.is_empty() {
            return Ok(Vec::new());
        }
        let prompts = Arc::clone(&self).all_tokens(prompts).await?;
        let lengths: Vec<_> = prompts.iter().map(Vec::len).collect();
        for length in &lengths {
            self.require_context(*length)?;
        }
        let greedy = GenerateOptions::default()
            .temperature(GenerateOptions::DEFAULT_TEMPERATURE)
            .logprobs(options.alternatives());
        let (reply, classified) = oneshot::channel();
        let classify = Classify {
            prompts,
            sampler: Sampler::new(&greedy, self.vocabulary)?,
            logits: options.logits,
            reply,
        };
        self.link.submit(adapter, Work::Classify(classify))?;
        let ended = |_| Err(self.link.status().ending());
        let classified = classified.await.unwrap_or_else(ended)?;
        if classified.len() != lengths.len() {
            let message = "the engine lost a prompt of a classification";
            return Err(Error::new(ErrorKind::Backend, message));
        }
        let pairs = classified.into_iter().zip(lengths);
        Ok(pairs
            .map(|(one, length)| self.classification(one, length))
            .collect())
    }

    fn classification(&self, (sampled, logits): Classified, prompt: usize) -> Classification {
        let text = self.tokenizer.token_text(sampled.id);
        let token = token(&self.tokenizer, text, sampled);
        let classification = Classification::new(token, Usage::new(prompt as u64, 0));
        match logits {
            Some(logits) => classification.with_logits(logits),
            None => classification,
        }
    }
}
