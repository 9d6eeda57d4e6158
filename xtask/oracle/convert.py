"""Goldens of converting a model folder: a tiny model, and what mlx-lm makes of it."""

import json
import sys
from pathlib import Path

import mlx.core as mx
from mlx.utils import tree_flatten
from mlx_lm.utils import load_model, quantize_model, save_config

import _safetensors
import _weights

GOLDEN = Path("crates/model-formats/tests/golden/convert")
# Rows of 48 do not consist of whole groups, so that down_proj stays as it is.
CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "_name_or_path": "somewhere",
    "vocab_size": 64,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 1,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
}
LAYER = {
    "input_layernorm": (32,),
    "mlp.down_proj": (32, 48),
    "mlp.gate_proj": (48, 32),
    "mlp.up_proj": (48, 32),
    "post_attention_layernorm": (32,),
    "self_attn.k_proj": (16, 32),
    "self_attn.o_proj": (32, 32),
    "self_attn.q_proj": (32, 32),
    "self_attn.v_proj": (16, 32),
}


def weights():
    shapes = {f"model.layers.0.{name}.weight": shape for name, shape in LAYER.items()}
    shapes["model.embed_tokens.weight"] = (64, 32)
    shapes["model.norm.weight"] = (32,)
    shapes["lm_head.weight"] = (64, 32)
    arrays = {
        name: mx.array(_weights.numbers(name, shape, 0.0, 0.1)).astype(mx.bfloat16)
        for name, shape in shapes.items()
    }
    # Saved in another type than the configuration says.
    arrays["lm_head.weight"] = arrays["lm_head.weight"].astype(mx.float32) * 1.01
    arrays["model.layers.0.self_attn.rotary_emb.inv_freq"] = mx.ones((4,))
    return arrays


def write_original(folder):
    _safetensors.write(folder / "model.safetensors", weights())
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=4) + "\n")


def main(root):
    original = root / GOLDEN / "original"
    write_original(original)
    model, config = load_model(original, lazy=True)
    model.set_dtype(mx.bfloat16)
    model, config = quantize_model(model, config, group_size=32, bits=4)
    quantized = root / GOLDEN / "quantized"
    _safetensors.write(quantized / "model.safetensors", dict(tree_flatten(model.parameters())))
    save_config(config, quantized / "config.json")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
