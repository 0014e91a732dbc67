"""A GGUF file's tokenizer for the tokenizers library, made from the file's pieces and merges.

transformers reads GGUF tokenizers too, but does not split digits as SmolLM2's tokenizer does.
"""

from pathlib import Path

import gguf
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def split_by(numbers: str) -> list:
    return [pre_tokenizers.Split(Regex(WORDS % numbers), behavior="isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]


PRE_TOKENIZERS = {
    # By llama.cpp's name: the pre-tokenizer of the model's own tokenizer.json.
    "smollm": [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)],
    "gpt-2": [pre_tokenizers.ByteLevel(add_prefix_space=False)],
    "qwen2": split_by(r"\p{N}"),
    "llama-bpe": split_by(r"\p{N}{1,3}"),
}
OTHER_NAMES = {"llama-v3": "llama-bpe", "llama3": "llama-bpe"}


def gguf_tokenizer(path: Path) -> Tokenizer:
    fields = gguf.GGUFReader(path).fields
    pieces, kinds, merges, pre = (fields[f"tokenizer.ggml.{name}"].contents() for name in ("tokens", "token_type", "merges", "pre"))
    pre = OTHER_NAMES.get(pre, pre)
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocabulary, [tuple(merge.split(" ")) for merge in merges], ignore_merges=pre == "llama-bpe"))
    if pre == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(PRE_TOKENIZERS[pre])
    added = (gguf.TokenType.CONTROL, gguf.TokenType.USER_DEFINED)
    # All are added as special tokens, so that a caller's text never produces one.
    tokenizer.add_special_tokens([AddedToken(piece, special=True, normalized=False) for piece, kind in zip(pieces, kinds) if kind in added])
    return tokenizer
