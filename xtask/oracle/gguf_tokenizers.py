"""Goldens of tokenizers in GGUF metadata: small ones of every kind, and the ids that they give.

Byte-level ones are trained here behind each pre-tokenizer as transformers has it, SentencePiece's
by SentencePiece itself, whose own ids are the truth. The tokenizer of the cache's test model is
compared as well.
"""

import io
import json
import os
import sys
from pathlib import Path

import sentencepiece
from gguf import GGUFReader, TokenType
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from tokenizers.trainers import BpeTrainer
from transformers.convert_slow_tokenizer import TikTokenConverter
from transformers.integrations.gguf import gguf_tokenizer_mapping
from transformers.models.qwen2 import tokenization_qwen2

GOLDENS = Path("crates/model-formats/tests/golden/gguf_tokenizers")
TEST_MODEL = "models/SmolLM2-135M-Instruct.Q4_1.gguf"
SPACE = "\u2581"

TEXTS = [
    "",
    " ",
    "   ",
    "Hello, world!",
    " Hello  world   with    spaces     ",
    "\n\n\nlines\n \n\ttabs\t\t\r\nand returns\r",
    "It's we'LL they'Re I'd DON'T o'clock",
    "3.14159 1234567 100,000 1st 2nd x86_64 v1.2.3-rc4",
    "snake_case camelCase SCREAMING kebab-case path/to/file.rs",
    "fn main() { println!(\"{}\", 1 + 2); } // code\n\n\n\n",
    "äöüß ÄÖÜ é e\u0301 ñ Ça va, naïve façade",
    "Привет, мир! Ελληνικά עברית العربية हिन्दी ไทย",
    "你好，世界。日本語のテキスト 한국어 漢字かな",
    "😀 👍🏽 👨\u200d👩\u200d👧 🇩🇪 ✅ \u200b zero\u00a0width",
    "=========== ------- ...... !!!??? \"\"\" ''' ```",
    "<|im_start|>user\nHello<|im_end|>\n<tool> </tool>",
    "a" * 40 + " " * 40 + "b",
    "\u0000\u0001\u007f \ufeff\ufffd ﬁ ① ½ Ⅷ ² ٣ ३",
]
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
USER = ["<tool>"]


def corpus():
    """What the small tokenizers learn from."""
    return [text for text in TEXTS[3:-2] * 4 if text]


def split(pattern):
    """By an expression, then bytes."""
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def byte_level():
    """For each tokenizer.ggml.pre: normalizer, pre-tokenizer, whether whole tokens are kept."""
    gpt2 = pre_tokenizers.ByteLevel(add_prefix_space=False)
    digits = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), gpt2])
    splits = gguf_tokenizer_mapping.GGUF_PRE_TOKENIZER_SPLITS
    tiktoken = TikTokenConverter().pattern
    return {
        "gpt-2": (None, gpt2, False),
        "smollm": (None, digits, False),
        "llama-bpe": (None, split(tiktoken), True),
        "qwen2": (normalizers.NFC(), split(tokenization_qwen2.PRETOKENIZE_REGEX), False),
        "tekken": (None, split(splits["tekken"]), True),
        "gpt-4o": (None, split(splits["gpt-4o"]), False),
        "dbrx": (None, split(splits["dbrx"]), False),
    }


def build(vocabulary, merges, stages):
    normalizer, pre_tokenizer, ignore_merges = stages
    model = models.BPE(vocabulary, merges, ignore_merges=ignore_merges)
    tokenizer = Tokenizer(model)
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def train(stages):
    tokenizer = build({}, [], stages)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = BpeTrainer(vocab_size=640, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(corpus(), trainer)
    trained = json.loads(tokenizer.to_str())["model"]
    vocabulary = dict(trained["vocab"])
    for token in SPECIAL + USER:
        vocabulary[token] = len(vocabulary)
    tokenizer = build(vocabulary, [tuple(merge) for merge in trained["merges"]], stages)
    add_tokens(tokenizer)
    tokens = sorted(vocabulary, key=vocabulary.get)
    kinds = {**dict.fromkeys(SPECIAL, TokenType.CONTROL), USER[0]: TokenType.USER_DEFINED}
    metadata = {
        "model": "gpt2",
        "tokens": tokens,
        "token_type": [int(kinds.get(token, TokenType.NORMAL)) for token in tokens],
        "merges": [" ".join(merge) for merge in trained["merges"]],
    }
    return tokenizer, metadata


def add_tokens(tokenizer):
    special = [AddedToken(token, normalized=False, special=True) for token in SPECIAL]
    tokenizer.add_special_tokens(special)
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in USER])


