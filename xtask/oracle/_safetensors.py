"""Writes safetensors files whose bytes depend on nothing but the arrays; numpy has no bfloat16."""

import mlx.core as mx
import numpy as np
import safetensors

NAMES = {
    mx.float32: "float32",
    mx.float16: "float16",
    mx.bfloat16: "bfloat16",
    mx.uint32: "uint32",
}
RAW = {4: mx.uint32, 2: mx.uint16}


def write(path, arrays):
    """Writes MLX arrays by name."""
    raw = {name: np.array(array.view(RAW[array.itemsize])) for name, array in arrays.items()}
    specs = {
        name: safetensors.TensorSpec(
            dtype=NAMES[arrays[name].dtype],
            shape=array.shape,
            data_ptr=array.ctypes.data,
            data_len=array.nbytes,
        )
        for name, array in raw.items()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(safetensors.serialize(specs))
