"""NDCG@10 of a ranker on the run of a BEIR folder, candidate-first, by kind of query: quick figures
for the table of a training run.

`slmrank eval` measures the served model. This measures the fp32 weights on the training device.
"""

import gzip
import math
from collections import defaultdict
from pathlib import Path

import numpy as np

from texts import prompt
from learn.batches import EncodedGroup, margins
from texts.files import read_jsonl
from texts.groups import Encoder

QUERIES_PER_ROW = 32


def evaluate(model, encoder: Encoder, folder: Path, split: str, device: str, titles: bool = True, tokens: int = 128, limit: int | None = None) -> dict[str, float]:
    """Mean NDCG@10 by kind of query, and over `all`. `tokens` is the most tokens of a candidate
    that are read. `limit` is the number of queries from the start of the run; None for all."""
    queries = {entry["_id"]: entry for entry in read_jsonl(folder / "queries.jsonl.gz")}
    corpus = {entry["_id"]: entry for entry in read_jsonl(folder / "corpus.jsonl.gz")}
    [run_file] = sorted((folder / "runs").glob("*.trec.gz"))
    asked = defaultdict(list)
    order = defaultdict(list)
    for line in read_lines(run_file):
        query, _, candidate, *_ = line.split()
        if limit is not None and len(order) == limit and query not in order:
            break
        asked[candidate].append(query)
        order[query].append(candidate)
    template = encoder.templates["candidateFirst"]
    suffixes = {query: np.array(prompt.encode_suffix(encoder.tokenizer, template, {"query": queries[query]["text"]}), np.int32) for query in order}
    prefix = prompt.encode_prefix(encoder.tokenizer, template, {})
    groups, pairs = [], []
    for candidate, by in asked.items():
        own = {"title": corpus[candidate].get("title") if titles else None, "text": corpus[candidate]["text"]}
        shared = np.array(prefix + prompt.encode_candidate(encoder.tokenizer, template, own)[:tokens], np.int32)
        for at in range(0, len(by), QUERIES_PER_ROW):
            part = by[at : at + QUERIES_PER_ROW]
            groups.append(EncodedGroup(shared, [suffixes[query] for query in part]))
            pairs.append([(query, candidate) for query in part])
    scores = {}
    for group_pairs, group, found in zip(pairs, groups, margins(model, groups, device)):
        if len(found) < len(group_pairs):
            raise ValueError(f"a row holds {len(found)} of the {len(group_pairs)} queries of {group_pairs[0][1]}; use shorter texts")
        scores |= dict(zip(group_pairs, found.tolist()))
    return ndcg_by_kind(scores, order, queries, read_grades(folder / "qrels" / f"{split}.tsv.gz"))


def ndcg_by_kind(scores: dict, order: dict[str, list[str]], queries: dict, grades: dict[str, dict[str, int]]) -> dict[str, float]:
    by_kind = defaultdict(list)
    for query, candidates in order.items():
        ideal = dcg(sorted(grades[query].values(), reverse=True))
        if ideal > 0:
            ranked = sorted(candidates, key=lambda candidate: -scores[query, candidate])
            value = dcg([grades[query].get(candidate, 0) for candidate in ranked]) / ideal
            for kind in ("all", (queries[query].get("metadata") or {}).get("kind")):
                by_kind[kind].append(value)
    return {kind: sum(values) / len(values) for kind, values in by_kind.items() if kind}


def dcg(grades: list[int]) -> float:
    return sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades[:10]))


def read_grades(file: Path) -> dict[str, dict[str, int]]:
    grades: dict[str, dict[str, int]] = defaultdict(dict)
    for line in read_lines(file)[1:]:
        query, candidate, grade = line.rstrip("\n").split("\t")
        grades[query][candidate] = int(grade)
    return grades


def read_lines(file: Path) -> list[str]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return list(lines)
