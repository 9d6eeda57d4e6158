"""Inspect AI with its mock model: so many samples, answered and scored, logs as by default.

The last line of output is the figures.
"""

import json
import resource
import sys
import time

from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import includes


def outputs(text):
    while True:
        output = ModelOutput.from_content("mockllm/model", text)
        # Told, tokens are not counted, for which a vocabulary would be downloaded.
        output.usage = ModelUsage(input_tokens=10, output_tokens=200, total_tokens=210)
        yield output


def main():
    count, logs = int(sys.argv[1]), sys.argv[2]
    samples = [Sample(input=f"Question {n}: what is it that is asked here, and why is it?", target="answer")
               for n in range(count)]
    model = get_model("mockllm/model", custom_outputs=outputs("A sentence of an answer. " * 41))
    task = Task(dataset=MemoryDataset(samples), scorer=includes())
    start = time.monotonic()
    [log] = eval(task, model=model, max_connections=256, log_dir=logs, display="none")
    seconds = time.monotonic() - start
    assert log.status == "success" and log.results.completed_samples == count, log.status
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"samples": count, "seconds": seconds, "resident": resident}))


main()
