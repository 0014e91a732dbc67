"""Texts without grades: unlabelled postings, WordNet glosses, Debian descriptions, medical
questions and answers, and commands of tldr pages.

The target margin of a pair comes from an embedding model, with two exceptions: a document's own
query matches it, and the answer to another kind of question about the same illness does not. A part
of the texts, chosen by hash, is never trained on: `python general.py --texts FOLDER --data FOLDER
--to FOLDER` writes it as BEIR folders for `slmrank eval`, with BM25's order as the run.
"""

import argparse
import gzip
import hashlib
import json
import math
import random
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from texts.data import INSTRUCTIONS, Group, Text, pick
from texts.files import read_jsonl
from learn.teacher import Embedder, passage

WANTED, UNWANTED = 2.2, -1.0
"""The least margin of a document's own query, and the largest of a rival's query."""
RANGE = (-4.0, 3.5)
NEAR = 300
"""The number of nearest queries from which a document's negatives are drawn, most of them from the
first tenth."""
POOL, QUERIES = 30, 150
"""The number of candidates of a held-out query, and of queries in a held-out set."""


@dataclass(frozen=True)
class Document:
    text: Text
    queries: list[str]
    subject: str | None = None
    """Documents of one subject are rivals: only one of them answers a query."""


def read_sources(texts: Path, postings: Path) -> dict[str, list[Document]]:
    """Documents by source, held-out ones included. A posting's query is its title."""
    wordnet = [Document(Text(with_examples(w), ()), w["w"][:2]) for w in read_jsonl(texts / "wordnet.jsonl.gz")]
    debian = [Document(Text(d["d"], (), d["t"]), [d["s"]]) for d in read_jsonl(texts / "debian.jsonl.gz")]
    medical = [Document(Text(m["a"], (), m["focus"]), [m["q"]], m["focus"].lower()) for m in read_jsonl(texts / "medquad.jsonl.gz") if m["a"]]
    commands = [command(page) for page in read_jsonl(texts / "tldr.jsonl.gz") if page["wishes"]]
    jobs = [Document(Text(p["text"], (), p["title"]), [p["title"].lower()]) for p in read_jsonl(postings / "postings.jsonl.gz")]
    return {"postings": jobs, "wordnet": wordnet, "debian": debian, "medquad": medical, "tldr": commands}


def with_examples(entry: dict) -> str:
    return entry["d"] + "".join(f"; for example: {example}" for example in entry["e"][:1])


def command(page: dict) -> Document:
    """Half of the uses on a page become its text, and the other half its queries."""
    asked, told = page["wishes"][::2], page["wishes"][1::2]
    return Document(Text(" ".join([page["summary"], *(f"{wish}." for wish in told)]), (), page["name"]), [wish.lower() for wish in asked])


def is_held_out(document: Document) -> bool:
    """Holds out one document in twelve, by subject if it has one: illnesses in the evaluation are
    in no training group."""
    key = document.subject or document.text.text
    return hashlib.sha256(key.encode()).digest()[0] < 256 // 12


class GeneralGroups:
    """Draws candidate-first groups of one source. `to_margin` converts the embedding model's
    cosines to margins."""

    def __init__(self, name: str, documents: list[Document], more_queries: list[str], embedder: Embedder, to_margin):
        self.name, self.documents, self.to_margin = name, documents, to_margin
        self.queries = sorted({query for document in documents for query in document.queries} | set(more_queries))
        self.place = {query: i for i, query in enumerate(self.queries)}
        self.subject = {query: document.subject for document in documents for query in document.queries if document.subject}
        self.vectors = embedder.embed([passage(document.text) for document in documents]).astype(np.float32)
        self.query_vectors = embedder.embed(self.queries).astype(np.float32)
        self.near = nearest(self.vectors, self.query_vectors, embedder.device)

    def draw(self, rng: random.Random, options: dict) -> tuple[Group, np.ndarray]:
        """Draws a document with its own queries, near ones and others. Returns the group and its
        target margins."""
        at = rng.randrange(len(self.documents))
        document = self.documents[at]
        near = self.near[at].tolist()
        own = [self.place[query] for query in rng.sample(document.queries, min(2, len(document.queries)))]
        chosen = own + rng.sample(near[:30], min(6, len(near))) + rng.sample(near, min(4, len(near))) + rng.sample(range(len(self.queries)), 4)
        chosen = list(dict.fromkeys(chosen))
        rng.shuffle(chosen)
        margins = np.clip(self.to_margin(self.query_vectors[chosen] @ self.vectors[at]), *RANGE)
        for i, place in enumerate(chosen):
            query = self.queries[place]
            if query in document.queries:
                margins[i] = max(margins[i], WANTED)
            elif document.subject and self.subject.get(query) == document.subject:
                margins[i] = min(margins[i], UNWANTED)
        shared = document.text if rng.random() < options["titleShare"] else Text(document.text.text, ())
        instruction = None if rng.random() < options["defaultInstructionShare"] else rng.choice(INSTRUCTIONS)
        others = [Text(self.queries[place], ()) for place in chosen]
        return Group("candidateFirst", instruction, shared, others, [0] * len(others), pick(rng, options["textTokens"])), margins


