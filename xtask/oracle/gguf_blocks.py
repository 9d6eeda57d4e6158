"""Goldens of ggml's blocks: random ones of every type that is read, and the numbers in them."""

import sys
from pathlib import Path

import gguf
import numpy as np
import safetensors.numpy
from gguf import GGMLQuantizationType as Kind

import _weights

GOLDEN = Path("crates/model-formats/tests/golden/gguf_blocks.safetensors")
NUMBERS = 1024
# Where in a block numbers of half precision lie; the rest may be any bytes.
HALVES = {
    Kind.Q4_0: [0],
    Kind.Q4_1: [0, 2],
    Kind.Q5_0: [0],
    Kind.Q5_1: [0, 2],
    Kind.Q8_0: [0],
    Kind.Q2_K: [80, 82],
    Kind.Q3_K: [108],
    Kind.Q4_K: [0, 2],
    Kind.Q5_K: [0, 2],
    Kind.Q6_K: [208],
}


def blocks(kind):
    """Random blocks with finite scales, the last of them with scales of zero and below normal."""
    length, size = gguf.GGML_QUANT_SIZES[kind]
    count = NUMBERS // length
    data = _weights.words(kind.name, count * size).view(np.uint8)[::8].reshape(count, size).copy()
    for place in HALVES[kind]:
        scales = _weights.numbers(f"{kind.name}.{place}", (count,), 0.0, 0.25).astype(np.float16)
        scales[-1] = np.float16(6e-8) if place else np.float16(-0.0)
        data[:, place : place + 2] = scales.view(np.uint8).reshape(count, 2)
    return data


def main(root):
    tensors = {}
    for kind in HALVES:
        data = blocks(kind)
        tensors[f"{kind.name}.blocks"] = data
        tensors[f"{kind.name}.numbers"] = gguf.dequantize(data.reshape(1, -1), kind).reshape(-1)
    path = root / GOLDEN
    path.parent.mkdir(parents=True, exist_ok=True)
    safetensors.numpy.save_file(tensors, path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
