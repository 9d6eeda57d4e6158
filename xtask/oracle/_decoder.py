"""The decoders written out without cache, batch or library, in double precision.

They follow the definitions of transformers, so that they also say what is right where mlx-lm
leaves a family's windows out.
"""

import numpy as np


class Decoder:
    def __init__(self, config, weights):
        self.config = {**DEFAULTS.get(config["model_type"], {}), **config}
        self.weights = {name: np.asarray(w, np.float64) for name, w in weights.items()}
        self.heads = config["num_attention_heads"]
        self.kv_heads = config.get("num_key_value_heads", self.heads)
        self.head_dim = config.get("head_dim", config["hidden_size"] // self.heads)
        self.gemma = config["model_type"].startswith("gemma")

    def forward(self, tokens):
        """Logits `[tokens, vocabulary]`, and for each layer the rotated queries and keys,
        `[heads, tokens, head_dim]`."""
        config = self.config
        x = self.weights["model.embed_tokens.weight"][tokens]
        if config["model_type"] == "gemma2":
            x = x * config["hidden_size"] ** 0.5
        elif self.gemma:
            x = x * bfloat16(config["hidden_size"] ** 0.5)
        observed = []
        for layer in range(config["num_hidden_layers"]):
            name = f"model.layers.{layer}."
            y, seen = self.attention(layer, self.norm(name + "input_layernorm", x))
            observed.append(seen)
            if self.gemma:
                x = x + self.norm(name + "post_attention_layernorm", y)
                y = self.mlp(name, self.norm(name + "pre_feedforward_layernorm", x))
                x = x + self.norm(name + "post_feedforward_layernorm", y)
            else:
                x = x + y
                x = x + self.mlp(name, self.norm(name + "post_attention_layernorm", x))
        x = self.norm("model.norm", x)
        head = "lm_head" if "lm_head.weight" in self.weights else "model.embed_tokens"
        return capped(self.linear(head, x), config.get("final_logit_softcapping")), observed

    def attention(self, layer, x):
        config, count = self.config, len(x)
        name = f"model.layers.{layer}.self_attn."
        if config["model_type"] == "phi3":
            widths = np.cumsum([self.heads, self.kv_heads]) * self.head_dim
            parts = np.split(self.linear(name + "qkv_proj", x), widths, axis=-1)
        else:
            parts = [self.linear(f"{name}{part}_proj", x) for part in "qkv"]
        queries, keys, values = (
            part.reshape(count, -1, self.head_dim).transpose(1, 0, 2) for part in parts
        )
        if name + "q_norm.weight" in self.weights:
            queries = self.norm(name + "q_norm", queries)
            keys = self.norm(name + "k_norm", keys)
        window = self.window(layer)
        queries, keys = (self.rotate(part, window is not None) for part in (queries, keys))
        scale = config.get("query_pre_attn_scalar", self.head_dim) ** -0.5
        shared = self.heads // self.kv_heads
        scores = queries @ np.repeat(keys, shared, axis=0).transpose(0, 2, 1) * scale
        scores = capped(scores, config.get("attn_logit_softcapping"))
        distance = np.arange(count)[:, None] - np.arange(count)[None, :]
        hidden = (distance < 0) | (distance >= (window or count))
        scores = np.where(hidden, -np.inf, scores)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores = scores / scores.sum(-1, keepdims=True)
        output = scores @ np.repeat(values, shared, axis=0)
        output = output.transpose(1, 0, 2).reshape(count, -1)
        return self.linear(name + "o_proj", output), (queries, keys)

    def mlp(self, name, x):
        if self.config["model_type"] == "phi3":
            gate, up = np.split(self.linear(name + "mlp.gate_up_proj", x), 2, axis=-1)
        else:
            gate, up = (self.linear(f"{name}mlp.{part}_proj", x) for part in ("gate", "up"))
        if self.gemma:
            inner = np.sqrt(2 / np.pi) * (gate + 0.044715 * gate**3)
            gate = gate / 2 * (1 + np.tanh(inner))
        else:
            gate = gate / (1 + np.exp(-gate))
        return self.linear(name + "mlp.down_proj", gate * up)

    def linear(self, name, x):
        y = x @ self.weights[name + ".weight"].T
        return y + self.weights.get(name + ".bias", 0)

    def norm(self, name, x):
        weight = self.weights[name + ".weight"] + (1 if self.gemma else 0)
        mean = (x**2).mean(-1, keepdims=True)
        return x / np.sqrt(mean + self.config["rms_norm_eps"]) * weight

    def window(self, layer):
        """Tokens that a token of this layer sees, itself included; None for all."""
        config = self.config
        window = config.get("sliding_window")
        if types := config.get("layer_types"):
            return window if types[layer] == "sliding_attention" else None
        match config["model_type"]:
            case "mistral" | "phi3":
                return window
            case "qwen2" | "qwen3":
                upper = layer >= config["max_window_layers"]
                return window if config["use_sliding_window"] and upper else None
            case "gemma2":
                return window if layer % 2 == 0 else None
            case "gemma3_text":
                full = (layer + 1) % config["sliding_window_pattern"] == 0
                return None if full else window
        return None

    def rotate(self, x, windowed):
        """Turns the pairs of the first dimensions; a pair lies half of them apart."""
        config, count = self.config, x.shape[1]
        dims = int(self.head_dim * config.get("partial_rotary_factor", 1))
        base = config["rope_theta"]
        scaling = config.get("rope_scaling") or {}
        if config["model_type"] == "gemma3_text" and windowed:
            base, scaling = config["rope_local_base_freq"], {}
        speeds, magnitude = 1 / base ** (np.arange(0, dims, 2) / dims), 1
        match scaling.get("rope_type", scaling.get("type")):
            case "linear":
                speeds = speeds / scaling["factor"]
            case "llama3":
                speeds = llama3(speeds, scaling)
            case "longrope":
                original = config["original_max_position_embeddings"]
                kind = "long_factor" if count > original else "short_factor"
                speeds = speeds / np.asarray(scaling[kind])
                extended = config["max_position_embeddings"] / original
                magnitude = np.sqrt(1 + np.log(extended) / np.log(original))
        angles = np.arange(count)[:, None] * speeds
        cos, sin = np.cos(angles) * magnitude, np.sin(angles) * magnitude
        one, two = x[..., : dims // 2], x[..., dims // 2 : dims]
        return np.concatenate([one * cos - two * sin, two * cos + one * sin, x[..., dims:]], -1)


DEFAULTS = {
    "gemma2": {"attn_logit_softcapping": 50, "final_logit_softcapping": 30},
    "qwen2": {"use_sliding_window": False, "max_window_layers": 28},
    "qwen3": {"use_sliding_window": False, "max_window_layers": 28},
}


def llama3(speeds, scaling):
    original, factor = scaling["original_max_position_embeddings"], scaling["factor"]
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    turns = original * speeds / (2 * np.pi)
    smooth = np.clip((turns - low) / (high - low), 0, 1)
    return (1 - smooth) * speeds / factor + smooth * speeds


def capped(x, cap):
    return x if cap is None else np.tanh(x / cap) * cap


def bfloat16(number):
    """The nearest number that has eight significant bits."""
    bits = int(np.float32(number).view(np.uint32))
    bits = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    return float(np.uint32(bits).view(np.float32))
