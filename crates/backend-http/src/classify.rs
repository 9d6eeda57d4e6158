//! Classification: one token with its log probabilities.

use futures::StreamExt as _;
use inference_core::{
    Classification, ClassifyOptions, Error, Event, GenerateOptions, OptionKind, Token, TokenStream,
    Usage,
};

use crate::Dialect;

/// The options of the request that classifies one prompt.
pub(crate) fn request(
    backend: &str,
    dialect: Dialect,
    options: &ClassifyOptions,
) -> Result<GenerateOptions, Error> {
    let unsupported = |what: &str| Err(Error::unsupported(backend, what));
    if !dialect.supports(OptionKind::Logprobs) {
        return unsupported("classification by a server without log probabilities");
    }
    if options.logits {
        return unsupported("the option logits");
    }
    let mut request = GenerateOptions::default()
        .max_tokens(1)
        .temperature(0.0)
        .logprobs(options.alternatives());
    request.model.clone_from(&options.model);
    request.adapter.clone_from(&options.adapter);
    Ok(request)
}

/// The first token of an answer; an empty one where the model would say nothing.
pub(crate) async fn first_token(mut answer: TokenStream) -> Result<Classification, Error> {
    let mut first = None;
    let mut usage = Usage::default();
    while let Some(event) = answer.next().await {
        match event? {
            Event::Token(token) | Event::Reasoning(token) => {
                first.get_or_insert(token);
            }
            Event::Finished(summary) => usage = summary.usage,
            _ => {}
        }
    }
    Ok(Classification::new(
        first.unwrap_or_else(|| Token::new("")),
        usage,
    ))
}
