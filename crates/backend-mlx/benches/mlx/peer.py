"""What mlx-lm does with the same folder and the same prompts, as one line of JSON.

usage: peer.py FOLDER WORKLOAD, where WORKLOAD is the JSON that mlx.rs writes
"""

import json
import sys
import time

import mlx.core as mx
from mlx_lm import batch_generate, load, stream_generate


def resident():
    with open("/proc/self/status", encoding="utf-8") as status:
        line = next(line for line in status if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def main():
    folder, workload = sys.argv[1], json.loads(sys.argv[2])
    mx.set_default_device(mx.cpu)

    start = time.perf_counter()
    model, tokenizer = load(folder)
    mx.eval(model.parameters())
    loaded = time.perf_counter() - start

    start = time.perf_counter()
    first = None
    for last in stream_generate(
        model, tokenizer, workload["prompt"], max_tokens=workload["max_tokens"]
    ):
        end = time.perf_counter()
        first = first or end
    time.sleep(1)
    single = {
        "prompt_tokens": last.prompt_tokens,
        "prompt_rate": last.prompt_tokens / (first - start),
        "generated_tokens": last.generation_tokens,
        "decode_rate": (last.generation_tokens - 1) / (end - first),
        "resident": resident(),
    }

    prompts = [tokenizer.encode(text) for text in workload["batch"]]
    start = time.perf_counter()
    batch = batch_generate(model, tokenizer, prompts, max_tokens=workload["batch_max_tokens"])
    elapsed = time.perf_counter() - start
    print(
        json.dumps(
            {
                "load": loaded,
                **single,
                "batch_tokens": batch.stats.generation_tokens,
                "batch_seconds": elapsed,
            }
        )
    )


main()
