"""A GGUF file's tokenizer for the tokenizers library, put together from its pieces and merges.

transformers reads GGUF tokenizers too, but loses the splitting of digits that SmolLM2's has.
"""

from pathlib import Path

import gguf
from tokenizers import AddedToken, Regex, Tokenizer, models, pre_tokenizers

PRE_TOKENIZERS = {
    # llama.cpp's name: what the model's own tokenizer.json has
    "smollm": [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)],
    "gpt-2": [pre_tokenizers.ByteLevel(add_prefix_space=False)],
    "qwen2": [
        pre_tokenizers.Split(
            Regex(r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"),
            behavior="isolated",
        ),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ],
}


def gguf_tokenizer(path: Path) -> Tokenizer:
    fields = gguf.GGUFReader(path).fields
    pieces, kinds, merges, pre = (fields[f"tokenizer.ggml.{name}"].contents() for name in ("tokens", "token_type", "merges", "pre"))
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocabulary, [tuple(merge.split(" ")) for merge in merges], ignore_merges=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(PRE_TOKENIZERS[pre])
    special = [piece for piece, kind in zip(pieces, kinds) if kind == gguf.TokenType.CONTROL]
    tokenizer.add_special_tokens([AddedToken(piece, special=True, normalized=False) for piece in special])
    return tokenizer
