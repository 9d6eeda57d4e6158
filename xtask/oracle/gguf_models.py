"""Goldens of GGUF models: a tiny file of every architecture, and what it is in mlx-lm's form.

The files are written from Hugging Face's names by gguf-py's own mapping, with what llama.cpp's
conversion does to the numbers: rows of queries and keys interleaved for llama, norms plus one for
gemma. What MLX quantises comes from MLX's own GGUF reader. The test model of the cache is compared
as well.
"""

import hashlib
import json
import math
import os
import sys
import tempfile
from pathlib import Path

import gguf
import mlx.core as mx
import numpy as np
from gguf import GGMLQuantizationType as Kind

import _weights

GOLDENS = Path("crates/model-formats/tests/golden/gguf_models")
TEST_MODEL = "models/SmolLM2-135M-Instruct.Q4_1.gguf"
AFFINE = (Kind.Q4_0, Kind.Q4_1, Kind.Q8_0)
PLAIN = {Kind.F32: "F32", Kind.F16: "F16", Kind.BF16: "BF16"}

BASE = {
    "vocab_size": 261,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 8,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "rope_scaling": None,
    "max_position_embeddings": 512,
    "tie_word_embeddings": False,
    "bos_token_id": 257,
    "eos_token_id": [256, 258],
    "pad_token_id": 256,
    "torch_dtype": "float16",
}
LLAMA = {**BASE, "model_type": "llama", "attention_bias": False, "mlp_bias": False}
QWEN2 = {**BASE, "model_type": "qwen2", "rms_norm_eps": 1e-6, "rope_theta": 1e6}
GEMMA2 = {
    **{field: value for field, value in BASE.items() if field != "rope_scaling"},
    "model_type": "gemma2",
    "head_dim": 16,
    "tie_word_embeddings": True,
    "query_pre_attn_scalar": 16,
    "attn_logit_softcapping": 50.0,
    "final_logit_softcapping": 30.0,
    "sliding_window": 16,
    "hidden_activation": "gelu_pytorch_tanh",
}
GEMMA3 = {
    **BASE,
    "model_type": "gemma3_text",
    "head_dim": 16,
    "num_hidden_layers": 7,
    "rope_theta": 1e6,
    "rope_local_base_freq": 10000.0,
    "rope_scaling": {"type": "linear", "rope_type": "linear", "factor": 8.0},
    "sliding_window": 16,
    "sliding_window_pattern": 6,
    "query_pre_attn_scalar": 16,
    "final_logit_softcapping": None,
    "tie_word_embeddings": True,
    "hidden_activation": "gelu_pytorch_tanh",
}
PHI3 = {
    **BASE,
    "model_type": "phi3",
    "original_max_position_embeddings": 512,
    "sliding_window": None,
}
LLAMA3_ROPE = {
    "type": "llama3",
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}
YARN = {
    "type": "yarn",
    "rope_type": "yarn",
    "factor": 4.0,
    "original_max_position_embeddings": 128,
}
LONG_ROPE = {
    "type": "longrope",
    "rope_type": "longrope",
    "short_factor": [1.0, 1.05, 1.1],
    "long_factor": [1.1, 2.5, 7.0],
}
MIXED = {
    "model.embed_tokens": Kind.Q8_0,
    "self_attn.q_proj": Kind.Q4_0,
    "self_attn.k_proj": Kind.Q4_1,
    "self_attn.v_proj": Kind.Q5_0,
    "self_attn.o_proj": Kind.BF16,
    "mlp.gate_proj": Kind.Q4_0,
    "mlp.up_proj": Kind.Q5_1,
    "mlp.down_proj": Kind.F32,
}

