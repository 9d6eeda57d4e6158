"""Goldens of every architecture, quantisation and kind of cache: tiny models with stated weights.

mlx-lm computes them, and each is checked against the decoders of _decoder.py. Where mlx-lm leaves
out a window that the family has, _decoder.py alone is the oracle.
"""

import json
import os
import sys
from pathlib import Path

# Matrices so small are multiplied faster by one thread.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import mlx.core as mx
import mlx.nn as nn
import numpy as np
from mlx.utils import tree_flatten
from mlx_lm.models.cache import QuantizedKVCache, make_prompt_cache
from mlx_lm.utils import _get_classes

import _weights
from _decoder import Decoder

GOLDENS = Path("crates/backend-mlx/tests/golden/architectures")
DTYPES = {"F32": mx.float32, "F16": mx.float16, "BF16": mx.bfloat16}
GREEDY = 64

LLAMA = {
    "model_type": "llama",
    "vocab_size": 256,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "max_position_embeddings": 1024,
    "tie_word_embeddings": False,
}
TIED = {"tie_word_embeddings": True}
MISTRAL = {**LLAMA, "model_type": "mistral", "head_dim": 24}
QWEN2 = {**LLAMA, "model_type": "qwen2", "rms_norm_eps": 1e-6, "rope_theta": 1e6}
QWEN3 = {**QWEN2, "model_type": "qwen3", "head_dim": 32}
GEMMA2 = {
    **LLAMA,
    **TIED,
    "model_type": "gemma2",
    "num_hidden_layers": 4,
    "head_dim": 24,
    "rms_norm_eps": 1e-6,
    "query_pre_attn_scalar": 20,
    "attn_logit_softcapping": 5.0,
    "final_logit_softcapping": 8.0,
    "hidden_activation": "gelu_pytorch_tanh",
    "sliding_window": 512,
}
GEMMA3 = {
    **{field: value for field, value in GEMMA2.items() if "softcapping" not in field},
    "model_type": "gemma3_text",
    "rope_theta": 1e6,
    "rope_local_base_freq": 10000.0,
    "sliding_window": 32,
    "sliding_window_pattern": 3,
}
PHI3 = {**LLAMA, "model_type": "phi3", "num_key_value_heads": 4}
LLAMA3_ROPE = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 128,
}
LONG_ROPE = {
    "partial_rotary_factor": 0.75,
    "original_max_position_embeddings": 32,
    "rope_scaling": {
        "type": "longrope",
        "short_factor": [1.0, 1.0, 1.1, 1.2, 1.3, 1.5],
        "long_factor": [1.1, 1.5, 2.5, 4.0, 7.0, 12.0],
    },
}
EVERY_OTHER = ["sliding_attention", "full_attention", "sliding_attention"]
# Groups of 128 and heads of 64 take wider models.
WIDE = {
    **LLAMA,
    "vocab_size": 128,
    "hidden_size": 128,
    "intermediate_size": 256,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 64,
}
# Longer than the windows; and so long that a cache of 256 tokens fills up on the way.
LONG = 230

