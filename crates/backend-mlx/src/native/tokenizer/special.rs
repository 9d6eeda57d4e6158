//! Tokens with a task: those that templates name, and those that end an answer.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Tokens that end a turn or a text in the families that are supported. They end an answer where
/// the tokenizer has them as special tokens, since many conversions carry only one end in their
/// configuration, and often that of the base model.
const WELL_KNOWN_ENDS: [&str; 9] = [
    // ChatML: SmolLM2, Qwen.
    "<|im_end|>",
    // Llama 3: the end of a turn, of a message that calls a tool, of a text.
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end_of_text|>",
    // Gemma.
    "<end_of_turn>",
    "<eos>",
    // Phi-3.
    "<|end|>",
    // GPT-2, SmolLM2, Qwen, Phi-3: the end of a text.
    "<|endoftext|>",
    // Llama 2, Mistral.
    "</s>",
];

/// The tokens that `tokenizer_config.json` names, such as `bos_token`: name and text.
pub(super) fn named(tokenizer_config: Option<&Value>) -> BTreeMap<String, String> {
    let fields = tokenizer_config.and_then(Value::as_object);
    let fields = fields.into_iter().flatten();
    fields
        .filter(|(name, _)| name.ends_with("_token"))
        .filter_map(|(name, token)| {
            // The text, or an object that says how it is found in texts.
            let text = token.as_str().or_else(|| token["content"].as_str())?;
            Some((name.clone(), text.to_owned()))
        })
        .collect()
}

/// The ids that end an answer: those of `eos_token_id` in each of `configs`, which is a number or
/// a list, the `eos_token` of `tokenizer_config.json`, and the well-known ones.
pub(super) fn ends<'a>(
    configs: impl IntoIterator<Item = &'a Value>,
    eos_token: Option<u32>,
    special: impl Fn(&str) -> Option<u32>,
) -> BTreeSet<u32> {
    let configured = configs.into_iter().flat_map(|config| {
        let ids = &config["eos_token_id"];
        let list = ids
            .as_array()
            .map_or(std::slice::from_ref(ids), Vec::as_slice);
        list.iter().filter_map(Value::as_u64)
    });
    let configured = configured.filter_map(|id| u32::try_from(id).ok());
    let well_known = WELL_KNOWN_ENDS.iter().filter_map(|token| special(token));
    configured.chain(eos_token).chain(well_known).collect()
}