MODELS = {
    "llama": {"config": LLAMA},
    "llama_biased": {"config": {**LLAMA, "attention_bias": True, "mlp_bias": True}},
    "llama_mixed": {
        "config": {
            **LLAMA,
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "tie_word_embeddings": True,
            "quantization": {
                "group_size": 32,
                "bits": 4,
                "mode": "affine",
                "model.embed_tokens": {"group_size": 32, "bits": 8},
            },
        },
        "kinds": MIXED,
    },
    "llama_scaled": {
        "config": {**LLAMA, "head_dim": 16, "rope_theta": 5e5, "rope_scaling": LLAMA3_ROPE},
    },
    "mistral": {"config": {**BASE, "model_type": "mistral", "head_dim": 16}},
    "qwen2": {"config": {**QWEN2, "tie_word_embeddings": True}},
    "qwen2_scaled": {"config": {**QWEN2, "rope_scaling": YARN}},
    "qwen3": {"config": {**QWEN2, "model_type": "qwen3", "head_dim": 16}},
    "gemma2": {"config": GEMMA2},
    "gemma3": {"config": GEMMA3},
    "phi3": {"config": PHI3},
    "phi3_scaled": {
        "config": {
            **PHI3,
            "original_max_position_embeddings": 64,
            "partial_rotary_factor": 0.75,
            "rope_scaling": LONG_ROPE,
        },
    },
}
GGUF_NAMES = {"gemma3_text": "gemma3"}


def modules(config):
    """The modules of one layer, with the shapes of their weights."""
    family = config["model_type"]
    hidden, inner, dim = (config[k] for k in ("hidden_size", "intermediate_size", "head_dim"))
    queries = config["num_attention_heads"] * dim
    keys = config["num_key_value_heads"] * dim
    shapes = {
        "input_layernorm": (hidden,),
        "self_attn.o_proj": (hidden, queries),
        "post_attention_layernorm": (hidden,),
        "mlp.down_proj": (hidden, inner),
    }
    if family == "phi3":
        shapes["self_attn.qkv_proj"] = (queries + 2 * keys, hidden)
        shapes["mlp.gate_up_proj"] = (2 * inner, hidden)
    else:
        shapes["self_attn.q_proj"] = (queries, hidden)
        shapes["self_attn.k_proj"] = (keys, hidden)
        shapes["self_attn.v_proj"] = (keys, hidden)
        shapes["mlp.gate_proj"] = (inner, hidden)
        shapes["mlp.up_proj"] = (inner, hidden)
    if family in ("gemma2", "gemma3_text"):
        shapes["pre_feedforward_layernorm"] = (hidden,)
        shapes["post_feedforward_layernorm"] = (hidden,)
    if family in ("qwen3", "gemma3_text"):
        shapes["self_attn.q_norm"] = (dim,)
        shapes["self_attn.k_norm"] = (dim,)
    return shapes


def biased(config, module):
    if config["model_type"] == "qwen2":
        return module in ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj")
    attention, inner = config.get("attention_bias"), config.get("mlp_bias")
    return attention and "self_attn" in module or inner and module.startswith("mlp.")


def weights(config):
    """The model's weights by Hugging Face's names, in single precision."""
    hidden, vocabulary = config["hidden_size"], config["vocab_size"]
    shapes = {
        "model.embed_tokens.weight": (vocabulary, hidden),
        "model.norm.weight": (hidden,),
    }
    if not config["tie_word_embeddings"]:
        shapes["lm_head.weight"] = (vocabulary, hidden)
    for layer in range(config["num_hidden_layers"]):
        for module, shape in modules(config).items():
            shapes[f"model.layers.{layer}.{module}.weight"] = shape
            if biased(config, module):
                shapes[f"model.layers.{layer}.{module}.bias"] = shape[:1]
    gemma = config["model_type"].startswith("gemma")
    numbers = {}
    for name, shape in shapes.items():
        if name.endswith("norm.weight"):
            # Multiples of 2^-10, so that adding one loses nothing.
            array = _weights.numbers(name, shape, 0.0 if gemma else 1.0, 0.3)
            numbers[name] = np.round(array * 1024) / np.float32(1024)
        else:
            numbers[name] = _weights.numbers(name, shape, 0.0, 0.25)
    return numbers


def kind_of(name, array, kinds):
    if array.ndim == 1:
        return Kind.F32
    module = name.removesuffix(".weight")
    known = (kind for part, kind in kinds.items() if module.endswith(part))
    return next(known, Kind.F16)