FILES = {
    "llama": [
        {"name": "untied", "config": LLAMA},
        {"name": "tied", "config": {**LLAMA, **TIED}},
        {"name": "biases", "config": {**LLAMA, "attention_bias": True, "mlp_bias": True}},
        {
            "name": "rope scaled as in Llama 3",
            "config": {**LLAMA, "rope_scaling": LLAMA3_ROPE},
            "length": LONG,
        },
        {
            "name": "rope scaled linearly",
            "config": {**LLAMA, "rope_scaling": {"type": "linear", "factor": 4.0}},
        },
        {
            "name": "windows in some layers",
            "config": {**LLAMA, "sliding_window": 32, "layer_types": EVERY_OTHER},
            "length": LONG,
        },
    ],
    "mistral": [
        {"name": "untied", "config": {**MISTRAL, "sliding_window": None}},
        {"name": "tied", "config": {**MISTRAL, **TIED}},
        {
            "name": "windows in some layers",
            "config": {**MISTRAL, "sliding_window": 32, "layer_types": EVERY_OTHER},
            "length": LONG,
        },
        {
            "name": "a window in every layer",
            "config": {**MISTRAL, "sliding_window": 32},
            "length": LONG,
            "written_out": True,
        },
    ],
    "qwen2": [
        {"name": "untied", "config": QWEN2},
        {"name": "tied", "config": {**QWEN2, **TIED}},
        {
            "name": "windows in the upper layers",
            "config": {
                **QWEN2,
                "use_sliding_window": True,
                "sliding_window": 32,
                "max_window_layers": 1,
            },
            "length": LONG,
            "written_out": True,
        },
    ],
    "qwen3": [
        {"name": "untied", "config": QWEN3},
        {"name": "tied", "config": {**QWEN3, **TIED}},
        {
            "name": "windows in the upper layers",
            "config": {
                **QWEN3,
                "use_sliding_window": True,
                "sliding_window": 32,
                "max_window_layers": 2,
            },
            "length": LONG,
            "written_out": True,
        },
    ],
    "gemma2": [
        {"name": "within the window", "config": GEMMA2},
        {
            "name": "a window in every other layer",
            "config": {**GEMMA2, "sliding_window": 32},
            "length": LONG,
            "written_out": True,
        },
    ],
    "gemma3": [
        {"name": "text", "config": GEMMA3, "length": LONG},
        {
            "name": "text, untied, global rope scaled",
            "config": {
                **GEMMA3,
                "tie_word_embeddings": False,
                "rope_scaling": {"rope_type": "linear", "factor": 8.0},
            },
        },
        {
            "name": "text within a model that sees pictures",
            "config": {
                "model_type": "gemma3",
                "vocab_size": 256,
                "text_config": {**GEMMA3, "model_type": "gemma3_text"},
            },
        },
        {
            "name": "windows by layer types",
            "config": {
                **GEMMA3,
                "layer_types": ["full_attention", *EVERY_OTHER],
                "sliding_window_pattern": 6,
            },
            "length": LONG,
            "written_out": True,
        },
    ],
    "phi3": [
        {"name": "untied", "config": PHI3},
        {"name": "tied, grouped", "config": {**PHI3, **TIED, "num_key_value_heads": 2}},
        {"name": "long rope over part of a head", "config": {**PHI3, **LONG_ROPE}},
        {
            "name": "a window in every layer",
            "config": {**PHI3, "sliding_window": 32},
            "length": LONG,
            "written_out": True,
        },
    ],
    "quantised": [
        *(
            {
                "name": f"{bits} bits in groups of {group}",
                "config": {
                    **WIDE,
                    "num_hidden_layers": 1,
                    "quantization": {"bits": bits, "group_size": group},
                },
            }
            for bits in (2, 3, 4, 6, 8)
            for group in (32, 64, 128)
        ),
        {
            "name": "tied",
            "config": {**WIDE, **TIED, "quantization": {"bits": 4, "group_size": 64}},
        },
        {
            "name": "modules with settings of their own, and some not quantised",
            "config": {
                **WIDE,
                "quantization": {
                    "bits": 4,
                    "group_size": 64,
                    "model.embed_tokens": {"bits": 8, "group_size": 32},
                    "model.layers.0.self_attn.v_proj": {"bits": 6, "group_size": 64},
                    "model.layers.1.mlp.down_proj": {"bits": 2, "group_size": 128},
                    "model.layers.1.self_attn.o_proj": False,
                    "lm_head": False,
                },
            },
        },
        {
            "name": "scales in bfloat16",
            "config": {**WIDE, "quantization": {"bits": 4, "group_size": 32}},
            "dtype": "BF16",
        },
    ],
    "dense": [
        {"name": "bfloat16", "config": WIDE, "dtype": "BF16"},
        {"name": "float16", "config": WIDE, "dtype": "F16"},
    ],
    "kv": [
        {"name": f"{family}, {bits} bits", "config": config, "kv_bits": bits}
        for family, config in [("llama", WIDE), ("qwen3", {**QWEN3, "num_hidden_layers": 2})]
        for bits in (8, 4)
    ],
}


class Model:
    """A model of mlx-lm with stated weights, in single precision."""

    def __init__(self, config, dtype, seed):
        model_class, args_class = _get_classes(config)
        # Some classes fill in the configuration that they are given.
        self.network = model_class(args_class.from_dict(json.loads(json.dumps(config))))
        text = config.get("text_config", config)
        if config["model_type"].startswith("gemma3") and text["tie_word_embeddings"]:
            inner = getattr(self.network, "language_model", self.network)
            inner.pop("lm_head")
            inner.tie_word_embeddings = True
        quantise(self.network, config.get("quantization"))
        self.tensors, self.weights = [], {}
        for name, parameter in sorted(tree_flatten(self.network.parameters())):
            stated = f"{seed}/{name}"
            if parameter.dtype == mx.uint32:
                self.tensors.append([name, parameter.shape])
                self.weights[name] = mx.array(_weights.packed(stated, parameter.shape))
                continue
            offset, scale = distribution(config, name, parameter.shape)
            self.tensors.append([name, parameter.shape, offset, scale])
            numbers = mx.array(_weights.numbers(stated, parameter.shape, offset, scale))
            self.weights[name] = numbers.astype(DTYPES[dtype]).astype(mx.float32)
        self.network.load_weights(list(self.weights.items()))

    def generate(self, prompt, kv_bits):
        """Logits after the prompt and after each token but the last, and the likeliest tokens."""
        if kv_bits:
            layers = range(len(self.network.layers))
            cache = [QuantizedKVCache(group_size=32, bits=kv_bits) for _ in layers]
        else:
            cache = make_prompt_cache(self.network)
        logits, tokens, new = [], [], prompt
        while len(tokens) < GREEDY:
            last = self.network(mx.array([new]), cache=cache)[0, -1]
            logits.append(np.array(last, np.float64))
            tokens.append(int(logits[-1].argmax()))
            new = tokens[-1:]
        return np.array(logits), tokens


def quantise(network, settings):
    if settings is None:
        return

    def own(path, module):
        return hasattr(module, "to_quantized") and settings.get(path, True)

    nn.quantize(network, settings["group_size"], settings["bits"], class_predicate=own)