def nearest(vectors: np.ndarray, queries: np.ndarray, device: str) -> np.ndarray:
    """The indices of the nearest queries of every vector, nearest first. [vectors, NEAR at most]"""
    columns = torch.from_numpy(queries).to(device).t()
    parts = [(torch.from_numpy(vectors[at : at + 512]).to(device) @ columns).topk(min(NEAR, len(queries)), 1).indices for at in range(0, len(vectors), 512)]
    return torch.cat(parts).cpu().numpy()


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


def write_held_out(name: str, documents: list[Document], to: Path) -> None:
    """Writes a BEIR folder of held-out documents, and a run with BM25's best candidates of each
    query and its own document."""
    counts = [Counter(words(passage(document.text))) for document in documents]
    containing = defaultdict(list)
    for i, count in enumerate(counts):
        for word in count:
            containing[word].append(i)
    lengths = [sum(count.values()) for count in counts]
    mean = sum(lengths) / len(lengths)
    rng = random.Random(name)
    asked = rng.sample(range(len(documents)), min(QUERIES, len(documents)))
    queries, judged, run = [], ["query-id\tcorpus-id\tscore\n"], []
    for number, own in enumerate(asked):
        query = rng.choice(documents[own].queries)
        scores: Counter = Counter()
        for word in set(words(query)):
            weight = math.log(1 + (len(documents) - len(containing[word]) + 0.5) / (len(containing[word]) + 0.5))
            for i in containing[word]:
                often = counts[i][word]
                scores[i] += weight * 2.2 * often / (often + 1.2 * (0.25 + 0.75 * lengths[i] / mean))
        pool = [i for i, _ in scores.most_common(POOL - 1) if i != own]
        pool += [i for i in rng.sample(range(len(documents)), POOL) if i not in pool and i != own][: POOL - 1 - len(pool)]
        queries.append({"_id": f"{name}-{number}", "text": query, "metadata": {"kind": name}})
        ranked = sorted([*pool, own], key=lambda i: (-scores[i], i))
        run += [f"{name}-{number} Q0 {i} {rank} {scores[i]:.4f} bm25\n" for rank, i in enumerate(ranked, 1)]
        judged.append(f"{name}-{number}\t{own}\t1\n")
    corpus = [{"_id": str(i), "title": document.text.title or "", "text": document.text.text} for i, document in enumerate(documents)]
    for part, lines in {
        "corpus.jsonl.gz": [json.dumps(line) + "\n" for line in corpus],
        "queries.jsonl.gz": [json.dumps(line) + "\n" for line in queries],
        "qrels/test.tsv.gz": judged,
        "runs/bm25.trec.gz": run,
    }.items():
        (to / part).parent.mkdir(parents=True, exist_ok=True)
        with gzip.open(to / part, "wt", encoding="utf-8") as file:
            file.writelines(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("texts", "data", "to"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    for name, documents in read_sources(args.texts, args.data / "postings").items():
        if name != "postings":
            held_out = [document for document in documents if is_held_out(document)]
            write_held_out(name, held_out, args.to / name)
            print(f"{args.to / name}: {len(held_out)} documents")


if __name__ == "__main__":
    main()