def interleave(rows, heads):
    """llama.cpp's order of the rows of queries and keys."""
    shape = rows.shape
    return rows.reshape(heads, 2, shape[0] // heads // 2, *shape[1:]).swapaxes(1, 2).reshape(shape)


def stored(name, array, config):
    """What llama.cpp stores of a weight."""
    family = config["model_type"]
    if family.startswith("gemma") and name.endswith("norm.weight"):
        return array + np.float32(1)
    if family in ("llama", "mistral") and "q_proj" in name:
        return interleave(array, config["num_attention_heads"])
    if family in ("llama", "mistral") and "k_proj" in name:
        return interleave(array, config["num_key_value_heads"])
    return array


def add_settings(writer, config):
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])
    if config["model_type"] != "gemma2":
        writer.add_rope_freq_base(config["rope_theta"])
    if config["model_type"] != "phi3":
        writer.add_key_length(config["head_dim"])
        writer.add_value_length(config["head_dim"])
    if config["model_type"] in ("llama", "mistral"):
        writer.add_rope_dimension_count(config["head_dim"])
    if "original_max_position_embeddings" in config:
        share = config.get("partial_rotary_factor", 1.0)
        writer.add_rope_scaling_orig_ctx_len(config["original_max_position_embeddings"])
        writer.add_rope_dimension_count(int(share * config["head_dim"]))
    if config["model_type"] in ("gemma2", "gemma3_text", "phi3"):
        writer.add_sliding_window(config["sliding_window"] or 0)
    if softcap := config.get("attn_logit_softcapping"):
        writer.add_attn_logit_softcapping(softcap)
    if softcap := config.get("final_logit_softcapping"):
        writer.add_final_logit_softcapping(softcap)
    add_rope_scaling(writer, config)


def add_rope_scaling(writer, config):
    scaling = config.get("rope_scaling") or {}
    kind = scaling.get("type")
    if kind in ("linear", "yarn"):
        writer.add_rope_scaling_type(gguf.RopeScalingType(kind))
        writer.add_rope_scaling_factor(scaling["factor"])
    if kind == "yarn":
        writer.add_rope_scaling_orig_ctx_len(scaling["original_max_position_embeddings"])
    if kind == "longrope":
        scale = config["max_position_embeddings"] / config["original_max_position_embeddings"]
        original = math.log(config["original_max_position_embeddings"])
        writer.add_rope_scaling_attn_factors(math.sqrt(1 + math.log(scale) / original))
        for length in ("long", "short"):
            factors = np.array(scaling[f"{length}_factor"], np.float32)
            writer.add_tensor(f"rope_factors_{length}.weight", factors)
    if kind == "llama3":
        writer.add_tensor("rope_freqs.weight", llama3_factors(config, scaling))


def llama3_factors(config, scaling):
    """By what each frequency is divided: apply_scaling of Meta's llama-models."""
    steps = np.arange(0, config["head_dim"], 2, dtype=np.float32) / config["head_dim"]
    lengths = 2 * np.pi * config["rope_theta"] ** steps
    turns = scaling["original_max_position_embeddings"] / lengths
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    smooth = np.clip((turns - low) / (high - low), 0, 1)
    return (1 / ((1 - smooth) / scaling["factor"] + smooth)).astype(np.float32)


def add_tokenizer(writer):
    alphabet = [chr(c) for c in [*range(33, 127), *range(161, 173), *range(174, 256)]]
    alphabet += [chr(256 + place) for place in range(256 - len(alphabet))]
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<tool>"]
    kinds = [gguf.TokenType.NORMAL] * 256 + [gguf.TokenType.CONTROL] * 3
    kinds += [gguf.TokenType.USER_DEFINED, gguf.TokenType.NORMAL]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([*alphabet, *special, "!!"])
    writer.add_token_types(kinds)
    writer.add_token_merges(["! !"])
    writer.add_bos_token_id(257)
    writer.add_eos_token_id(258)
    writer.add_pad_token_id(256)
    writer.add_chat_template("{% for message in messages %}{{ message.content }}{% endfor %}")


