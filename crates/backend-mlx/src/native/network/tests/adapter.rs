//! Sequences with different adapters go through the network together.

use std::fs;
use std::path::Path;
use std::rc::Rc;

use model_formats::Dtype;
use serde_json::json;
use tempfile::TempDir;

use super::model::{Golden, Stated, difference, input, tokens, write_tensors};
use crate::native::adapter::Adapter;
use crate::native::cache::KvKind;
use crate::native::network::{Input, Network};

/// An adapter that changes these modules by stated numbers.
fn adapter(network: &Network, seed: u64, modules: &[&str]) -> Rc<Adapter> {
    const RANK: usize = 4;
    let sizes = |name: &str| {
        let mut linears = network.linears();
        let linear = linears.find(|linear| linear.name == name);
        let linear = linear.expect("the network has this module");
        (linear.inputs, linear.outputs)
    };
    let parts = modules.iter().flat_map(|name| {
        let (inputs, outputs) = sizes(name);
        [
            Stated::Numbers(format!("{name}.lora_a"), vec![inputs, RANK], 0.0, 0.5),
            Stated::Numbers(format!("{name}.lora_b"), vec![RANK, outputs], 0.0, 0.5),
        ]
    });
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("adapters.safetensors");
    write_tensors(&path, seed, Dtype::F32, &parts.collect::<Vec<_>>());
    let config = json!({
        "fine_tune_type": "lora",
        "lora_parameters": {"rank": RANK, "scale": 1.0, "dropout": 0.0},
        "num_layers": -1,
    });
    let written = fs::write(
        folder.path().join("adapter_config.json"),
        config.to_string(),
    );
    written.expect("the folder is ours");
    let adapter = Adapter::load(folder.path(), network, Path::new("unnamed"));
    Rc::new(adapter.expect("the adapter is sound"))
}

#[test]
fn each_sequence_has_its_own_adapter() {
    let network = Golden::case("llama", "untied").load();
    let query = "model.layers.0.self_attn.q_proj";
    let one = adapter(&network, 1, &[query, "model.layers.2.mlp.down_proj"]);
    let two = adapter(&network, 2, &["lm_head"]);
    let adapters = [None, Some(&one), Some(&one), None, Some(&two)];
    let prompts = [5, 1, 20, 7, 3].map(|n| tokens(&format!("{n}"), n, 256));
    let inputs: Vec<_> = prompts
        .iter()
        .zip(adapters)
        .map(|(prompt, adapter)| Input {
            adapter: adapter.cloned(),
            ..input(prompt)
        })
        .collect();
    let alone = |input: &Input<'_>| {
        let mut cache = network.cache(KvKind::Full);
        let found = network.forward(std::slice::from_ref(input), &mut [&mut cache]);
        found.expect("MLX computes it").remove(0)
    };
    let mut caches = [(); 5].map(|()| network.cache(KvKind::Full));
    let mut caches: Vec<_> = caches.iter_mut().collect();
    let together = network
        .forward(&inputs, &mut caches)
        .expect("MLX computes it");
    for ((input, adapter), found) in inputs.iter().zip(adapters).zip(&together) {
        let off = difference(found, &alone(input));
        assert!(off <= 1e-4, "{off}");
        let plain = Input {
            adapter: None,
            ..input.clone()
        };
        let changed = difference(found, &alone(&plain)) > 1e-2;
        assert_eq!(changed, adapter.is_some());
    }
}