def distribution(config, name, shape):
    """Middle and half width of a tensor's numbers, so that a random model neither repeats itself
    nor saturates."""
    config = config.get("text_config", config)
    gemma = config["model_type"].startswith("gemma")
    if gemma and name.endswith("post_feedforward_layernorm.weight"):
        # What the newest token does must outweigh its embedding and the mean of a long context.
        middle, width = 1.5, 0.3
    elif name.endswith("norm.weight"):
        middle, width = 0.0 if gemma else 1.0, 0.3
    elif name.endswith(".bias"):
        middle, width = 0.0, 0.3
    elif name.endswith((".scales", ".biases")):
        settings = config["quantization"]
        own = settings.get(name.rpartition(".")[0], settings)
        half = inner_width(config, name, shape[-1] * own["group_size"])
        if name.endswith(".biases"):
            middle, width = -half, half / 8
        else:
            middle, width = 2 * half / (2 ** own["bits"] - 1), half / 4 / (2 ** own["bits"] - 1)
    else:
        middle, width = 0.0, inner_width(config, name, shape[-1])
    return float(np.float32(middle)), float(np.float32(width))


def inner_width(config, name, inputs):
    if "embed_tokens" in name:
        return 0.1 if config["tie_word_embeddings"] else 1.0
    return 1.5 * (3 / inputs) ** 0.5


def written_out(model, config):
    """The same model for _decoder.py."""
    weights = {}
    for name, parameter in model.weights.items():
        path, _, kind = name.rpartition(".")
        if kind in ("scales", "biases"):
            continue
        if parameter.dtype == mx.uint32:
            settings = config["quantization"]
            own = settings.get(path, settings)
            scales, biases = (model.weights[f"{path}.{part}"] for part in ("scales", "biases"))
            parameter = mx.dequantize(parameter, scales, biases, own["group_size"], own["bits"])
        weights[name.removeprefix("language_model.")] = np.array(parameter)
    return Decoder(config.get("text_config", config), weights)


def slow_greedy(decoder, prompt):
    logits, tokens = [], []
    while len(tokens) < GREEDY:
        logits.append(decoder.forward(prompt + tokens)[0][-1])
        tokens.append(int(logits[-1].argmax()))
    return np.array(logits), tokens


def is_telling(logits, tokens):
    """Whether the tokens vary, and none was chosen by a hair."""
    best = np.sort(logits, axis=-1)
    gaps = (best[:, -1] - best[:, -2]) / np.abs(logits).max(-1)
    return len(set(tokens)) >= 20 and gaps.min() >= 1e-3


def golden(case):
    config, dtype = case["config"], case.get("dtype", "F32")
    vocab_size, kv_bits = config["vocab_size"], case.get("kv_bits")
    for seed in range(100):
        prompt = _weights.prompt(f"{seed}/prompt", case.get("length", 40), vocab_size)
        model = Model(config, dtype, seed)
        decoder = written_out(model, config)
        if case.get("written_out"):
            logits, tokens = slow_greedy(decoder, prompt)
        else:
            logits, tokens = model.generate(prompt, kv_bits)
        if is_telling(logits, tokens):
            break
    else:
        raise SystemExit(f"{case['name']}: no seed gives a telling model")
    own, observed = decoder.forward(prompt + tokens[:-1])
    own = own[len(prompt) - 1 :]
    difference = np.abs(own - logits).max() / np.abs(logits).max()
    if kv_bits is None:
        assert difference < 1e-4, (case["name"], difference)
        assert own.argmax(-1).tolist() == tokens, case["name"]
    print(f"{case['name']}: seed {seed}, {len(set(tokens))} tokens, {difference:.1e}", file=sys.stderr)
    found = {
        "name": case["name"],
        "config": config,
        "dtype": dtype,
        "kv_bits": kv_bits,
        "seed": seed,
        "tensors": model.tensors,
        "prompt": prompt,
        "logits": short(logits[0]),
        "tokens": tokens,
    }
    if kv_bits is None and "quantization" not in config:
        queries, keys = (part[:, len(prompt) - 1] for part in observed[-1])
        found["last_queries"] = short(queries.ravel())
        found["last_keys"] = short(keys.ravel())
    return found


def short(numbers):
    return [float(f"{number:.6g}") for number in numbers]


def lines(cases):
    """JSON with a line for each field and each tensor."""
    for case in cases:
        yield "  {"
        tensors = ",\n".join(f"      {json.dumps(tensor)}" for tensor in case.pop("tensors"))
        for field, value in case.items():
            yield f"    {json.dumps(field)}: {json.dumps(value)},"
        yield f'    "tensors": [\n{tensors}\n    ]'
        yield "  }," if case is not cases[-1] else "  }"


def main(root):
    mx.set_default_device(mx.cpu)
    mx.disable_compile()
    for name, cases in FILES.items():
        print(name, file=sys.stderr)
        path = root / GOLDENS / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "\n".join(["[", *lines([golden(case) for case in cases]), "]", ""])
        path.write_text(text)


main(Path(sys.argv[1]))
