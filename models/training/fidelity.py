"""How truly a ranker answers on compressed texts what a larger one answers on the whole: KL and Kendall's tau on held-out train postings.

    python fidelity.py --recipe recipe.json --data DATA --wanted DENSE --model NAME=FOLDER ... --compressed FILE ... --to FIGURES.json

For choosing between checkpoints, texts and budgets without a look at dev: NDCG of a few hundred queries cannot tell such variants apart. The postings
are those of occupations that the stage `compressed` leaves out (texts/compressed.py), the queries the judged ones of the same occupations; every query is
asked of every posting. `--wanted` answers on the raw text with its title. Every form of a posting is asked with and without its title: raw, and the texts
of each method in the compressed files.
"""

import argparse
import json
import random
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

from learn.batches import EncodedGroup, margins
from learn.ranker import read_ranker
from learn.train import say
from texts import prompt
from texts.compressed import is_held_out
from texts.files import read_jsonl
from texts.groups import Encoder

TOKENS = 256
"""Most of a posting that are read, its title included."""
QUERIES, QUERIES_PER_ROW = 48, 24
TOP = 40
"""Postings that `--wanted` puts first for a query: among them order is hard to keep, and it is what people see."""


def read_held_out(data: Path, seed: str) -> tuple[list[dict], list[str]]:
    """Postings, and queries."""
    train = data / "jobs-bench" / "train"
    postings, queries = ([entry for entry in read_jsonl(train / f"{name}.jsonl.gz") if is_held_out(entry["metadata"]["soc"])] for name in ("corpus", "queries"))
    texts = sorted({query["text"] for query in queries})
    return postings, random.Random(seed).sample(texts, min(QUERIES, len(texts)))


def forms_of(postings: list[dict], files: list[Path]) -> dict[str, list[str | None]]:
    """Texts of the postings by form; None of a posting that a method has no text of."""
    forms = {"raw": [posting["text"] for posting in postings]}
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for file in files:
        for entry in read_jsonl(file):
            found[entry["metadata"]["method"]].setdefault(entry["_id"], entry["text"])
    return forms | {method: [texts.get(posting["_id"]) for posting in postings] for method, texts in found.items()}


def answers(model, encoder: Encoder, candidates: list[dict], queries: list[str], device: str) -> np.ndarray:
    """Margins [candidates, queries]."""
    template = encoder.templates["candidateFirst"]
    prefix = prompt.encode_prefix(encoder.tokenizer, template, {})
    suffixes = [np.array(prompt.encode_suffix(encoder.tokenizer, template, {"query": query}), np.int32) for query in queries]
    groups = []
    for candidate in candidates:
        shared = np.array(prefix + prompt.encode_candidate(encoder.tokenizer, template, candidate)[:TOKENS], np.int32)
        groups += [EncodedGroup(shared, suffixes[at : at + QUERIES_PER_ROW]) for at in range(0, len(queries), QUERIES_PER_ROW)]
    found = margins(model, groups, device)
    if any(len(own) < len(group.others) for own, group in zip(found, groups)):
        raise ValueError(f"a row does not hold {QUERIES_PER_ROW} queries of a posting; use shorter queries")
    return np.concatenate(found).reshape(len(candidates), len(queries))


def kl(wanted: np.ndarray, found: np.ndarray) -> float:
    """Mean divergence of the wanted p(yes) from the found one, in nats."""
    p, q = (np.clip(1 / (1 + np.exp(-values.astype(np.float64))), 1e-6, 1 - 1e-6) for values in (wanted, found))
    return float((p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))).mean())


def tau(wanted: np.ndarray, found: np.ndarray) -> float:
    """Kendall's tau-a of two orders. [n] each"""
    above = np.triu_indices(len(wanted), 1)
    signs = [np.sign(values[:, None] - values[None])[above] for values in (wanted, found)]
    return float((signs[0] * signs[1]).mean())


def fidelity(wanted: np.ndarray, found: np.ndarray) -> dict[str, float]:
    """Of margins [candidates, queries]; tau is the mean over queries."""
    first = [np.argsort(-column)[:TOP] for column in wanted.T]
    return {
        "kl": kl(wanted, found),
        "tau": float(np.mean([tau(wanted[:, i], found[:, i]) for i in range(wanted.shape[1])])),
        "tauOfTop": float(np.mean([tau(wanted[top, i], found[top, i]) for i, top in enumerate(first)])),
    }


def compare(model, encoder: Encoder, wanted: np.ndarray, held_out: tuple, forms: dict, device: str) -> list[dict]:
    """A row for every form, with titles and without."""
    (postings, queries), rows = held_out, []
    for form, texts in forms.items():
        there = [i for i, text in enumerate(texts) if text]
        for shown in (False, True):
            candidates = [{"title": postings[i]["title"] if shown else None, "text": texts[i]} for i in there]
            tokens = np.mean([len(encoder.tokenizer.encode(f" {texts[i]}", add_special_tokens=False).ids) for i in there])
            figures = fidelity(wanted[there], answers(model, encoder, candidates, queries, device))
            rows.append({"form": form, "titles": shown, "postings": len(there), "tokens": round(float(tokens), 1)} | figures)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("recipe", "data", "wanted", "to"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--model", action="append", required=True, metavar="NAME=FOLDER")
    parser.add_argument("--compressed", type=Path, nargs="+", default=[], metavar="FILE")
    parser.add_argument("--methods", nargs="+", help="only these of the files' methods")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = parser.parse_args()
    recipe = json.loads(args.recipe.read_text())
    encoder, label_ids = Encoder.of(args.recipe, recipe, args.wanted / "tokenizer.json")
    postings, queries = read_held_out(args.data, str(recipe["seed"]))
    forms = {name: texts for name, texts in forms_of(postings, args.compressed).items() if name == "raw" or args.methods is None or name in args.methods}
    figures = json.loads(args.to.read_text()) if args.to.exists() else {}
    wanted_file = args.to.with_suffix(".npy")
    if not wanted_file.exists():
        say(f"{len(postings)} postings, {len(queries)} queries: answers of {args.wanted}")
        whole = [{"title": posting["title"], "text": posting["text"]} for posting in postings]
        np.save(wanted_file, answers(read_ranker(args.wanted, label_ids).to(args.device), encoder, whole, queries, args.device))
    for name, folder in (each.split("=", 1) for each in args.model):
        figures[name] = compare(read_ranker(Path(folder), label_ids).to(args.device), encoder, np.load(wanted_file), (postings, queries), forms, args.device)
        args.to.write_text(json.dumps(figures, indent=2) + "\n")
        for row in figures[name]:
            titles = "titles" if row["titles"] else "hidden"
            say(f"{name:12} {row['form']:14} {titles} {row['postings']:4} postings {row['tokens']:6.1f} tokens: KL {row['kl']:.4f}, tau {row['tau']:.3f}, of the first {TOP} {row['tauOfTop']:.3f}")


if __name__ == "__main__":
    main()
