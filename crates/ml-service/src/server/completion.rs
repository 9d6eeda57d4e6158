//! `POST /v1/completions`: raw text, without a chat template.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::response::Response;
use inference_core::Prompt;
use openai_wire::PromptInput;

use super::ask::{Ask, AskKind};
use super::client::Client;
use super::config::Limits;
use super::exchange::Exchange;
use super::failure::Failure;
use super::fields::Fields;
use super::state::ServerState;
use super::{answer, body, sampling};

pub(super) async fn completion(
    State(state): State<Arc<ServerState>>,
    Extension(exchange): Extension<Exchange>,
    Extension(client): Extension<Client>,
    request: Request,
) -> Result<Response, Failure> {
    let limits = &state.config().limits;
    let fields = Fields::parse(&body::read(request.into_body(), limits).await?)?;
    answer::answer(&state, exchange, client, ask(fields, limits)?).await
}

fn ask(mut fields: Fields, limits: &Limits) -> Result<Ask, Failure> {
    let model = fields.take("model")?;
    let prompts = prompts(fields.require("prompt")?)?;
    let mut sampling = sampling::take(&mut fields, limits)?;
    sampling.options.logprobs = sampling::alternatives(&mut fields, "logprobs")?;
    sampling::refuse_rest(fields)?;
    let answers = prompts.len().saturating_mul(sampling.answers as usize);
    if answers > limits.answers as usize {
        let most = limits.answers;
        let message =
            format!("prompt and n ask for {answers} answers, but {most} may be asked for");
        return Err(Failure::field("prompt", message));
    }
    Ok(Ask {
        kind: AskKind::Completion,
        model,
        prompts,
        sampling,
    })
}

fn prompts(input: PromptInput) -> Result<Vec<Prompt>, Failure> {
    let texts = match input {
        PromptInput::One(text) => vec![text],
        PromptInput::Many(texts) => texts,
    };
    if texts.is_empty() {
        return Err(Failure::field("prompt", "prompt has no text"));
    }
    let prompts = texts.into_iter().map(|text| {
        let prompt = Prompt::Text(text);
        let checked = prompt.validate();
        checked.map_err(|error| Failure::field("prompt", error.message()))?;
        Ok(prompt)
    });
    prompts.collect()
}