def write(path, config, arrays, kinds):
    """Writes a GGUF file with these numbers, and gives the name of each weight's tensor in it."""
    family = GGUF_NAMES.get(config["model_type"], config["model_type"])
    # gguf-py files Mistral's models under llama.
    mapped = "llama" if family == "mistral" else family
    arch = next(key for key, name in gguf.MODEL_ARCH_NAMES.items() if name == mapped)
    names = gguf.get_tensor_name_map(arch, config["num_hidden_layers"])
    writer = gguf.GGUFWriter(path, family)
    add_settings(writer, config)
    add_tokenizer(writer)
    tensors = {}
    for name, array in arrays.items():
        tensors[name] = names.get_name(name, (".weight", ".bias"))
        kind = kind_of(name, array, kinds)
        writer.add_tensor(tensors[name], gguf.quantize(array, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return tensors


def expected(path, names, order):
    """The tensors that a file holds, by Hugging Face's names, described.

    `order` undoes what llama.cpp did to the rows of a weight.
    """
    reader = {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}
    affine = load_affine(reader.values())
    described = {}
    for name, source in names.items():
        tensor = reader[source]
        kind = tensor.tensor_type
        if kind in AFFINE:
            for part in ("weight", "scales", "biases"):
                dtype = "U32" if part == "weight" else "F16"
                array = order(name, affine[source.replace("weight", part)])
                described[name.replace("weight", part)] = describe(dtype, array)
        elif kind in PLAIN:
            shape = [int(size) for size in reversed(tensor.shape)]
            array = tensor.data.view(np.uint16) if kind == Kind.BF16 else tensor.data
            described[name] = describe(PLAIN[kind], order(name, array.reshape(shape)))
        else:
            array = gguf.dequantize(tensor.data, kind).astype(np.float16)
            described[name] = describe("F16", order(name, array))
    return described


def load_affine(tensors):
    """What MLX's GGUF reader makes of those tensors that it quantises; it stops at some others."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "affine.gguf"
        writer = gguf.GGUFWriter(path, "llama")
        for tensor in tensors:
            if tensor.tensor_type in AFFINE:
                writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return {name: np.array(array) for name, array in mx.load(str(path)).items()}


def describe(dtype, array):
    digest = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
    return {"dtype": dtype, "shape": list(array.shape), "sha256": digest[:16]}


def tiny(root, name, config, kinds):
    path = root / GOLDENS / f"{name}.gguf"
    arrays = weights(config)
    write(path, config, {key: stored(key, array, config) for key, array in arrays.items()}, kinds)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.gguf"
        names = write(plain, config, arrays, kinds)
        tensors = expected(plain, names, lambda _, array: array)
    save(root, name, {"config": config, "tensors": tensors})


def test_model(root):
    """The real model: llama, so that only the rows of queries and keys change their order."""
    path = Path(os.environ["ML_CACHE"]) / TEST_MODEL
    heads, key_heads, layers = 9, 3, 30
    mapping = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, layers)
    wanted = ["model.embed_tokens.weight", "model.norm.weight"]
    wanted += [
        f"model.layers.{layer}.{module}.weight"
        for layer in range(layers)
        for module in modules({**LLAMA, "hidden_size": 576})
    ]
    names = {name: mapping.get_name(name, (".weight",)) for name in wanted}

    def order(name, rows):
        count = heads if "q_proj" in name else key_heads if "k_proj" in name else 0
        if not count:
            return rows
        halves = rows.reshape(count, rows.shape[0] // count // 2, 2, *rows.shape[1:])
        return halves.swapaxes(1, 2).reshape(rows.shape)

    save(root, "smollm2", {"tensors": expected(path, names, order)})


def save(root, name, golden):
    text = json.dumps(golden, indent=1, sort_keys=True)
    (root / GOLDENS / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def main(root):
    (root / GOLDENS).mkdir(parents=True, exist_ok=True)
    for name, model in MODELS.items():
        tiny(root, name, model["config"], model.get("kinds", {}))
    test_model(root)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
