"""Goldens of affine quantisation: what mx.quantize and mx.dequantize make of random and edge rows."""

import sys
from pathlib import Path

import mlx.core as mx
import numpy as np

import _safetensors
import _weights

GOLDEN = Path("crates/model-formats/tests/golden/quantize.safetensors")
DTYPES = {"F32": mx.float32, "F16": mx.float16, "BF16": mx.bfloat16}
COLUMNS = 128


def rows():
    """Rows that reach every branch: signs, equal numbers, zeros, halves of levels, extremes."""
    random = _weights.numbers("quantize", (2, COLUMNS), 0.0, 0.08)
    positive = np.abs(random[:1]) + np.float32(0.5)
    negative = -positive
    equal = np.full((1, COLUMNS), 0.3, np.float32)
    zeros = np.where(np.arange(COLUMNS) % 2 == 0, np.float32(0.0), np.float32(-0.0))[None]
    outlier = random[1:2].copy()
    outlier[0, ::32] = -4.0
    halves = (np.arange(COLUMNS, dtype=np.float32) / 2 - 7.75)[None]
    symmetric = np.where(np.arange(COLUMNS) % 2 == 0, np.float32(1.0), np.float32(-1.0))[None]
    # The level of zero lies in the middle between two: with 2 bits, and with 4.
    between = np.stack([np.linspace(-5, 1, COLUMNS), np.linspace(-8.5, 6.5, COLUMNS)])
    between[:, ::32], between[:, 31::32] = between[:, :1], between[:, -1:]
    tiny = random[:1] * np.float32(1e-6)
    large = random[:1] * np.float32(3e5)
    return np.concatenate(
        [random, positive, negative, equal, zeros, outlier, halves, symmetric, between, tiny, large]
    ).astype(np.float32)


def main(root):
    tensors = {}
    for dtype, kind in DTYPES.items():
        weight = mx.array(rows()).astype(kind)
        tensors[dtype] = weight
        for bits in (2, 3, 4, 6, 8):
            for group_size in (32, 64, 128):
                parts = mx.quantize(weight, group_size=group_size, bits=bits)
                name = f"{dtype}.{bits}.{group_size}"
                for part, array in zip(("weight", "scales", "biases"), parts):
                    tensors[f"{name}.{part}"] = array
                if group_size == 64:
                    numbers = mx.dequantize(*parts, group_size=group_size, bits=bits)
                    tensors[f"{name}.dequantized"] = numbers
    _safetensors.write(root / GOLDEN, tensors)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
