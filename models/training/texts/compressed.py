"""Compressed texts: a posting as the few phrases that stand for it, as `slmrank compress` writes them.

A line is `{"_id", "title", "text", "metadata": {"tokens", "raw_tokens", "method", "kept"}}`, where `_id` is the posting's in its corpus and
`text` has the phrases with commas between them. Several files, or lines, may have texts of one posting: other methods, other budgets.
"""

import hashlib
import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from texts.files import read_jsonl

BETWEEN = ", "
MOST_DROPPED = 0.5
"""Of a text's phrases, where some are dropped."""


def read_compressed(files: Sequence[Path], corpora: Sequence[Path]) -> dict[str, list[str]]:
    """Texts by the raw text that they stand for, in the files' order."""
    if not files:
        return {}
    raw = {entry["_id"]: entry["text"] for corpus in corpora for entry in read_jsonl(corpus)}
    found: dict[str, list[str]] = defaultdict(list)
    for file in files:
        for entry in read_jsonl(file):
            if entry["_id"] not in raw:
                raise ValueError(f"{file}: _id {entry['_id']!r} is in none of {', '.join(map(str, corpora))}")
            if entry["text"].strip():
                found[raw[entry["_id"]]].append(entry["text"])
    return dict(found)


def thinned(rng: random.Random, text: str, chance: float) -> str:
    """With this chance, some of the phrases only, in their order: other budgets and other choices than the file has."""
    phrases = text.split(BETWEEN)
    if len(phrases) < 2 or rng.random() >= chance:
        return text
    dropped = rng.uniform(0, MOST_DROPPED)
    kept = [phrase for phrase in phrases if rng.random() >= dropped]
    return BETWEEN.join(kept or [rng.choice(phrases)])


def is_held_out(code: str) -> bool:
    """One detailed occupation in seven, by its hash: never in a training group, so that checkpoints are compared on its postings."""
    return hashlib.sha256(f"compressed/{code[:7]}".encode()).digest()[0] < 256 // 7
