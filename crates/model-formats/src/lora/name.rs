//! What modules are called by Hugging Face and by llama.cpp.

use super::write::layer_of;
use crate::gguf::Architecture;

/// What stands before `layers.` in models of text, and in those that also see.
const PREFIXES: &[&str] = &["model.", "language_model.model.", "model.language_model."];

/// The layer that gives logits, outside of all layers.
const HEAD: (&str, &str) = ("lm_head", "output");

/// llama.cpp's names and Hugging Face's paths of the linear modules in a layer.
fn names(architecture: &str) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    let layer = Architecture::find(architecture).map_or(&[][..], |found| found.layer);
    layer.iter().filter(|(name, _)| !name.ends_with("norm"))
}

/// The weight of a module, such as `blk.3.attn_q.weight`, and its name within the layer.
pub(super) fn to_gguf(module: &str, architecture: &str) -> Option<(String, &'static str)> {
    if module.strip_prefix("language_model.").unwrap_or(module) == HEAD.0 {
        return Some((format!("{}.weight", HEAD.1), HEAD.1));
    }
    let (prefix, layer, path) = layer_of(module)?;
    if !PREFIXES.contains(&prefix) {
        return None;
    }
    let (name, _) = names(architecture).find(|(_, hf)| *hf == path)?;
    Some((format!("blk.{layer}.{name}.weight"), name))
}

/// The module whose weight has this name, and the name within the layer.
pub(super) fn from_gguf(weight: &str, architecture: &str) -> Option<(String, &'static str)> {
    let name = weight.strip_suffix(".weight")?;
    if name == HEAD.1 {
        return Some((HEAD.0.to_owned(), HEAD.1));
    }
    let (layer, name) = name.strip_prefix("blk.")?.split_once('.')?;
    let layer: usize = layer.parse().ok()?;
    let (name, path) = names(architecture).find(|(gguf, _)| *gguf == name)?;
    Some((format!("model.layers.{layer}.{path}"), name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(module: &str, architecture: &str, weight: &str) {
        let there = to_gguf(module, architecture).map(|(name, _)| name);
        assert_eq!(there.as_deref(), Some(weight));
        let back = from_gguf(weight, architecture).map(|(name, _)| name);
        assert_eq!(back.as_deref(), Some(module));
    }

    #[test]
    fn names_go_there_and_back() {
        check(
            "model.layers.12.self_attn.q_proj",
            "llama",
            "blk.12.attn_q.weight",
        );
        check(
            "model.layers.0.mlp.up_proj",
            "gemma3",
            "blk.0.ffn_up.weight",
        );
        check(
            "model.layers.0.mlp.gate_up_proj",
            "phi3",
            "blk.0.ffn_up.weight",
        );
        check("lm_head", "qwen2", "output.weight");
    }

    #[test]
    fn text_models_within_others_have_the_same_names() {
        for prefix in ["language_model.model", "model.language_model"] {
            let module = format!("{prefix}.layers.3.mlp.down_proj");
            let (name, kind) = to_gguf(&module, "gemma3").unwrap();
            assert_eq!((name.as_str(), kind), ("blk.3.ffn_down.weight", "ffn_down"));
        }
    }

    #[test]
    fn other_modules_have_no_name() {
        for module in [
            "model.layers.0.self_attn.rotary",
            "model.layers.x.self_attn.q_proj",
            "vision_tower.layers.0.self_attn.q_proj",
            "layers.0.self_attn.q_proj",
            "model.layers.0.input_layernorm",
            "model.norm",
        ] {
            assert_eq!(to_gguf(module, "llama"), None, "{module}");
        }
        assert_eq!(to_gguf("model.layers.0.self_attn.q_proj", "phi3"), None);
        for weight in [
            "blk.0.attn_norm.weight",
            "blk.x.attn_q.weight",
            "blk.0.attn_q",
            "",
        ] {
            assert_eq!(from_gguf(weight, "llama"), None, "{weight}");
        }
    }
}
