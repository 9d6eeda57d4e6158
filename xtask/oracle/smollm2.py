"""Goldens of the test model: what mlx-lm answers on the folder that `ml convert` writes.

With ML_ORACLE_CHECK twenty long answers of `ml generate --backend mlx` are compared with mlx-lm's.
They may part only where mlx-lm's two likeliest tokens are less than TIE apart.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import mlx.core as mx
from mlx_lm import load
from mlx_lm.generate import generate_step

GOLDEN = Path("crates/backend-mlx/tests/golden/smollm2.json")
TEST_MODEL = "models/SmolLM2-135M-Instruct.Q4_1.gguf"
TIE = 1e-3

PROMPTS = [
    "What is the capital of France?",
    "Name three colours.",
    "Why is the sky blue?",
    "Write one sentence about a lighthouse.",
    "What is 9 plus 4?",
    "How do plants drink?",
    "Give me a short poem about rain.",
    "Explain what a compiler does.",
    "Which animals live in the sea?",
    "Translate 'good morning' into Spanish.",
    "What is a prime number?",
    "Tell me about the moon.",
    "How is bread made?",
    "What does a doctor do?",
    "List four fruits.",
    "What happens when water freezes?",
    "Who wrote Hamlet?",
    "What is the opposite of warm?",
    "Describe a forest in winter.",
    "What is democracy?",
]


def ml(*arguments):
    program = os.environ.get("ML")
    if program is None:
        program = "cargo run --quiet --package ml-cli --no-default-features --".split()
    else:
        program = [program]
    run = subprocess.run([*program, *arguments], check=True, stdout=subprocess.PIPE, text=True)
    return run.stdout


def answer(model, tokenizer, prompt, most):
    """Greedy tokens up to the end of the turn, and how far the two likeliest were apart at each."""
    messages = [{"role": "user", "content": prompt}]
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True)
    tokens, gaps = [], []
    for token, logprobs in generate_step(mx.array(ids), model, max_tokens=most):
        if token in tokenizer.eos_token_ids:
            break
        best = mx.sort(logprobs)[-2:]
        tokens.append(int(token))
        gaps.append(float(best[1] - best[0]))
    return tokens, gaps


def compare(model, tokenizer, folder, prompt):
    """Whether the answers part at a tie; fails where they part elsewhere."""
    tokens, gaps = answer(model, tokenizer, prompt, 128)
    ours = json.loads(
        ml(
            *"generate --backend mlx --temperature 0 --max-tokens 128 --json".split(),
            "--model",
            str(folder),
            prompt,
        )
    )["text"]
    theirs = tokenizer.decode(tokens)
    if ours == theirs:
        return False
    same = 0
    while same < len(tokens) and ours.startswith(tokenizer.decode(tokens[: same + 1])):
        same += 1
    gap = gaps[min(same, len(gaps) - 1)]
    if gap >= TIE:
        sys.exit(f"{prompt!r}: parted at token {same}, a gap of {gap}:\n{ours!r}\n{theirs!r}")
    return True


def main(root):
    mx.set_default_device(mx.cpu)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "smollm2"
        gguf = Path(os.environ["ML_CACHE"]) / TEST_MODEL
        ml("convert", str(gguf), str(folder), "--dtype", "f32")
        model, tokenizer = load(str(folder))
        answers = [
            {"prompt": prompt, "tokens": answer(model, tokenizer, prompt, 32)[0]}
            for prompt in PROMPTS[:3]
        ]
        path = root / GOLDEN
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(answers, indent=1) + "\n", encoding="utf-8")
        if "ML_ORACLE_CHECK" in os.environ:
            parted = sum(compare(model, tokenizer, folder, prompt) for prompt in PROMPTS)
            print(f"{len(PROMPTS)} answers of up to 128 tokens, {parted} parted at a tie")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