def sentence_piece(symbols, prefix):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus()),
        model_writer=model,
        model_type="bpe",
        vocab_size=600,
        character_coverage=0.98,
        byte_fallback=True,
        split_digits=True,
        allow_whitespace_only_pieces=True,
        remove_extra_whitespaces=False,
        normalization_rule_name="identity",
        add_dummy_prefix=prefix,
        user_defined_symbols=symbols,
        num_threads=1,
        minloglevel=2,
    )
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


def piece_metadata(processor, symbols, prefix):
    """As llama.cpp's conversion writes it."""
    tokens, scores, kinds = [], [], []
    for piece in range(processor.get_piece_size()):
        token, score = processor.id_to_piece(piece), processor.get_score(piece)
        kind = TokenType.NORMAL
        if processor.is_unknown(piece):
            kind = TokenType.UNKNOWN
        elif processor.is_control(piece):
            kind = TokenType.CONTROL
        elif processor.is_byte(piece):
            kind = TokenType.BYTE
        elif token in symbols:
            kind, score = TokenType.USER_DEFINED, -1000.0
            token = token.replace(SPACE, " ")
        tokens.append(token)
        scores.append(score)
        kinds.append(int(kind))
    return {
        "model": "llama",
        "tokens": tokens,
        "scores": scores,
        "token_type": kinds,
        "add_space_prefix": prefix,
        "bos_token_id": processor.bos_id(),
        "unknown_token_id": processor.unk_id(),
    }


def save(root, name, metadata, encode, texts):
    cases = [{"text": text, "ids": list(encode(text))} for text in texts]
    golden = {"metadata": metadata, "cases": cases}
    text = json.dumps(golden, ensure_ascii=False, separators=(",", ":"))
    (root / GOLDENS / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def test_model(root):
    path = Path(os.environ["ML_CACHE"]) / TEST_MODEL
    fields = GGUFReader(path).fields
    read = {key: fields[f"tokenizer.ggml.{key}"].contents() for key in ("tokens", "merges")}
    vocabulary = {token: place for place, token in enumerate(read["tokens"])}
    merges = [tuple(merge.split(" ")) for merge in read["merges"]]
    tokenizer = build(vocabulary, merges, byte_level()["smollm"])
    kinds = fields["tokenizer.ggml.token_type"].contents()
    special = [token for token, kind in zip(read["tokens"], kinds) if kind == TokenType.CONTROL]
    tokenizer.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in special])
    save(root, "smollm2", {}, lambda text: tokenizer.encode(text).ids, TEXTS)


def main(root):
    (root / GOLDENS).mkdir(parents=True, exist_ok=True)
    for pre, stages in byte_level().items():
        tokenizer, metadata = train(stages)
        metadata["pre"] = pre
        save(root, pre, metadata, lambda text, t=tokenizer: t.encode(text).ids, TEXTS)
    runs = [SPACE * length for length in range(2, 32)] + ["\n\n", "\n\n\n"]
    # SentencePiece looks for no control tokens in a text; NUL ends its texts.
    texts = [text for text in TEXTS if "<|" not in text and "\0" not in text]
    for name, symbols, prefix in (("spm_llama", [], True), ("spm_gemma", runs, False)):
        processor = sentence_piece(symbols, prefix)
        metadata = piece_metadata(processor, set(symbols), prefix)
        save(root, name, metadata, processor.encode, texts)
    test_model(root)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
