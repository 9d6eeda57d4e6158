"""Goldens of chat templates: what transformers renders of the same conversations.

gemma-3's template is our own writing of what Gemma's documentation says and lies beside the
goldens. The others are read from the cache: SmolLM2's from the model, the rest from the templates
that come with llama-server.
"""

import json
import os
import sys
from datetime import datetime
from pathlib import Path

import jinja2
from gguf import GGUFReader
from transformers.utils import chat_template_utils

GOLDENS = Path("crates/backend-mlx/tests/golden/templates")
NOW = datetime(2026, 3, 5, 14, 7, 9)

LLAMA_3 = {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"}
MISTRAL = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
QWEN = {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}
GEMMA = {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "unk_token": "<unk>"}

LLAMA_CPP = "templates-0c1e57098/"

# Name, file in the cache or None, special tokens.
TEMPLATES = [
    ("gemma-2", LLAMA_CPP + "google-gemma-2-2b-it.jinja", GEMMA),
    ("gemma-3", None, GEMMA),
    ("llama-3.1", LLAMA_CPP + "meta-llama-Llama-3.1-8B-Instruct.jinja", LLAMA_3),
    ("llama-3.2", LLAMA_CPP + "meta-llama-Llama-3.2-3B-Instruct.jinja", LLAMA_3),
    ("mistral-nemo", LLAMA_CPP + "mistralai-Mistral-Nemo-Instruct-2407.jinja", MISTRAL),
    ("mistral-small-3.2", LLAMA_CPP + "Mistral-Small-3.2-24B-Instruct-2506.jinja", MISTRAL),
    ("phi-3.5", LLAMA_CPP + "microsoft-Phi-3.5-mini-instruct.jinja", {"bos_token": "<s>", "eos_token": "<|endoftext|>"}),
    ("qwen2.5", LLAMA_CPP + "Qwen-Qwen2.5-7B-Instruct.jinja", QWEN),
    ("qwen3", LLAMA_CPP + "Qwen-Qwen3-0.6B.jinja", QWEN),
    ("smollm2", "models/SmolLM2-135M-Instruct.Q4_1.gguf", {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>"}),
]


def system(content):
    return {"role": "system", "content": content}


def user(content):
    return {"role": "user", "content": content}


def assistant(content):
    return {"role": "assistant", "content": content}


def calls(*calls):
    """An assistant's turn that calls tools, with arguments as the model writes them."""
    return {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"id": id, "name": name, "arguments": arguments} for id, name, arguments in calls],
    }


def result(id, content):
    return {"role": "tool", "content": content, "tool_call_id": id}


WEATHER = '{"city": "Zürich", "days": 3, "exact": true, "at": [47.37, 8.5e0], "a<b": {"x": null, "é": ""}}'
CONVERSATIONS = {
    "one turn": [user("What is the capital of France?")],
    "system": [system("Answer in one word."), user("What is the capital of France?")],
    "several turns": [
        system("You are terse."),
        user("Hello!"),
        assistant("Hi."),
        user("And the capital of Peru?"),
        assistant("Lima."),
        user("Thanks & bye <3"),
    ],
    "unicode": [
        system("Réponds en français 🇫🇷."),
        user("工具 😀 👩‍👩‍👧 שלום e\u0301 \u00a0x\u3000"),
        assistant("はい。"),
        user("<|im_end|></s><end_of_turn>[/INST]"),
    ],
    "empty contents": [system(""), user(""), assistant(""), user("x")],
    "ends with the assistant": [user("Count to three."), assistant("One, two,")],
    "long": [
        turn(f"{number}. " + "The quick brown fox jumps over the lazy dog. " * (number % 4 + 1))
        for number in range(20)
        for turn in (user, assistant)
    ]
    + [user("And now?")],
    "white space": [
        system("\n  Be kind. \t\n"),
        user("  leading and trailing  "),
        assistant("\n\nlines\r\n\tand tabs\n"),
        user("\n"),
        assistant(" "),
        user("a\n\n\nb\x0bc\x1f"),
    ],
    "syntax": [user("{{ 7 * 7 }} {% raw %} {# no #} \\n 'quotes' \"double\" %}"), assistant("{{"), user("}}")],
    "thinking": [
        user("2 + 2?"),
        assistant("<think>\nTwo and two.\n</think>\n\nFour."),
        user("3 + 3?"),
        assistant("<think>\nThree and three.\n</think>\n\nSix."),
    ],
    "a tool": [
        user("The weather in Zürich?"),
        calls(("call00001", "weather", WEATHER)),
        result("call00001", '{"sky": "clear"}'),
    ],
    "a tool and its answer": [
        system("Use tools."),
        user("The weather in Zürich?"),
        calls(("call00001", "weather", WEATHER)),
        result("call00001", "clear"),
        assistant("It is clear."),
        user("And tomorrow?"),
    ],
    "two tools at once": [
        user("Both?"),
        calls(("call00001", "one", "{}"), ("call00002", "two", '{"n": 1}')),
        result("call00001", "1"),
        result("call00002", "2"),
    ],
    "system in the middle": [user("a"), assistant("b"), system("Now be brief."), user("c")],
    "two of the user": [user("a"), user("b")],
    "system alone": [system("Say something.")],
}


class Clock:
    @staticmethod
    def now():
        return NOW


def as_transformers_has_it(message):
    """Our message as the dictionary that its documentation shows."""
    if "tool_calls" not in message:
        return message
    functions = [
        {
            "id": call["id"],
            "type": "function",
            "function": {"name": call["name"], "arguments": json.loads(call["arguments"])},
        }
        for call in message["tool_calls"]
    ]
    return {**message, "tool_calls": functions}


def render(template, tokens, messages):
    """The text, or what the template raises; other failures have no text of their own."""
    try:
        rendered, _ = chat_template_utils.render_jinja_template(
            [[as_transformers_has_it(message) for message in messages]],
            chat_template=template,
            add_generation_prompt=True,
            **tokens,
        )
        return {"prompt": rendered[0]}
    except jinja2.exceptions.TemplateError as error:
        if type(error) is jinja2.exceptions.TemplateError:
            return {"raised": str(error)}
        return {"failed": type(error).__name__}
    except TypeError as error:
        return {"failed": type(error).__name__}


def without_system(messages):
    """The system's text before the user's first, as Gemma's documentation has it."""
    first, second = messages[0], messages[1]
    before = f"{first['content']}\n\n" if first["content"] else ""
    return [{**second, "content": before + second["content"]}, *messages[2:]]


def golden(file, tokens, template):
    has_system = "probe" in render(template, tokens, [system("probe"), user("x")]).get("prompt", "")
    answers = {}
    for name, messages in CONVERSATIONS.items():
        answers[name] = {"strict": render(template, tokens, messages)}
        begins = [message["role"] for message in messages[:2]] == ["system", "user"]
        if begins and not has_system:
            answers[name]["merged"] = render(template, tokens, without_system(messages))
    return {"file": file, "tokens": tokens, "answers": answers}


def template(name, file):
    if file is None:
        return (GOLDENS / f"{name}.jinja").read_text()
    path = Path(os.environ["ML_CACHE"], file)
    if path.suffix == ".gguf":
        return GGUFReader(path).fields["tokenizer.chat_template"].contents()
    return path.read_text()


def write(path, value):
    text = json.dumps(value, ensure_ascii=False, indent=1)
    path.write_text(text + "\n")


def main(root):
    chat_template_utils.datetime = Clock
    folder = root / GOLDENS
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "conversations.json", CONVERSATIONS)
    for name, file, tokens in TEMPLATES:
        write(folder / f"{name}.json", golden(file, tokens, template(name, file)))


main(Path(sys.argv[1]))
